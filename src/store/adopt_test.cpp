// Plain SQL beside the program: rows become profiles, and profiles go.
#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "support/captured_log.hpp"
#include "support/database_store.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class AdoptTest : public DatabaseStoreTest {};

TEST_P(AdoptTest, AnOrphanedReadingOfAnIdThatIsUsedAgainGoes) {
  const auto store = open();
  fill(*store, 1);
  const auto id = store->load().rows[0]->profile.id;
  finish_all(*store);
  plain()->run("DELETE FROM hardware WHERE id = ?", id);
  plain()->run("INSERT INTO hardware (id, provider, name) VALUES (?, 'Azure', 'H16mr')", id);
  store->poll(0);
  const auto rows = store->load().rows;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0]->profile.key.name, "H16mr");
  EXPECT_FALSE(rows[0]->reading) << "that was another one's";
}

TEST_P(AdoptTest, ManyPlainRowsAreAdoptedSomeAtEachPoll) {
  const auto store = open();
  fill(*store, 10);
  insert_plain(5000);
  // A repetition in each part of them, among the rows themselves and of a profile, and a name of no use.
  plain()->execute_script(
      "INSERT INTO hardware (provider, name) VALUES ('plain', '00001'), ('many', '00003'), ('plain', ' blank')");
  core::Revision seen = number("SELECT revision FROM board WHERE id = 1");
  std::size_t polls = 0, adopted = 0;
  for (bool more = true; more; ++polls) {
    const Polled polled = store->poll(seen);
    more = polled.more;
    adopted += polled.change.rows.size();
    EXPECT_LT(polled.change.rows.size(), 3000U) << "in steps";
    if (!polled.change.empty()) seen = polled.change.revision();
  }
  EXPECT_EQ(adopted, 5000U);
  EXPECT_GE(polls, 3U);
  EXPECT_FALSE(store->poll(seen).more);
  EXPECT_EQ(number("SELECT COUNT(*) FROM hardware WHERE revision = -1"), 3);
  EXPECT_THAT(open()->load().rows, SizeIs(5010));
}

TEST_P(AdoptTest, TwoReplicasAdoptEachPlainRowOnce) {
  const auto a = open();
  const auto b = open();
  insert_plain(6000);
  std::vector<std::jthread> pollers;
  for (Store* store : {a.get(), b.get()})
    pollers.emplace_back([store] {
      while (store->poll(0).more) continue;
    });
  pollers.clear();
  const auto rows = a->load().rows;
  EXPECT_THAT(rows, SizeIs(6000));
  std::set<core::ProfileKey> keys;
  for (const auto& row : rows) keys.insert(row->profile.key);
  EXPECT_THAT(keys, SizeIs(6000));
}

TEST_P(AdoptTest, ManyProfilesDeletedWithPlainSqlAreBuriedTogether) {
  const auto store = open();
  fill(*store, 3000);
  const auto seen = store->load().version.revision;
  plain()->run("DELETE FROM hardware WHERE name >= '00010'");
  EXPECT_THAT(open()->load().rows, SizeIs(10));
  EXPECT_THAT(store->poll(seen).change.removed, SizeIs(2990));
}

TEST_P(AdoptTest, ARowThatWasPutRightIsAdoptedAtTheNextStart) {
  const auto store = open();
  plain()->run("INSERT INTO hardware (provider, name) VALUES ('Amazon', ' c5')");
  EXPECT_TRUE(store->poll(0).change.empty());
  plain()->run("UPDATE hardware SET name = 'c5'");
  EXPECT_THAT(open()->load().rows, SizeIs(1));
}

TEST_P(AdoptTest, AProfileDeletedWithPlainSqlIsBuriedAtTheNextStart) {
  const auto store = open();
  fill(*store, 2);
  const auto before = store->load();
  plain()->run("DELETE FROM hardware WHERE id = ?", before.rows[0]->profile.id);
  const auto after = open()->load();
  EXPECT_THAT(after.rows, SizeIs(1));
  const auto change = store->poll(before.version.revision).change;
  ASSERT_THAT(change.removed, SizeIs(1));
  EXPECT_EQ(change.removed[0].id, before.rows[0]->profile.id);
  EXPECT_THAT(store->claim({"p", "a", 10, 15s}).claims, SizeIs(1));
}

TEST_P(AdoptTest, PlainSqlMayUseAnIdAgain) {
  const auto store = open();
  const auto id = store->add({"Amazon", "c5"})->id;
  const auto seen = store->load().version.revision;
  ASSERT_TRUE(store->remove(id));
  plain()->run("INSERT INTO hardware (id, provider, name) VALUES (?, 'Azure', 'H16mr')", id);
  const auto change = store->poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_THAT(change.removed, IsEmpty()) << "a reader would take the new one away";
  EXPECT_THAT(store->load().removed, IsEmpty());
  ASSERT_TRUE(store->remove(id));
}

