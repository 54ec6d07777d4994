#include "board/selection.hpp"

#include <gmock/gmock.h>

#include <random>

#include "support/rows.hpp"

namespace board {
namespace {

using core::Freshness;
using core::Level;
using namespace std::chrono_literals;
using support::kNow;
using testing::ElementsAre;
using testing::IsEmpty;

core::RowPtr row(core::ProfileId id, std::string provider, std::string name, std::optional<Level> level,
                 std::optional<double> free = {}, base::Duration age = 0s) {
  core::Row row = level ? support::measured_row(id, std::move(name), id, *level, kNow - age)
                        : support::pending_row(id, std::move(name), id);
  row.profile.key.provider = std::move(provider);
  if (row.reading) row.reading->free = free;
  return support::share(std::move(row));
}

class SelectionTest : public testing::Test {
 protected:
  SelectionTest() {
    core::Row failing = *row(5, "Azure", "ND", Level::high, 4);
    failing.failure = core::Failure{"timed out", kNow};
    state_.filled = true;
    state_.snapshot =
        core::Snapshot({row(1, "Amazon", "c5", Level::high, 2), row(2, "Amazon", "p5", Level::low, 0),
                        row(3, "Amazon", "p4", Level::medium, {}, 2min), row(4, "Azure", "H16mr", std::nullopt),
                        support::share(failing), row(6, "our-cluster", "gpu", Level::medium, 10, 6min)});
  }
  std::vector<std::string> names(Selection selection) {
    if (selection.limit == 0) selection.limit = 100;
    std::vector<std::string> names;
    for (const auto& row : select(state_, selection, kNow).rows) names.push_back(row->profile.key.name);
    return names;
  }

