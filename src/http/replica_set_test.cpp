#include "http/replica_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace http {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const base::Url kUrl{.host = "hardware", .port = 5001, .prefix = ""};

Endpoint at(const std::string& address) {
  return {make_address(address), 5001};
}

Places places(const std::vector<std::string>& addresses) {
  Places out;
  for (const std::string& address : addresses) out.emplace_back(1, at(address));
  return out;
}

class ReplicaSetTest : public testing::Test {
 protected:
  void are(const std::vector<std::string>& addresses) { set_.update(kUrl, places(addresses)); }

  /// Whom many picks find.
  std::set<std::string> picked() {
    std::set<std::string> out;
    for (int i = 0; i < 200; ++i) out.insert(address(*set_.pick(now_)));
    return out;
  }
  static std::string address(const Replica& replica) { return replica.endpoints.front().address().to_string(); }

  std::shared_ptr<Replica> pick(const std::string& wanted) {
    for (int i = 0; i < 1000; ++i)
      if (auto found = set_.pick(now_); address(*found) == wanted) return found;
    throw std::logic_error("never picked: " + wanted);
  }

  base::SteadyTime now_{1h};
  ReplicaSet set_{1};
};

TEST_F(ReplicaSetTest, EachAddressIsAReplicaButThisMachineIsOne) {
  EXPECT_THAT(places_of({at("10.0.0.1"), at("10.0.0.2")}), SizeIs(2));
  EXPECT_THAT(places_of({at("::1"), at("127.0.0.1")}), ElementsAre(ElementsAre(at("::1"), at("127.0.0.1"))));
  EXPECT_THAT(places_of({at("127.0.0.1"), at("10.0.0.1")}), SizeIs(2));
  EXPECT_TRUE(places_of({}).empty());
}

TEST_F(ReplicaSetTest, NamesTellTheAddressWhereTheUrlDoesNot) {
  are({"10.0.0.3"});
  EXPECT_EQ(set_.pick(now_)->name(), "http://hardware:5001 at 10.0.0.3");
  ReplicaSet literal(1);
  literal.update({.host = "10.0.0.3", .port = 5001, .prefix = ""}, places({"10.0.0.3"}));
  EXPECT_EQ(literal.pick(now_)->name(), "http://10.0.0.3:5001");
  ReplicaSet here(1);
  here.update({.host = "localhost", .port = 5001, .prefix = ""}, places({"127.0.0.1"}));
  EXPECT_EQ(here.pick(now_)->name(), "http://localhost:5001");
}

TEST_F(ReplicaSetTest, FollowsWhatIsAddedAndWhatIsGone) {
  EXPECT_EQ(set_.pick(now_), nullptr);
  EXPECT_TRUE(set_.update(kUrl, places({"10.0.0.1", "10.0.0.2"})));
  EXPECT_FALSE(set_.update(kUrl, places({"10.0.0.2", "10.0.0.1"}))) << "another order is no change";
  const base::Url other{.host = "other", .port = 5001, .prefix = ""};
  EXPECT_TRUE(set_.update(other, places({"10.0.0.9"})));
  EXPECT_TRUE(set_.update(kUrl, places({"10.0.0.2", "10.0.0.3"})));
  EXPECT_EQ(set_.size(), 3U);
  EXPECT_THAT(picked(), UnorderedElementsAre("10.0.0.2", "10.0.0.3", "10.0.0.9"));
}

