// The evaluation on a store: nothing is lost and nothing doubled, wherever it is cut off.
#include "alert/engine.hpp"

#include <gmock/gmock.h>

#include <future>
#include <random>

#include "base/error.hpp"
#include "support/fake_clock.hpp"
#include "support/gated_store.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using support::MemoryStore;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::Level kHigh = core::Level::high, kLow = core::Level::low;

/// A history that has a log of transitions.
class Log final : public store::History {
 public:
  std::vector<core::LoggedTransition> entries;

  support::Gate gate;
  int pages = 0;

  std::vector<core::LoggedTransition> transitions_after(core::Revision seen, std::size_t limit) override {
    gate.pass();
    ++pages;
    std::vector<core::LoggedTransition> found;
    for (const auto& entry : entries) {
      const bool whole = found.empty() || entry.revision != found.back().revision;
      if (found.size() >= limit && whole) break;
      if (entry.revision > seen) found.push_back(entry);
    }
    return found;
  }
  std::vector<core::Transition> transitions(core::ProfileId, const store::Between&, std::size_t) override { return {}; }
  std::vector<core::Bucket> numbers(core::ProfileId, core::NumberOf, core::Span, const store::Between&,
                                    std::size_t) override {
    return {};
  }
  std::vector<store::PastRow> board_at(base::Time, const core::ProfileKey&, std::size_t) override { return {}; }
  std::vector<core::LoggedTransition> latest_transitions(std::size_t) override { return {}; }
  std::vector<core::LoggedTransition> latest_transitions_of(std::span<const core::ProfileId>, std::size_t) override {
    return {};
  }
  std::map<core::ProfileId, core::Calibration> calibration(const store::Between&,
                                                           std::optional<core::ProfileId>) override {
    return {};
  }
  void keep(const core::Retention&) override {}
  bool take_turn(base::Duration) override { return false; }
  store::Pruned prune() override { return {}; }
};

/// A store that is lost at a chosen write, before it or after it.
class Lossy final : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  enum class Lose { never, before, after } lose_next = Lose::never;

  bool advance_alerts(const store::AlertTurn& turn, const store::AlertStep& step) override {
    const Lose lose = std::exchange(lose_next, Lose::never);
    if (lose == Lose::before) throw base::Lost("gone");
    const bool done = MemoryStore::advance_alerts(turn, step);
    if (lose == Lose::after) throw base::Lost("gone");
    return done;
  }
};

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    plan_.receivers = {"chat", "mail"};
    plan_.rules = {
        {.name = "r", .when = {.reaches = kHigh}, .keep_firing_for = 0s, .group_wait = 0s, .group_interval = 0s}};
    for (const core::ProfileId id : {1, 2}) rows_[id].profile = {.id = id, .key = {"a", fmt::format("x{}", id)}};
  }

  base::Time now() const { return clock_.wall_now(); }

  void turn(core::ProfileId id, core::Level level) {
    core::Row& row = rows_[id];
    row.revision = ++revision_;
    if (!row.reading) row.reading.emplace();
    if (row.reading->level != level) row.reading->changed = {row.reading->level, now()};
    row.reading->level = level;
    row.reading->measured_at = now();
    row.reading->stale_at = row.reading->expires_at = base::Time::max();
    log_.entries.push_back({revision_, id, {now(), level, core::Freshness::fresh, ""}});
    changed_.insert(id);
  }

  Look look(bool all = false) {
    Look look{.version = {"e", revision_}, .now = now(), .all = all};
    std::vector<core::RowPtr> rows;
    for (const auto& [id, row] : rows_) rows.push_back(std::make_shared<core::Row>(row));
    for (const auto& row : rows)
      if (changed_.contains(row->profile.id)) look.rows.push_back(row);
    look.snapshot = core::Snapshot(std::move(rows));
    changed_.clear();
    return look;
  }

  Engine engine(const std::string& = "") { return {store_, log_, store_, plan_}; }
  store::AlertTurn take(const std::string& owner = "me") { return store_.hold_alerts(owner, 1h).value(); }

  /// "+a/x1 -a/x1" of all messages to a receiver, in their order.
  std::string told(const std::string& receiver = "chat") {
    std::string told;
    auto messages = store_.messages(store::MessageState::waiting, 10'000);
    std::ranges::reverse(messages);
    for (const auto& stored : messages) {
      if (stored.receiver != receiver) continue;
      for (const Item& item : parse_message(stored.body).value().items)
        told += fmt::format("{}{}{}", told.empty() ? "" : " ", item.firing ? '+' : '-', item.subject);
    }
    return told;
  }

  support::FakeClock clock_;
  Lossy store_{clock_};
  Log log_;
  Plan plan_;
  std::map<core::ProfileId, core::Row> rows_;
  std::set<core::ProfileId> changed_;
  core::Revision revision_ = 0;
};

