#include "sql/query.hpp"

#include <fmt/format.h>

#include <cassert>

namespace sql {
namespace {

/// "(?,?,…)"
std::string places(std::size_t count) {
  std::string text = "(?";
  for (std::size_t i = 1; i < count; ++i) text += ",?";
  return text + ')';
}

}  // namespace

std::string with_list(std::string_view before, std::string_view after) {
  return fmt::format("{} IN {}{}", before, places(kListSize), after);
}

RowsStatement::RowsStatement(std::string_view head, std::size_t columns) {
  const std::string row = places(columns);
  for (std::size_t size = 0; size < kRows.size(); ++size) {
    texts_[size] = head;
    for (std::size_t i = 0; i < kRows[size]; ++i) texts_[size] += (i > 0 ? "," : "") + row;
  }
}

void Query::bind_one(std::span<const std::int64_t> list) {
  assert(!list.empty() && list.size() <= kListSize);
  for (std::size_t i = 0; i < kListSize; ++i) bind_one(list[std::min(i, list.size() - 1)]);
}

}  // namespace sql
