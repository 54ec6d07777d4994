#include "core/preference.hpp"

#include <gmock/gmock.h>

#include "support/rows.hpp"

namespace core {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::pending_row;
using support::share;
using testing::ElementsAre;

RowPtr row(ProfileId id, std::string provider, std::string name, std::optional<Level> level, base::Duration age = 0s) {
  Row row = level ? measured_row(id, std::move(name), id, *level, kNow - age) : pending_row(id, std::move(name), id);
  row.profile.key.provider = std::move(provider);
  return share(std::move(row));
}

std::optional<std::size_t> place(const std::vector<std::string>& choices, const ProfileKey& key) {
  return Choices({"set", choices}).place_of(key);
}

TEST(Choices, TheFirstThatMatchesCounts) {
  const std::vector<std::string> choices{"a/x", "b/*", "a/y", "?/z", "a/*"};
  EXPECT_EQ(place(choices, {"a", "x"}), 0);
  EXPECT_EQ(place(choices, {"b", "z"}), 1);
  EXPECT_EQ(place(choices, {"a", "y"}), 2);
  EXPECT_EQ(place(choices, {"a", "z"}), 3);
  EXPECT_EQ(place(choices, {"a", "other"}), 4);
  EXPECT_EQ(place(choices, {"c", "x"}), std::nullopt);
  EXPECT_EQ(place({"*/x", "a/x"}, {"a", "x"}), 0) << "a glob in front goes before the very name";
  EXPECT_EQ(place({}, {"a", "x"}), std::nullopt);
  EXPECT_EQ(place({"no pattern", "a/x"}, {"a", "x"}), 1);
  EXPECT_EQ(place({"no pattern"}, {"", ""}), std::nullopt);
}

class Preference : public testing::Test {
 protected:
  /// "CHOICE NAME OBJECTION" of each, until `most` were visited.
  std::vector<std::string> judged(const std::vector<std::string>& choices, const Need& need = {},
                                  std::size_t most = 100) {
    std::vector<std::string> out;
    judge(snapshot_, Choices({"set", choices}), need, kNow, [&](const Judged& one) {
      out.push_back(
          fmt::format("{} {} {}", one.choice, one.row ? one.row->profile.key.name : "-", to_string(one.objection)));
      return out.size() < most;
    });
    return out;
  }

  Snapshot snapshot_{{row(1, "a", "high", Level::high), row(2, "a", "low", Level::low),
                      row(3, "b", "medium", Level::medium, 30s), row(4, "b", "never", std::nullopt),
                      row(5, "b", "old", Level::high, 2min), row(6, "b", "older", Level::high, 6min),
                      row(7, "b", "unknown", Level::unknown)}};
};

TEST_F(Preference, GoesThroughChoicesThenKeys) {
  EXPECT_THAT(judged({"b/*", "c/x", "a/low", "*/*"}),
              ElementsAre("0 medium none", "0 never pending", "0 old stale", "0 older expired", "0 unknown unknown",
                          "1 - no_match", "2 low level", "3 high none"));
  EXPECT_THAT(judged({"b/*", "a/*"}, {}, 1), ElementsAre("0 medium none")) << "it ends when it may";
  EXPECT_THAT(judged({"c/x", "a/high"}, {}, 1), ElementsAre("0 - no_match"));
  EXPECT_THAT(judged({"a/high", "a/hi*", "b/x*"}), ElementsAre("0 high none", "2 - no_match"))
      << "what an earlier choice has is no news";
}

TEST_F(Preference, OnlyAFreshLevelThatIsHighEnoughAndYoungEnoughCounts) {
  const auto high = Need{.condition = {.at_least = Level::high}};
  EXPECT_THAT(judged({"b/*"}, high),
              ElementsAre("0 medium level", "0 never pending", "0 old stale", "0 older expired", "0 unknown unknown"));
  const auto medium = [&](base::Duration max_age) { return judged({"b/medium"}, {.max_age = max_age}).at(0); };
  EXPECT_EQ(medium(30s), "0 medium none") << "as old as may be";
  EXPECT_EQ(medium(30s - 1us), "0 medium too_old");
  EXPECT_THAT(judged({"b/old"}, {.max_age = 1h}), ElementsAre("0 old stale")) << "an age that is allowed is no trust";
}

TEST_F(Preference, UnitsCountAsInAWait) {
  Row counted = measured_row(8, "counted", 8, Level::low);
  counted.reading->free = 6;
  counted.reading->largest = 4;
  const auto why = [&](const Condition& condition) {
    const Need need{.condition = condition};
    return sentence(objection_to(counted, need, kNow), &counted, need);
  };
  EXPECT_EQ(why({.at_least = Level::low, .free = 4}), "LOW");
  EXPECT_EQ(why({.at_least = Level::low, .free = 5}), "4 free in one piece, not 5");
  EXPECT_EQ(why({.at_least = Level::low, .total_free = 7}), "6 free, not 7");
  EXPECT_EQ(why({.at_least = Level::low, .free = 4, .total_free = 7}), "6 free, not 7");
  counted.reading->free.reset();
  counted.reading->largest.reset();
  EXPECT_EQ(why({.at_least = Level::low, .free = 0}), "it does not report free units");
}

TEST_F(Preference, SaysWhyForPeople) {
  const Need need{.max_age = 1min};
  const auto why = [&](const RowPtr& row, Objection objection) { return sentence(objection, row.get(), need); };
  EXPECT_EQ(why(nullptr, Objection::no_match), "no profile matches");
  EXPECT_EQ(why(row(1, "a", "b", Level::low), Objection::level), "LOW, not MEDIUM");
  EXPECT_EQ(why(row(1, "a", "b", Level::high), Objection::too_old), "HIGH, but measured more than 1m ago");
  EXPECT_EQ(why(row(1, "a", "b", Level::high), Objection::stale),
            "STALE: HIGH, but the reading is too old to be trusted");
  EXPECT_EQ(why(row(1, "a", "b", Level::high), Objection::expired), "UNKNOWN: its reading has expired; it was HIGH");
  EXPECT_EQ(why(row(1, "a", "b", Level::unknown), Objection::unknown), "UNKNOWN: a test");
  EXPECT_EQ(why(row(1, "a", "b", {}), Objection::pending), "not measured yet");
  Row failing = pending_row(1, "b", 1);
  failing.failure = Failure{"timed out", kNow};
  EXPECT_EQ(why(share(failing), Objection::pending), "never measured: timed out");
  failing.failure = {};
  failing.probe = kNoProbe;
  EXPECT_EQ(why(share(failing), Objection::pending), "no probe is configured for it");
}

}  // namespace
}  // namespace core
