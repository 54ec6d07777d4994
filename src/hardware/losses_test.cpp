#include "hardware/losses.hpp"

#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::kNow;

using Transitions = std::vector<core::Transition>;

const core::Transition kHigh{kNow, core::Level::high, core::Freshness::fresh, "ok"};
const core::Transition kStale{kNow + 1min, core::Level::high, core::Freshness::stale, ""};
const core::Transition kExpired{kNow + 5min, core::Level::unknown, core::Freshness::expired, ""};

Transitions with_losses(Transitions stored, const core::Row& row, base::Time now) {
  add_losses(stored, row, now);
  return stored;
}

TEST(Losses, HappenAtTheirTimes) {
  const core::Row row = support::measured_row(1, "a", 1, core::Level::high);
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 1min - 1us), Transitions({kHigh}));
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 1min), Transitions({kHigh, kStale}));
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 5min), Transitions({kHigh, kStale, kExpired}));
}

TEST(Losses, OneThatExpiresAtOnceWasNeverStale) {
  core::Row row = support::measured_row(1, "a", 1, core::Level::high);
  row.reading->stale_at = row.reading->expires_at;
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 6min), Transitions({kHigh, kExpired}));
}

TEST(Losses, AReadingThatTheBoardDoesNotHaveYetEndedThem) {
  const core::Row row = support::measured_row(1, "a", 1, core::Level::high);
  const core::Transition later{kNow + 10min, core::Level::low, core::Freshness::fresh, "full"};
  EXPECT_EQ(with_losses({kHigh, kStale, later}, row, kNow + 11min), Transitions({kHigh, kStale, later}));
}

TEST(Losses, AProfileWithoutAReadingHasNone) {
  EXPECT_EQ(with_losses({}, support::pending_row(1, "a", 1), kNow + 1h), Transitions());
  const core::Row row = support::measured_row(1, "a", 1, core::Level::high);
  EXPECT_EQ(with_losses({}, row, kNow + 5min), Transitions({kStale, kExpired})) << "history that was lost";
}

}  // namespace
}  // namespace hardware
