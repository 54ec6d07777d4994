// Profiles, revisions and deletions, over every kind of store. Tasks and leases: {task,lease}_conformance_test.cpp.
#include <gmock/gmock.h>

#include <set>

#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreTest, BeginsEmptyUnderAnEpoch) {
  const core::Contents loaded = store().load();
  EXPECT_THAT(loaded.rows, IsEmpty());
  EXPECT_THAT(loaded.removed, IsEmpty());
  EXPECT_FALSE(loaded.version.epoch.empty());
  EXPECT_EQ(loaded.now, now());
  const Polled polled = store().poll(0);
  EXPECT_TRUE(polled.change.empty());
  EXPECT_EQ(polled.epoch, loaded.version.epoch);
  clock_.advance(5s);
  EXPECT_EQ(store().poll(0).now, now());
}

TEST_P(StoreTest, AddedProfileIsPending) {
  const auto profile = store().add({"Amazon", "c5"}).value();
  EXPECT_EQ(profile.key, (core::ProfileKey{"Amazon", "c5"}));
  const auto rows = store().load().rows;
  ASSERT_THAT(rows, SizeIs(1));
  core::Row expected;
  expected.profile = profile;
  expected.revision = rows[0]->revision;
  EXPECT_EQ(*rows[0], expected);
  EXPECT_GT(expected.revision, 0);
}

TEST_P(StoreTest, KeepsNamesAsTheyAre) {
  const core::ProfileKey key{"O'Neil \"&\" Söhne; --", "名前 %_#"};
  const auto id = store().add(key).value().id;
  EXPECT_EQ(row(id)->profile.key, key);
  EXPECT_TRUE(store().add({"o'neil \"&\" söhne; --", "名前 %_#"}).has_value()) << "case matters";
}

TEST_P(StoreTest, AddRefusesAKeyThatExists) {
  add("Amazon", "c5");
  const auto seen = revision();
  const auto again = store().add({"Amazon", "c5"});
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, base::Errc::conflict);
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, AddMissingAddsWhatIsMissing) {
  add("Amazon", "c5");
  const std::vector<core::NewProfile> keys = {
      {{"Amazon", "c5"}, {}}, {{"Azure", "H16mr"}, {}}, {{"Azure", "H16mr"}, {}}, {{"x", "y"}, {}}};
  EXPECT_EQ(store().add_missing(keys), 2U);
  EXPECT_THAT(store().load().rows, SizeIs(3));
  const auto seen = revision();
  EXPECT_EQ(store().add_missing(keys), 0U);
  EXPECT_EQ(store().add_missing({}), 0U);
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, AddMissingGivesTheLabelsThatAreMissing) {
  ASSERT_TRUE(store().add({"Amazon", "c5"}, {{"zone", "a"}, {"own", "1"}}));
  add("Amazon", "c6");
  const std::vector<core::NewProfile> wanted = {
      {{"Amazon", "c5"}, {{"zone", "b"}, {"gpu", "a100"}}}, {{"Amazon", "c6"}, {}}, {{"x", "y"}, {{"zone", "c"}}}};
  auto seen = revision();
  EXPECT_EQ(store().add_missing(wanted), 1U);
  std::map<std::string, core::Labels> changed;
  for (const auto& row : store().poll(seen).change.rows) changed[row->profile.key.name] = row->profile.labels;
  EXPECT_EQ(changed, (std::map<std::string, core::Labels>{{"c5", {{"gpu", "a100"}, {"own", "1"}, {"zone", "b"}}},
                                                          {"y", {{"zone", "c"}}}}));
  seen = revision();
  EXPECT_EQ(store().add_missing(wanted), 0U);
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, LabelsArePartOfTheRow) {
  const auto given_labels = [](const std::vector<core::RowPtr>& rows) {
    std::map<std::string, core::Labels> labels;
    for (const auto& row : rows) labels[row->profile.key.name] = row->profile.labels;
    return labels;
  };
  using Expected = std::map<std::string, core::Labels>;
  const auto id = store().add({"Amazon", "c5"}, {{"zone", "a"}, {"gpu", "1"}})->id;
  add("Amazon", "c6");
  EXPECT_EQ(given_labels(store().load().rows), (Expected{{"c5", {{"gpu", "1"}, {"zone", "a"}}}, {"c6", {}}}));
  auto seen = revision();
  ASSERT_TRUE(store().set_labels(id, {{"zone", "b"}}));
  EXPECT_EQ(given_labels(store().poll(seen).change.rows), (Expected{{"c5", {{"zone", "b"}}}}));
  seen = revision();
  ASSERT_TRUE(store().change(id, {"Amazon", "c5"}, core::Labels{{"zone", "c"}}));
  EXPECT_EQ(given_labels(store().poll(seen).change.rows), (Expected{{"c5", {{"zone", "c"}}}}));
  seen = revision();
  ASSERT_TRUE(store().change(id, {"Amazon", "c7"}, {}));
  EXPECT_EQ(given_labels(store().poll(seen).change.rows), (Expected{{"c7", {{"zone", "c"}}}}));
  seen = revision();
  EXPECT_FALSE(store().set_labels(id + 100, {{"zone", "d"}}));
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, AddAllSaysWhatBecameOfEach) {
  const auto there = add("Amazon", "c5");
  const std::vector<core::NewProfile> profiles = {{{"x", "new"}, {{"k", "v"}, {"l", "w"}}},
                                                  {{"Amazon", "c5"}, {{"k", "not this"}}},
                                                  {{"x", "new"}, {{"k", "nor this"}}},
                                                  {{"a", "plain"}, {}}};
  const auto seen = revision();
  const auto added = store().add_all(profiles);
  ASSERT_THAT(added, SizeIs(4));
  const auto existed = [](const Added& one) { return one.existed; };
  EXPECT_EQ(std::vector<bool>({existed(added[0]), existed(added[1]), existed(added[2]), existed(added[3])}),
            std::vector<bool>({false, true, true, false}));
  EXPECT_EQ(added[1].id, there);
  EXPECT_EQ(added[2].id, added[0].id);
  EXPECT_EQ(row(added[3].id)->profile.key, (core::ProfileKey{"a", "plain"}));
  EXPECT_EQ(store().find({"x", "new"})->labels, (core::Labels{{"k", "v"}, {"l", "w"}}));
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, core::Labels{});
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(2));
  EXPECT_EQ(change.rows[0]->revision, change.rows[1]->revision) << "one change";
  const auto again = store().add_all(profiles);
  EXPECT_TRUE(std::ranges::all_of(again, existed));
  EXPECT_TRUE(quiet_since(change.revision()));
  EXPECT_THAT(store().add_all({}), IsEmpty());
}

