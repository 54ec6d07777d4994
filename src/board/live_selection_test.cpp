#include "board/live_selection.hpp"

#include <gmock/gmock.h>

#include <random>

#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::share;
using testing::ElementsAre;
using testing::IsEmpty;

/// Makes states with their updates, as a board does.
class LiveSelectionTest : public testing::Test {
 protected:
  void fill(std::vector<core::RowPtr> rows) {
    auto update = std::make_shared<Update>();
    update->reset = true;
    state_.snapshot = core::Snapshot(std::move(rows));
    state_.aged_until = kNow;
    publish(std::move(update));
  }
  void apply(core::Change change) {
    auto update = std::make_shared<Update>();
    state_.snapshot = state_.snapshot.with(change, &update->steps);
    update->change = std::move(change);
    publish(std::move(update));
  }
  void put(core::Row row) { apply({.rows = {share(std::move(row))}, .removed = {}}); }
  void age(base::Duration by) {
    auto update = std::make_shared<Update>();
    update->aged = true;
    update->aged_before = std::exchange(state_.aged_until, state_.aged_until + by);
    state_.snapshot.for_each([&](const core::RowPtr& row) {
      const auto turn = core::next_turn(*row, update->aged_before);
      if (turn && *turn <= state_.aged_until) update->steps.push_back({.before = row, .after = row});
    });
    publish(std::move(update));
  }

  void set_sets(core::Sets sets) {
    state_.sets = std::make_shared<const core::Sets>(std::move(sets));
    publish(std::make_shared<Update>());
  }

  void expect_right(LiveSelection& live) {
    live.advance(state_);
    const Selected right = select(state_, live.selection(), state_.aged_until);
    ASSERT_EQ(live.rows(), right.rows);
    ASSERT_EQ(live.matching(), right.counts.total);
    ASSERT_EQ(live.choice(), right.choice);
  }

  State state_;

 private:
  void publish(std::shared_ptr<Update> update) {
    update->sequence = ++state_.sequence;
    if (!update->aged) update->aged_before = state_.aged_until;
    update->aged_until = state_.aged_until;
    state_.overview.counts = state_.counts(state_.aged_until);
    auto recent = std::make_shared<std::vector<UpdatePtr>>(*state_.recent);
    recent->push_back(std::move(update));
    state_.recent = std::move(recent);
  }
};

core::Row row_of(core::ProfileId id, core::Revision revision, std::mt19937& random) {
  core::Row row =
      measured_row(id, std::to_string(100 + random() % 60), revision, static_cast<core::Level>(random() % 4));
  row.profile.key.provider = random() % 2 == 0 ? "even" : "odd";
  row.reading->free = static_cast<double>(random() % 5);
  if (random() % 4 == 0) row.reading->free.reset();
  row.reading->measured_at += std::chrono::seconds(random() % 100);
  row.reading->stale_at += std::chrono::seconds(random() % 100);
  row.reading->expires_at += std::chrono::seconds(random() % 200);
  if (random() % 5 == 0) row.failure = core::Failure{"no", kNow};
  return row;
}

std::vector<Selection> many_selections() {
  std::vector<Selection> selections;
  const std::vector<Selection> filters{{},
                                       {.providers = {"odd"}},
                                       {.words = {"1"}, .levels = {core::Level::high, core::Level::low}},
                                       {.freshness = {core::Freshness::stale}},
                                       {.bounds = {{.number = &core::Measurement::free, .least = 2}}},
                                       {.set = "preferred"},
                                       {.failing = true}};
  for (Selection selection : filters)
    for (const Order order :
         {Order::key, Order::name, Order::level, Order::freshness, Order::measured, by(&core::Measurement::free)})
      for (const bool descending : {false, true})
        for (const auto& [offset, limit] : {std::pair{0, 0}, {0, 5}, {3, 5}, {0, 1000}, {20, 1000}}) {
          selection.order = order;
          selection.descending = descending;
          selection.grouped = order == Order::level;
          selection.offset = static_cast<std::size_t>(offset);
          selection.limit = static_cast<std::size_t>(limit);
          selections.push_back(selection);
        }
  Selection after{.limit = 5};
  after.after = Place{.key = {"even", "130"}};
  selections.push_back(after);
  return selections;
}

/// A client's rows, with their ages, as of an earlier look.
struct Seen {
  std::vector<core::RowPtr> rows;
  std::vector<core::Freshness> ages;
  std::uint64_t sequence = 0;
};

Seen seen_in(const LiveSelection& live, const State& state) {
  Seen seen{.rows = live.rows(), .ages = {}, .sequence = state.sequence};
  for (const core::RowPtr& row : seen.rows) seen.ages.push_back(core::freshness(*row, state.aged_until));
  return seen;
}

/// Does `live` say all that `before` lacks, and no move where nothing moved?
void expect_told(const LiveSelection& live, const Seen& before, const Seen& now) {
  const auto id_of = [](const core::RowPtr& row) { return row->profile.id; };
  const bool same = std::ranges::equal(before.rows, now.rows, {}, id_of, id_of);
  EXPECT_EQ(live.moved() > before.sequence, !same);
  const auto touched = live.touched_after(before.sequence);
  for (std::size_t i = 0; same && i < now.rows.size(); ++i) {
    if (now.rows[i] == before.rows[i] && now.ages[i] == before.ages[i]) continue;
    EXPECT_TRUE(std::ranges::find(touched, now.rows[i]) != touched.end()) << "row " << i;
    EXPECT_GT(live.changed(), before.sequence);
  }
}

