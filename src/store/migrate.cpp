#include "store/migrate.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "sql/transact.hpp"
#include "store/embedded.hpp"
#include "store/migration.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using sql::Access;
using sql::Transaction;

/// A migration of large tables takes minutes; who waits longer for another program's is told.
constexpr int kLockAttempts = 120;
constexpr std::chrono::seconds kLockPatience{5};

/// What was applied; nothing when the database does not know of migrations.
std::optional<std::set<std::int64_t>> applied(sql::Session& session) {
  try {
    std::set<std::int64_t> numbers;
    auto query = session.query("SELECT number FROM migration");
    while (query.step()) numbers.insert(query.get<std::int64_t>(0));
    return numbers;
  } catch (const sql::Error& error) {
    if (error.kind() != sql::ErrorKind::other) throw;
    return std::nullopt;
  }
}

void take_turn(sql::Session& session) {
  for (int attempt = 0; attempt < kLockAttempts; ++attempt)
    if (session.take_lock("vacancy migration", kLockPatience)) return;
  throw sql::Error(sql::ErrorKind::busy,
                   "another program has been changing the database's schema for 10 minutes; wait "
                   "until it ends, or end it, and start again");
}

void create_records(sql::Session& session) {
  session.execute_script(fmt::format(
      "CREATE TABLE IF NOT EXISTS migration (number {}, name VARCHAR(191) NOT NULL, applied_at BIGINT NOT NULL,"
      " compatible INT NOT NULL)",
      session.dialect().key));
  if (session.dialect().transactional_ddl) return;
  session.execute_script(
      fmt::format("CREATE TABLE IF NOT EXISTS migration_progress (number {}, done INT NOT NULL, begun INT NOT NULL)",
                  session.dialect().key));
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

void record(sql::Session& session, const Migration& migration) {
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

/// How far a migration came whose statements commit by themselves.
struct Progress {
  std::size_t done = 0;
  /// The statement that was under way when the program ended; 0: none. It may be done too.
  std::size_t begun = 0;
};

Progress progress_of(sql::Session& session, const Migration& migration) {
  {
    auto query = session.query("SELECT done, begun FROM migration_progress WHERE number = ?", migration.number);
    if (query.step()) return {query.get<std::size_t>(0), query.get<std::size_t>(1)};
  }
  session.run("INSERT INTO migration_progress (number, done, begun) VALUES (?, 0, 0)", migration.number);
  return {};
}

void record(sql::Session& session, const Migration& migration, const Progress& progress) {
  session.run("UPDATE migration_progress SET done = ?, begun = ? WHERE number = ?", progress.done, progress.begun,
              migration.number);
}

/// Statement by statement, from the first that is not done.
void apply_in_steps(sql::Session& session, const Migration& migration) {
  const auto statements = migration.statements(session.dialect());
  const Progress start = progress_of(session, migration);
  for (std::size_t done = start.done; done < statements.size(); ++done) {
    record(session, migration, {done, done + 1});
    try {
      session.execute_script(statements[done]);
    } catch (const sql::Error& error) {
      const bool was_done = start.begun == done + 1 && error.kind() == sql::ErrorKind::exists;
      if (was_done) continue;
      // Whether it was done when the connection went, nobody knows.
      if (error.kind() != sql::ErrorKind::lost) record(session, migration, {done, 0});
      throw sql::Error(error.kind(), fmt::format("statement {} of {} failed: {}; put right what it says", done + 1,
                                                 statements.size(), error.what()));
    }
  }
  record(session, migration, {statements.size(), 0});
}

/// Returns what fill() says of the first migration.
bool apply(sql::Session& session, const Migration& migration, FirstContent content,
           std::span<const base::EmbeddedFile> files) {
  const bool whole = session.dialect().transactional_ddl;
  try {
    if (!whole) apply_in_steps(session, migration);
    return sql::transact(session, Access::write, [&](Transaction& change) {
      if (whole && applied(*change)->contains(migration.number)) return false;  // by another process, meanwhile
      if (whole) change->execute_script(migration.text(change->dialect()));
      record(*change, migration);
      return migration.number == 1 && fill(*change, content, files);
    });
  } catch (const sql::Error& error) {
    throw sql::Error(error.kind(),
                     fmt::format("the database migration '{}' did not end: {}. Then run 'hardware migrate', "
                                 "or start again: it goes on where it stopped",
                                 migration.file.name, error.what()));
  }
}

}  // namespace

bool migrate(sql::Session& session, FirstContent content) {
  return migrate(session, content, embedded_files());
}

bool migrate(sql::Session& session, FirstContent content, std::span<const base::EmbeddedFile> files) {
  const auto migrations = migrations_in(files);
  const auto is_done = [](const std::set<std::int64_t>& done) {
    return [&done](const Migration& migration) { return done.contains(migration.number); };
  };
  // Replicas that find nothing to do need no right to change the schema, and wait for nobody.
  auto done = applied(session);
  if (done) refuse_newer(session, migrations.empty() ? 0 : migrations.back().number);
  if (done && std::ranges::all_of(migrations, is_done(*done))) {
    sql::transact(session, Access::write, [](Transaction& change) { mend_board(*change); });
    return false;
  }

  take_turn(session);
  sql::transact(session, Access::write, [](Transaction& change) { create_records(*change); });
  done = applied(session);
  bool was_new = false;
  for (const Migration& migration : migrations)
    if (!done->contains(migration.number)) was_new = apply(session, migration, content, files) || was_new;
  return was_new;
}

}  // namespace store