TEST_F(EngineTest, AddressesTheReceiversOfTheRule) {
  config::AlertRule mail = plan_.rules[0];
  mail.name = "m";
  mail.send_to = std::vector<std::string>{"mail"};
  plan_.rules.push_back(mail);
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  turn(1, kHigh);
  const auto done = one.step(mine, look());
  EXPECT_TRUE(done.kept);
  EXPECT_TRUE(done.sent);
  EXPECT_EQ(told("chat"), "+a/x1");
  EXPECT_EQ(told("mail"), "+a/x1 +a/x1");
  ASSERT_THAT(done.counts, SizeIs(2));
  EXPECT_EQ(done.counts[0].firing, 1U);
  EXPECT_FALSE(one.step(mine, look()).sent);
  EXPECT_EQ(store_.alert_memory().seen, 1);
}

TEST_F(EngineTest, SeesWhatCameAndWentBetweenTwoLooks) {
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  for (const core::Level level : {kHigh, kLow, kHigh, kLow}) {
    turn(1, level);
    clock_.advance(10ms);
  }
  one.step(mine, look());
  EXPECT_EQ(told(), "+a/x1 -a/x1 +a/x1 -a/x1");
}

TEST_F(EngineTest, AnotherReplicaGoesOn) {
  Engine one = engine(), other = engine();
  const auto mine = take("one");
  one.step(mine, look());
  turn(1, kHigh);
  one.step(mine, look());
  turn(1, kLow);
  clock_.advance(10ms);
  turn(2, kHigh);
  store_.release_alerts(mine);
  const auto others = take("other");
  EXPECT_FALSE(one.step(mine, look()).kept) << "it lost the lease";
  EXPECT_TRUE(other.step(others, look(true)).kept);
  EXPECT_EQ(told(), "+a/x1 -a/x1 +a/x2");
  EXPECT_THAT(one.firing("chat"), IsEmpty());
  ASSERT_THAT(other.firing("chat"), SizeIs(1));
  EXPECT_EQ(other.firing("chat")[0].items[0].subject, "a/x2");
  EXPECT_THAT(other.firing("nobody"), IsEmpty());
}

TEST_F(EngineTest, NothingIsLostOrDoubledWhereverItIsCutOff) {
  std::mt19937 random(7);
  auto one = std::make_unique<Engine>(store_, log_, store_, plan_);
  auto mine = take("0");
  one->step(mine, look());
  std::string expected;
  std::map<core::ProfileId, core::Level> levels;
  for (int i = 0; i < 500; ++i) {
    const core::ProfileId id = 1 + core::ProfileId(random() % 2);
    const core::Level level = random() % 2 == 0 ? kHigh : kLow;
    if (level != levels[id]) {
      if (level == kHigh || levels[id] == kHigh)
        expected += fmt::format("{}{}a/x{}", expected.empty() ? "" : " ", level == kHigh ? '+' : '-', id);
      levels[id] = level;
      turn(id, level);
    }
    clock_.advance(10ms);
    store_.lose_next = Lossy::Lose(random() % 3);
    if (random() % 4 == 0) {
      store_.release_alerts(mine);
      mine = take(fmt::format("{}", i));
      one = std::make_unique<Engine>(store_, log_, store_, plan_);
    }
    if (random() % 3 == 0) continue;
    try {
      one->step(mine, look(random() % 5 == 0));
    } catch (const base::Lost&) {
    }
  }
  store_.lose_next = Lossy::Lose::never;
  one->step(mine, look(true));
  EXPECT_EQ(told(), expected);
}