TEST_P(AdoptTest, ATaskWithoutAProfileIsNoBatch) {
  const auto store = open();
  fill(*store, 2);
  const auto id = store->load().rows.front()->profile.id;
  plain()->run("DELETE FROM hardware WHERE id = ?", id);
  const auto claims = store->claim({.probe = "p", .owner = "a", .count = 1, .lease = 10s}).claims;
  const auto others = store->claim({.probe = "p", .owner = "a", .count = 2, .lease = 10s}).claims;
  for (const auto& some : {claims, others})
    for (const Claim& claim : some) {
      EXPECT_FALSE(claim.batched);
      EXPECT_NE(claim.profiles.front().id, id);
    }
}

TEST_P(AdoptTest, ARowIsFoundBeforeItIsAdopted) {
  const auto store = open();
  const auto other = store->add({"Amazon", "c5"});
  plain()->run("INSERT INTO hardware (provider, name) VALUES ('Azure', 'H16mr')");
  EXPECT_TRUE(store->find({"Azure", "H16mr"}));
  EXPECT_EQ(store->change(other->id, {"Azure", "H16mr"}, {}).error().code, base::Errc::conflict);
  EXPECT_EQ(store->add_missing(std::vector<core::NewProfile>{{{"Azure", "H16mr"}, {}}}), 0U);
}

TEST_P(AdoptTest, OfRowsThatAreAlikeTheFirstIsTheProfile) {
  const auto store = open();
  for (int i = 0; i < 2; ++i) plain()->run("INSERT INTO hardware (provider, name) VALUES ('Amazon', 'c5')");
  const core::NewProfile same{{"Amazon", "c5"}, {}};
  const Added added = store->add_all({&same, 1}).front();
  EXPECT_TRUE(added.existed);
  EXPECT_EQ(added.id, number("SELECT MIN(id) FROM hardware"));
  const auto rows = store->load().rows;
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0]->profile.id, added.id);
}

TEST_P(AdoptTest, RowsThatAreLeftOutAreNamedTheFirstThreeByThemselves) {
  const auto store = open();
  for (const auto& [rows, more] : {std::pair{3, 0U}, std::pair{5, 1U}}) {
    const support::CapturedLog log;
    for (int i = 0; i < rows; ++i) plain()->run("INSERT INTO hardware (provider, name) VALUES ('Amazon', ' c5')");
    store->poll(0);
    EXPECT_EQ(log.count("of table hardware is left out: "), 3U);
    EXPECT_EQ(log.count("warning 2 rows more of table hardware are left out"), more);
    EXPECT_EQ(log.count("rows more"), more);
  }
}

TEST_P(AdoptTest, ARowThatPlainSqlMakesUnusableIsLeftOutUntilItIsPutRight) {
  const auto store = open();
  std::vector<std::string> names = {"", "line\nfeed", "right\u202Eleft", " blank", "tab\t"};
  // A server refuses these itself.
  if (is_sqlite()) names.insert(names.end(), {"caf\xE9", std::string("nul\0", 4), std::string(192, 'x')});
  fill(*store, static_cast<int>(names.size()) + 1);
  const auto before = store->load();
  for (std::size_t i = 0; i < names.size(); ++i)
    plain()->run("UPDATE hardware SET name = ? WHERE id = ?", names[i], before.rows[i]->profile.id);
  EXPECT_TRUE(store->poll(before.version.revision).change.empty()) << "nothing tells of it yet";
  plain()->execute_script(
      "UPDATE board SET revision = revision + 1; UPDATE reading SET revision = "
      "(SELECT revision FROM board)");
  const support::CapturedLog log;
  const auto change = store->poll(before.version.revision).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(change.rows[0]->profile, before.rows.back()->profile);
  EXPECT_THAT(change.removed, SizeIs(names.size()));
  EXPECT_EQ(log.count("of table hardware is left out: "), 3U);
  EXPECT_EQ(log.count("rows more of table hardware are left out"), 1U);
  EXPECT_THAT(open()->load().rows, SizeIs(1));
  EXPECT_THAT(store->profiles(), SizeIs(1));
  plain()->run("UPDATE hardware SET name = 'right' WHERE id = ?", before.rows[0]->profile.id);
  const auto rows = open()->load().rows;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(std::ranges::any_of(rows, [](const auto& row) { return row->profile.key.name == "right"; }));
  EXPECT_THAT(open()->load().removed, SizeIs(names.size() - 1));
}

