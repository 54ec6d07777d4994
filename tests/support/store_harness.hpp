#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "store/store.hpp"
#include "support/fake_clock.hpp"

namespace store {

/// A new, empty store of one kind, for tests.
class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual Store& store() = 0;
  /// As the users of the original system add profiles.
  virtual void insert_plain(const std::string& provider, const std::string& name) = 0;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreHarness>(const base::Clock&)> make;
  /// Why this machine has none; "" when it has.
  std::function<std::string()> missing;
};

inline void PrintTo(const StoreKind& kind, std::ostream* out) {
  *out << kind.name;
}

/// Every kind of store that passes the same tests.
const std::vector<StoreKind>& store_kinds();

constexpr core::FreshnessRule kRule{std::chrono::seconds{60}, std::chrono::seconds{30}, std::chrono::minutes{5}};

/// The fixture of the tests that run over every kind of store.
class StoreTest : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (const std::string why = GetParam().missing(); !why.empty()) GTEST_SKIP() << why;
    harness_ = GetParam().make(clock_);
  }
  Store& store() { return harness_->store(); }
  base::Time now() const { return clock_.wall_now(); }

  core::ProfileId add(const std::string& provider, const std::string& name) {
    return store().add({provider, name}).value().id;
  }
  /// A profile that probe "p" measures, due now.
  core::ProfileId add_assigned(const std::string& name) {
    const core::ProfileId id = add("Amazon", name);
    assign(id, "p");
    return id;
  }
  void assign(core::ProfileId id, const std::string& probe, base::Duration ttl = kRule.ttl) {
    const Assignment assignment{id, probe, ttl};
    store().assign({&assignment, 1});
  }
  Claimed claim(std::size_t limit = 10, const std::string& owner = "a", const std::string& probe = "p") {
    return store().claim({probe, owner, limit, kLease});
  }
  Claim claim_one(const std::string& owner = "a") {
    const auto claims = claim(1, owner).claims;
    EXPECT_EQ(claims.size(), 1U);
    return claims.empty() ? Claim{} : claims.front();
  }
  static std::vector<Finding> findings(const Claim& claim, const core::Measurement& measured) {
    std::vector<Finding> findings;
    for (const core::Profile& profile : claim.profiles) findings.push_back({profile, measured});
    return findings;
  }
  static Outcome success(const Claim& claim, core::Level level = core::Level::high, const std::string& reason = "") {
    return {.task = claim.task,
            .token = claim.token,
            .batched = claim.batched,
            .findings = findings(claim, core::Measurement{.level = level, .reason = reason}),
            .took = {},
            .ended_ago = {},
            .rule = kRule};
  }
  static Outcome failure(const Claim& claim, const std::string& error) {
    Outcome outcome = success(claim);
    for (Finding& finding : outcome.findings) finding.result = std::unexpected(error);
    return outcome;
  }
  std::vector<TaskId> finish(const Outcome& outcome) { return store().finish({&outcome, 1}); }
  std::vector<TaskId> renew(const Claim& claim, const std::string& owner = "a") {
    return store().renew(owner, {&claim, 1}, kLease);
  }
  std::vector<core::ProfileId> add_many(std::size_t count) {
    std::vector<core::NewProfile> profiles;
    for (std::size_t i = 0; i < count; ++i) profiles.push_back({{"many", fmt::format("{:05}", i)}, {}});
    store().add_missing(profiles);
    std::vector<Assignment> assignments;
    std::vector<core::ProfileId> ids;
    for (const auto& row : store().load().rows) {
      assignments.push_back({row->profile.id, "p", kRule.ttl});
      ids.push_back(row->profile.id);
    }
    store().assign(assignments);
    return ids;
  }
  void finish_all(const std::vector<Claim>& claims) {
    std::vector<Outcome> outcomes;
    for (const Claim& claim : claims) outcomes.push_back(success(claim));
    EXPECT_TRUE(store().finish(outcomes).empty());
  }
  /// One run with its finish, so that the random part of the first period is over; then the next is due.
  void past_first_run() {
    finish(success(claim_one()));
    clock_.advance(*claim().next_due - now());
  }
  core::RowPtr row(core::ProfileId id) {
    for (const auto& row : store().load().rows)
      if (row->profile.id == id) return row;
    return nullptr;
  }
  core::Revision revision() { return store().load().version.revision; }
  /// Nothing happened since `seen`.
  bool quiet_since(core::Revision seen) { return store().poll(seen).change.empty(); }

  static constexpr base::Duration kLease = std::chrono::seconds{15};
  static constexpr base::Duration kTick{1};

  support::FakeClock clock_;
  std::unique_ptr<StoreHarness> harness_;
};

}  // namespace store
