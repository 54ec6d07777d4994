#include "store/buckets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "support/fake_clock.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using core::Bucket;
using core::Span;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr base::Time kNow = support::FakeClock::kStart;
constexpr core::NumberOf kFree = &core::Measurement::free;

core::Reading reading(base::Time at, std::optional<double> free, std::optional<double> price = {}) {
  core::Reading reading;
  reading.free = free;
  reading.price = price;
  reading.measured_at = at;
  return reading;
}

std::map<base::Time, Bucket> read(std::string_view text, Span span = Span::five_minutes, Span to = Span::five_minutes) {
  Buckets buckets;
  add_block(buckets, to, text, span, kNow);
  return buckets[kFree];
}

TEST(Spans, BeginAtTheirMultiples) {
  EXPECT_EQ(begin_of(Span::five_minutes, kNow + 4min + 59s), kNow);
  EXPECT_EQ(begin_of(Span::hour, kNow + 61min), kNow + 1h);
  EXPECT_EQ(begin_of(Span::day, kNow + 24h), kNow + 24h);
  EXPECT_EQ(begin_of(Span::day, base::Time{-1us}), base::Time{-24h});
}

TEST(Blocks, OfFiveMinutesBeginAtAnotherTimeForEachProfile) {
  std::set<base::Time> begins;
  for (core::ProfileId profile = 1; profile <= 24; ++profile) {
    const base::Time begin = block_of(Span::five_minutes, profile, kNow);
    EXPECT_LE(begin, kNow);
    EXPECT_GT(begin + block_length(Span::five_minutes), kNow);
    EXPECT_EQ(begin, begin_of(Span::five_minutes, begin));
    EXPECT_EQ(block_of(Span::five_minutes, profile, begin + 59min), begin);
    EXPECT_EQ(block_of(Span::five_minutes, profile, begin + 1h), begin + 1h);
    EXPECT_EQ(block_of(Span::hour, profile, kNow + 23h), kNow);
    begins.insert(begin);
  }
  EXPECT_EQ(begins.size(), 12U);
}

TEST(BlockText, SaysEachSpanAndRepeatsNothing) {
  Buckets buckets;
  const auto put = [&](base::Time begin, const Bucket& bucket) {
    buckets[kFree][begin] = bucket;
    buckets[kFree][begin].begin = begin;
  };
  put(kNow - 5min, {{}, 1, 1, 1, 1});
  put(kNow, {{}, 5, 12, 14, 65});
  put(kNow + 10min, {{}, 5, 7, 7, 35});
  put(kNow + 15min, {{}, 5, 7, 7, 35});
  put(kNow + 20min, {{}, 5, 7, 7, 35});
  put(kNow + 25min, {{}, 4, 7, 7, 28});
  put(kNow + 30min, {{}, 4, 7, 7, 28});
  put(kNow + 55min, {{}, 2, -0.5, 1e300, 0.1 + 0.2});
  put(kNow + 60min, {{}, 1, 1, 1, 1});
  const std::string text = block_text(buckets, Span::five_minutes, kNow);
  EXPECT_EQ(text, ";free 5:12:14:65 - 5:7 =2 4:7 = - - - - 2:-0.5:1e+300:0.3");
  auto expected = buckets[kFree];
  expected.erase(kNow - 5min);
  expected.erase(kNow + 60min);
  expected[kNow + 55min].sum = 0.3;
  EXPECT_EQ(read(text), expected);
  EXPECT_EQ(block_text({}, Span::hour, kNow), "");
  put(kNow + 3h, {{}, 1, 1, 1, 1});
  EXPECT_EQ(block_text(buckets, Span::five_minutes, kNow + 3h), ";free 1:1");
}

TEST(AddBlock, AddsToLongerSpans) {
  const auto hours = read(";total 1:9;free 5:12:14:65 - 5:7 =2", Span::five_minutes, Span::hour);
  EXPECT_EQ(hours, (std::map<base::Time, Bucket>{{kNow, {kNow, 20, 7, 14, 170}}}));
  EXPECT_EQ(read(";free =2 1:1", Span::hour, Span::day).begin()->second.count, 1) << "of nothing";
}

