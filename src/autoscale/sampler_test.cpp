#include "autoscale/sampler.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const base::SteadyTime kBegin(1h);

Scraped counter(const std::string& replica, base::SteadyTime at, int value) {
  return {replica, fmt::format("# TYPE n counter\nn {}\n", value), at};
}
Scraped gauge(const std::string& replica, double value) {
  return {replica, fmt::format("n {}\n", value), kBegin};
}
Scraped silent(const std::string& replica, base::SteadyTime at = kBegin) {
  return {replica, std::nullopt, at};
}

class SamplerTest : public testing::Test {
 protected:
  /// One replica shows `value` after `after`.
  std::vector<std::int64_t> show(base::Duration after, int value) {
    return sampler_.take({counter("a", kBegin + after, value)}, 1).values;
  }

  Sampler sampler_{{.name = "n"}, 30s};
};

TEST_F(SamplerTest, GaugesAreTakenAsTheyAre) {
  const PodValues pods = sampler_.take({gauge("a", 1.5), gauge("b", 0)}, 2);
  EXPECT_THAT(pods.values, ElementsAre(1500, 0));
  EXPECT_EQ(pods.missing, 0U);
  EXPECT_EQ(pods.unready, 0U);
}

TEST_F(SamplerTest, WhoShowsNothingIsMissingAndWhoIsNotThereIsUnready) {
  const PodValues pods =
      sampler_.take({gauge("a", 1), silent("b"), {"c", "m 1\n", kBegin}, {"d", "n -1\n", kBegin}}, 6);
  EXPECT_THAT(pods.values, ElementsAre(1000));
  EXPECT_EQ(pods.missing, 3U);
  EXPECT_EQ(pods.unready, 2U);
  EXPECT_EQ(sampler_.take({gauge("a", 1), gauge("b", 1)}, 1).unready, 0U) << "one is on its way out";
}

