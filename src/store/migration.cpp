#include "store/migration.hpp"

#include <algorithm>
#include <charconv>
#include <ranges>

#include "base/text.hpp"

namespace store {

bool Migration::compatible() const {
  constexpr std::string_view kMark = "-- compatible";
  return file.content.starts_with(kMark) || file.content.contains(std::string("\n").append(kMark));
}

std::string Migration::text(const sql::Dialect& dialect) const {
  std::string out(file.content);
  for (const auto& [word, meaning] : {std::pair{"${identity}", dialect.identity},
                                      {"${key}", dialect.key},
                                      {"${exact_text}", dialect.exact_text},
                                      {"${table}", dialect.table},
                                      {"${clustered}", dialect.clustered},
                                      {"${mysql_only}", dialect.mysql_only}})
    for (std::size_t at = 0; (at = out.find(word, at)) != std::string::npos; at += meaning.size())
      out.replace(at, std::string_view(word).size(), meaning);
  return out;
}

std::vector<std::string> Migration::statements(const sql::Dialect& dialect) const {
  std::string code;
  for (const auto line : std::views::split(text(dialect), '\n')) {
    const std::string_view text(line.begin(), line.end());
    if (!base::trim(text).starts_with("--")) code.append(text).append("\n");
  }
  std::vector<std::string> statements;
  for (const auto part : std::views::split(code, ';'))
    if (const auto text = base::trim(std::string_view(part.begin(), part.end())); !text.empty())
      statements.emplace_back(text);
  return statements;
}

std::vector<Migration> migrations_in(std::span<const base::EmbeddedFile> files) {
  std::vector<Migration> migrations;
  for (const auto& file : files) {
    std::int64_t number = 0;
    const char* end = file.name.data() + file.name.size();
    const auto parsed = std::from_chars(file.name.data(), end, number);
    if (parsed.ec == std::errc{} && parsed.ptr != end && *parsed.ptr == '_') migrations.push_back({number, file});
  }
  std::ranges::sort(migrations, {}, &Migration::number);
  return migrations;
}

}  // namespace store
