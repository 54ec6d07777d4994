#include "sql/mysql.hpp"

#include <fmt/format.h>

#include "sql/mysql_client.hpp"
#include "sql/mysql_statement.hpp"
#include "sql/statement_cache.hpp"

namespace sql {
namespace {

constexpr Dialect kDialect{
    .name = "MySQL",
    .now = "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)",
    .identity = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
    .key = "BIGINT NOT NULL PRIMARY KEY",
    .exact_text = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .table = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
    .clustered = "",
    .mysql_only = "",
    .for_update = " FOR UPDATE",
    .for_update_of_free_rows = " FOR UPDATE SKIP LOCKED",
    .single_writer = false,
    .transactional_ddl = false,
};

/// The server closes a connection that is silent for this long, and with it the transaction of a replica that hangs:
/// its locks would stop all others.
constexpr std::chrono::seconds kServerPatience{10};
/// Younger than that, a connection has surely not been closed.
constexpr std::chrono::seconds kMostIdle{5};
static_assert(kMostIdle * 2 <= kServerPatience, "a statement must reach the server before it closes the connection");

/// All that this program relies on, whatever the server's defaults and its init_connect are; one round trip. Times are
/// UTC, so that no hour comes twice; a lock that is not had within 5 s is one more attempt. Read committed locks the
/// rows that are found and no gaps between them. What only one of the servers knows stands in its own comments.
const std::string kSetUp = fmt::format(
    "ROLLBACK AND NO CHAIN NO RELEASE; SET NAMES utf8mb4 COLLATE utf8mb4_bin;"
    "SET SESSION autocommit = 1, completion_type = 0, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
    " sql_select_limit = 18446744073709551615, sql_big_selects = 1, sql_safe_updates = 0, sql_auto_is_null = 0,"
    " unique_checks = 1, foreign_key_checks = 1, default_storage_engine = InnoDB,"
    " time_zone = '+00:00', timestamp = DEFAULT,"
    " innodb_lock_wait_timeout = 5, lock_wait_timeout = 5, wait_timeout = {}"
    " /*!50700 , max_execution_time = 0 */ /*M! , max_statement_time = 0, sql_if_exists = 0 */;"
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
    kServerPatience.count());

class MysqlSession final : public Session {
 public:
  explicit MysqlSession(MysqlConnection connection) : connection_(std::move(connection)) {}

  const Dialect& dialect() const override { return kDialect; }

  base::Time now() override {
    static const std::string kSql = fmt::format("SELECT {}", kDialect.now);
    auto query = this->query(kSql);
    query.step();
    return query.get<base::Time>(0);
  }

  Statement& prepare(std::string_view sql) override {
    last_used_ = std::chrono::steady_clock::now();
    return statements_.take(sql, [&] { return std::make_unique<MysqlStatement>(connection_.get(), sql, lost_); });
  }

  void execute_script(std::string_view sql) override {
    last_used_ = std::chrono::steady_clock::now();
    if (mysql_real_query(connection_.get(), sql.data(), static_cast<unsigned long>(sql.size())) != 0) fail();
    for (;;) {
      mysql_free_result(mysql_store_result(connection_.get()));
      const int more = mysql_next_result(connection_.get());
      if (more > 0) fail();
      if (more < 0) return;
    }
  }

  bool take_lock(std::string_view name, std::chrono::seconds patience) override {
    auto query =
        this->query("SELECT GET_LOCK(CONCAT(?, ' ', LEFT(SHA2(DATABASE(), 256), 32)), ?)", name, patience.count());
    return query.step() && query.get<bool>(0);
  }

  void begin(Access access) override {
    execute_script(access == Access::write ? "START TRANSACTION"
                                           : "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
                                             "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  }
  void commit() override {
    if (mysql_commit(connection_.get()) != 0) fail();
  }
  void rollback() noexcept override {
    if (mysql_rollback(connection_.get()) != 0) lost_ = true;
  }
  bool usable() const override { return !lost_ && std::chrono::steady_clock::now() - last_used_ < kMostIdle; }

 private:
  [[noreturn]] void fail() {
    const unsigned int number = mysql_errno(connection_.get());
    const ErrorKind kind = mysql_error_kind(number);
    if (kind == ErrorKind::lost) lost_ = true;
    throw Error(kind, fmt::format("database: {} (error {})", mysql_error(connection_.get()), number));
  }

  MysqlConnection connection_;
  /// After connection_, so that they are closed before it is.
  StatementCache statements_;
  std::chrono::steady_clock::time_point last_used_ = std::chrono::steady_clock::now();
  bool lost_ = false;
};

}  // namespace

std::unique_ptr<Session> open_mysql(const Location& location) {
  auto session = std::make_unique<MysqlSession>(connect_mysql(location));
  session->execute_script(kSetUp);
  return session;
}

}  // namespace sql