  State state_;
};

TEST_F(SelectionTest, ADefaultOneIsAWindowOfEverythingByKey) {
  EXPECT_THAT(names({}), ElementsAre("c5", "p4", "p5", "H16mr", "ND", "gpu"));
  EXPECT_THAT(names({.offset = 4, .limit = 1}), ElementsAre("ND"));
  EXPECT_THAT(names({.offset = 6, .limit = 1}), IsEmpty());
  EXPECT_TRUE(Selection({.offset = 4, .limit = 1}).is_window());
  EXPECT_FALSE(Selection({.words = {"a"}}).is_window());
  EXPECT_FALSE(Selection({.descending = true}).is_window());
}

TEST_F(SelectionTest, ASetHasTheRowsOfItsChoices) {
  state_.sets = std::make_shared<const core::Sets>(core::Sets{{"s", {"our-*/g?u", "Azure/ND", "Amazon/x"}}});
  EXPECT_THAT(names({.set = "s"}), ElementsAre("ND", "gpu"));
  EXPECT_THAT(names({.set = "s", .providers = {"Azure"}, .levels = {Level::high}}), ElementsAre("ND"));
  EXPECT_THAT(names({.set = "other"}), IsEmpty());
  EXPECT_FALSE(Selection({.set = "s"}).is_window());
}

TEST_F(SelectionTest, EachLabelHasOneOfItsValues) {
  const auto labelled = [](core::ProfileId id, const char* name, core::Labels labels) {
    core::Row row = support::pending_row(id, name, id);
    row.profile.labels = std::move(labels);
    return support::share(std::move(row));
  };
  state_.snapshot = core::Snapshot({labelled(1, "a", {{"region", "eu-1"}, {"gpu", "a100"}}),
                                    labelled(2, "b", {{"region", "eu-2"}, {"gpu", "a100"}}),
                                    labelled(3, "c", {{"region", "eu-1"}}), labelled(4, "d", {})});
  EXPECT_THAT(names({.labels = {{"region", {"eu-1"}}}}), ElementsAre("a", "c"));
  EXPECT_THAT(names({.labels = {{"region", {"eu-1", "eu-2"}}, {"gpu", {"a100"}}}}), ElementsAre("a", "b"));
  EXPECT_THAT(names({.labels = {{"gpu", {"A100"}}}}), IsEmpty()) << "exactly";
  EXPECT_THAT(names({.labels = {{"owner", {"x"}}}}), IsEmpty());
  EXPECT_FALSE(Selection({.labels = {{"gpu", {"x"}}}}).is_window());
}

TEST_F(SelectionTest, NumbersMustBeWithinTheirBounds) {
  EXPECT_THAT(names({.bounds = {{&core::Measurement::free, 2}}}), ElementsAre("c5", "ND"))
      << "what has expired has no number";
  EXPECT_THAT(names({.bounds = {{&core::Measurement::free, {}, 2}}}), ElementsAre("c5", "p5"));
  EXPECT_THAT(names({.bounds = {{&core::Measurement::free, 2, 2}}}), ElementsAre("c5"));
  EXPECT_THAT(names({.bounds = {{&core::Measurement::free, 0}, {&core::Measurement::price, 0}}}), IsEmpty());
}

TEST_F(SelectionTest, CountsAreOfWhatMatchesOfTheChoiceAndOfEachGroup) {
  const auto selected = select(state_, {.words = {"a"}, .levels = {Level::high}, .grouped = true, .limit = 1}, kNow);
  EXPECT_EQ(selected.counts.total, 2U);
  EXPECT_EQ(selected.choice.total, 5U) << "any level of those that have the word";
  EXPECT_EQ(selected.choice.low, 1U);
  ASSERT_EQ(selected.groups.size(), 2U);
  EXPECT_EQ(selected.groups.at("Azure").high, 1U) << "beyond the wanted part";
  const auto all = select(state_, {.words = {"p"}, .limit = 1}, kNow);
  EXPECT_EQ(all.choice, all.counts);
  EXPECT_TRUE(all.groups.empty());
}

TEST_F(SelectionTest, EveryWordMustBeInTheKey) {
  EXPECT_THAT(names({.words = {"AMAZON", "p"}}), ElementsAre("p4", "p5"));
  EXPECT_THAT(names({.words = {"azure/n"}}), ElementsAre("ND"));
  EXPECT_THAT(names({.words = {"zur", "gpu"}}), IsEmpty());
}

TEST_F(SelectionTest, FiltersByWhatARowIsNow) {
  EXPECT_THAT(names({.providers = {"Azure"}}), ElementsAre("H16mr", "ND"));
  EXPECT_THAT(names({.names = {"ND"}}), ElementsAre("ND"));
  EXPECT_THAT(names({.providers = {"Azur"}}), IsEmpty()) << "names are whole";
  EXPECT_THAT(names({.names = {"N"}}), IsEmpty());
  EXPECT_THAT(names({.levels = {Level::high, Level::low}}), ElementsAre("c5", "p5", "ND"));
  EXPECT_THAT(names({.levels = {Level::unknown}}), ElementsAre("H16mr", "gpu")) << "an expired one is unknown";
  EXPECT_THAT(names({.freshness = {Freshness::stale, Freshness::pending}}), ElementsAre("p4", "H16mr"));
  EXPECT_THAT(names({.failing = true}), ElementsAre("ND"));
}

TEST_F(SelectionTest, AnyOfTheNamesThatAreGiven) {
  EXPECT_THAT(names({.providers = {"Amazon", "Azure"}}), ElementsAre("c5", "p4", "p5", "H16mr", "ND"));
  EXPECT_THAT(names({.names = {"c5", "ND", "none"}}), ElementsAre("c5", "ND"));
}

TEST_F(SelectionTest, APartAfterAPlaceGoesOnThere) {
  EXPECT_THAT(names({.after = Place{.key = {"Amazon", "p4"}}}), ElementsAre("p5", "H16mr", "ND", "gpu"));
  EXPECT_THAT(names({.after = Place{.key = {"Amazon", "p4a"}}}), ElementsAre("p5", "H16mr", "ND", "gpu"))
      << "its row may have gone";
  EXPECT_THAT(names({.order = Order::key, .descending = true, .after = Place{.key = {"Amazon", "p5"}}}),
              ElementsAre("p4", "c5"));
  EXPECT_THAT(names({.order = by(&core::Measurement::free), .after = Place{.number = 2, .key = {"Amazon", "c5"}}}),
              ElementsAre("ND", "gpu", "p4", "H16mr"));
  EXPECT_THAT(names({.order = by(&core::Measurement::free), .after = Place{.key = {"Amazon", "p4"}}}),
              ElementsAre("H16mr"));
  const auto part = select(state_, {.after = Place{.key = {"Amazon", "p4"}}, .limit = 2}, kNow);
  EXPECT_EQ(part.before, 2U);
  EXPECT_EQ(part.counts.total, 6U);
  const Overview overview{};
  for (const char* name : {"", "c5", "p4", "p4a", "p5", "zz"}) {
    const Selection window{.after = Place{.key = {"Amazon", name}}, .limit = 2};
    EXPECT_EQ(select(state_, window, kNow, overview).rows, select(state_, window, kNow).rows) << name;
    EXPECT_EQ(select(state_, window, kNow, overview).before, select(state_, window, kNow).before) << name;
  }
}

TEST_F(SelectionTest, CountsAllThatMatches) {
  const Selected selected = select(state_, {.providers = {"Amazon"}, .limit = 1}, kNow);
  EXPECT_EQ(selected.rows.size(), 1U);
  EXPECT_EQ(selected.counts, (Counts{.high = 1, .medium = 0, .low = 1, .stale = 1, .fresh = 2, .total = 3}));
}

TEST_F(SelectionTest, OrdersByNumbersAndThoseWithoutComeLast) {
  EXPECT_THAT(names({.order = by(&core::Measurement::free)}), ElementsAre("p5", "c5", "ND", "gpu", "p4", "H16mr"));
  EXPECT_THAT(names({.order = by(&core::Measurement::free), .descending = true}),
              ElementsAre("gpu", "ND", "c5", "p5", "p4", "H16mr"));
  EXPECT_THAT(names({.order = Order::measured}), ElementsAre("gpu", "p4", "c5", "p5", "ND", "H16mr"));
}

TEST_F(SelectionTest, OrdersByEachOfTheSourcesNumbers) {
  const auto numbers = [](core::ProfileId id, std::string name, double largest, double total, double score,
                          double price) {
    core::Row row = support::measured_row(id, std::move(name), id, Level::high);
    row.reading->largest = largest;
    row.reading->total = total;
    row.reading->score = score;
    row.reading->price = price;
    return support::share(std::move(row));
  };
  state_.snapshot = core::Snapshot({numbers(1, "a", 3, 2, 3, 4), numbers(2, "b", 2, 1, 4, 3),
                                    numbers(3, "c", 1, 4, 1, 2), numbers(4, "d", 4, 3, 2, 1)});
  EXPECT_THAT(names({.order = by(&core::Measurement::largest)}), ElementsAre("c", "b", "a", "d"));
  EXPECT_THAT(names({.order = by(&core::Measurement::total)}), ElementsAre("b", "a", "d", "c"));
  EXPECT_THAT(names({.order = by(&core::Measurement::score)}), ElementsAre("c", "d", "a", "b"));
  EXPECT_THAT(names({.order = by(&core::Measurement::price)}), ElementsAre("d", "c", "b", "a"));
}

TEST_F(SelectionTest, EqualNumbersStandByKeyInEitherDirection) {
  state_.snapshot = core::Snapshot({row(1, "p", "b", Level::high, 3), row(2, "p", "a", Level::high, 3),
                                    row(3, "p", "d", Level::high), row(4, "p", "c", Level::high)});
  for (const bool descending : {false, true})
    EXPECT_THAT(names({.order = by(&core::Measurement::free), .descending = descending}),
                ElementsAre("a", "b", "c", "d"));
}

TEST_F(SelectionTest, OrdersByTheLatestChange) {
  const auto change = [&](core::ProfileId id, std::string name, base::Duration ago) {
    core::Row changed = support::measured_row(id, std::move(name), 100, Level::low);
    changed.reading->changed = core::LevelChange{Level::high, kNow - ago};
    return support::share(std::move(changed));
  };
  state_.snapshot =
      state_.snapshot.with({.rows = {change(101, "early", 2h), change(102, "late", 1min)}, .removed = {}});
  EXPECT_THAT(names({.order = Order::changed, .descending = true, .limit = 3}), ElementsAre("late", "early", "c5"));
  EXPECT_THAT(names({.order = Order::changed, .limit = 2}), ElementsAre("early", "late"));
}

TEST_F(SelectionTest, OrdersByTextAndLevel) {
  EXPECT_THAT(names({.order = Order::key, .descending = true}), ElementsAre("gpu", "ND", "H16mr", "p5", "p4", "c5"));
  EXPECT_THAT(names({.order = Order::name}), ElementsAre("H16mr", "ND", "c5", "gpu", "p4", "p5"));
  EXPECT_THAT(names({.order = Order::provider, .descending = true}),
              ElementsAre("gpu", "H16mr", "ND", "c5", "p4", "p5"));
  EXPECT_THAT(names({.order = Order::level, .descending = true}), ElementsAre("c5", "ND", "p4", "p5", "H16mr", "gpu"));
  EXPECT_THAT(names({.order = Order::freshness, .descending = true, .limit = 2}), ElementsAre("gpu", "p4"));
}

TEST_F(SelectionTest, AnOverviewSparesTheCountingOfEverythingAlone) {
  Overview overview;
  overview.counts.total = 1000;
  const Selected window = select(state_, {.offset = 1, .limit = 2}, kNow, overview);
  EXPECT_EQ(window.counts, overview.counts);
  ASSERT_EQ(window.rows.size(), 2U);
  EXPECT_EQ(window.rows.front()->profile.key.name, "p4");
  const Selected azure = select(state_, {.providers = {"Azure"}, .limit = 9}, kNow, overview);
  EXPECT_EQ(azure.counts.total, 2U);
  EXPECT_EQ(azure.rows.size(), 2U);
}

TEST_F(SelectionTest, GroupsKeepProvidersTogether) {
  EXPECT_THAT(names({.order = by(&core::Measurement::free), .descending = true, .grouped = true}),
              ElementsAre("c5", "p5", "p4", "ND", "H16mr", "gpu"));
}

TEST(Selection, EveryPartIsThatOfTheWholeOrder) {
  std::mt19937 bits{7};
  std::vector<core::RowPtr> rows;
  for (int i = 1; i <= 5000; ++i)
    rows.push_back(row(i, fmt::format("p{}", i % 7), fmt::format("{:04}", i), Level::high, bits() % 50));
  State state;
  state.snapshot = core::Snapshot(rows);
  const Selection whole{.order = by(&core::Measurement::free), .descending = true, .limit = 5000};
  const auto all = select(state, whole, kNow).rows;
  ASSERT_EQ(all.size(), 5000U);
  for (std::size_t offset = 0; offset < 5000; offset += 90) {
    Selection part = whole;
    part.offset = offset;
    part.limit = 90;
    const auto found = select(state, part, kNow).rows;
    ASSERT_EQ(found.size(), std::min<std::size_t>(90, 5000 - offset));
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], all[offset + i]);
  }
}

TEST_F(SelectionTest, BeyondTheLastThereIsNothing) {
  for (const std::size_t offset : {5U, 6U, 7U, 100'000U}) {
    const Selected selected = select(state_, {.words = {"a"}, .offset = offset, .limit = 2}, kNow);
    EXPECT_THAT(selected.rows, IsEmpty()) << offset;
    EXPECT_EQ(selected.counts.total, 5U) << "they are counted all the same";
  }
}

}  // namespace
}  // namespace board
