#include "autoscale/exposition.hpp"

#include <gtest/gtest.h>

#include "base/metrics.hpp"

namespace autoscale {
namespace {

constexpr std::string_view kText = R"(# HELP requests_total Requests that came
# TYPE requests_total counter
requests_total{server="portal",code="2xx"} 1027 1395066363000
requests_total{server="portal",code="4xx"} 3
requests_total{ server = "admin" , code="2xx", } 1.5e+01
requests_total_more 7
# TYPE load gauge
load 0.25
odd{path="C:\\DIR\"x\"\n{}"} 2
never NaN
most +Inf
broken{label="no end} 5
)";

/// The sum of what is read; -1: nothing.
double value_in(std::string_view text, std::string_view name, const std::map<std::string, std::string>& labels = {}) {
  const auto exposed = read_metric(text, name, labels);
  if (!exposed) return -1;
  double sum = 0;
  for (const Series& series : exposed->series) sum += series.value;
  return sum;
}
double value(std::string_view name, const std::map<std::string, std::string>& labels = {}) {
  return value_in(kText, name, labels);
}

TEST(Exposition, SumsTheSeriesThatHaveTheLabels) {
  EXPECT_EQ(value("requests_total"), 1045);
  EXPECT_EQ(value("requests_total", {{"server", "portal"}}), 1030);
  EXPECT_EQ(value("requests_total", {{"server", "portal"}, {"code", "4xx"}}), 3);
  EXPECT_EQ(value("requests_total", {{"server", "admin"}}), 15);
  EXPECT_EQ(value("requests_total", {{"server", "none"}}), -1);
  EXPECT_EQ(value("requests_total", {{"more", ""}}), -1);
}

TEST(Exposition, TellsCountersFromGauges) {
  EXPECT_TRUE(read_metric(kText, "requests_total", {})->counter);
  EXPECT_FALSE(read_metric(kText, "load", {})->counter);
  EXPECT_FALSE(read_metric(kText, "requests_total_more", {})->counter);
  EXPECT_EQ(value("load"), 0.25);
  EXPECT_TRUE(read_metric("n_total 1", "n_total", {})->counter) << "by its name";
  EXPECT_TRUE(read_metric("# TYPE n counter\nn_total 1", "n_total", {})->counter) << "as OpenMetrics has it";
  EXPECT_FALSE(read_metric("# TYPE n_total gauge\nn_total 1", "n_total", {})->counter);
}

TEST(Exposition, ARowThatCannotBeReadLeavesNoSum) {
  EXPECT_EQ(value_in("n{a=\"1\"} 5\nn{a=\"2\"} 6\n", "n"), 11);
  for (const char* row : {"n{a=\"2\"} x", "n{a=\"2} 6", "n{a=2} 6", "n{a=\"2\"}", "n{a=\"2\"} NaN"})
    EXPECT_EQ(value_in(std::string("n{a=\"1\"} 5\n") + row + "\n", "n"), -1) << row;
}

TEST(Exposition, UnescapesLabels) {
  EXPECT_EQ(value("odd", {{"path", "C:\\DIR\"x\"\n{}"}}), 2);
}

TEST(Exposition, WhatIsNoFiniteNumberIsNotThere) {
  EXPECT_EQ(value("never"), -1);
  EXPECT_EQ(value("most"), -1);
  EXPECT_EQ(value("broken"), -1);
  EXPECT_EQ(value("absent"), -1);
  EXPECT_FALSE(read_metric("", "load", {}));
  EXPECT_FALSE(read_metric("load", "load", {}));
  EXPECT_FALSE(read_metric("load x\n<html>load 3</html>", "load", {}));
}

TEST(Exposition, ReadsOurOwnMetrics) {
  base::Metrics metrics;
  metrics.counter("offered_total", "Requests").Increment(12);
  metrics.gauge("slots", "Slots", {{"probe", "a b"}}).Set(3.5);
  EXPECT_EQ(value_in(metrics.text(), "offered_total"), 12);
  EXPECT_TRUE(read_metric(metrics.text(), "offered_total", {})->counter);
  EXPECT_EQ(value_in(metrics.text(), "slots", {{"probe", "a b"}}), 3.5);
}

}  // namespace
}  // namespace autoscale