TEST_P(StoreTest, AddsManyAtOnce) {
  std::vector<core::NewProfile> profiles;
  for (int i = 0; i < 1500; ++i) profiles.push_back({{"many", fmt::format("{:05}", i)}, {{"n", fmt::format("{}", i)}}});
  const auto added = store().add_all(profiles);
  EXPECT_THAT(store().load().rows, SizeIs(1500));
  EXPECT_EQ(store().find({"many", "01234"})->id, added[1234].id);
  EXPECT_EQ(store().find({"many", "01234"})->labels, (core::Labels{{"n", "1234"}}));
}

TEST_P(StoreTest, ChangeGivesKeyAndLabelsTogether) {
  const auto id = store().add({"Amazon", "c5"}, {{"k", "v"}})->id;
  add("Azure", "H16mr");
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, (core::Labels{{"k", "v"}}));
  EXPECT_FALSE(store().change(id, {"Azure", "H16mr"}, core::Labels{{"k", "lost"}}));
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, (core::Labels{{"k", "v"}})) << "all or nothing";
  ASSERT_TRUE(store().change(id, {"Amazon", "c5"}, core::Labels{{"l", "w"}}));
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, (core::Labels{{"l", "w"}}));
  ASSERT_TRUE(store().change(id, {"Amazon", "c6"}, core::Labels{{"m", "x"}}));
  EXPECT_EQ(store().find({"Amazon", "c6"})->labels, (core::Labels{{"m", "x"}}));
  ASSERT_TRUE(store().change(id, {"Amazon", "c7"}, std::nullopt));
  EXPECT_EQ(store().find({"Amazon", "c7"})->labels, (core::Labels{{"m", "x"}})) << "they stay";
}

