#include "board/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using testing::HasSubstr;

class MetersTest : public testing::Test {
 protected:
  MetersTest() {
    runtime_.start();
    core::Row nobody = support::measured_row(4, "d", 4, core::Level::low, kNow - 24h);
    nobody.probe = core::kNoProbe;
    std::vector<core::RowPtr> rows{support::share(support::pending_row(1, "a", 1)),
                                   support::share(support::measured_row(2, "b", 2, core::Level::low, kNow - 50s)),
                                   support::share(support::measured_row(3, "c", 3, core::Level::low)),
                                   support::share(std::move(nobody))};
    support::on(runtime_.background(), [&] {
      board_.fill({.version = {"e", 4}, .now = kNow, .rows = std::move(rows), .removed = {}, .removed_since = 4});
    });
  }
  std::string rows(const char* freshness, int count) {
    return fmt::format("vacancy_rows{{freshness=\"{}\",server=\"portal\"}} {}\n", freshness, count);
  }

  support::FakeClock clock_;
  base::Metrics metrics_;
  base::Runtime runtime_{1};
  Board board_{runtime_, clock_};
};

TEST_F(MetersTest, CountRowsByFreshnessAsTimePasses) {
  const auto shown = meter(board_, metrics_, "portal", clock_);
  std::string text = metrics_.text();
  for (const auto& line : {rows("PENDING", 1), rows("FRESH", 2), rows("STALE", 0), rows("EXPIRED", 0)})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, HasSubstr("vacancy_oldest_reading_seconds{server=\"portal\"} 50\n"))
      << "rows that no probe measures do not count";
  // Nobody ages the board: its rows are old all the same.
  clock_.advance(10s);
  text = metrics_.text();
  for (const auto& line : {rows("FRESH", 1), rows("STALE", 1)}) EXPECT_THAT(text, HasSubstr(line));
  clock_.advance(290s);
  text = metrics_.text();
  for (const auto& line : {rows("PENDING", 1), rows("FRESH", 0), rows("STALE", 0), rows("EXPIRED", 2)})
    EXPECT_THAT(text, HasSubstr(line));
  EXPECT_THAT(text, HasSubstr("vacancy_oldest_reading_seconds{server=\"portal\"} 350\n"));
}

TEST_F(MetersTest, OfABoardWithoutReadingsAreZero) {
  support::on(runtime_.background(),
              [&] { board_.fill({.version = {"f", 1}, .now = kNow, .rows = {}, .removed = {}, .removed_since = 1}); });
  const auto shown = meter(board_, metrics_, "portal", clock_);
  EXPECT_THAT(metrics_.text(), HasSubstr("vacancy_oldest_reading_seconds{server=\"portal\"} 0\n"));
}

}  // namespace
}  // namespace board
