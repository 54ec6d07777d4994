#include "core/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace core {
namespace {

constexpr std::string_view kWildcards = "*?";

/// What each text that it matches begins with.
std::string_view prefix_of(std::string_view glob) {
  return glob.substr(0, glob.find_first_of(kWildcards));
}

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

RowPtr find_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<bool(const RowPtr&)>& is_it) {
  if (pattern.is_exact()) {
    const RowPtr row = snapshot.find({pattern.provider, pattern.name});
    return row && is_it(row) ? row : nullptr;
  }
  // Rows are ordered by provider and name: those that begin with the prefixes stand together.
  const std::string_view provider = prefix_of(pattern.provider);
  const bool of_one = provider.size() == pattern.provider.size();
  const std::string_view name = of_one ? prefix_of(pattern.name) : "";
  const auto is_beyond = [&](const ProfileKey& key) {
    if (key.provider == provider && of_one) return key.name > name && !key.name.starts_with(name);
    return key.provider > provider && (of_one || !key.provider.starts_with(provider));
  };
  const auto is_before = [&](const ProfileKey& key) {
    return key.provider != provider ? key.provider < provider : key.name < name;
  };
  const auto& chunks = snapshot.chunks();
  auto chunk =
      std::ranges::partition_point(chunks, [&](const auto& each) { return is_before(each->rows.back()->profile.key); });
  for (; chunk != chunks.end(); ++chunk)
    for (const RowPtr& row : (*chunk)->rows) {
      const ProfileKey& key = row->profile.key;
      if (is_beyond(key)) return nullptr;
      if (pattern.matches(key) && is_it(row)) return row;
    }
  return nullptr;
}

void for_each_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<void(const RowPtr&)>& visit) {
  find_match(snapshot, pattern, [&](const RowPtr& row) {
    visit(row);
    return false;
  });
}

}  // namespace core
