// When the database was last written, over every database.

#include "support/database_store.hpp"

namespace store {
namespace {

class LastWriteTest : public DatabaseStoreTest {
 protected:
  void SetUp() override {
    DatabaseStoreTest::SetUp();
    if (!IsSkipped()) store_ = open();
  }
  /// Does the time of the last write move with this job?
  template <class Job>
  bool writes(Job job) {
    const base::Time before = store_->last_write();
    job();
    return store_->last_write() > before;
  }
  Claimed claim() { return store_->claim({.probe = "p", .owner = "a", .count = 1, .lease = std::chrono::minutes{1}}); }
  void assign(core::ProfileId id) {
    const Assignment assignment{id, "p", kRule.ttl};
    store_->assign({&assignment, 1});
  }

  std::unique_ptr<Store> store_;
};

TEST_P(LastWriteTest, ReadingIsNoWrite) {
  const std::vector<Limit> limits{{1, kRule.ttl}};
  EXPECT_FALSE(writes([&] { store_->load(); }));
  EXPECT_FALSE(writes([&] { store_->poll(0); }));
  EXPECT_FALSE(writes([&] { store_->find({"Amazon", "c5"}); }));
  EXPECT_FALSE(writes([&] { store_->backlogs(std::vector<std::string>{"p"}, true); }));
  EXPECT_FALSE(writes([&] { store_->left("p", limits); }));
}

TEST_P(LastWriteTest, AChangeOfProfilesIsAWriteUnlessItIsNone) {
  const std::vector<core::NewProfile> one{{{"Amazon", "c5"}, {}}};
  const std::vector<core::NewProfile> two{{{"Amazon", "c5"}, {}}, {{"Amazon", "c6"}, {}}};
  EXPECT_TRUE(writes([&] { store_->add_all(one); }));
  EXPECT_FALSE(writes([&] { store_->add_all(one); }));
  EXPECT_TRUE(writes([&] { store_->add_missing(two); }));
  EXPECT_FALSE(writes([&] { store_->add_missing(two); }));
  const core::ProfileId id = store_->find({"Amazon", "c5"})->id, none = 77;
  for (const bool there : {true, false}) {
    EXPECT_EQ(writes([&] { store_->change(there ? id : none, {"Amazon", "c7"}, {}); }), there);
    EXPECT_EQ(writes([&] { store_->set_labels(there ? id : none, {}); }), there);
    EXPECT_EQ(writes([&] { store_->remove(there ? id : none); }), there);
  }
  clock_.advance(std::chrono::minutes{1});
  EXPECT_FALSE(writes([&] { store_->forget_removed(std::chrono::hours{1}); }));
  EXPECT_TRUE(writes([&] { store_->forget_removed(std::chrono::seconds{1}); }));
  EXPECT_TRUE(writes([&] { store_->discover("p", std::vector<core::ProfileKey>{two[0].key, two[1].key}); }));
}

TEST_P(LastWriteTest, ARunIsAWriteUnlessItIsRefused) {
  const core::ProfileId id = store_->add({"Amazon", "c5"})->id;
  EXPECT_TRUE(writes([&] { store_->prepare("p", kRule.ttl, false); }));
  EXPECT_TRUE(writes([&] { assign(id); }));
  Claimed claimed;
  EXPECT_TRUE(writes([&] { claimed = claim(); }));
  EXPECT_FALSE(writes([&] { claim(); })) << "nothing is due";
  EXPECT_TRUE(writes([&] { store_->renew("a", claimed.claims, kRule.ttl); }));
  EXPECT_FALSE(writes([&] { store_->renew("b", claimed.claims, kRule.ttl); }));
  const Claim& held = claimed.claims.at(0);
  const Outcome outcome{.task = held.task,
                        .token = held.token,
                        .findings = {{held.profiles.front(), core::Measurement{.level = core::Level::high}}},
                        .rule = kRule};
  EXPECT_TRUE(writes([&] { store_->finish({&outcome, 1}); }));
  EXPECT_FALSE(writes([&] { store_->finish({&outcome, 1}); })) << "it came twice";
  EXPECT_FALSE(writes([&] { store_->release("a", claimed.claims); })) << "it is finished";
  clock_.advance(kRule.ttl);
  claimed = claim();
  EXPECT_TRUE(writes([&] { store_->release("a", claimed.claims); }));
  EXPECT_TRUE(writes([&] { store_->fail_all("p", "no route"); }));
}

TEST_P(LastWriteTest, AnAllowedRunIsAWrite) {
  const std::vector<Limit> once{{1, kRule.ttl}};
  store_->prepare("p", kRule.ttl, false);
  std::optional<base::Time> run;
  EXPECT_TRUE(writes([&] { run = store_->spend("p", once); }));
  EXPECT_FALSE(writes([&] { store_->spend("p", once); }));
  EXPECT_TRUE(writes([&] { store_->refund("p", once, {&*run, 1}); }));
  EXPECT_FALSE(writes([&] { store_->refund("p", once, {}); }));
}

INSTANTIATE_DATABASE_TEST_SUITE(LastWriteTest);

}  // namespace
}  // namespace store
