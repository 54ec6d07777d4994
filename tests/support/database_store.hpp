#pragma once

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/open.hpp"
#include "support/database_test.hpp"

namespace store {

/// The fixture of tests with several stores on one database, and plain SQL beside them.
class DatabaseStoreTest : public support::DatabaseTest {
 protected:
  static constexpr core::FreshnessRule kRule{std::chrono::seconds{60}, std::chrono::seconds{30},
                                             std::chrono::minutes{5}};

  std::unique_ptr<sql::Session> plain() { return session(); }
  std::unique_ptr<Store> open() {
    migrate(*plain());
    return open_migrated(2, [this] { return plain(); }, clock_);
  }
  static void fill(Store& store, int count) {
    std::vector<core::NewProfile> profiles;
    for (int i = 0; i < count; ++i) profiles.push_back({{"many", fmt::format("{:05}", i)}, {}});
    store.add_missing(profiles);
    std::vector<Assignment> assignments;
    for (const auto& row : store.load().rows) assignments.push_back({row->profile.id, "p", kRule.ttl});
    store.assign(assignments);
  }
  std::int64_t number(const std::string& statement) {
    const auto session = plain();
    auto query = session->query(statement);
    return query.step() ? query.get<std::int64_t>(0) : -1;
  }
  /// As somebody who imports a list does.
  void insert_plain(int count) {
    static const sql::RowsStatement kInsert("INSERT INTO hardware (provider, name) VALUES ", 2);
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back(fmt::format("{:05}", i));
    const auto session = plain();
    const sql::Transaction change(*session, sql::Access::write);
    kInsert.run(*session, std::span<const std::string>(names),
                [](sql::Query& query, const std::string& name) { query.bind("plain", name); });
    session->commit();
  }
  static void finish_all(Store& store) {
    EXPECT_TRUE(store.finish(outcomes(store.claim({"p", "a", 100, std::chrono::seconds{15}}).claims, "x")).empty());
  }
  static std::vector<Outcome> outcomes(const std::vector<Claim>& claims, const std::string& reason) {
    std::vector<Outcome> outcomes;
    for (const Claim& claim : claims)
      outcomes.push_back(
          {.task = claim.task,
           .token = claim.token,
           .findings = {{claim.profiles.front(), core::Measurement{.level = core::Level::high, .reason = reason}}},
           .took = {},
           .ended_ago = {},
           .rule = kRule});
    return outcomes;
  }
};

}  // namespace store
