// History beside older programs, other replicas and plain SQL, in every kind of database.
#include <gmock/gmock.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "store/embedded.hpp"
#include "support/database_store.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using core::Freshness;
using core::Level;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr std::size_t kAll = 1'000'000;

class HistoryDatabaseTest : public DatabaseStoreTest {
 protected:
  static constexpr Between kAlways{base::Time{}, support::FakeClock::kStart + std::chrono::days{36500}};

  std::vector<Outcome> outcomes_of(Store& store, Level level, std::size_t count = 1000) {
    auto all = outcomes(store.claim({"p", "a", count, 15s}).claims, "r");
    for (Outcome& one : all) {
      one.findings[0].result->level = level;
      one.findings[0].result->free = 1.0;
    }
    return all;
  }
  /// Measures all profiles that are due; returns how many.
  std::size_t measure(Store& store, Level level) {
    const auto all = outcomes_of(store, level);
    EXPECT_THAT(store.finish(all), IsEmpty());
    return all.size();
  }
  core::ProfileId only(Store& store) { return store.load().rows.at(0)->profile.id; }
  /// As a program before migration 7 does.
  void write_as_older(core::ProfileId profile, Level level, const std::string& reason = "r") {
    const base::Time at = clock_.wall_now();
    plain()->run(
        "REPLACE INTO reading (profile_id, revision, probe, level, reason, measured_at, stale_at, expires_at,"
        " took) VALUES (?, (SELECT revision + 1 FROM board), 'p', ?, ?, ?, ?, ?, 1)",
        profile, core::to_string(level), reason, at, at + 90s, at + 5min);
    plain()->run("UPDATE board SET revision = revision + 1");
  }
  std::vector<Level> levels(Store& store, core::ProfileId profile) {
    std::vector<Level> levels;
    for (const auto& one : store.transitions(profile, kAlways, kAll)) levels.push_back(one.level);
    return levels;
  }
  static std::int64_t prune(Store& store) {
    std::int64_t rows = 0;
    for (Pruned step{0, true}; step.more; rows += step.rows) step = store.prune();
    return rows;
  }
};

TEST_P(HistoryDatabaseTest, ADatabaseWithReadingsGetsTheirHistory) {
  std::vector<base::EmbeddedFile> older;
  for (const auto& file : embedded_files())
    if (file.name < std::string_view("0007")) older.push_back(file);
  migrate(*plain(), FirstContent::nothing, older);
  plain()->execute_script("INSERT INTO hardware (id, provider, name, revision) VALUES (1, 'many', 'a', 1)");
  const base::Time first = clock_.wall_now();
  write_as_older(1, Level::high, "older");
  const auto store = open();
  clock_.advance(60s);
  ASSERT_THAT(store->load().rows, SizeIs(1));
  EXPECT_TRUE(store->load().rows[0]->reading->recent.empty());
  EXPECT_THAT(levels(*store, 1), IsEmpty()) << "nothing is known yet";
  EXPECT_EQ(store->board_at(clock_.wall_now(), {}, 10).at(0).state, std::nullopt);
  const Assignment assignment{1, "p", kRule.ttl};
  store->assign({&assignment, 1});
  plain()->run("INSERT INTO task (profile_id, probe, due) VALUES (1, 'p', 1)");
  EXPECT_EQ(measure(*store, Level::low), 1U);
  EXPECT_THAT(store->transitions(1, kAlways, kAll),
              ElementsAre(core::Transition{first, Level::high, Freshness::fresh, "older"},
                          core::Transition{clock_.wall_now(), Level::low, Freshness::fresh, "r"}));
  EXPECT_EQ(store->load().rows[0]->reading->recent, *core::RecentLevels::parse("L"));
}

