#include "board/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/rows.hpp"

namespace board {
namespace {

using core::Level;
using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::on;
using support::pending_row;
using support::share;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<core::ProfileId> ids_of(const std::vector<core::RowPtr>& rows) {
  std::vector<core::ProfileId> ids;
  for (const auto& row : rows) ids.push_back(row->profile.id);
  return ids;
}

core::Change change_of(core::Row row) {
  return {.rows = {share(std::move(row))}, .removed = {}};
}

class BoardTest : public testing::Test {
 protected:
  BoardTest() { runtime_.start(); }
  ~BoardTest() override {
    if (!ageing_.valid()) return;
    on(runtime_.background(), [this] { board_.stop(); });
    EXPECT_TRUE(support::ready(ageing_));
  }

  template <class Job>
  auto background(Job job) {
    return on(runtime_.background(), std::move(job));
  }

  void fill(std::vector<core::RowPtr> rows, core::Revision revision = 10) {
    background([&] {
      board_.fill(
          {.version = {"e", revision}, .now = kNow, .rows = std::move(rows), .removed = {}, .removed_since = revision});
    });
  }

  void apply(core::Change change) {
    background([&] {
      const core::Revision revision = change.revision();
      board_.apply(std::move(change), revision, board_.now());
    });
  }

  void set_clock(base::Time now) {
    background([&] { board_.set_clock(now); });
  }

  void run() { ageing_ = support::start(runtime_.background(), board_.run()); }

  StatePtr current(std::size_t core = 0) {
    return on(runtime_.core(core), [this, core] { return board_.of_core(core).current(); });
  }

  std::optional<std::vector<UpdatePtr>> updates_after(std::uint64_t sequence, std::size_t core = 0) {
    return on(runtime_.core(core), [&] { return board_.of_core(core).updates_after(sequence); });
  }

  /// The first update after `sequence`, when it has come.
  UpdatePtr update_after(std::uint64_t sequence) {
    std::vector<UpdatePtr> updates;
    const auto came = [&] {
      updates = updates_after(sequence).value_or(std::vector<UpdatePtr>());
      return !updates.empty();
    };
    return support::eventually(came) ? updates.front() : nullptr;
  }