TEST(AddBlock, TakesAnyText) {
  for (const char* bad : {"", ";", ";free", ";free ", ";free x", ";free 5", ";free 0:1", ";free -5:1",
                          ";free 5:", ";free 5:1:2", ";free 5:1:2:", ";free 5:x:2:3", ";other 5:1", "free", ";;;"})
    EXPECT_THAT(read(bad), IsEmpty()) << bad;
  EXPECT_EQ(read(";free x 5:7").begin()->first, kNow + 5min);
  EXPECT_LE(read(";free 1:1 =99999999999").size(), 200U);
  EXPECT_EQ(read(";free 1:1 =-5").size(), 1U);
}

TEST(CountReading, WritesOneBlockAndThenTheNext) {
  const core::ProfileId profile = 12;  // whose blocks begin at full hours
  std::string numbers;
  const auto count = [&](base::Duration later, std::optional<double> free, std::optional<double> price = {}) {
    return count_reading(numbers, profile, reading(kNow + later, free, price));
  };
  const std::string begin = fmt::format("{}", kNow.time_since_epoch() / 5min);
  EXPECT_FALSE(count(0min, {}));
  EXPECT_EQ(numbers, "") << "no numbers";
  EXPECT_FALSE(count(1min, 12));
  EXPECT_EQ(numbers, begin + ";free 1:12");
  EXPECT_FALSE(count(2min, 14));
  EXPECT_FALSE(count(16min, 12, 1.5));
  EXPECT_EQ(numbers, begin + ";free 2:12:14:26 - - 1:12;price - - - 1:1.5");
  EXPECT_FALSE(count(21min, 12, 2));
  EXPECT_FALSE(count(22min, 12, {}));
  EXPECT_EQ(numbers, begin + ";free 2:12:14:26 - - 1:12 2:12;price - - - 1:1.5 1:2");
  EXPECT_FALSE(count(6min, 1)) << "time went back";
  EXPECT_EQ(numbers, begin + ";free 2:12:14:26 - - 1:12 3:1:12:25;price - - - 1:1.5 1:2");
  const auto over = count(60min, {});
  ASSERT_TRUE(over);
  EXPECT_EQ(over->begins, kNow);
  EXPECT_EQ(over->text, ";free 2:12:14:26 - - 1:12 3:1:12:25;price - - - 1:1.5 1:2");
  EXPECT_EQ(numbers, "");
  EXPECT_FALSE(count(66min, 3));
  EXPECT_EQ(under_way(numbers)->begins, kNow + 60min);
  EXPECT_FALSE(count(59min, 5)) << "a little back";
  EXPECT_EQ(under_way(numbers)->text, "free - 2:3:5:8");
  EXPECT_TRUE(count(50min, 5)) << "the clock was set back";
  EXPECT_EQ(under_way(numbers)->begins, kNow);
  EXPECT_EQ(under_way(numbers)->text, "free - - - - - - - - - - 1:5");
}

TEST(CountReading, LeavesOutWhatIsNoNumber) {
  std::string numbers;
  count_reading(numbers, 12, reading(kNow, std::numeric_limits<double>::infinity(), std::nan("")));
  EXPECT_FALSE(under_way(numbers));
  for (int i = 0; i < 3; ++i)
    count_reading(numbers, 12, reading(kNow + 5min * i, std::numeric_limits<double>::max(), -1e308));
  count_reading(numbers, 12, reading(kNow + 10min, std::numeric_limits<double>::max()));
  Buckets buckets;
  add_block(buckets, Span::hour, under_way(numbers)->text, Span::five_minutes, kNow);
  EXPECT_EQ(buckets[kFree][kNow].sum, std::numeric_limits<double>::max());
}

TEST(CountReading, GoesOnWhateverPlainSqlHasWritten) {
  for (const char* bad : {"x", ";", "5", "99999999999999999999;free 1:1", "-1;free 1:1", ";free 1:1"}) {
    std::string numbers = bad;
    count_reading(numbers, 12, reading(kNow, 7));
    Buckets buckets;
    ASSERT_TRUE(under_way(numbers)) << bad;
    add_block(buckets, Span::five_minutes, under_way(numbers)->text, Span::five_minutes, under_way(numbers)->begins);
    EXPECT_EQ(buckets[kFree][kNow].sum, 7) << bad;
  }
  std::string numbers = fmt::format("{};free x 1:;;free 2:2", kNow.time_since_epoch() / 5min);
  count_reading(numbers, 12, reading(kNow, 7));
  EXPECT_TRUE(under_way(numbers));
}

}  // namespace
}  // namespace store
