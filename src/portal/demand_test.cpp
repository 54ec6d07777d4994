// A portal tells the hardware service which profiles its readers watch.
#include "portal/demand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fed_board.hpp"
#include "support/history_service.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using testing::Each;
using testing::ElementsAre;

class DemandTest : public testing::Test {
 protected:
  DemandTest() {
    runtime_.start();
    http::Router router;
    router.add("POST", "/hardware/demand",
               [this](const http::Request& request) -> http::Answer {
                 const std::lock_guard lock(mutex_);
                 told_.emplace_back(request.body);
                 return http::Reply{.status = status_};
               },
               {.max_body_bytes = 8192});
    service_ = std::make_unique<support::Serving>(runtime_, std::move(router));
    replicas_ = std::make_unique<support::KnownReplicas>(runtime_, std::vector{service_->url()});
    demand_ =
        std::make_unique<Demand>(*board_, attention_, **replicas_, runtime_.background().get_executor(), metrics_);
    run_ = support::start(runtime_.background(), demand_->run());
    std::vector<core::RowPtr> rows;
    for (core::ProfileId id = 1; id <= 3; ++id) {
      core::Row row = support::measured_row(id, std::to_string(id), id, core::Level::high);
      if (id < 3) row.next = core::NextRun{support::kNow + 10min, core::DueReason::quiet};
      rows.push_back(support::share(std::move(row)));
    }
    board_.fill(rows);
  }
  ~DemandTest() override {
    support::on(runtime_.background(), [this] { demand_->stop(); });
    EXPECT_TRUE(support::ready(run_));
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void answer(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }

  base::Runtime runtime_{1};
  base::Metrics metrics_;
  support::FedBoard board_{runtime_};
  board::Attention attention_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  int status_ = 204;
  std::unique_ptr<support::Serving> service_;
  std::unique_ptr<support::KnownReplicas> replicas_;
  std::unique_ptr<Demand> demand_;
  std::future<void> run_;
};

TEST_F(DemandTest, ItTellsWhatIsWatchedOnceUntilThereIsMore) {
  const auto first = attention_.watch({{"p", "1"}});
  ASSERT_TRUE(eventually([&] { return !told().empty(); }));
  const auto others = attention_.watch({{"p", "2"}, {"p", "1"}, {"p", "gone"}});
  ASSERT_TRUE(eventually([&] { return told().size() > 1; }));
  EXPECT_THAT(told(), ElementsAre("[1]", "[1,2]"));
  EXPECT_EQ(metrics_.gauge("vacancy_watched_profiles", "").Value(), 2);
}

TEST_F(DemandTest, ItSaysNothingOfProfilesWithOnePeriod) {
  const auto first = attention_.watch({{"p", "3"}});
  const auto second = attention_.watch({{"p", "3"}, {"p", "2"}});
  ASSERT_TRUE(eventually([&] { return !told().empty(); }));
  EXPECT_THAT(told(), ElementsAre("[2]"));
}

TEST_F(DemandTest, TheLoudestOfThoseThatCountAreTold) {
  std::vector<core::RowPtr> rows;
  std::vector<board::Attention::Watch> watches;
  for (core::ProfileId id = 1; id <= 600; ++id) {
    const std::string name = std::to_string(id);
    core::Row row = support::measured_row(id, name, id, core::Level::high);
    if (id <= 300) row.next = core::NextRun{support::kNow + 10min, core::DueReason::quiet};
    rows.push_back(support::share(std::move(row)));
    // Those with one period are watched by more; 7 by more than the others of those that count.
    watches.push_back(attention_.watch({{"p", name}}));
    if (id > 300 || id == 7) watches.push_back(attention_.watch({{"p", name}}));
  }
  board_.fill(rows);
  ASSERT_TRUE(eventually([&] { return !told().empty() && std::ranges::count(told().back(), ',') == 255; }));
  EXPECT_THAT(told().back(), testing::HasSubstr("[7,")) << "of the others, those with the largest ids";
}

TEST_F(DemandTest, WhereOneReplicaIsDeadAnotherIsTold) {
  base::Url dead = service_->url();
  dead.port = 1;
  support::KnownReplicas both(runtime_, {dead, service_->url()});
  // The portal's feed comes from the live one, so the dead one has less under way.
  std::vector<std::shared_ptr<http::Replica>> feed;
  const auto pick = [&]() -> boost::asio::awaitable<void> {
    do feed.push_back(co_await (*both).pick());
    while (feed.back()->url.port == dead.port);
    while (feed.front()->url.port == dead.port) feed.erase(feed.begin());
  };
  ASSERT_TRUE(support::ready(support::start(runtime_.background(), pick())));
  Demand demand(*board_, attention_, *both, runtime_.background().get_executor(), metrics_);
  const auto run = support::start(runtime_.background(), demand.run());
  const auto watch = attention_.watch({{"p", "1"}});
  // The other one, of the fixture, tells it once.
  EXPECT_TRUE(eventually([&] { return told().size() == 2; }));
  support::on(runtime_.background(), [&] { demand.stop(); });
  EXPECT_TRUE(support::ready(run));
  support::on(runtime_.background(), [&] { feed.clear(); });
}

TEST_F(DemandTest, WhatWasNotTakenIsToldAgain) {
  answer(503);
  const auto watch = attention_.watch({{"p", "1"}});
  ASSERT_TRUE(eventually([&] { return told().size() >= 2; }));
  answer(204);
  EXPECT_THAT(told(), Each("[1]"));
}

}  // namespace
}  // namespace portal
