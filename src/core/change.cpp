#include "core/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace core {

std::string to_string(const Version& version) {
  return fmt::format("{}-{}", version.epoch, version.revision);
}

std::optional<Version> parse_version(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size()) return std::nullopt;
  Version version{std::string(text.substr(0, dash)), 0};
  const auto [end, ec] = std::from_chars(text.data() + dash + 1, text.data() + text.size(), version.revision);
  if (ec != std::errc{} || end != text.data() + text.size() || version.revision < 0) return std::nullopt;
  return version;
}

Revision Change::revision() const {
  Revision largest = 0;
  for (const RowPtr& row : rows) largest = std::max(largest, row->revision);
  for (const Removed& gone : removed) largest = std::max(largest, gone.revision);
  return largest;
}

}  // namespace core