TEST_F(EngineTest, ANewRuleBeginsNow) {
  turn(1, kHigh);
  clock_.advance(1s);
  turn(1, kLow);
  turn(2, kHigh);
  Engine one = engine();
  one.step(take(), look());
  EXPECT_EQ(told(), "+a/x2") << "what was before the first evaluation is not told";
}

TEST_F(EngineTest, ARuleThatComesBackIsNew) {
  Plan none = plan_;
  none.rules.clear();
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  one.configure(none);
  one.step(mine, look());
  EXPECT_THAT(store_.alert_memory().states, IsEmpty());
  turn(1, kHigh);
  clock_.advance(1s);
  turn(1, kLow);
  clock_.advance(1s);
  one.step(mine, look());
  one.configure(plan_);
  one.step(mine, look());
  clock_.advance(1s);
  one.step(mine, look());
  EXPECT_EQ(told(), "");
  turn(1, kHigh);
  one.step(mine, look());
  EXPECT_EQ(told(), "+a/x1");
}

TEST_F(EngineTest, AnOldLossOfFreshnessIsNoOldNews) {
  Engine one = engine();
  one.step(take(), look());
  clock_.advance(48h);
  log_.entries.push_back({++revision_, 1, {now() - 47h, core::Level::unknown, core::Freshness::expired, ""}});
  --revision_;
  turn(1, kHigh);
  clock_.advance(1s);
  turn(1, kLow);
  one.configure(plan_);
  one.step(take(), look());
  EXPECT_EQ(told(), "+a/x1 -a/x1");
}

TEST_F(EngineTest, WhatWasMissedForADayIsNotTold) {
  Engine one = engine();
  one.step(take(), look());
  turn(1, kHigh);
  clock_.advance(1s);
  turn(1, kLow);
  turn(2, kHigh);
  clock_.advance(24h);
  one.configure(plan_);
  one.step(take(), look());
  EXPECT_EQ(told(), "+a/x2") << "but what still is";
}