  base::Runtime runtime_{2};
  support::FakeClock clock_;
  Board board_{runtime_, clock_};
  std::future<void> ageing_;
};

TEST_F(BoardTest, FillReachesEveryCore) {
  EXPECT_FALSE(board_.filled());
  EXPECT_FALSE(current()->filled);
  fill({share(measured_row(1, "a", 7, Level::high))});
  EXPECT_TRUE(board_.filled());
  for (std::size_t core : {0U, 1U}) {
    const auto state = current(core);
    EXPECT_TRUE(state->filled);
    EXPECT_EQ(state->version, (core::Version{"e", 10}));
    EXPECT_EQ(ids_of(state->snapshot.slice(0, 9)), std::vector<core::ProfileId>{1});
    const auto updates = updates_after(0, core);
    ASSERT_TRUE(updates);
    ASSERT_EQ(updates->size(), 1U);
    EXPECT_TRUE(updates->front()->reset);
  }
}

TEST_F(BoardTest, ChangesReachEveryCoreInOrder) {
  fill({share(pending_row(1, "a", 1))});
  const std::uint64_t before = current()->sequence;
  for (core::Revision revision = 11; revision < 111; ++revision)
    apply(change_of(measured_row(revision, fmt::format("{}", revision), revision, Level::low)));
  for (std::size_t core : {0U, 1U}) {
    const auto updates = updates_after(before, core);
    ASSERT_TRUE(updates);
    ASSERT_EQ(updates->size(), 100U);
    core::Revision revision = 11;
    std::uint64_t sequence = before + 1;
    for (const UpdatePtr& update : *updates) {
      EXPECT_EQ(update->version, (core::Version{"e", revision}));
      EXPECT_EQ(update->sequence, sequence++);
      EXPECT_EQ(ids_of(update->change.rows), std::vector<core::ProfileId>{revision++});
      EXPECT_FALSE(update->reset || update->aged);
    }
    EXPECT_EQ(current(core)->snapshot.size(), 101U);
    EXPECT_EQ(current(core)->version.revision, 110);
  }
}

TEST_F(BoardTest, AnOlderRevisionDoesNotTurnTheBoardBack) {
  fill({share(pending_row(1, "a", 10))});
  background([&] { board_.apply(change_of(measured_row(1, "a", 10, Level::low)), 9, kNow); });
  EXPECT_EQ(current()->version.revision, 10);
  EXPECT_TRUE(current()->snapshot.find({"p", "a"})->reading);
}

TEST_F(BoardTest, UpdatesFallOffTheKeptWindow) {
  fill({share(pending_row(1, "a", 1))});
  constexpr int kChanges = 300;
  constexpr std::uint64_t kKept = 256;
  for (int i = 1; i <= kChanges; ++i) apply(change_of(measured_row(1, "a", 10 + i, Level::low)));
  const std::uint64_t last = current()->sequence;
  EXPECT_FALSE(updates_after(0));
  EXPECT_FALSE(updates_after(last - kKept - 1));
  ASSERT_TRUE(updates_after(last - kKept));
  EXPECT_EQ(updates_after(last - kKept)->size(), kKept);
  EXPECT_EQ(updates_after(last - 1)->front()->sequence, last);
  EXPECT_THAT(updates_after(last).value(), IsEmpty());
}

TEST_F(BoardTest, TheClockIsTheSourcesAndIsNoUpdate) {
  fill({share(measured_row(1, "a", 1, Level::high))});
  const std::uint64_t before = current()->sequence;
  clock_.advance(10s);
  clock_.set_wall(kNow + 24h);
  EXPECT_EQ(background([this] { return board_.now(); }), kNow + 10s);
  set_clock(kNow + 40s);
  for (std::size_t core : {0U, 1U}) {
    EXPECT_EQ(current(core)->now(clock_.steady_now() + 1s), kNow + 41s);
    EXPECT_EQ(current(core)->sequence, before);
    EXPECT_THAT(updates_after(before, core).value(), IsEmpty());
  }
  const StatePtr same = current();
  set_clock(kNow + 40s + 1ms);
  EXPECT_EQ(current(), same) << "a difference that nobody sees costs nothing";
}

TEST_F(BoardTest, AnEmptyChangeSetsTheClockOnly) {
  fill({share(pending_row(1, "a", 1))});
  const std::uint64_t before = current()->sequence;
  background([&] { board_.apply({}, 10, kNow + 7s); });
  EXPECT_EQ(current()->sequence, before);
  EXPECT_EQ(current()->now(clock_.steady_now()), kNow + 7s);
}

TEST_F(BoardTest, OnlyRowsThatTurnAreToldAndWithoutARevision) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::low, kNow + 4s)),
        share(measured_row(3, "c", 3, Level::low, kNow - 2min)), share(pending_row(4, "d", 4))});
  const std::uint64_t filled = current()->sequence;

  set_clock(kNow + 1min);
  const auto stale = update_after(filled);
  ASSERT_TRUE(stale);
  EXPECT_TRUE(stale->aged);
  EXPECT_FALSE(stale->reset);
  EXPECT_EQ(stale->version, (core::Version{"e", 10}));
  EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(1)) << "2 is fresh; 3 was stale before, 4 has nothing to lose";

  set_clock(kNow + 3min);
  const auto later = update_after(stale->sequence);
  ASSERT_TRUE(later);
  EXPECT_THAT(ids_of(later->change.rows), ElementsAre(2, 3)) << "2 is stale and 3 expired";

  set_clock(kNow + 10min);
  const auto expired = update_after(later->sequence);
  ASSERT_TRUE(expired);
  EXPECT_THAT(ids_of(expired->change.rows), ElementsAre(1, 2));
  EXPECT_EQ(current()->version.revision, 10);
}

TEST_F(BoardTest, TheFirstThatTurnsIsToldWhereverItStands) {
  run();
  for (const bool first : {true, false}) {
    auto rows = support::many_rows(600);
    auto& early = first ? rows.front() : rows.back();
    early = share(measured_row(early->profile.id, early->profile.key.name, 1, Level::high, kNow - 30s));
    const core::ProfileId id = early->profile.id;
    fill(std::move(rows));
    const std::uint64_t filled = current()->sequence;
    set_clock(kNow + 30s);
    const auto stale = update_after(filled);
    ASSERT_TRUE(stale);
    EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(id));
  }
}