TEST_F(LiveSelectionTest, IsWhatALookAtAllRowsFinds) {
  std::mt19937 random(7);
  set_sets({{"preferred", {"odd/1?5", "even/13*", "even/140", "none/x"}}});
  std::vector<core::RowPtr> rows;
  for (int id = 1; id <= 40; ++id) rows.push_back(share(row_of(id, 1, random)));
  fill(rows);
  std::vector<std::unique_ptr<LiveSelection>> all;
  for (const Selection& selection : many_selections()) all.push_back(std::make_unique<LiveSelection>(selection));
  std::vector<std::optional<Seen>> seen(all.size());
  for (core::Revision revision = 2; revision < 150; ++revision) {
    if (random() % 4 == 0) age(std::chrono::seconds(random() % 20));
    core::Change change;
    for (auto more = random() % 4; more > 0; --more)
      change.rows.push_back(share(row_of(static_cast<core::ProfileId>(1 + random() % 50), revision, random)));
    if (random() % 3 == 0) change.removed.push_back({static_cast<core::ProfileId>(1 + random() % 50), revision});
    std::erase_if(change.removed, [&](const core::Removed& gone) {
      return std::ranges::any_of(change.rows, [&](const auto& row) { return row->profile.id == gone.id; });
    });
    std::ranges::sort(change.rows, {}, [](const auto& row) { return row->profile.id; });
    const auto same = std::ranges::unique(change.rows, {}, [](const auto& row) { return row->profile.id; });
    change.rows.erase(same.begin(), same.end());
    apply(std::move(change));
    for (std::size_t i = 0; i < all.size(); ++i) {
      // Some look at each state, others at one of several.
      if (i % 3 != 0 && random() % 3 != 0) continue;
      ASSERT_NO_FATAL_FAILURE(expect_right(*all[i])) << "selection " << i << ", revision " << revision;
      const Seen now = seen_in(*all[i], state_);
      if (seen[i]) expect_told(*all[i], *seen[i], now);
      ASSERT_FALSE(HasFailure()) << "selection " << i << ", revision " << revision;
      seen[i] = now;
    }
  }
}

TEST_F(LiveSelectionTest, TellsWhatChanged) {
  fill(support::many_rows(10));
  LiveSelection live({.providers = {"p"}, .offset = 2, .limit = 3});
  live.advance(state_);
  const std::uint64_t begin = state_.sequence;
  EXPECT_THAT(live.touched_after(begin), IsEmpty());
  core::Row elsewhere = measured_row(100, "x", 11, core::Level::low);
  elsewhere.profile.key.provider = "q";
  put(elsewhere);
  live.advance(state_);
  EXPECT_EQ(live.changed(), begin) << "a row that does not match";
  const core::RowPtr third = live.rows()[1];
  core::Row changed = *third;
  changed.reading->level = core::Level::low;
  put(changed);
  live.advance(state_);
  EXPECT_EQ(live.changed(), state_.sequence);
  EXPECT_EQ(live.moved(), begin) << "the same rows at the same places";
  EXPECT_THAT(live.touched_after(begin), ElementsAre(live.rows()[1]));
  EXPECT_EQ(live.rows()[1]->reading->level, core::Level::low);
  age(10min);
  live.advance(state_);
  EXPECT_EQ(live.touched_after(state_.sequence - 1), live.rows()) << "all have expired";
  apply({.rows = {}, .removed = {{third->profile.id, 12}}});
  live.advance(state_);
  EXPECT_EQ(live.moved(), state_.sequence);
}

TEST_F(LiveSelectionTest, FollowsItsSet) {
  fill(support::many_rows(5));
  LiveSelection live({.set = "s", .limit = 10});
  live.advance(state_);
  EXPECT_THAT(live.rows(), IsEmpty()) << "there is no such set yet";
  set_sets({{"s", {"p/000002", "p/000004"}}});
  ASSERT_NO_FATAL_FAILURE(expect_right(live));
  EXPECT_EQ(live.matching(), 2U);
  EXPECT_EQ(live.moved(), state_.sequence);
  const std::uint64_t defined = state_.sequence;
  put(measured_row(2, "renamed", 11, core::Level::high));
  put(measured_row(3, "000002", 12, core::Level::low));
  ASSERT_NO_FATAL_FAILURE(expect_right(live));
  EXPECT_EQ(live.rows().front()->profile.id, 3) << "a name makes a member";
  set_sets({{"other", {"p/*"}}, {"s", {"p/000002", "p/000004"}}});
  live.advance(state_);
  EXPECT_LT(live.moved(), state_.sequence) << "it is the same";
  EXPECT_GT(live.moved(), defined);
  set_sets({{"s", {"p/000004", "p/000002"}}});
  live.advance(state_);
  EXPECT_EQ(live.moved(), state_.sequence) << "the same rows, of which others are preferred";
  set_sets({});
  ASSERT_NO_FATAL_FAILURE(expect_right(live));
  EXPECT_EQ(live.matching(), 0U);
  EXPECT_EQ(live.moved(), state_.sequence);
}

TEST_F(LiveSelectionTest, LooksAtAllRowsOnlyWhenItMust) {
  fill(support::many_rows(1000));
  LiveSelection live({.providers = {"p"}, .limit = 10});
  live.advance(state_);
  EXPECT_GT(live.cost().count(), 0);
  const auto change = [&](std::size_t place) {
    core::Row row = *state_.snapshot.slice(place, 1).front();
    row.reading->level = core::Level::low;
    put(row);
    live.advance(state_);
  };
  for (const std::size_t place : {3, 700}) {
    change(place);
    EXPECT_EQ(live.cost().count(), 0) << place;
  }
  apply({.rows = {}, .removed = {{state_.snapshot.slice(5, 1).front()->profile.id, 2000}}});
  live.advance(state_);
  EXPECT_GT(live.cost().count(), 0) << "another row comes from outside";
}

}  // namespace
}  // namespace board
