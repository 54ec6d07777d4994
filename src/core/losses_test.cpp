#include "core/losses.hpp"

#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace core {
namespace {

using namespace std::chrono_literals;
using support::kNow;

using Transitions = std::vector<Transition>;

const Transition kHigh{kNow, Level::high, Freshness::fresh, "ok"};
const Transition kStale{kNow + 1min, Level::high, Freshness::stale, ""};
const Transition kExpired{kNow + 5min, Level::unknown, Freshness::expired, ""};

Transitions with_losses(Transitions stored, const Row& row, base::Time now) {
  add_losses(stored, row, now);
  return stored;
}

TEST(Losses, HappenAtTheirTimes) {
  const Row row = support::measured_row(1, "a", 1, Level::high);
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 1min - 1us), Transitions({kHigh}));
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 1min), Transitions({kHigh, kStale}));
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 5min), Transitions({kHigh, kStale, kExpired}));
}

TEST(Losses, OneThatExpiresAtOnceWasNeverStale) {
  Row row = support::measured_row(1, "a", 1, Level::high);
  row.reading->stale_at = row.reading->expires_at;
  EXPECT_EQ(with_losses({kHigh}, row, kNow + 6min), Transitions({kHigh, kExpired}));
}

TEST(Losses, AReadingThatTheBoardDoesNotHaveYetEndedThem) {
  const Row row = support::measured_row(1, "a", 1, Level::high);
  const Transition later{kNow + 10min, Level::low, Freshness::fresh, "full"};
  EXPECT_EQ(with_losses({kHigh, kStale, later}, row, kNow + 11min), Transitions({kHigh, kStale, later}));
}

TEST(Losses, AProfileWithoutAReadingHasNone) {
  EXPECT_EQ(with_losses({}, support::pending_row(1, "a", 1), kNow + 1h), Transitions());
  const Row row = support::measured_row(1, "a", 1, Level::high);
  EXPECT_EQ(with_losses({}, row, kNow + 5min), Transitions({kStale, kExpired})) << "history that was lost";
}

}  // namespace
}  // namespace core
