#include "core/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::string_view kWildcards = "*?";

}  // namespace

bool Pattern::matches(const ProfileKey& key) const {
  return base::glob_match(provider, key.provider) && base::glob_match(name, key.name);
}

bool Pattern::is_exact() const {
  return provider.find_first_of(kWildcards) == std::string::npos && name.find_first_of(kWildcards) == std::string::npos;
}

std::string Pattern::text() const {
  return provider + '/' + name;
}

base::Result<Pattern> parse_pattern(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size())
    return base::fail(
        base::Errc::invalid,
        fmt::format("'{}' names no profile; write PROVIDER/NAME, such as Amazon/c5, or with * and ?, such as Azure/*",
                    base::to_utf8(text)));
  Pattern pattern{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  for (const std::string& part : {pattern.provider, pattern.name})
    if (part.size() > kMaxNameBytes || !base::is_printable_utf8(part))
      return base::fail(base::Errc::invalid,
                        fmt::format("'{}' can name no profile: each part has at most {} bytes of UTF-8 without control "
                                    "characters",
                                    base::to_utf8(text), kMaxNameBytes));
  return pattern;
}

void for_each_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<void(const RowPtr&)>& visit) {
  if (pattern.is_exact()) {
    if (const RowPtr row = snapshot.find({pattern.provider, pattern.name})) visit(row);
    return;
  }
  const std::string_view prefix =
      std::string_view(pattern.provider).substr(0, pattern.provider.find_first_of(kWildcards));
  // Rows are ordered by provider: those that begin with the prefix stand together.
  const auto& chunks = snapshot.chunks();
  const auto first = std::ranges::partition_point(
      chunks, [&](const auto& chunk) { return chunk->rows.back()->profile.key.provider < prefix; });
  for (auto chunk = first; chunk != chunks.end(); ++chunk)
    for (const RowPtr& row : (*chunk)->rows) {
      const ProfileKey& key = row->profile.key;
      if (pattern.matches(key))
        visit(row);
      else if (key.provider > prefix && !key.provider.starts_with(prefix))
        return;
    }
}

}  // namespace core
