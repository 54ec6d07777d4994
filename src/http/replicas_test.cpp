#include "http/replicas.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/runtime.hpp"
#include "base/task_group.hpp"
#include "support/captured_log.hpp"
#include "support/eventually.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::eventually;

/// A name service whose answer the test sets, and which may be slow.
class Names {
 public:
  void answer(std::vector<std::string> addresses) {
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(addresses);
  }
  /// No answers until it is false again.
  void hang(bool hangs) { hangs_ = hangs; }
  int asked() const { return asked_; }

  Resolve resolve() {
    return [this](base::Url) { return look_up(); };
  }

 private:
  asio::awaitable<base::Result<Places>> look_up() {
    ++asked_;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (hangs_) co_await base::sleep(timer, 1ms);
    const std::lock_guard lock(mutex_);
    if (addresses_.empty()) co_return base::fail(base::Errc::unavailable, "no such host");
    Places places;
    for (const std::string& address : addresses_)
      places.emplace_back(1, Endpoint(asio::ip::make_address(address), 5001));
    co_return places;
  }

  std::atomic<int> asked_ = 0;
  std::atomic<bool> hangs_ = false;
  std::mutex mutex_;
  std::vector<std::string> addresses_;
};

class ReplicasTest : public testing::Test {
 protected:
  ReplicasTest() {
    runtime_.start();
    replicas_ = std::make_unique<Replicas>(
        runtime_.background().get_executor(), std::vector<base::Url>{{.host = "hardware", .port = 5001, .prefix = ""}},
        ReplicaMetrics{.ejections = ejections_, .known = known_, .ejected = ejected_}, names_.resolve(), 5ms);
  }
  ~ReplicasTest() override {
    names_.hang(false);
    on([&] { replicas_->stop(); });
    if (run_.valid()) EXPECT_TRUE(support::ready(run_));
  }

  void run() { run_ = support::start(runtime_.background(), replicas_->run()); }
  void on(const std::function<void()>& job) { support::on(runtime_.background(), job); }
  std::future<std::shared_ptr<Replica>> pick() { return support::start(runtime_.background(), replicas_->pick()); }
  /// After all that was posted has run, and a lookup hangs.
  bool still_waits(std::future<std::shared_ptr<Replica>>& picked) {
    EXPECT_TRUE(eventually([&] { return names_.asked() > 0; }));
    on([] {});
    return picked.wait_for(0s) == std::future_status::timeout;
  }
  bool knows(double count) {
    return eventually([&] { return known_.Value() == count; });
  }

  base::Metrics metrics_;
  prometheus::Counter& ejections_ = metrics_.counter("ejections", "");
  prometheus::Gauge& known_ = metrics_.gauge("known", "");
  prometheus::Gauge& ejected_ = metrics_.gauge("ejected", "");
  Names names_;
  base::Runtime runtime_{1};
  std::unique_ptr<Replicas> replicas_;
  std::future<void> run_;
};

TEST_F(ReplicasTest, OnlyTheFirstPickWaitsForAResolution) {
  names_.answer({"10.0.0.1"});
  names_.hang(true);
  run();
  auto first = pick();
  EXPECT_TRUE(still_waits(first));
  names_.hang(false);
  ASSERT_TRUE(support::ready(first));
  EXPECT_EQ(first.get()->name(), "http://hardware:5001 at 10.0.0.1");
  names_.hang(true);
  const int asked = names_.asked();
  ASSERT_TRUE(eventually([&] { return names_.asked() > asked; }));
  auto second = pick();
  EXPECT_TRUE(support::ready(second)) << "although a resolution is under way";
}