TEST_F(BoardTest, EveryRowTurnsAfterImportsAndRemovals) {
  run();
  fill(support::many_rows(3000));
  core::Change change;
  for (int i = 0; i < 2000; ++i)
    change.rows.push_back(share(measured_row(10'000 + i, fmt::format("{:04}", 2 * i), 11, Level::high)));
  for (core::ProfileId id = 1; id <= 700; ++id) change.removed.push_back({id, 11});
  apply(std::move(change));
  const StatePtr changed = current();
  ASSERT_EQ(changed->snapshot.size(), 4300U);
  set_clock(kNow + 1min);
  const auto stale = update_after(changed->sequence);
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->change.rows.size(), 4300U);
}

TEST_F(BoardTest, RowsAgeAgainAfterARefillWithAnEarlierClock) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high))});
  const std::uint64_t filled = current()->sequence;
  set_clock(kNow + 10min);
  const auto expired = update_after(filled);
  ASSERT_TRUE(expired);
  EXPECT_TRUE(expired->aged);
  // A restored machine, or another database: its clock is behind.
  fill({share(measured_row(2, "b", 20, Level::high))}, 20);
  const std::uint64_t refilled = current()->sequence;
  set_clock(kNow + 1min);
  const auto stale = update_after(refilled);
  ASSERT_TRUE(stale);
  EXPECT_TRUE(stale->aged);
  EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(2));
}

TEST_F(BoardTest, WhenTheClockIsSetBackEverybodyBeginsAnew) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high, kNow + 9min)), share(pending_row(2, "b", 2))});
  const std::uint64_t filled = current()->sequence;
  set_clock(kNow + 10min);
  ASSERT_TRUE(update_after(filled)) << "it is stale by now";
  const std::uint64_t before = current()->sequence;
  set_clock(kNow + 10min - 20s);
  EXPECT_EQ(current()->sequence, before) << "that was held up on its way";
  set_clock(kNow);
  const auto reset = update_after(before);
  ASSERT_TRUE(reset);
  EXPECT_TRUE(reset->reset);
  EXPECT_EQ(current()->counts(kNow).stale, 1U) << "from the future";
  set_clock(kNow + 9min - core::kClockTolerance);
  const auto known = update_after(reset->sequence);
  ASSERT_TRUE(known);
  EXPECT_TRUE(known->aged);
  EXPECT_THAT(ids_of(known->change.rows), ElementsAre(1)) << "the clock has come to it";
  background([&] { board_.apply(change_of(measured_row(2, "b", 12, Level::low, kNow)), 12, kNow); });
  const auto changed = update_after(known->sequence);
  ASSERT_TRUE(changed);
  EXPECT_TRUE(changed->reset) << "a change may be what tells it";
  EXPECT_TRUE(current()->snapshot.find({"p", "b"})->reading);
}

TEST_F(BoardTest, AnOutageIsAnUpdateOfItsOwn) {
  const Outage outage{Side::database, clock_.steady_now()};
  background([&] { board_.set_outage(outage); });
  EXPECT_EQ(current()->outage, outage) << "before the first snapshot too";
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_EQ(current()->outage, outage);
  const std::uint64_t before = current()->sequence;
  background([&] { board_.set_outage(outage); });
  EXPECT_EQ(current()->sequence, before) << "nothing new";
  background([&] { board_.set_outage({}); });
  const auto ended = update_after(before);
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->change.empty());
  EXPECT_FALSE(ended->reset || ended->aged);
  EXPECT_FALSE(current()->outage);
}

TEST_F(BoardTest, RowsAgeByTheBoardsOwnClock) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high, kNow - 1min + 60ms))});
  const std::uint64_t filled = current()->sequence;
  clock_.advance(61ms);
  const auto stale = update_after(filled);
  ASSERT_TRUE(stale);
  EXPECT_TRUE(stale->aged);
  EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(1));
}

TEST_F(BoardTest, RowsThatTurnAreToldWhileOthersChangeAllTheTime) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high)), share(pending_row(2, "b", 2))});
  std::uint64_t seen = current()->sequence;
  set_clock(kNow + 2min);
  core::Revision revision = 10;
  const bool told = support::eventually([&] {
    apply(change_of(measured_row(2, "b", ++revision, Level::low, kNow + 2min)));
    const auto updates = updates_after(seen).value();
    seen += updates.size();
    return std::ranges::any_of(updates, [](const UpdatePtr& update) { return update->aged; });
  });
  EXPECT_TRUE(told);
}

TEST_F(BoardTest, AnAgedRowThatChangedIsNotToldTwice) {
  run();
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high))});
  const std::uint64_t filled = current()->sequence;
  set_clock(kNow + 50s);
  apply(change_of(measured_row(1, "a", 11, Level::low, kNow + 50s)));
  set_clock(kNow + 1min);
  const auto stale = update_after(filled + 1);
  ASSERT_TRUE(stale);
  EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(2));
}

