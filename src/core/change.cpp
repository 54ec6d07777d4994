#include "core/change.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace core {

std::string to_string(const Version& version) {
  return fmt::format("{}-{}", version.epoch, version.revision);
}

std::optional<Version> parse_version(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto revision = base::number_of<Revision>(text.substr(dash + 1));
  if (!revision || *revision < 0) return std::nullopt;
  return Version{std::string(text.substr(0, dash)), *revision};
}

Revision Change::revision() const {
  Revision largest = 0;
  for (const RowPtr& row : rows) largest = std::max(largest, row->revision);
  for (const Removed& gone : removed) largest = std::max(largest, gone.revision);
  return largest;
}

}  // namespace core
