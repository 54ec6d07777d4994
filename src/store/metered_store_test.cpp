#include "store/metered_store.hpp"

#include <gmock/gmock.h>

#include "support/memory_store.hpp"
#include "support/store_harness.hpp"

namespace store {
namespace {

using testing::HasSubstr;

class MeteredStoreTest : public testing::Test {
 protected:
  /// Does the gauge of the latest write move with this job?
  template <class Job>
  bool writes(Job job) {
    auto& last = metrics_.gauge("vacancy_database_last_write_timestamp_seconds", "");
    last.Set(0);
    job();
    return last.Value() > 0;
  }
  Claimed claim() { return store_.claim({.probe = "p", .owner = "a", .count = 1, .lease = std::chrono::minutes{1}}); }
  void assign(core::ProfileId id) {
    const Assignment assignment{id, "p", kRule.ttl};
    store_.assign({&assignment, 1});
  }

  base::Metrics metrics_;
  support::MemoryStore memory_{base::system_clock()};
  MeteredStore store_{memory_, metrics_};
};

TEST_F(MeteredStoreTest, ReadingIsNoWrite) {
  const std::vector<Limit> limits{{1, kRule.ttl}};
  EXPECT_FALSE(writes([&] { store_.load(); }));
  EXPECT_FALSE(writes([&] { store_.poll(0); }));
  EXPECT_FALSE(writes([&] { store_.find({"Amazon", "c5"}); }));
  EXPECT_FALSE(writes([&] { store_.backlog("p"); }));
  EXPECT_FALSE(writes([&] { store_.left("p", limits); }));
}

TEST_F(MeteredStoreTest, AChangeOfProfilesIsAWriteUnlessItIsNone) {
  const std::vector<core::NewProfile> one{{{"Amazon", "c5"}, {}}};
  const std::vector<core::NewProfile> two{{{"Amazon", "c5"}, {}}, {{"Amazon", "c6"}, {}}};
  EXPECT_TRUE(writes([&] { store_.add_all(one); }));
  EXPECT_FALSE(writes([&] { store_.add_all(one); }));
  EXPECT_TRUE(writes([&] { store_.add_missing(two); }));
  EXPECT_FALSE(writes([&] { store_.add_missing(two); }));
  const core::ProfileId id = store_.find({"Amazon", "c5"})->id, none = 77;
  for (const bool there : {true, false}) {
    EXPECT_EQ(writes([&] { store_.change(there ? id : none, {"Amazon", "c7"}, {}); }), there);
    EXPECT_EQ(writes([&] { store_.set_labels(there ? id : none, {}); }), there);
    EXPECT_EQ(writes([&] { store_.remove(there ? id : none); }), there);
  }
  EXPECT_TRUE(writes([&] { store_.forget_removed(std::chrono::hours{1}); }));
  EXPECT_TRUE(writes([&] { store_.discover("p", std::vector<core::ProfileKey>{two[0].key, two[1].key}); }));
}

TEST_F(MeteredStoreTest, ARunIsAWriteUnlessItIsRefused) {
  const core::ProfileId id = store_.add({"Amazon", "c5"})->id;
  EXPECT_TRUE(writes([&] { store_.prepare("p", kRule.ttl, false); }));
  EXPECT_TRUE(writes([&] { assign(id); }));
  Claimed claimed;
  EXPECT_TRUE(writes([&] { claimed = claim(); }));
  EXPECT_FALSE(writes([&] { claim(); })) << "nothing is due";
  EXPECT_TRUE(writes([&] { store_.renew("a", claimed.claims, kRule.ttl); }));
  EXPECT_FALSE(writes([&] { store_.renew("b", claimed.claims, kRule.ttl); }));
  const Claim& held = claimed.claims.at(0);
  const Outcome outcome{.task = held.task,
                        .token = held.token,
                        .findings = {{held.profiles.front(), core::Measurement{.level = core::Level::high}}},
                        .rule = kRule};
  EXPECT_TRUE(writes([&] { store_.finish({&outcome, 1}); }));
  EXPECT_FALSE(writes([&] { store_.finish({&outcome, 1}); })) << "it came twice";
  EXPECT_TRUE(writes([&] { store_.release("a", claimed.claims); }));
  EXPECT_TRUE(writes([&] { store_.fail_all("p", "no route"); }));
}

TEST_F(MeteredStoreTest, AnAllowedRunIsAWrite) {
  const std::vector<Limit> once{{1, kRule.ttl}};
  store_.prepare("p", kRule.ttl, false);
  std::optional<base::Time> run;
  EXPECT_TRUE(writes([&] { run = store_.spend("p", once); }));
  EXPECT_FALSE(writes([&] { store_.spend("p", once); }));
  EXPECT_TRUE(writes([&] { store_.refund("p", once, {&*run, 1}); }));
  EXPECT_FALSE(writes([&] { store_.refund("p", once, {}); }));
}

TEST_F(MeteredStoreTest, CallsAreTimedEachAsItsKindAlsoThoseThatFail) {
  store_.load();
  store_.poll(0);
  memory_.lose(true);
  EXPECT_THROW(store_.poll(0), base::Lost);
  EXPECT_THAT(metrics_.text(), HasSubstr("vacancy_database_seconds_count{call=\"load\"} 1\n"));
  EXPECT_THAT(metrics_.text(), HasSubstr("vacancy_database_seconds_count{call=\"poll\"} 2\n"));
}

}  // namespace
}  // namespace store
