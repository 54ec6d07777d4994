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

INSTANTIATE_DATABASE_TEST_SUITE(AdoptTest);

}  // namespace
}  // namespace store
