// Which calls follow on those that Azure refused, and on those that failed.
#include "probe/azure_book.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::set<AzureCell> cells(const std::vector<std::string>& sizes, const std::vector<std::string>& regions) {
  const auto all = AzureAsk{sizes, regions}.cells();
  return {all.begin(), all.end()};
}

std::vector<std::string> names(const std::string& prefix, int count) {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) out.push_back(fmt::format("{}{:02}", prefix, i));
  return out;
}

/// An Azure that refuses every call with one of `wrong` in it: sizes, regions, or "size@region".
class AzureBookTest : public testing::Test {
 protected:
  bool is_wrong(const AzureAsk& ask) const {
    return std::ranges::any_of(ask.cells(), [&](const AzureCell& cell) {
      return wrong_.contains(cell.size) || wrong_.contains(cell.region) ||
             wrong_.contains(cell.size + "@" + cell.region);
    });
  }
  /// One run of at most `most` calls; all that it asked for.
  std::vector<AzureAsk> run(const std::set<AzureCell>& wanted, std::size_t most = 1000) {
    const auto begin = now_;
    std::vector<AzureAsk> asked;
    for (auto asks = book_.due(wanted, begin, now_); !asks.empty() && asked.size() < most;
         asks = book_.due(wanted, begin, now_)) {
      now_ += 1s;
      asked.push_back(asks[0]);
      if (is_wrong(asks[0])) {
        book_.refuse(asks[0], "answered 400", now_);
        continue;
      }
      AzureScores scores;
      for (const AzureCell& cell : asks[0].cells()) scores[cell] = {{.word = "High"}};
      book_.keep(asks[0], scores, now_);
    }
    return asked;
  }
  std::size_t known(const std::set<AzureCell>& wanted) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(wanted, [&](const AzureCell& cell) { return book_.is_fresh(cell, now_); }));
  }
  std::string error(const AzureCell& cell) const { return book_.error(cell, now_, now_); }

  std::set<std::string> wrong_;
  AzureBook book_;
  base::SteadyTime now_{24h};
};

TEST_F(AzureBookTest, FindsTheSizeThatIsWrong) {
  wrong_ = {"s03"};
  const auto wanted = cells(names("s", 5), names("r", 8));
  EXPECT_THAT(run(wanted), SizeIs(testing::Le(16)));
  EXPECT_EQ(known(wanted), 4U * 8);
  EXPECT_EQ(error({"s03", "r07"}), "Azure refuses s03: answered 400; asked again after 6h");
  EXPECT_EQ(error({"s02", "r07"}), "");
}

TEST_F(AzureBookTest, FindsTheRegionThatIsWrongAmongManyCallsBeforeItAsksForOthers) {
  wrong_ = {"r05"};
  const auto wanted = cells(names("s", 100), names("r", 8));
  EXPECT_THAT(run(wanted), SizeIs(testing::Le(20 + 15)));
  EXPECT_EQ(known(wanted), 100U * 7);
  EXPECT_EQ(error({"s99", "r05"}), "Azure refuses r05: answered 400; asked again after 6h");
}

TEST_F(AzureBookTest, FindsTheOnePairThatIsWrong) {
  wrong_ = {"s03@r05"};
  const auto wanted = cells(names("s", 5), names("r", 8));
  run(wanted);
  EXPECT_EQ(known(wanted), 39U);
  EXPECT_THAT(error({"s03", "r05"}), HasSubstr("Azure refuses s03 in r05"));
}

TEST_F(AzureBookTest, FindsSeveral) {
  wrong_ = {"s00", "s04", "s07", "r01", "r06"};
  const auto wanted = cells(names("s", 10), names("r", 8));
  run(wanted);
  run(wanted);
  EXPECT_EQ(known(wanted), 7U * 6);
}

TEST_F(AzureBookTest, ASmallTrialTellsLaterWhetherItIsStillWrong) {
  wrong_ = {"r05"};
  const auto wanted = cells(names("s", 20), names("r", 8));
  run(wanted);
  now_ += 30min;
  for (const AzureAsk& ask : run(wanted)) EXPECT_THAT(ask.regions, testing::Not(testing::Contains("r05")));
  now_ += 6h;
  const auto asked = run(wanted);
  EXPECT_EQ(std::ranges::count_if(asked, [&](const AzureAsk& ask) { return is_wrong(ask); }), 1);
  EXPECT_EQ(known(wanted), 20U * 7);
  wrong_.clear();
  now_ += 7h;
  run(wanted);
  EXPECT_EQ(known(wanted), 20U * 8);
  EXPECT_EQ(error({"s19", "r05"}), "");
}

TEST_F(AzureBookTest, WhoLooksAtTheCallsEndsThePause) {
  wrong_ = {"s00"};
  const auto wanted = cells({"s00", "s01"}, {"r0", "r1"});
  run(wanted);
  EXPECT_THAT(run(wanted), IsEmpty());
  book_.end_pauses(wanted);
  now_ += 1s;
  const auto asked = run(wanted);
  EXPECT_THAT(asked, SizeIs(2));
  for (const AzureAsk& ask : asked) EXPECT_THAT(ask.sizes, ElementsAre("s00"));
}

/// One call an hour, five wrong sizes and five right ones.
TEST_F(AzureBookTest, RefusedCallsTakeTurnsWithOthers) {
  wrong_ = {"s00", "s01", "s02", "s03", "s04"};
  const auto wanted = cells(names("s", 10), {"r"});
  EXPECT_THAT(run(wanted, 1), ElementsAre(AzureAsk{names("s", 5), {"r"}}));
  now_ += 1h;
  run(wanted, 1);
  EXPECT_EQ(known(wanted), 5U);
}

TEST_F(AzureBookTest, AFailedCallIsNotRepeatedInItsRunAndComesLaterThanOthers) {
  const auto wanted = cells({"a"}, {"r"});
  const auto begin = now_;
  book_.fail({{"a"}, {"r"}}, "answered 500", now_ += 1s);
  EXPECT_THAT(book_.due(wanted, begin, now_), IsEmpty());
  EXPECT_EQ(book_.error({"a", "r"}, begin, now_), "answered 500");
  now_ += 30min;
  EXPECT_THAT(book_.due({{"a", "r"}, {"b", "q"}}, now_, now_),
              ElementsAre(AzureAsk{{"b"}, {"q"}}, AzureAsk{{"a"}, {"r"}}));
  EXPECT_EQ(book_.error({"a", "r"}, now_, now_), "answered 500") << "there is nothing else to tell";
}

}  // namespace
}  // namespace probe
