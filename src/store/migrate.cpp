#include "store/migrate.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "sql/transact.hpp"
#include "store/embedded.hpp"
#include "store/examine.hpp"
#include "store/migration.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using sql::Access;
using sql::Transaction;

/// A migration of large tables takes minutes. A longer wait for another program's is an error.
constexpr int kLockAttempts = 120;
constexpr std::chrono::seconds kLockPatience{5};

/// How long a program may take for a statement before others run it.
constexpr std::chrono::seconds kOthersPatience{3};
constexpr std::chrono::milliseconds kOthersPoll{50};

/// The applied migrations; nothing when the database has no table of them.
std::optional<std::set<std::int64_t>> applied(sql::Session& session) {
  try {
    std::set<std::int64_t> numbers;
    auto query = session.query("SELECT number FROM migration");
    while (query.step()) numbers.insert(query.get<std::int64_t>(0));
    return numbers;
  } catch (const sql::Error& error) {
    if (!error.is_of_statement()) throw;
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
      " compatible INT NOT NULL) {}",
      session.dialect().key, session.dialect().table));
  if (session.dialect().transactional_ddl) return;
  session.execute_script(
      fmt::format("CREATE TABLE IF NOT EXISTS migration_progress (number {}, done INT NOT NULL, begun INT NOT NULL) {}",
                  session.dialect().key, session.dialect().table));
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
  /// The statement that is under way, here or elsewhere, or was when its program ended; 0: none. It may be done too.
  std::size_t begun = 0;
};

std::optional<Progress> recorded_progress(sql::Session& session, const Migration& migration) {
  auto query = session.query("SELECT done, begun FROM migration_progress WHERE number = ?", migration.number);
  if (!query.step()) return std::nullopt;
  return Progress{query.get<std::size_t>(0), query.get<std::size_t>(1)};
}

Progress progress_of(sql::Session& session, const Migration& migration) {
  if (const auto progress = recorded_progress(session, migration)) return *progress;
  try {
    session.run("INSERT INTO migration_progress (number, done, begun) VALUES (?, 0, 0)", migration.number);
  } catch (const sql::Error& error) {
    if (error.kind() != sql::ErrorKind::unique) throw;  // another node's program was quicker
  }
  return recorded_progress(session, migration).value_or(Progress{});
}

/// Goes from one recorded state to the next. False when another program has changed it meanwhile.
bool advance(sql::Session& session, const Migration& migration, const Progress& from, const Progress& to) {
  return sql::with_retries([&] {
    return session.run("UPDATE migration_progress SET done = ?, begun = ? WHERE number = ? AND done = ? AND begun = ?",
                       to.done, to.begun, migration.number, from.done, from.begun) == 1;
  });
}

/// A statement that a program has begun is left to it for a while. Nothing else tells a program on another node of a
/// cluster, which our lock does not stop, from one that was killed.
void leave_to_others(sql::Session& session, const Migration& migration, const Progress& seen) {
  const auto deadline = std::chrono::steady_clock::now() + kOthersPatience;
  while (std::chrono::steady_clock::now() < deadline && progress_of(session, migration).done == seen.done)
    std::this_thread::sleep_for(kOthersPoll);
}

/// Runs a statement. `begun_before`: it may be done already.
void run_statement(sql::Session& session, const std::string& statement, bool begun_before) {
  try {
    session.execute_script(statement);
  } catch (const sql::Error& error) {
    if (!begun_before || error.kind() != sql::ErrorKind::exists) throw;
  }
}

/// Statement by statement, from the first that is not done.
void apply_in_steps(sql::Session& session, const Migration& migration) {
  const auto statements = migration.statements(session.dialect());
  for (Progress at; (at = progress_of(session, migration)).done < statements.size();) {
    const std::size_t number = at.done + 1;
    const bool begun_before = at.begun == number;
    if (begun_before) leave_to_others(session, migration, at);
    const Progress running{at.done, number};
    if (!advance(session, migration, at, running)) continue;
    try {
      run_statement(session, statements[at.done], begun_before);
    } catch (const sql::Error& error) {
      // The connection was lost: the statement may be done or not.
      if (error.kind() != sql::ErrorKind::lost) advance(session, migration, running, {at.done, 0});
      throw sql::Error(error.kind(), fmt::format("statement {} of {} failed: {}; correct that", number,
                                                 statements.size(), error.what()));
    }
    advance(session, migration, running, {number, 0});
  }
}

/// Returns fill()'s result for the first migration, else false.
bool apply(sql::Session& session, const Migration& migration, FirstContent content,
           std::span<const base::EmbeddedFile> files) {
  const bool whole = session.dialect().transactional_ddl;
  try {
    if (!whole) apply_in_steps(session, migration);
    return sql::transact(session, Access::write, [&](Transaction& change) {
      if (applied(*change)->contains(migration.number)) return false;  // by another process, meanwhile
      if (whole) change->execute_script(migration.text(change->dialect()));
      record(*change, migration);
      return migration.number == 1 && fill(*change, content, files);
    });
  } catch (const sql::Error& error) {
    if (error.kind() == sql::ErrorKind::unique && applied(session)->contains(migration.number)) return false;
    throw sql::Error(error.kind(),
                     fmt::format("the database migration '{}' did not end: {}. Then run 'hardware migrate', "
                                 "or start again: it goes on where it stopped",
                                 migration.file.name, error.what()));
  }
}

/// The migrations that are not applied. Throws base::UsageError when the schema is a newer program's.
std::vector<Migration> pending(sql::Session& session, std::span<const base::EmbeddedFile> files) {
  auto migrations = migrations_in(files);
  const auto done = applied(session);
  if (!done) return migrations;
  refuse_newer(session, migrations.empty() ? 0 : migrations.back().number);
  std::erase_if(migrations, [&](const Migration& migration) { return done->contains(migration.number); });
  return migrations;
}

void migrate(sql::Session& session, FirstContent content, std::span<const base::EmbeddedFile> files, bool& found_new) {
  // Replicas that find nothing to do need no right to change the schema, and wait for nobody.
  const bool none_pending = pending(session, files).empty();
  require_fit(session);
  if (none_pending) {
    sql::transact(session, Access::write, [](Transaction& change) { mend_board(*change); });
    return;
  }

  take_turn(session);
  sql::transact(session, Access::write, [](Transaction& change) { create_records(*change); });
  if (!applied(session))
    throw base::UsageError(
        "the database has a table 'migration' of another program; give Vacancy a database of its own, or rename that "
        "table");
  for (const Migration& migration : pending(session, files))
    found_new = apply(session, migration, content, files) || found_new;
}

}  // namespace

bool migrate(sql::Session& session, FirstContent content) {
  return migrate(session, content, embedded_files());
}

void migrate(sql::Session& session, FirstContent content, bool& found_new) {
  migrate(session, content, embedded_files(), found_new);
}

bool migrate(sql::Session& session, FirstContent content, std::span<const base::EmbeddedFile> files) {
  bool found_new = false;
  migrate(session, content, files, found_new);
  return found_new;
}

std::vector<std::string> pending_migrations(sql::Session& session) {
  std::vector<std::string> names;
  for (const Migration& migration : pending(session, embedded_files())) names.emplace_back(migration.file.name);
  return names;
}

}  // namespace store