TEST_P(StoreTest, KeepsLabelsOfAnyLengthAndScriptThatIsAllowed) {
  const core::Labels labels{{"long", std::string(core::kMaxValueBytes, 'x')},
                            {"wide", "😀𝄞é"},
                            {"empty", ""},
                            {std::string(64, 'k'), R"(a\b'c"d%_)"}};
  ASSERT_TRUE(store().add({std::string(core::kMaxNameBytes, 'p'), "😀"}, labels));
  EXPECT_EQ(store().find({std::string(core::kMaxNameBytes, 'p'), "😀"})->labels, labels);
  const auto all = store().profiles();
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &core::Profile::key));
  EXPECT_EQ(std::ranges::find(all, core::ProfileKey{std::string(core::kMaxNameBytes, 'p'), "😀"}, &core::Profile::key)
                ->labels,
            labels);
}

TEST_P(StoreTest, PollGivesWhatIsNewer) {
  const auto first = add("a", "1");
  const auto seen = store().poll(0).change.revision();
  EXPECT_TRUE(quiet_since(seen));
  const auto second = add("a", "2");
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(change.rows[0]->profile.id, second);
  EXPECT_GT(change.revision(), seen);
  EXPECT_TRUE(quiet_since(change.revision()));
  EXPECT_EQ(revision(), change.revision());
  EXPECT_EQ(row(first)->revision, seen);
  EXPECT_THAT(store().poll(0).change.rows, SizeIs(2));
}

TEST_P(StoreTest, EveryChangeHasALargerRevision) {
  core::Revision last = revision();
  const auto grew = [&] {
    const auto before = std::exchange(last, store().poll(last).change.revision());
    return last > before;
  };
  const auto id = add_assigned("c5");
  EXPECT_TRUE(grew());
  finish(success(claim_one()));
  EXPECT_TRUE(grew());
  ASSERT_TRUE(store().replace(id, {"Amazon", "c6"}));
  EXPECT_TRUE(grew());
  ASSERT_TRUE(store().remove(id));
  EXPECT_TRUE(grew());
}

TEST_P(StoreTest, ReplaceGivesAnotherKeyAndForgetsTheReading) {
  const auto id = add_assigned("c5");
  finish(success(claim_one()));
  const auto seen = revision();
  const auto profile = store().replace(id, {"Azure", "H16mr"});
  EXPECT_EQ(profile.value(), (core::Profile{id, {"Azure", "H16mr"}}));
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(change.rows[0]->profile, *profile);
  EXPECT_FALSE(change.rows[0]->reading);
  EXPECT_EQ(change.rows[0]->probe, "") << "perhaps another one measures it now";
  EXPECT_THAT(claim().claims, IsEmpty());
  EXPECT_TRUE(store().add({"Amazon", "c5"}).has_value()) << "the old key is free";
}

TEST_P(StoreTest, ReplaceForgetsAFailureToo) {
  const auto id = add_assigned("c5");
  finish(failure(claim_one(), "refused"));
  ASSERT_TRUE(store().replace(id, {"Amazon", "c6"}));
  EXPECT_FALSE(row(id)->failure);
}

TEST_P(StoreTest, ReplaceRefusesTheProbeUnderWay) {
  const auto id = add_assigned("c5");
  const Claim old = claim_one();
  clock_.advance(1s);
  ASSERT_TRUE(store().replace(id, {"Amazon", "c6"}));
  assign(id, "p");
  const Claim fresh = claim_one("b");
  EXPECT_NE(fresh.task, old.task);
  EXPECT_EQ(fresh.due, now());
  EXPECT_EQ(fresh.profiles.front().key.name, "c6");
  EXPECT_THAT(finish(success(old)), testing::ElementsAre(old.task));
  EXPECT_FALSE(row(id)->reading);
}

TEST_P(StoreTest, ReplaceWithTheSameKeyChangesNothing) {
  const auto id = add_assigned("c5");
  finish(success(claim_one()));
  const auto before = *row(id);
  EXPECT_EQ(store().replace(id, {"Amazon", "c5"}).value(), before.profile);
  EXPECT_EQ(*row(id), before);
  EXPECT_TRUE(quiet_since(before.revision));
}