TEST_F(ReplicaSetTest, WhatStaysKeepsItsLoadAndItsEjection) {
  are({"10.0.0.1", "10.0.0.2"});
  const auto busy = pick("10.0.0.1");
  set_.fail(*pick("10.0.0.2"), now_);
  are({"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  EXPECT_EQ(busy->under_way, 1U);
  EXPECT_THAT(picked(), ElementsAre("10.0.0.3"));
}

TEST_F(ReplicaSetTest, WhatRunsOnOneThatIsGoneGoesOn) {
  std::shared_ptr<Replica> running;
  {
    ReplicaSet set(1);
    set.update(kUrl, places({"10.0.0.1"}));
    running = set.pick(now_);
    EXPECT_TRUE(set.has(*running));
    set.update(kUrl, places({"10.0.0.2"}));
    EXPECT_FALSE(set.has(*running));
    set.fail(*running, now_);
    EXPECT_EQ(set.ejected(now_), 0U) << "it is no replica any more";
    EXPECT_EQ(address(*set.pick(now_)), "10.0.0.2");
  }
  EXPECT_EQ(running->url, kUrl);
}

TEST_F(ReplicaSetTest, TheLessLoadedOfTwoIsPicked) {
  are({"10.0.0.1", "10.0.0.2"});
  std::vector<std::shared_ptr<Replica>> held;
  for (int i = 0; i < 50; ++i) {
    held.push_back(set_.pick(now_));
    held.push_back(set_.pick(now_));
    EXPECT_NE(held.back(), held.rbegin()[1]) << "the second finds the first one's load";
  }
  EXPECT_EQ(held.front()->under_way, 50U);
  held.clear();
  EXPECT_THAT(picked(), SizeIs(2)) << "of equals any";
}

TEST_F(ReplicaSetTest, LoadIsSpreadOverMany) {
  are({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"});
  std::vector<std::shared_ptr<Replica>> held;
  for (int i = 0; i < 500; ++i) held.push_back(set_.pick(now_));
  for (const auto& replica : held) EXPECT_NEAR(static_cast<double>(replica->under_way), 100, 5);
}

TEST_F(ReplicaSetTest, ASuccessBringsAnEjectedReplicaBackAtOnce) {
  are({"10.0.0.1", "10.0.0.2"});
  Replica* const ejected = pick("10.0.0.1").get();
  set_.fail(*ejected, now_);
  ASSERT_THAT(picked(), ElementsAre("10.0.0.2"));
  set_.succeed(*ejected);
  EXPECT_EQ(set_.ejected(now_), 0U);
  EXPECT_THAT(picked(), SizeIs(2));
}

TEST_F(ReplicaSetTest, AnEjectionDoublesUntilASuccess) {
  are({"10.0.0.1", "10.0.0.2"});
  for (int round = 0; round < 2; ++round) {
    for (const base::Duration expected : std::vector<base::Duration>{1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
      EXPECT_TRUE(set_.fail(*pick("10.0.0.1"), now_));
      EXPECT_EQ(set_.ejected(now_), 1U);
      EXPECT_THAT(picked(), ElementsAre("10.0.0.2"));
      now_ += expected / 2 - 1us;
      EXPECT_THAT(picked(), ElementsAre("10.0.0.2")) << "not before half of it";
      now_ += expected / 2 + 1us;
      EXPECT_EQ(set_.ejected(now_), 0U);
      EXPECT_THAT(picked(), SizeIs(2)) << "tried again after it";
    }
    set_.succeed(*pick("10.0.0.1"));
  }
}

TEST_F(ReplicaSetTest, NoEjectionIsLongerThanHalfAMinute) {
  are({"10.0.0.1"});
  for (int i = 0; i < 300; ++i) {
    const auto replica = set_.pick(now_);
    set_.fail(*replica, now_);
    EXPECT_LE(replica->aside_until, now_ + 30s);
    now_ = replica->aside_until;
  }
}

TEST_F(ReplicaSetTest, WhenAllAreEjectedTheOneThatComesBackFirstIsPicked) {
  are({"10.0.0.1", "10.0.0.2"});
  set_.fail(*pick("10.0.0.1"), now_);
  now_ += 600ms;
  set_.fail(*pick("10.0.0.2"), now_ + 10s);
  EXPECT_FALSE(set_.has_ready(now_ - 200ms));
  EXPECT_THAT(picked(), ElementsAre("10.0.0.1"));
  EXPECT_TRUE(set_.fail(*pick("10.0.0.1"), now_ + 20s));
  EXPECT_EQ(address(*set_.pick(now_)), "10.0.0.2") << "and after it the other one";
}

TEST_F(ReplicaSetTest, ALoneOneIsAlwaysPicked) {
  are({"10.0.0.1"});
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(set_.fail(*set_.pick(now_), now_));
  EXPECT_EQ(set_.ejected(now_), 1U);
  EXPECT_FALSE(set_.has_ready(now_));
}

TEST_F(ReplicaSetTest, WhatFailsTogetherIsOneFailure) {
  are({"10.0.0.1", "10.0.0.2"});
  const auto one = pick("10.0.0.1");
  EXPECT_TRUE(set_.fail(*one, now_));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(set_.fail(*one, now_));
  EXPECT_LE(one->aside_until, now_ + 1s);
}

TEST_F(ReplicaSetTest, OneThatLeavesOrderlyIsAvoidedWithoutBlame) {
  are({"10.0.0.1", "10.0.0.2"});
  set_.leave(*pick("10.0.0.1"), now_);
  EXPECT_THAT(picked(), ElementsAre("10.0.0.2"));
  EXPECT_EQ(set_.ejected(now_), 0U);
  now_ += 1s;
  EXPECT_THAT(picked(), SizeIs(2));
  const auto failed = pick("10.0.0.1");
  for (int i = 0; i < 10; ++i) {
    now_ = std::max(now_, failed->aside_until);
    set_.fail(*failed, now_);
  }
  const base::SteadyTime until = failed->aside_until;
  set_.leave(*failed, now_);
  EXPECT_EQ(failed->aside_until, until) << "no sooner than it would have been";
  are({"10.0.0.1"});
  set_.leave(*set_.pick(now_), now_);
  EXPECT_THAT(picked(), ElementsAre("10.0.0.1")) << "when there is no other, it is asked again";
}

}  // namespace
}  // namespace http