TEST_F(SamplerTest, ARateNeedsTwoSamples) {
  const PodValues first = sampler_.take({counter("a", kBegin, 1000)}, 1);
  EXPECT_THAT(first.values, IsEmpty());
  EXPECT_EQ(first.missing, 1U);
  EXPECT_THAT(show(10s, 1200), ElementsAre(20'000));
}

TEST_F(SamplerTest, ARateIsTheMeanOfTheWindow) {
  show(0s, 0);
  show(10s, 100);
  show(20s, 300);
  EXPECT_THAT(show(30s, 600), ElementsAre(20'000));
  EXPECT_THAT(show(40s, 1000), ElementsAre(30'000)) << "the first sample has left";
}

TEST_F(SamplerTest, ACounterThatBeginsAnewIsNoNegativeRate) {
  show(0s, 1'000'000);
  show(10s, 1'000'200);
  EXPECT_THAT(show(20s, 100), ElementsAre(15'000));
  EXPECT_THAT(show(30s, 400), ElementsAre(20'000));
}

TEST_F(SamplerTest, AfterAGapItNeedsTwoSamplesAgain) {
  show(0s, 0);
  show(10s, 100);
  for (int i = 2; i < 10; ++i) EXPECT_EQ(sampler_.take({silent("a", kBegin + i * 10s)}, 1).missing, 1U);
  EXPECT_THAT(show(100s, 100'000), IsEmpty());
  EXPECT_THAT(show(110s, 100'050), ElementsAre(5000));
}

TEST_F(SamplerTest, OneMissedAnswerIsNoGap) {
  show(0s, 0);
  show(15s, 150);
  sampler_.take({silent("a", kBegin + 30s)}, 1);
  EXPECT_THAT(show(45s, 450), ElementsAre(10'000));
}

TEST_F(SamplerTest, AReplicaThatComesBackIsANewOne) {
  show(0s, 0);
  show(10s, 100);
  sampler_.take({}, 1);
  EXPECT_THAT(show(20s, 200), IsEmpty());
}

TEST_F(SamplerTest, ANumberThatMakesNoSenseIsMissing) {
  for (const double value : {1e300, 5e15, 9.1e11, -1.0}) {
    const PodValues pods = sampler_.take({gauge("a", value), gauge("b", 1)}, 2);
    EXPECT_THAT(pods.values, ElementsAre(1000)) << value;
    EXPECT_EQ(pods.missing, 1U);
  }
  const auto two = [&](const char* text) { return sampler_.take({{"a", text, kBegin}}, 1).values; };
  EXPECT_THAT(two("n{x=\"1\"} 9e307\nn{x=\"2\"} 9e307\nn{x=\"3\"} 9e307\n"), IsEmpty()) << "an infinite sum";
  EXPECT_THAT(two("n{x=\"1\"} 2\nn{x=\"2\"} 3\n"), ElementsAre(5000));
}

TEST_F(SamplerTest, ASeriesThatIsLostOnceIsNoReset) {
  const auto both = [&](base::Duration after, int first, const std::string& second) {
    return sampler_.take({{"a", fmt::format("n_total{{x=\"1\"}} {}\n{}", first, second), kBegin + after}}, 1).values;
  };
  sampler_ = Sampler({.name = "n_total"}, 30s);
  both(0s, 1'000'000, "n_total{x=\"2\"} 50\n");
  EXPECT_THAT(both(10s, 1'000'010, "n_total{x=\"2\"} 60\n"), ElementsAre(2000));
  EXPECT_THAT(both(20s, 1'000'020, "n_total{x=\"2\"} garbled\n"), IsEmpty());
  EXPECT_THAT(both(30s, 1'000'030, "n_total{x=\"2\"} 80\n"), ElementsAre(2000));
  EXPECT_THAT(both(40s, 1'000'040, ""), ElementsAre(1000)) << "it has left";
}

TEST_F(SamplerTest, SaysWhyReplicasAreMissing) {
  const PodValues pods = sampler_.take({silent("a"), {"b", "m 1\n", kBegin}, counter("c", kBegin, 1)}, 3);
  EXPECT_EQ(pods.nobody(),
            "no replica has a value: 1 without an answer, 1 without a sensible n, 1 with a first sample");
}

TEST_F(SamplerTest, EachReplicaHasItsRate) {
  sampler_.take({counter("a", kBegin, 0), counter("b", kBegin, 500)}, 2);
  const auto pods = sampler_.take({counter("a", kBegin + 10s, 100), counter("b", kBegin + 10s, 500)}, 2);
  EXPECT_THAT(pods.values, ElementsAre(10'000, 0));
}

TEST_F(SamplerTest, RequestsThatMoveToANewReplicaCountOnce) {
  // Of 120 requests/s to `a`, `b` takes half from 15 s on.
  sampler_.take({counter("a", kBegin, 0)}, 1);
  sampler_.take({counter("a", kBegin + 15s, 1800), counter("b", kBegin + 15s, 0)}, 2);
  const auto moved = [&](base::Duration after, int first, int second) {
    return sampler_.take({counter("a", kBegin + after, first), counter("b", kBegin + after + 5ms, second)}, 2).values;
  };
  EXPECT_THAT(moved(30s, 2700, 900), ElementsAre(60'000, testing::AllOf(testing::Gt(59'900), testing::Le(60'000))));
  EXPECT_THAT(moved(45s, 3600, 1800), ElementsAre(60'000, testing::AllOf(testing::Gt(59'900), testing::Le(60'000))));
}

TEST_F(SamplerTest, AReplicaWithAFirstSampleDoesNotShortenTheOthersTime) {
  show(0s, 0);
  show(15s, 150);
  const auto pods = sampler_.take({counter("a", kBegin + 30s, 900), counter("b", kBegin + 30s, 7)}, 2);
  EXPECT_THAT(pods.values, ElementsAre(30'000));
  EXPECT_EQ(pods.missing, 1U);
}

}  // namespace
}  // namespace autoscale
