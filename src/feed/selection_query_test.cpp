#include "feed/selection_query.hpp"

#include <gmock/gmock.h>

namespace feed {
namespace {

using board::Order;
using board::Selection;
using core::Freshness;
using core::Level;
using testing::AllOf;
using testing::HasSubstr;

/// The state's sets are `sets`.
base::Result<Selection> read(std::string_view query, core::Sets sets = {}, bool filled = true) {
  board::State state;
  state.filled = filled;
  state.sets = std::make_shared<const core::Sets>(std::move(sets));
  return parse_selection(http::Query::parse(query).value(), 100, 1000, state);
}

Selection parsed(std::string_view query) {
  return read(query).value();
}

std::string error(std::string_view query) {
  const auto selection = read(query);
  return selection ? "no error" : selection.error().message;
}

TEST(SelectionQuery, ReadsAllParameters) {
  EXPECT_EQ(parsed("q=Amazon+c5&provider=A%26B&name=x&level=LOW,HIGH&level=LOW&freshness=STALE&failing=1&sort=-free"
                   "&group=provider&offset=20&limit=10"),
            (Selection{.words = {"Amazon", "c5"},
                       .providers = {"A&B"},
                       .names = {"x"},
                       .levels = {Level::high, Level::low},
                       .freshness = {Freshness::stale},
                       .failing = true,
                       .order = board::by(&core::Measurement::free),
                       .descending = true,
                       .grouped = true,
                       .offset = 20,
                       .limit = 10}));
}

TEST(SelectionQuery, LabelsHaveOneOfTheirValues) {
  using Labels = std::map<std::string, std::vector<std::string>>;
  EXPECT_EQ(parsed("label.region=eu-1&label.gpu=h100&label.gpu=a100,80&label.gpu=h100&label.owner=").labels,
            (Labels{{"region", {"eu-1"}}, {"gpu", {"a100,80", "h100"}}, {"owner", {""}}}));
  EXPECT_EQ(to_query(parsed("label.owner="), 100), "label.owner=") << "a value, too";
  EXPECT_EQ(to_query(parsed("label.region=eu+1&label.gpu=h100&label.gpu=a%26b&name=x"), 100),
            "name=x&label.gpu=a%26b&label.gpu=h100&label.region=eu%201");
  EXPECT_THAT(error("label.=x"), HasSubstr("label.: label '' has no usable key"));
  EXPECT_THAT(error("label.a%20b=x"), HasSubstr("label.a b: label 'a b' has no usable key"));
}

TEST(SelectionQuery, NamesThatAreRepeatedMeanAnyOfThem) {
  const Selection two = parsed("provider=b&provider=a&provider=&provider=b&name=x&name=y");
  EXPECT_EQ(two.providers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(two.names, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(to_query(two, 100), "provider=a&provider=b&name=x&name=y");
  EXPECT_EQ(parsed("q=a+b&q=c").words.size(), 3U) << "words are all of them";
}

TEST(SelectionQuery, APartBeginsAfterAPlace) {
  const board::Place place{.number = 0.1, .key = {"a/b", "c d%"}};
  Selection selection{.after = place, .limit = 100};
  EXPECT_EQ(parsed(to_query(selection, 100)).after, place);
  selection.after->number.reset();
  EXPECT_EQ(parsed(to_query(selection, 100)).after, selection.after);
  for (const char* bad :
       {"after=x", "after=1/a", "after=1/a/", "after=1//b", "after=x/a/b", "after=nan/a/b", "after=1/a/%25z"})
    EXPECT_THAT(error(bad), HasSubstr("after: send the value in 'next'")) << bad;
  EXPECT_THAT(error("offset=1&after=/a/b"), HasSubstr("keep one"));
}

TEST(SelectionQuery, NumbersHaveBounds) {
  EXPECT_EQ(parsed("min_free=8&max_price=2.5&min_score=-1&max_free=").bounds,
            (std::vector<board::Bound>{{&core::Measurement::free, 8, {}},
                                       {&core::Measurement::score, -1, {}},
                                       {&core::Measurement::price, {}, 2.5}}));
  EXPECT_EQ(to_query(parsed("max_price=2.5&min_free=8"), 100), "min_free=8&max_price=2.5");
  for (const char* bad : {"min_free=x", "min_free=8x", "min_free=nan", "min_free=1e999"})
    EXPECT_THAT(error(bad), HasSubstr("is not a number"));
}

TEST(SelectionQuery, WhatAFormSendsEmptyIsAbsent) {
  EXPECT_EQ(parsed("q=&provider=&level=&freshness=&failing=&sort=&group=&offset=&limit="), (Selection{.limit = 100}));
  EXPECT_EQ(parsed(""), (Selection{.limit = 100}));
}

TEST(SelectionQuery, ASetIsOneOfTheState) {
  const core::Sets sets{{"cfd-large", {}}, {"ml", {}}};
  const auto refusal = [&](std::string_view query) { return read(query, sets).error().message; };
  EXPECT_EQ(read("set=ml&q=a", sets).value(), (Selection{.set = "ml", .words = {"a"}, .limit = 100}));
  EXPECT_EQ(to_query(read("q=a&set=ml", sets).value(), 100), "set=ml&q=a");
  EXPECT_EQ(read("set=", sets).value(), (Selection{.limit = 100}));
  EXPECT_EQ(refusal("set=cfd-larg"), "set: there is no set 'cfd-larg'; did you mean 'cfd-large'?");
  EXPECT_EQ(read("set=cfd-larg", {}, false).value().set, "cfd-larg") << "nothing is known yet";
  for (const char* odd : {"set=a/b", "set=a%01", "set=..", "set=%3Cscript%3E"})
    EXPECT_FALSE(read(odd, sets, false)) << odd;
}

TEST(SelectionQuery, BoundsThatDifferAreToldApart) {
  EXPECT_NE(to_query(parsed("min_price=1.25"), 100), to_query(parsed("min_price=1.2500000000000002"), 100));
  EXPECT_EQ(to_query(parsed("min_price=1.2500000000000002"), 100), "min_price=1.2500000000000002");
  EXPECT_EQ(to_query(parsed("min_free=8.0"), 100), "min_free=8");
}

TEST(SelectionQuery, SaysWhatIsWrongAndWhatIsRight) {
  EXPECT_THAT(error("level=high"), AllOf(HasSubstr("level='high'"), HasSubstr("HIGH, MEDIUM, LOW, UNKNOWN")));
  EXPECT_THAT(error("freshness=OLD"), HasSubstr("PENDING, FRESH, STALE, EXPIRED"));
  EXPECT_THAT(error("sort=size"), AllOf(HasSubstr("sort='size'"), HasSubstr("measured")));
  EXPECT_THAT(error("failing=yes"), HasSubstr("failing='yes' must be 1"));
  EXPECT_THAT(error("group=name"), HasSubstr("must be provider"));
  EXPECT_THAT(error("limit=1001"), HasSubstr("from 1 to 1000"));
  EXPECT_THAT(error("limit=0"), HasSubstr("from 1 to 1000"));
  EXPECT_EQ(parsed("limit=1000&q=1+2+3+4+5+6+7+8").words.size(), 8U) << "the most";
  EXPECT_THAT(error("q=1+2+3+4+5+6+7+8+9"), HasSubstr("q has 9 words; the most is 8"));
  EXPECT_THAT(error("label.a=" + std::string(5000, 'x')), HasSubstr("the filters have 5002 bytes; the most is 4096"));
  EXPECT_THAT(error("name=%ff"), HasSubstr("name must be UTF-8"));
  EXPECT_THAT(error("label.a=b%1b"), HasSubstr("label.a must be UTF-8"));
}

TEST(SelectionQuery, EqualSelectionsHaveEqualTexts) {
  EXPECT_EQ(to_query(parsed(""), 100), "");
  const std::string text = "q=Amazon%20c5&level=HIGH%2CLOW&sort=-measured&group=provider&offset=20&limit=10";
  EXPECT_EQ(to_query(parsed("limit=10&offset=20&group=provider&sort=-measured&level=LOW,HIGH,LOW&q=+Amazon++c5"), 100),
            text);
  for (const char* other : {text.c_str(), "sort=-key", "offset=1", "failing=1", "provider=A%26B&name=c%2F5",
                            "freshness=STALE%2CFRESH", "sort=changed", "limit=1", "limit=1000"}) {
    EXPECT_EQ(to_query(parsed(other), 100), other);
    EXPECT_EQ(parsed(to_query(parsed(other), 100)), parsed(other));
  }
}

}  // namespace
}  // namespace feed
