#include "store/migrate.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "base/error.hpp"
#include "base/text.hpp"
#include "sql/transact.hpp"
#include "store/embedded.hpp"

namespace store {
namespace {

struct Migration {
  std::int64_t number = 0;
  base::EmbeddedFile file;

  bool compatible() const { return file.content.starts_with(kCompatible) || file.content.contains("\n-- compatible"); }
  static constexpr std::string_view kCompatible = "-- compatible";
};

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

std::string in_dialect(std::string_view text, const sql::Dialect& dialect) {
  std::string out(text);
  for (const auto& [word, meaning] : {std::pair{"${identity}", dialect.identity}, {"${key}", dialect.key}})
    for (std::size_t at = 0; (at = out.find(word, at)) != std::string::npos;)
      out.replace(at, std::string_view(word).size(), meaning);
  return out;
}

void create_record(sql::Session& session) {
  session.execute_script(
      in_dialect("CREATE TABLE IF NOT EXISTS migration (number ${key}, name VARCHAR(191) NOT NULL,"
                 " applied_at BIGINT NOT NULL, compatible INT NOT NULL)",
                 session.dialect()));
}

bool is_applied(sql::Session& session, const Migration& migration) {
  return session.query("SELECT 1 FROM migration WHERE number = ?", migration.number).step();
}

void refuse_newer(sql::Session& session, std::int64_t newest_known) {
  auto newer = session.query("SELECT name FROM migration WHERE number > ? AND compatible = 0 ORDER BY number DESC",
                             newest_known);
  if (!newer.step()) return;
  throw base::UsageError(
      fmt::format("the database was changed by a newer version of this program ('{}'), which this "
                  "version cannot work with; start the newer version",
                  newer.get<std::string_view>(0)));
}

void apply(sql::Session& session, const Migration& migration) {
  session.execute_script(in_dialect(migration.file.content, session.dialect()));
  session.run("INSERT INTO migration (number, name, applied_at, compatible) VALUES (?, ?, ?, ?)", migration.number,
              migration.file.name, session.now(), migration.compatible());
  spdlog::debug("database migration {} applied", migration.file.name);
}

/// After the first migration: the board's one row, and the first profiles. Returns whether there were none.
bool fill(sql::Session& session, FirstContent content, std::span<const base::EmbeddedFile> files) {
  session.run("INSERT INTO board (id, epoch, revision, removed_since) VALUES (1, ?, 0, 0)", base::random_hex(8));
  if (session.query("SELECT 1 FROM hardware LIMIT 1").step()) return false;
  if (content == FirstContent::sample) {
    const auto sample = std::ranges::find(files, std::string_view("sample.sql"), &base::EmbeddedFile::name);
    if (sample != files.end()) session.execute_script(sample->content);
  }
  return true;
}

}  // namespace

bool migrate(sql::Pool& pool, FirstContent content) {
  return migrate(pool, content, embedded_files());
}

bool migrate(sql::Pool& pool, FirstContent content, std::span<const base::EmbeddedFile> files) {
  const auto migrations = migrations_in(files);
  sql::transact(pool, sql::Access::write, [&](sql::Transaction& change) {
    create_record(*change);
    refuse_newer(*change, migrations.empty() ? 0 : migrations.back().number);
  });
  bool was_new = false;
  for (const Migration& migration : migrations) {
    const bool filled = sql::transact(pool, sql::Access::write, [&](sql::Transaction& change) {
      if (is_applied(*change, migration)) return false;
      apply(*change, migration);
      return migration.number == 1 && fill(*change, content, files);
    });
    was_new = was_new || filled;
  }
  return was_new;
}

}  // namespace store
