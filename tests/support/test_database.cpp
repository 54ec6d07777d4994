#include "support/test_database.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "support/database_server.hpp"
#include "support/temp_dir.hpp"

namespace support {
namespace {

class SqliteDatabase final : public TestDatabase {
 public:
  sql::Location location() const override { return {"sqlite:" + dir_ / "test.db"}; }
  std::unique_ptr<sql::Session> open(const base::Clock& clock) const override { return sql::open(location(), clock); }

 private:
  TempDir dir_;
};

/// Sets the server's clock for the session before each statement.
class ClockedSession final : public sql::Session {
 public:
  ClockedSession(std::unique_ptr<sql::Session> session, const base::Clock& clock)
      : session_(std::move(session)), clock_(clock) {}

  const sql::Dialect& dialect() const override { return session_->dialect(); }
  base::Time now() override {
    set_clock();
    return session_->now();
  }
  sql::Statement& prepare(std::string_view sql) override {
    set_clock();
    return session_->prepare(sql);
  }
  void execute_script(std::string_view sql) override { session_->execute_script(sql); }
  bool take_lock(std::string_view name, std::chrono::seconds patience) override {
    return session_->take_lock(name, patience);
  }
  void begin(sql::Access access) override { session_->begin(access); }
  void commit() override { session_->commit(); }
  void rollback() noexcept override { session_->rollback(); }
  bool usable() const override { return session_->usable(); }

 private:
  void set_clock() {
    const base::Time now = clock_.wall_now();
    if (now == set_) return;
    const auto micros = now.time_since_epoch().count();
    // The server cuts a fraction of a microsecond off.
    session_->execute_script(fmt::format("SET timestamp = {}.{:06}3", micros / 1'000'000, micros % 1'000'000));
    set_ = now;
  }

  std::unique_ptr<sql::Session> session_;
  std::optional<base::Time> set_;
  const base::Clock& clock_;
};

class ServerDatabase final : public TestDatabase {
 public:
  explicit ServerDatabase(const std::string& kind) : server_(database_server(kind)) {
    administer("CREATE DATABASE " + name_);
  }
  ~ServerDatabase() override {
    try {
      administer("DROP DATABASE " + name_);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the server goes with the process
    }
  }
  sql::Location location() const override { return location_of(name_); }
  std::unique_ptr<sql::Session> open(const base::Clock& clock) const override {
    return std::make_unique<ClockedSession>(sql::open(location(), clock), clock);
  }

 private:
  sql::Location location_of(const std::string& database) const {
    return {.url = fmt::format("mysql://{}@{}:{}/{}", server_.user, server_.host, server_.port, database),
            .password_file = server_.password_file};
  }
  void administer(const std::string& statement) const {
    sql::open(location_of("information_schema"), base::system_clock())->execute_script(statement);
  }

  const DatabaseServer& server_;
  std::string name_ = "test_" + base::random_hex(8);
};

DatabaseKind server_kind(const std::string& name) {
  return {name, [name] { return std::make_unique<ServerDatabase>(name); },
          [name] { return database_server(name).missing; }};
}

}  // namespace

const std::vector<DatabaseKind>& database_kinds() {
  static const std::vector<DatabaseKind> kKinds = {
      {"sqlite", [] { return std::make_unique<SqliteDatabase>(); }, [] { return std::string(); }},
      server_kind("mariadb"),
      server_kind("mysql")};
  return kKinds;
}

}  // namespace support