TEST_P(AdoptTest, ARowThatPlainSqlMakesUnusableIsLeftOutAtAStart) {
  const auto store = open();
  fill(*store, 2);
  finish_all(*store);
  plain()->run("UPDATE hardware SET provider = '' WHERE name = '00000'");
  const support::CapturedLog log;
  const auto loaded = open()->load();
  ASSERT_THAT(loaded.rows, SizeIs(1));
  EXPECT_EQ(loaded.rows[0]->profile.key.name, "00001");
  EXPECT_THAT(loaded.removed, SizeIs(1));
  EXPECT_EQ(log.count("of table hardware is left out: provider is empty"), 1U);
}

TEST_P(AdoptTest, NoProbeIsAskedForARowThatPlainSqlMakesUnusable) {
  const auto store = open();
  fill(*store, 3);
  const auto before = store->load();
  plain()->run("UPDATE hardware SET name = ? WHERE name = '00001'", "a\nb");
  const support::CapturedLog log;
  const auto claims = store->claim({"p", "a", 10, 15s}).claims;
  ASSERT_THAT(claims, SizeIs(2));
  for (const Claim& claim : claims) EXPECT_NE(claim.profiles.front().id, before.rows[1]->profile.id);
  EXPECT_EQ(log.count("of table hardware is left out: name must be UTF-8"), 1U);
  EXPECT_THAT(store->poll(before.version.revision).change.removed, SizeIs(1));
  EXPECT_EQ(number("SELECT COUNT(*) FROM task"), 2);
  store->prepare("p", 60s, true);
  plain()->run("UPDATE hardware SET name = '' WHERE name = '00002'");
  const auto batch = store->claim({"p", "b", 10, 15s}).claims;
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_THAT(batch[0].profiles, SizeIs(1));
}

TEST_P(AdoptTest, WhatNoReaderCanBeToldOfAReadingIsLeftOut) {
  const auto store = open();
  fill(*store, 1);
  finish_all(*store);
  const auto id = store->load().rows[0]->profile.id;
  plain()->execute_script("UPDATE reading SET measured_at = 9000000000000000000, stale_at = -9000000000000000000");
  if (is_sqlite()) plain()->execute_script("UPDATE reading SET free = 9e999, total = -9e999, price = 2.5");
  for (const auto& [name, value] : {std::pair{"fine", "a b"}, {"bad key", "x"}, {"", "x"}, {"bad-value", "a\nb"}})
    plain()->run("INSERT INTO attribute (profile_id, name, value) VALUES (?, ?, ?)", id, name, value);
  const auto row = open()->load().rows.at(0);
  EXPECT_EQ(row->profile.labels, (core::Labels{{"fine", "a b"}}));
  EXPECT_EQ(store->claim({"p", "a", 1, 15s}).claims.size(), 0U);
  EXPECT_EQ(base::to_rfc3339(row->reading->measured_at).substr(0, 10), "9999-12-31");
  EXPECT_EQ(row->reading->stale_at, base::Time{});
  EXPECT_FALSE(row->reading->free || row->reading->total);
  if (is_sqlite()) EXPECT_EQ(row->reading->price, 2.5);
}

TEST_P(AdoptTest, ARowWithANegativeIdIsLeftOutAndNamed) {
  const auto store = open();
  const support::CapturedLog log;
  plain()->run("INSERT INTO hardware (id, provider, name) VALUES (-5, 'Amazon', 'c5')");
  plain()->run("INSERT INTO hardware (provider, name) VALUES ('Azure', 'H16mr')");
  EXPECT_THAT(store->poll(0).change.rows, SizeIs(1));
  EXPECT_FALSE(store->poll(0).more);
  EXPECT_EQ(log.count("warning row -5 of table hardware is left out: its id is not positive; give it another one"), 1U);
  plain()->run("UPDATE hardware SET id = 7 WHERE id = -5");
  EXPECT_THAT(open()->load().rows, SizeIs(2));
}

TEST_P(AdoptTest, TheLargestIdIsNoFullDisk) {
  const auto store = open();
  plain()->run("INSERT INTO hardware (id, provider, name) VALUES (9223372036854775807, 'Amazon', 'c5')");
  for (int i = 0; i < 2; ++i) try {
      (void)store->add({"Azure", "H16mr"});
      ADD_FAILURE() << "added";
    } catch (const base::Lost& error) {
      EXPECT_THAT(error.what(), HasSubstr("a row with the largest id that there is, 9223372036854775807"));
    }
  plain()->run("DELETE FROM hardware");
  plain()->execute_script(is_sqlite() ? "UPDATE sqlite_sequence SET seq = (SELECT MAX(id) FROM hardware) WHERE name = "
                                        "'hardware'"
                                      : "ALTER TABLE hardware AUTO_INCREMENT = 1");
  EXPECT_TRUE(store->add({"Azure", "H16mr"}));
}

INSTANTIATE_DATABASE_TEST_SUITE(AdoptTest);

}  // namespace
}  // namespace store