TEST_P(StoreTest, ReplaceRefuses) {
  const auto id = add("Amazon", "c5");
  add("Azure", "H16mr");
  const auto seen = revision();
  EXPECT_EQ(store().replace(id, {"Azure", "H16mr"}).error().code, base::Errc::conflict);
  EXPECT_EQ(store().replace(id + 100, {"new", "key"}).error().code, base::Errc::not_found);
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, RemoveLeavesATombstone) {
  const auto id = add("Amazon", "c5");
  const auto seen = revision();
  ASSERT_TRUE(store().remove(id));
  const auto change = store().poll(seen).change;
  EXPECT_THAT(change.rows, IsEmpty());
  ASSERT_THAT(change.removed, SizeIs(1));
  EXPECT_EQ(change.removed[0].id, id);
  EXPECT_GT(change.removed[0].revision, seen);
  EXPECT_TRUE(quiet_since(change.revision()));
  const core::Contents loaded = store().load();
  EXPECT_THAT(loaded.rows, IsEmpty());
  EXPECT_EQ(loaded.removed, change.removed);
  EXPECT_LT(loaded.removed_since, change.removed[0].revision);
  EXPECT_EQ(store().remove(id).error().code, base::Errc::not_found);
  EXPECT_TRUE(quiet_since(change.revision()));
}

TEST_P(StoreTest, AnIdIsNeverUsedAgain) {
  const auto id = add("Amazon", "c5");
  ASSERT_TRUE(store().remove(id));
  EXPECT_GT(add("Amazon", "c5"), id);
}

TEST_P(StoreTest, ForgetsOldTombstones) {
  const auto old = add("a", "1");
  const auto young = add("a", "2");
  ASSERT_TRUE(store().remove(old));
  const auto seen = revision();
  clock_.advance(1h);
  ASSERT_TRUE(store().remove(young));
  store().forget_removed(1h);
  EXPECT_THAT(store().load().removed, SizeIs(2)) << "an hour is not more than an hour";
  clock_.advance(kTick);
  store().forget_removed(1h);
  const core::Contents loaded = store().load();
  ASSERT_THAT(loaded.removed, SizeIs(1));
  EXPECT_EQ(loaded.removed[0].id, young);
  EXPECT_EQ(loaded.removed_since, seen);
  EXPECT_EQ(loaded.version.revision, loaded.removed[0].revision) << "forgetting is no change";
}

TEST_P(StoreTest, AdoptsPlainRowsWhenPolled) {
  add("Amazon", "c5");
  const auto seen = revision();
  harness_->insert_plain("Azure", "H16mr");
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(change.rows[0]->profile.key, (core::ProfileKey{"Azure", "H16mr"}));
  EXPECT_FALSE(change.rows[0]->reading);
  EXPECT_GT(change.revision(), seen);
  EXPECT_TRUE(quiet_since(change.revision()));
  assign(change.rows[0]->profile.id, "p");
  EXPECT_EQ(claim_one().profiles.front(), change.rows[0]->profile);
}

TEST_P(StoreTest, AdoptsPlainRowsWhenLoaded) {
  harness_->insert_plain("Azure", "H16mr");
  const core::Contents loaded = store().load();
  ASSERT_THAT(loaded.rows, SizeIs(1));
  EXPECT_GT(loaded.rows[0]->revision, 0);
  EXPECT_TRUE(quiet_since(loaded.version.revision));
}

TEST_P(StoreTest, LeavesOutPlainRowsThatCannotBeProfiles) {
  add("Amazon", "c5");
  harness_->insert_plain("Amazon", "c5");
  harness_->insert_plain("", "no provider");
  harness_->insert_plain("line", "feed\n");
  harness_->insert_plain("long", std::string(core::kMaxNameBytes + 1, 'x'));
  harness_->insert_plain("Azure", "H16mr");
  harness_->insert_plain("Azure", "H16mr");
  std::multiset<std::string> names;
  const auto change = store().poll(0).change;
  for (const auto& row : change.rows) names.insert(row->profile.key.name);
  EXPECT_THAT(names, testing::ElementsAre("H16mr", "c5"));
  EXPECT_TRUE(quiet_since(change.revision()));
  EXPECT_THAT(store().load().rows, SizeIs(2));
}

TEST_P(StoreTest, APlainRowThatWaitsForAdoptionHasItsKey) {
  harness_->insert_plain("Amazon", "c5");
  EXPECT_FALSE(store().add({"Amazon", "c5"}).has_value());
  EXPECT_THAT(store().load().rows, SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(Kinds, StoreTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace store