TEST_P(HistoryDatabaseTest, AnOlderProgramMayWriteInBetween) {
  const auto store = open();
  fill(*store, 1);
  const auto id = only(*store);
  measure(*store, Level::high);
  clock_.advance(60s);
  write_as_older(id, Level::low);
  clock_.advance(60s);
  measure(*store, Level::low);
  EXPECT_THAT(levels(*store, id), ElementsAre(Level::high, Level::low));
  clock_.advance(60s);
  write_as_older(id, Level::low);
  clock_.advance(60s);
  measure(*store, Level::low);
  EXPECT_THAT(levels(*store, id), ElementsAre(Level::high, Level::low)) << "nothing new";
  write_as_older(id, Level::medium);
  write_as_older(id, Level::high);
  clock_.advance(10min);
  measure(*store, Level::high);
  EXPECT_THAT(levels(*store, id),
              ElementsAre(Level::high, Level::low, Level::high, Level::high, Level::unknown, Level::high));
  const auto numbers = store->numbers(id, &core::Measurement::free, core::Span::day, kAlways, kAll);
  ASSERT_THAT(numbers, SizeIs(1));
  EXPECT_GE(numbers[0].count, 1) << "the block under way was lost each time";
}

TEST_P(HistoryDatabaseTest, AnOlderProgramMayRenameAndRemove) {
  const auto store = open();
  fill(*store, 2);
  const auto rows = store->load().rows;
  const auto renamed = rows[0]->profile.id, removed = rows[1]->profile.id;
  for (int i = 0; i < 3; ++i) {
    measure(*store, i == 1 ? Level::low : Level::high);
    clock_.advance(2h);
  }
  plain()->run("UPDATE board SET revision = revision + 1");
  plain()->run("UPDATE hardware SET name = 'new', revision = (SELECT revision FROM board) WHERE id = ?", renamed);
  plain()->run("DELETE FROM reading WHERE profile_id > 0");
  plain()->run("INSERT INTO reading (profile_id, revision) VALUES (?, (SELECT revision FROM board))", renamed);
  plain()->run("DELETE FROM hardware WHERE id = ?", removed);
  for (const auto id : {renamed, removed}) {
    EXPECT_THAT(levels(*store, id), IsEmpty());
    EXPECT_THAT(store->numbers(id, &core::Measurement::free, core::Span::hour, kAlways, kAll), IsEmpty());
  }
  EXPECT_THAT(store->transitions_after(0, kAll), IsEmpty());
  measure(*store, Level::medium);
  EXPECT_THAT(levels(*store, renamed), ElementsAre(Level::medium)) << "its own";
  EXPECT_GT(prune(*store), 0);
  EXPECT_EQ(number("SELECT COUNT(*) FROM transition"), 1);
  EXPECT_EQ(number(fmt::format("SELECT COUNT(*) FROM summary WHERE profile_id = {}", removed)), 0);
  store->keep({90 * 24h, 0s, 0s, 1825 * 24h});
  clock_.advance(80 * 24h);
  prune(*store);
  EXPECT_EQ(number("SELECT COUNT(*) FROM summary"), 0) << "what belonged to the former name is not summed up";
}

TEST_P(HistoryDatabaseTest, TheClockIsMendedUnderIt) {
  const auto store = open();
  fill(*store, 1);
  const auto id = only(*store);
  store->prepare("p", kRule.ttl, false);
  store->poll(0);
  measure(*store, Level::high);
  clock_.set_wall(clock_.wall_now() + 24h);
  measure(*store, Level::low);
  clock_.advance(60s);
  measure(*store, Level::medium);
  clock_.set_wall(clock_.wall_now() - 24h);
  store->poll(0);
  clock_.advance(1s);
  EXPECT_EQ(measure(*store, Level::high), 1U) << "measured again at once";
  const auto all = store->transitions(id, kAlways, kAll);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &core::Transition::at));
  EXPECT_LE(std::chrono::abs(all.back().at - clock_.wall_now()), 2us);
  std::vector<Level> fresh;
  for (const auto& one : all)
    if (one.freshness == Freshness::fresh) fresh.push_back(one.level);
  EXPECT_THAT(fresh, ElementsAre(Level::high, Level::low, Level::medium, Level::high)) << "none is lost";
}