TEST_F(BoardTest, WaitsUntilFilled) {
  auto waiting = support::start(runtime_.background(), board_.wait_until_filled(1h));
  fill({});
  EXPECT_TRUE(support::ready(waiting));
  EXPECT_TRUE(support::ready(support::start(runtime_.background(), board_.wait_until_filled(1h))));
}

TEST_F(BoardTest, WaitsUntilFilledNoLongerThanAsked) {
  EXPECT_TRUE(support::ready(support::start(runtime_.background(), board_.wait_until_filled(1ms))));
  EXPECT_FALSE(board_.filled());
  auto waiting = support::start(runtime_.background(), board_.wait_until_filled(1h));
  background([this] { board_.stop(); });
  EXPECT_TRUE(support::ready(waiting));
}

TEST_F(BoardTest, DeadLettersReachEveryCoreAndStay) {
  background([&] { board_.set_dead_letters(3); });
  fill({share(pending_row(1, "a", 1))});
  const std::uint64_t sequence = current()->sequence;
  for (std::size_t core : {0U, 1U}) EXPECT_EQ(current(core)->dead_letters, 3U);
  background([&] { board_.set_dead_letters(3); });
  EXPECT_EQ(current()->sequence, sequence) << "it is the same";
  background([&] { board_.set_dead_letters(0); });
  EXPECT_EQ(current()->sequence, sequence + 1) << "what was rendered is old";
}

TEST_F(BoardTest, SetsReachEveryCoreAndStay) {
  const core::Sets sets{{"a", {"p/x", "p/*"}}};
  background([&] { board_.set_sets(sets); });
  EXPECT_FALSE(current()->filled) << "they may come before the rows";
  fill({share(pending_row(1, "a", 1))});
  const std::uint64_t sequence = current()->sequence;
  for (std::size_t core : {0U, 1U}) EXPECT_EQ(*current(core)->sets, sets);
  background([&] { board_.set_sets(sets); });
  EXPECT_EQ(current()->sequence, sequence) << "they are the same";
  background([&] { board_.set_sets({}); });
  EXPECT_EQ(current(1)->sequence, sequence + 1) << "what was rendered is old";
  EXPECT_TRUE(current(1)->sets->empty());
  EXPECT_TRUE(update_after(sequence)->steps.empty());
  EXPECT_EQ(current()->version.revision, 10) << "no row changed";
}

TEST_F(BoardTest, CloseReachesEveryCore) {
  background([this] { board_.close(); });
  for (std::size_t core : {0U, 1U})
    EXPECT_TRUE(on(runtime_.core(core), [this, core] { return board_.of_core(core).closed(); }));
}

TEST_F(BoardTest, TheClockGoesOnFromTheLatestChange) {
  fill({share(pending_row(1, "a", 1))});
  clock_.advance(10s);
  background([&] { board_.apply(change_of(measured_row(1, "a", 11, Level::high)), 11, kNow + 11s); });
  clock_.advance(1s);
  EXPECT_EQ(background([&] { return board_.now(); }), kNow + 12s);
  EXPECT_EQ(current()->now(clock_.steady_now()), kNow + 12s);
}

TEST_F(BoardTest, ARowThatComesStaleHasTurned) {
  run();
  core::Row longer = measured_row(3, "c", 3, Level::high);
  longer.reading->stale_at = kNow + 90s;
  fill({share(measured_row(1, "a", 1, Level::high)), share(longer)});
  const std::uint64_t filled = current()->sequence;
  set_clock(kNow + 61s);
  const auto stale = update_after(filled);
  ASSERT_TRUE(stale);
  EXPECT_THAT(ids_of(stale->change.rows), ElementsAre(1));
  background([&] { board_.apply(change_of(measured_row(2, "b", 11, Level::high, kNow + 5s)), 11, kNow + 70s); });
  const auto changed = update_after(stale->sequence);
  ASSERT_TRUE(changed);
  EXPECT_FALSE(changed->aged);
  set_clock(kNow + 91s);
  const auto next = update_after(changed->sequence);
  ASSERT_TRUE(next);
  EXPECT_THAT(ids_of(next->change.rows), ElementsAre(3)) << "what came old is not told again";
}

}  // namespace
}  // namespace board
