// The metrics of each profile.
#include "feed/profile_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fed_board.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::share;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ProfileMetricsTest : public testing::Test {
 protected:
  ProfileMetricsTest() { runtime_.start(); }

  std::string scrape(std::string_view query = "") {
    support::RawClient client(server_.port());
    client.send(fmt::format("GET /metrics/profiles{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", query));
    return client.read_all();
  }
  /// The line of a sample.
  static auto sample(std::string_view name, std::string_view profile, std::string_view value) {
    return HasSubstr(fmt::format("\nvacancy_profile_{}{{provider=\"p\",name=\"{}\"}} {}\n", name, profile, value));
  }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  ProfileMetrics metrics_{*board_};
  support::Serving server_{runtime_,
                           http::Router().add("GET", "/metrics/profiles", http::to(metrics_, &ProfileMetrics::handle))};
};

TEST_F(ProfileMetricsTest, TellWhatCanBeTrustedNow) {
  core::Row numbers = measured_row(1, "fresh", 1, Level::high);
  numbers.reading->free = 1;
  numbers.reading->total = 2;
  numbers.reading->largest = 3;
  numbers.reading->score = 4;
  numbers.reading->price = 5.5;
  core::Row old = measured_row(2, "stale", 2, Level::medium, kNow - 2min);
  old.reading->free = 6;
  old.failure = core::Failure{"no route", kNow};
  core::Row expired = measured_row(3, "expired", 3, Level::low, kNow - 1h);
  expired.reading->free = 7;
  board_.fill({share(numbers), share(old), share(expired), share(support::pending_row(4, "new", 4))});
  const std::string text = scrape();
  EXPECT_THAT(text, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(text, HasSubstr("# TYPE vacancy_profile_level gauge\n"));
  EXPECT_THAT(text, AllOf(sample("level", "fresh", "3"), sample("level", "stale", "2"), sample("level", "expired", "0"),
                          sample("level", "new", "0")));
  EXPECT_THAT(text, AllOf(sample("fresh", "fresh", "1"), sample("fresh", "stale", "0"), sample("fresh", "new", "0")));
  EXPECT_THAT(text, AllOf(sample("failing", "fresh", "0"), sample("failing", "stale", "1")));
  EXPECT_THAT(text,
              AllOf(sample("free", "fresh", "1"), sample("capacity", "fresh", "2"), sample("largest", "fresh", "3"),
                    sample("score", "fresh", "4"), sample("price", "fresh", "5.5"), sample("free", "stale", "6")));
  EXPECT_THAT(text, Not(HasSubstr("free{provider=\"p\",name=\"expired\"}"))) << "nobody knows any more";
  const auto measured_at = std::chrono::duration_cast<std::chrono::seconds>(kNow.time_since_epoch()).count();
  EXPECT_THAT(text, sample("measured_timestamp_seconds", "fresh", std::to_string(measured_at)));
  EXPECT_THAT(text, Not(HasSubstr("seconds{provider=\"p\",name=\"new\"}")));
}

TEST_F(ProfileMetricsTest, AreOfTheProfilesThatAreAskedFor) {
  board_.fill(support::many_rows(3));
  EXPECT_THAT(scrape("?q=2"), AllOf(HasSubstr("000002"), Not(HasSubstr("000001"))));
  EXPECT_THAT(scrape("?level=high"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(scrape("?provder=p"), AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("did you mean 'provider'")));
}

TEST_F(ProfileMetricsTest, NamesAreQuoted) {
  board_.fill({share(measured_row(1, "a \"b\" c\\d\ne", 1, Level::high))});
  EXPECT_THAT(scrape(), sample("level", "a \\\"b\\\" c\\\\d\\ne", "3"));
}

TEST_F(ProfileMetricsTest, AreNotThereBeforeThereAreRows) {
  EXPECT_THAT(scrape(), HasSubstr("HTTP/1.1 503"));
}

}  // namespace
}  // namespace feed