TEST_P(HistoryDatabaseTest, NobodyMissesATransition) {
  constexpr int kProfiles = 300;
  const auto a = open();
  const auto b = open();
  fill(*a, kProfiles);
  const auto reader = open();
  std::atomic<int> writing = 2;
  std::vector<std::jthread> writers;
  for (Store* store : {a.get(), b.get()})
    writers.emplace_back([&, store] {
      for (int round = 0; round < 60; ++round) {
        auto all = outcomes(store->claim({"p", round % 2 == 0 ? "a" : "b", 20, 5min}).claims, "r");
        for (Outcome& one : all) {
          // A profile comes again after 15 rounds, or half of them, and then has another level.
          one.findings[0].result->level = static_cast<Level>(1 + (round / 7 % 3));
          one.rule.ttl = 1us;
        }
        EXPECT_THAT(store->finish(all), IsEmpty());
        clock_.advance(1s);
      }
      --writing;
    });
  std::vector<core::LoggedTransition> seen;
  const auto follow = [&] {
    const auto part = reader->transitions_after(seen.empty() ? 0 : seen.back().revision, 7);
    seen.insert(seen.end(), part.begin(), part.end());
    return !part.empty();
  };
  while (writing > 0) follow();
  writers.clear();
  while (follow()) continue;
  EXPECT_EQ(seen, reader->transitions_after(0, kAll));
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), number("SELECT COUNT(*) FROM transition"));
  EXPECT_GT(seen.size(), 600U);
  std::map<core::ProfileId, base::Time> latest;
  for (const auto& one : seen) {
    EXPECT_LT(latest[one.profile], one.transition.at) << "in the order of times";
    latest[one.profile] = one.transition.at;
  }
}

TEST_P(HistoryDatabaseTest, ARestoredBackupGoesOnWithLaterRevisions) {
  const auto store = open();
  fill(*store, 1);
  const auto id = only(*store);
  measure(*store, Level::high);
  const auto seen = store->transitions_after(0, kAll).back().revision;
  plain()->run("UPDATE board SET revision = 5");  // as of a backup
  plain()->run("DELETE FROM transition");
  plain()->run("UPDATE reading SET revision = 5, told_at = NULL, reason_at = NULL");
  plain()->run("UPDATE hardware SET revision = 4");
  store->poll(0);
  clock_.advance(60s);
  measure(*store, Level::low);
  EXPECT_THAT(store->transitions_after(seen, kAll), SizeIs(2)) << "all are after the lost world";
  const auto restarted = open();
  clock_.advance(60s);
  measure(*restarted, Level::high);
  EXPECT_THAT(restarted->transitions_after(seen, kAll), SizeIs(3));
  EXPECT_THAT(levels(*restarted, id), ElementsAre(Level::high, Level::low, Level::high));
}

TEST_P(HistoryDatabaseTest, PruningByTwoCountsNothingTwice) {
  constexpr int kProfiles = 60, kRounds = 30;
  const auto a = open();
  const auto b = open();
  fill(*a, kProfiles);
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_EQ(measure(*a, round % 2 == 0 ? Level::low : Level::high), 1U * kProfiles);
    clock_.advance(2h);
  }
  clock_.advance(40 * 24h);
  const auto rows = a->load().rows;
  {
    std::vector<std::jthread> threads;
    for (Store* store : {a.get(), b.get()}) {
      store->keep({24h, 0s, 0s, 1825 * 24h});
      threads.emplace_back([store] { prune(*store); });
      threads.emplace_back([store] { prune(*store); });
    }
  }
  prune(*a);
  for (const auto& row : rows) {
    std::int64_t count = 0;
    for (const auto& one : a->numbers(row->profile.id, &core::Measurement::free, core::Span::day, kAlways, kAll))
      count += one.count;
    EXPECT_EQ(count, kRounds);
    EXPECT_THAT(levels(*b, row->profile.id), SizeIs(1));
  }
  EXPECT_EQ(number("SELECT COUNT(*) FROM summary WHERE span < 2"), 0);
}