TEST_F(ReplicasTest, FollowsTheAnswersAndKeepsTheLastWhenThereIsNone) {
  names_.answer({"10.0.0.1", "10.0.0.2"});
  run();
  ASSERT_TRUE(knows(2));
  names_.answer({"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  EXPECT_TRUE(knows(3));
  names_.answer({});
  const int asked = names_.asked();
  ASSERT_TRUE(eventually([&] { return names_.asked() >= asked + 3; }));
  EXPECT_EQ(known_.Value(), 3);
  names_.answer({"10.0.0.7"});
  EXPECT_TRUE(knows(1));
  EXPECT_EQ(pick().get()->name(), "http://hardware:5001 at 10.0.0.7");
}

TEST_F(ReplicasTest, WithoutAnAddressNobodyIsPickedUntilThereIsOne) {
  run();
  EXPECT_EQ(pick().get(), nullptr);
  names_.answer({"10.0.0.1"});
  ASSERT_TRUE(knows(1));
  EXPECT_NE(pick().get(), nullptr);
}

TEST_F(ReplicasTest, StopWakesWhoWaits) {
  names_.hang(true);
  run();
  auto waiting = pick();
  EXPECT_TRUE(still_waits(waiting));
  on([&] { replicas_->stop(); });
  ASSERT_TRUE(support::ready(waiting));
  EXPECT_EQ(waiting.get(), nullptr);
}

TEST_F(ReplicasTest, NobodyIsPickedAfterStop) {
  names_.answer({"10.0.0.1"});
  run();
  ASSERT_NE(pick().get(), nullptr);
  on([&] { replicas_->stop(); });
  EXPECT_EQ(pick().get(), nullptr);
}

TEST_F(ReplicasTest, WithoutAnAddressItAsksAgainSoon) {
  replicas_ = std::make_unique<Replicas>(
      runtime_.background().get_executor(), std::vector<base::Url>{{.host = "hardware", .port = 5001, .prefix = ""}},
      ReplicaMetrics{.ejections = ejections_, .known = known_, .ejected = ejected_}, names_.resolve(), 1h);
  run();
  ASSERT_TRUE(eventually([&] { return names_.asked() == 1; }));
  names_.answer({"10.0.0.1"});
  EXPECT_TRUE(knows(1)) << "not after an hour";
}

TEST_F(ReplicasTest, AnAnswerWithoutAddressesIsNone) {
  std::atomic<int> asked = 0;
  const Resolve resolve = [&asked](base::Url) -> asio::awaitable<base::Result<Places>> {
    Places places;
    if (asked++ == 0) places.emplace_back(1, Endpoint(asio::ip::make_address("10.0.0.1"), 5001));
    co_return places;
  };
  replicas_ = std::make_unique<Replicas>(
      runtime_.background().get_executor(), std::vector<base::Url>{{.host = "hardware", .port = 5001, .prefix = ""}},
      ReplicaMetrics{.ejections = ejections_, .known = known_, .ejected = ejected_}, resolve, 1ms);
  run();
  ASSERT_TRUE(eventually([&] { return asked > 3; }));
  EXPECT_EQ(known_.Value(), 1) << "the last one is kept";
  on([&] { replicas_->stop(); });
  EXPECT_TRUE(support::ready(run_));
}

TEST_F(ReplicasTest, AReplicaThatIsDownIsToldOnceAndWhenItIsBack) {
  names_.answer({"10.0.0.1"});
  run();
  const auto replica = pick().get();
  const support::CapturedLog log;
  on([&] {
    for (int i = 0; i < 100; ++i) replicas_->failed(*replica, "cannot connect");
  });
  EXPECT_EQ(ejections_.Value(), 100);
  EXPECT_EQ(ejected_.Value(), 1);
  on([&] {
    replicas_->succeeded(*replica);
    replicas_->succeeded(*replica);
  });
  EXPECT_EQ(ejected_.Value(), 0);
  const auto lines = log.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], testing::MatchesRegex(
                            "warning ejected http://hardware:5001 at 10.0.0.1: cannot connect; next try in [0-9]+ms"));
  EXPECT_EQ(lines[1], "info http://hardware:5001 at 10.0.0.1 works again after 0s and 100 failures");
}

TEST_F(ReplicasTest, TheSystemKnowsThisMachine) {
  const Resolve resolve = system_resolve(runtime_.background().get_executor());
  const base::Url here{.host = "localhost", .port = 5001, .prefix = ""};
  const auto found = support::start(runtime_.background(), resolve(here)).get();
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->size(), 1U) << "one replica, whatever it listens on";
  const base::Url nowhere{.host = "no-such-host.invalid", .port = 1, .prefix = ""};
  EXPECT_FALSE(support::start(runtime_.background(), resolve(nowhere)).get());
}

TEST_F(ReplicasTest, AReplicaThatComesBackUnderItsNameIsAnotherOne) {
  const support::CapturedLog log;
  names_.answer({"10.0.0.1", "10.0.0.2"});
  run();
  ASSERT_TRUE(knows(2));
  const auto fail_the_first = [&] {
    std::vector<std::shared_ptr<Replica>> picked;
    const auto found = [&] { return picked.emplace_back(pick().get())->name() == "http://hardware:5001 at 10.0.0.1"; };
    ASSERT_TRUE(eventually(found));
    on([&] {
      replicas_->failed(*picked.back(), "cannot connect");
      picked.clear();
    });
  };
  const auto told = [&] { return log.count("warning ejected http://hardware:5001 at 10.0.0.1: cannot connect"); };
  fail_the_first();
  EXPECT_EQ(told(), 1U);
  names_.answer({"10.0.0.2"});
  ASSERT_TRUE(knows(1));
  names_.answer({"10.0.0.1", "10.0.0.2"});
  ASSERT_TRUE(knows(2));
  fail_the_first();
  EXPECT_EQ(told(), 2U) << "not counted with the failures of the one before";
}

}  // namespace
}  // namespace http
