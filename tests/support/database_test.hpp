#pragma once

#include <gtest/gtest.h>

#include "support/fake_clock.hpp"
#include "support/test_database.hpp"

namespace support {

/// The fixture of tests that run over every kind of database, each on an empty one.
class DatabaseTest : public testing::TestWithParam<DatabaseKind> {
 protected:
  void SetUp() override {
    if (const std::string why = GetParam().missing(); !why.empty()) GTEST_SKIP() << why;
    database_ = GetParam().make();
  }
  /// A session for which the database's clock is clock_.
  std::unique_ptr<sql::Session> session() const { return database_->open(clock_); }
  bool is_sqlite() const { return GetParam().name == "sqlite"; }

  FakeClock clock_;
  std::unique_ptr<TestDatabase> database_;
};

}  // namespace support

/// Runs the suite, a DatabaseTest, over SQLite, MariaDB and MySQL.
#define INSTANTIATE_DATABASE_TEST_SUITE(Suite)                                             \
  INSTANTIATE_TEST_SUITE_P(Databases, Suite, testing::ValuesIn(support::database_kinds()), \
                           [](const auto& kind) { return kind.param.name; })