TEST_P(HistoryDatabaseTest, AProfileThatFlapsIsPrunedInSteps) {
  const auto store = open();
  fill(*store, 1);
  const auto id = only(*store);
  const auto session = plain();
  {
    const sql::Transaction change(*session, sql::Access::write);
    for (int i = 0; i < 1800; ++i)
      session->run(
          "INSERT INTO transition (revision, profile_id, at, state, reason) VALUES (9000000000000000, ?, ?, 13,"
          " 'r')",
          id, clock_.wall_now() + 1s * i);
    session->commit();
  }
  clock_.advance(91 * 24h);
  std::vector<std::int64_t> steps;
  for (Pruned step{0, true}; step.more;)
    if (step = store->prune(); step.rows > 0) steps.push_back(step.rows);
  EXPECT_THAT(steps, Each(Le(500)));
  EXPECT_EQ(std::accumulate(steps.begin(), steps.end(), std::int64_t{0}), 1799);
  EXPECT_THAT(levels(*store, id), SizeIs(1));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(store->prune().more) << "the round is over";
  ASSERT_TRUE(store->remove(id));
  clock_.advance(59min);
  EXPECT_EQ(prune(*store), 0);
  clock_.advance(1min);
  EXPECT_EQ(prune(*store), 1);
}

TEST_P(HistoryDatabaseTest, AClockThatIsAheadForAMomentDeletesNothing) {
  const auto store = open();
  fill(*store, 1);
  for (int i = 0; i < 3; ++i) {
    measure(*store, i == 1 ? Level::low : Level::high);
    clock_.advance(60s);
  }
  store->poll(0);
  clock_.set_wall(clock_.wall_now() + 1000 * 24h);
  EXPECT_EQ(prune(*store), 0);
  clock_.advance(1h + 1s);
  EXPECT_EQ(prune(*store), 2) << "it is right";
}

TEST_P(HistoryDatabaseTest, IsFoundByIndex) {
  const auto store = open();
  fill(*store, 2000);
  for (int i = 0; i < 4; ++i) {
    while (measure(*store, static_cast<Level>(1 + (i % 3))) > 0) continue;
    clock_.advance(61s);
  }
  const auto session = plain();
  if (!is_sqlite()) session->execute_script("ANALYZE TABLE transition, reading, hardware");
  const auto plan = [&](const std::string& sql) {
    std::string text;
    auto query = session->query((is_sqlite() ? "EXPLAIN QUERY PLAN " : "EXPLAIN FORMAT=JSON ") + sql);
    while (query.step()) text += query.get<std::string>(is_sqlite() ? 3 : 0) + "; ";
    return text;
  };
  const std::string board = plan(
      "SELECT h.id, t.at FROM hardware h JOIN reading r ON r.profile_id = h.id LEFT JOIN transition t ON t.profile_id ="
      " h.id AND t.revision >= h.revision AND t.at = (SELECT s.at FROM transition s WHERE s.profile_id = h.id AND"
      " s.at <= 5 ORDER BY s.at DESC LIMIT 1) WHERE h.provider = 'many' AND h.name > '5' ORDER BY h.provider, h.name "
      "LIMIT 100");
  EXPECT_THAT(board, HasSubstr("hardware_key"));
  EXPECT_THAT(board, HasSubstr("transition_at"));
  EXPECT_THAT(board, testing::Not(HasSubstr("filesort"))) << board;
  EXPECT_THAT(board, testing::Not(HasSubstr("TEMP B-TREE"))) << board;
}

INSTANTIATE_DATABASE_TEST_SUITE(HistoryDatabaseTest);

}  // namespace
}  // namespace store