TEST_F(EngineTest, WhatCannotBeToldIsNotRead) {
  Engine one = engine();
  one.step(take(), look());
  for (int i = 0; i < 50'000; ++i) log_.entries.push_back({++revision_, 2, {now(), kLow, core::Freshness::fresh, ""}});
  clock_.advance(25h);
  for (int i = 0; i < 250'000; ++i) log_.entries.push_back({++revision_, 2, {now(), kLow, core::Freshness::fresh, ""}});
  turn(1, kHigh);
  log_.pages = 0;
  one.configure(plan_);
  one.step(take(), look());
  EXPECT_EQ(log_.pages, 1) << "it is too old";
  EXPECT_EQ(told(), "+a/x1");
  clock_.advance(1s);
  turn(1, kLow);
  for (int i = 0; i < 250'000; ++i) log_.entries.push_back({++revision_, 2, {now(), kLow, core::Freshness::fresh, ""}});
  turn(2, kHigh);
  log_.pages = 0;
  one.configure(plan_);
  one.step(take(), look());
  EXPECT_LE(log_.pages, 45) << "it is too much";
  EXPECT_EQ(told(), "+a/x1 -a/x1 +a/x2");
}

TEST_F(EngineTest, AnotherPlanDoesNotWaitForAStep) {
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  turn(1, kHigh);
  log_.gate.close();
  const Look next = look();
  auto step = std::async([&] { one.step(mine, next); });
  while (log_.gate.waiting() == 0) std::this_thread::yield();
  Plan other = plan_;
  other.rules[0].name = "other";
  auto configured = std::async([&] { one.configure(other); });
  EXPECT_EQ(configured.wait_for(10s), std::future_status::ready);
  log_.gate.open();
  step.get();
  EXPECT_EQ(told(), "+a/x1");
  EXPECT_EQ(one.step(mine, look(true)).counts.at(0).rule, "other");
}

TEST_F(EngineTest, WhatExpiredUnseenIsOver) {
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  turn(1, kHigh);
  rows_[1].reading->stale_at = rows_[1].reading->expires_at = now() + 10s;
  clock_.advance(1h);
  engine().step(mine, look(true));
  EXPECT_EQ(told(), "+a/x1 -a/x1");
}

TEST_F(EngineTest, AProfileMayHaveTheNameOfAnother) {
  Engine one = engine();
  const auto mine = take();
  turn(1, kHigh);
  turn(2, kHigh);
  one.step(mine, look());
  ASSERT_EQ(told(), "+a/x1 +a/x2");
  // Another profile comes in the place of x1.
  rows_[3].profile = {.id = 3, .key = rows_[1].profile.key};
  rows_.erase(1);
  clock_.advance(1s);
  turn(3, kHigh);
  Look replaced = look();
  replaced.gone = {1};
  one.step(mine, replaced);
  EXPECT_EQ(one.step(mine, look()).counts.at(0).firing, 2U);
  EXPECT_EQ(told(), "+a/x1 +a/x2 -a/x1 +a/x1");
  // x1 takes the name of x2, which takes another one.
  clock_.advance(1s);
  rows_[2].profile.key.name = "x4";
  rows_[3].profile.key.name = "x2";
  for (const core::ProfileId id : {2, 3}) {
    rows_[id].revision = ++revision_;
    changed_.insert(id);
  }
  Look chain = look();
  std::ranges::reverse(chain.rows);
  EXPECT_EQ(one.step(mine, chain).counts.at(0).firing, 2U);
  std::vector<std::string> firing;
  for (const Message& message : one.firing("chat"))
    for (const Item& item : message.items) firing.push_back(item.subject);
  EXPECT_THAT(firing, ElementsAre("a/x2", "a/x4"));
}

TEST_F(EngineTest, AProfileThatGoesIsOver) {
  Engine one = engine();
  const auto mine = take();
  turn(1, kHigh);
  one.step(mine, look());
  rows_.erase(1);
  clock_.advance(1s);
  Look gone = look();
  gone.gone = {1};
  one.step(mine, gone);
  EXPECT_EQ(told(), "+a/x1 -a/x1");
}

TEST_F(EngineTest, LooksAtBudgetsNowAndThen) {
  plan_.rules = {{.name = "b", .when = {.budget = "p", .left = 0.5}, .group_wait = 0s}};
  plan_.limits["p"] = {{.calls = 4, .window = 1h}, {.calls = 100, .window = 24h}};
  Engine one = engine();
  const auto mine = take();
  one.step(mine, look());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_.spend("p", plan_.limits["p"]));
  const auto due = one.step(mine, look()).due;
  EXPECT_EQ(told(), "") << "it was looked at a moment ago";
  ASSERT_EQ(due, now() + 30s) << "though nothing may change until then";
  clock_.set_wall(*due);
  one.step(mine, look());
  EXPECT_EQ(told(), "+p");
  EXPECT_THAT(store_.messages(store::MessageState::waiting, 1)[0].body, HasSubstr("25 % of a budget left"));
}

TEST(Plan, ComesFromTheConfiguration) {
  config::Config config;
  config.alerts.receivers = {{.name = "a"}, {.name = "b"}};
  config.alerts.rules = {{.name = "all"}, {.name = "one", .send_to = std::vector<std::string>{"b"}}};
  config.probes = {{.name = "p", .rate = config::Budget{1, 1s}}, {.name = "q"}};
  config.sets = {{"s", {"a/*"}}};
  config.portal.public_url = "https://v.example.org";
  const Plan plan = plan_of(config);
  EXPECT_THAT(plan.receivers_of("all"), ElementsAre("a", "b"));
  EXPECT_THAT(plan.receivers_of("one"), ElementsAre("b"));
  EXPECT_THAT(plan.limits, SizeIs(1));
  EXPECT_EQ(plan.setting.sets.size(), 1U);
  EXPECT_EQ(plan.setting.public_url, "https://v.example.org");
  config.alerts.time_zone = "Europe/Atlantis";
  EXPECT_THROW(plan_of(config), base::UsageError);
}

}  // namespace
}  // namespace alert
