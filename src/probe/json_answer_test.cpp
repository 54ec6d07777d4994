// Answers of sources in JSON.
#include "probe/json_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "probe/json.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using M = core::Measurement;
using testing::HasSubstr;
using testing::StartsWith;

std::expected<Unjudged, std::string> read(std::string_view text, Source source = {}) {
  const auto value = parse_json(text);
  if (!value) return std::unexpected(value.error());
  return read_object(*value, source);
}
std::expected<Unjudged, std::string> read(std::string_view text, const config::Pointers& pointers) {
  return read(text, Source{.rules = {.pointers = pointers}});
}
config::Pointers at(std::vector<std::pair<core::NumberOf, std::string>> numbers) {
  config::Pointers pointers;
  for (auto& [number, pointer] : numbers) pointers.numbers[number] = std::move(pointer);
  return pointers;
}
std::string error_of(std::string_view text) {
  const auto seen = read(text);
  return seen ? "none" : seen.error();
}

// --- JSON

TEST(ParseJson, IsStrict) {
  EXPECT_EQ(parse_json("[1,").error(), "is not JSON (incomplete JSON)");
  for (const char* bad :
       {"", " ", "{} {}", "{} x", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}", "nul", "// x\n{}"})
    EXPECT_THAT(error_of(bad), StartsWith("is not JSON")) << bad;
  EXPECT_FALSE(parse_json(std::string_view("{}\0", 3)));
  EXPECT_THAT(parse_json(std::string(100'000, '[')).error(), StartsWith("is not JSON"));
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(parse_json("\xEF\xBB\xBF\xEF\xBB\xBF{}"));
}

TEST(ParseJson, MakesTheSameOfEveryKindOfValue) {
  constexpr std::string_view kText =
      R"({"a":[1,-2,18446744073709551615,0.5,true,false,null,"x\u00e9\n",{}],"b\"":{"a":[]}})";
  EXPECT_EQ(serialize(parse_json(kText).value()), serialize(boost::json::parse(kText)));
  EXPECT_EQ(serialize(parse_json("\xEF\xBB\xBF [] \n").value()), "[]");
  const std::string longer(10'000, 'k');
  EXPECT_EQ(parse_json("{\"" + longer + "\":\"" + longer + "\"}")->as_object().at(longer).as_string(), longer);
}

TEST(ParseJson, ReadsNumbersExactly) {
  for (const double number :
       {1.64, 0.1, 123456789.123456789, 0.07, 123456.789, 2.2250738585072014e-308, 1e22, 5e-324, 9007199254740993.0})
    EXPECT_EQ(parse_json(fmt::format("[{}]", number))->at(0).to_number<double>(), number);
  EXPECT_EQ(parse_json("[123456789.123456789]")->at(0).as_double(), 123456789.123456789);
}

TEST(ParseJson, RefusesAKeyThatIsThereTwice) {
  EXPECT_EQ(parse_json(R"({"free":1,"a":2,"free":3})").error(), "has the key \"free\" twice in one object");
  EXPECT_EQ(parse_json(R"([{"a":{"b":1,"\u0062":2}}])").error(), "has the key \"b\" twice in one object");
  EXPECT_TRUE(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"));
}

// --- Values

TEST(ReadObject, ReadsWhatIsThere) {
  const auto seen = read(R"({"level":"high","free":3,"total":4,"score":7.5,"price":0.25,"reason":"3 of 4\nfree"})");
  ASSERT_TRUE(seen) << seen.error();
  EXPECT_EQ(*seen, (Unjudged{{.free = 3, .total = 4, .score = 7.5, .price = 0.25, .reason = "3 of 4 free"},
                             core::Level::high}));
  EXPECT_EQ(read(R"({"free":0,"level":null})")->free, 0);
}

TEST(ReadObject, ReadsWhereThePointersPoint) {
  auto pointers = at({{&M::free, "/recommendations/0/free"}});
  pointers.level = "";
  pointers.reason = "/why";
  const auto seen = read(R"({"recommendations":[{"free":2}],"why":{"zone":"a"},"level":17})", pointers);
  ASSERT_TRUE(seen) << seen.error();
  EXPECT_EQ(*seen, (Unjudged{{.free = 2, .reason = R"({"zone":"a"})"}}));
}

TEST(ReadObject, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(R"({"level":"GREAT"})"), R"(/level is "GREAT"; it must be HIGH, MEDIUM, LOW or UNKNOWN)");
  EXPECT_EQ(error_of(R"({"level":3})"), "/level is 3; it must be HIGH, MEDIUM, LOW or UNKNOWN");
  for (const char* wrong : {"\"3\"", "true", "[3]", "{}"})
    EXPECT_EQ(error_of(fmt::format(R"({{"free":{}}})", wrong)), fmt::format("/free is {}; it must be a number", wrong));
  EXPECT_EQ(error_of(R"({"free":1,"total":"4 of 4"})"), "/total is \"4 of 4\"; it must be a number");
  for (const char* nothing : {"{}", "[]", "3", R"({"reason":"x","largest":2})"})
    EXPECT_EQ(error_of(nothing), "has none of /level, /free, /score") << nothing;
  EXPECT_FALSE(read(R"({"free":1e999})"));
  EXPECT_EQ(error_of(R"({"free":10,"total":4})"), "/free is 10, more than /total, which is 4");
  EXPECT_EQ(error_of(R"({"free":1.2e19})"), "/free is 1.2e+19, which is no count");
  EXPECT_EQ(error_of(R"({"free":9007199254740993})"), "/free is 9007199254740993, which is no count");
  EXPECT_EQ(error_of(R"({"score":-9007199254740993})"), "/score is -9007199254740993, which is no count");
  EXPECT_EQ(error_of(R"({"free":18446744073709551615})"), "/free is 18446744073709551615, which is no count");
  EXPECT_EQ(read(R"({"free":9007199254740992})")->free, 9007199254740992);
  EXPECT_EQ(error_of(R"({"free":-1})"), "/free is -1; it must not be negative");
  EXPECT_LT(error_of(fmt::format(R"({{"free":"{}"}})", std::string(1000, 'x'))).size(), 150U);
}

TEST(ReadObject, AKeyInOtherLettersIsAMistake) {
  EXPECT_EQ(error_of(R"({"LEVEL":"LOW","free":3})"), "/level is written LEVEL; write it in the same letters");
  EXPECT_EQ(error_of(R"({"level":"LOW","Free":3})"), "/free is written Free; write it in the same letters");
  EXPECT_EQ(read(R"({"a":{"Free":3}})", at({{&M::free, "/a/free"}})).error(),
            "/a/free is written Free; write it in the same letters");
  for (const auto& [key, written] : {std::pair("level", "Level"),
                                     {"free", "FREE"},
                                     {"total", "Total"},
                                     {"largest", "Largest"},
                                     {"score", "Score"},
                                     {"price", "PRICE"},
                                     {"reason", "Reason"},
                                     {"measured_at", "Measured_At"},
                                     {"age", "Age"}})
    EXPECT_EQ(error_of(fmt::format(R"({{"level":"LOW","free":3,"{}":3600}})", written)),
              fmt::format("/{} is written {}; write it in the same letters", key, written));
  EXPECT_EQ(error_of(R"({"Level":"LOW","level":"HIGH"})"), "/level is written Level; write it in the same letters");
  EXPECT_EQ(error_of(R"({"level":"HIGH","Level":"HIGH"})"), "/level is written Level; write it in the same letters");
  EXPECT_EQ(read(R"({"a/b":{"C/D":3,"c/d":4}})", at({{&M::free, "/a~1b/c~1d"}})).error(),
            "/a~1b/c~1d is written C/D; write it in the same letters");
  EXPECT_EQ(read(R"({"Free":3,"FREE":4})", at({{&M::free, "/Free"}, {&M::total, "/FREE"}}))->total, 4);
  EXPECT_TRUE(read(R"({"level":"LOW","Free":3})", at({{&M::free, ""}})));
}

TEST(ReadObject, ReadsTheLargestRequest) {
  EXPECT_EQ(read(R"({"free":4,"largest":2})")->largest, 2);
  EXPECT_EQ(read(R"({"free":4,"fits":2})", at({{&M::largest, "/fits"}}))->largest, 2);
}

// --- When it was measured

base::Time time_of(std::string_view text) {
  return base::parse_rfc3339(text).value();
}

TEST(Age, IsThatOfTheMeasurement) {
  const Source source{.now = time_of("2026-11-24T12:00:00Z")};
  const auto age = [&](std::string_view members) {
    const auto seen = read(fmt::format(R"({{"free":1,{}}})", members), source);
    EXPECT_TRUE(seen) << seen.error();
    return seen ? seen->age : base::Duration{-1};
  };
  EXPECT_EQ(read(R"({"free":1})", source)->age, 0s);
  EXPECT_EQ(age(R"("measured_at":"2026-11-24T11:58:30Z")"), 90s);
  EXPECT_EQ(age(R"("measured_at":"2026-11-24T12:58:30+01:00")"), 90s);
  EXPECT_EQ(age(R"("measured_at":"2026-11-24T12:00:10Z")"), 0s) << "its clock is a little ahead";
  EXPECT_EQ(age(R"("age":90)"), 90s);
  EXPECT_EQ(age(R"("age":0.25)"), 250ms);
  EXPECT_EQ(age(R"("age":0)"), 0s);
  EXPECT_EQ(age(R"("age":"1m30s")"), 90s);
  EXPECT_EQ(age(R"("age":null,"measured_at":null)"), 0s);
  EXPECT_EQ(read(R"({"free":1,"cached":{"s":5}})", Source{.rules = {.pointers = {.age = "/cached/s"}}})->age, 5s);
  EXPECT_EQ(read(R"({"free":1,"age":"old"})", Source{.rules = {.pointers = {.age = ""}}})->age, 0s);
}

TEST(Age, MustMakeSense) {
  const Source source{.now = time_of("2026-11-24T12:00:00Z")};
  const auto error = [&](std::string_view members) {
    const auto seen = read(fmt::format(R"({{"free":1,{}}})", members), source);
    return seen ? "none" : seen.error();
  };
  EXPECT_EQ(error(R"("measured_at":"2026-11-24T12:00:11Z")"),
            "/measured_at is \"2026-11-24T12:00:11Z\"; that is in the future, here it is 2026-11-24T12:00:00.000Z");
  for (const char* time : {"\"yesterday\"", "\"2026-11-24\"", "\"2026-11-24T12:00:00\"", "1764000000", "true", "\"\""})
    EXPECT_EQ(error(fmt::format("\"measured_at\":{}", time)),
              fmt::format("/measured_at is {}; it must be a time such as 2026-11-24T13:22:05Z", time));
  EXPECT_THAT(error(R"("measured_at":"1999-11-24T12:00:11Z")"), HasSubstr("more than ten years ago"));
  for (const char* age : {"-1", "-0.001", "1e12", "1e300", "\"90\"", "\"-5s\"", "\"old\"", "true", "[]", "\"9999d\""})
    EXPECT_THAT(error(fmt::format("\"age\":{}", age)), StartsWith("/age is ")) << age;
  EXPECT_EQ(error(R"("age":1,"measured_at":"2026-11-24T11:58:30Z")"), "/measured_at and /age are both there; give one");
}

// --- Secrets

TEST(ReadObject, RepeatsNoSecret) {
  Source source;
  source.secrets.add("secret/token");
  EXPECT_EQ(read(R"({"level":"LOW","reason":"secret\/token is wrong"})", source)->reason, "… is wrong");
  EXPECT_EQ(read(R"({"level":"LOW","reason":{"got":["secret\/token"]}})", source)->reason, R"({"got":["…"]})");
  EXPECT_EQ(read(R"({"level":"secret\u002ftoken"})", source).error(),
            "/level is \"…\"; it must be HIGH, MEDIUM, LOW or UNKNOWN");
  // It would be cut off in the middle.
  const std::string longer = fmt::format(R"({{"level":"LOW","reason":"{}secret/token"}})", std::string(293, 'x'));
  EXPECT_EQ(read(longer, source)->reason, std::string(293, 'x') + "…");
}

// --- Batches

TEST(Batch, FindsEachProfile) {
  const std::vector<core::Profile> profiles{{1, {"A", "x"}}, {2, {"A", "y"}}, {3, {"A", "z"}}};
  const std::string text = R"([{"provider":"A","name":"y","free":0},{"provider":"A","name":"x","level":"HIGH"},
                                    {"provider":"A","name":"z","free":[]}, 7, {"name":"other"}])";
  const Answer answer = read_json_list(text, {}, profiles, {});
  ASSERT_EQ(answer.results.size(), 3U);
  EXPECT_EQ(answer.results[0]->level, core::Level::high);
  EXPECT_EQ(answer.results[1]->level, core::Level::low);
  EXPECT_EQ(answer.results[2].error(), "/free is []; it must be a number");
  EXPECT_EQ(read_json_list("[]", {}, profiles, {}).results[2].error(), "the answer does not name this profile");
  EXPECT_EQ(read_json_list("{}", {}, profiles, {}).results[2].error(), "the answer is not a list");
}

TEST(Batch, ARowThatIsThereTwiceHasFailed) {
  const std::vector<core::Profile> profiles{{1, {"A", "x"}}, {2, {"A", "y"}}};
  const std::string text = R"([{"provider":"A","name":"x","free":0},{"provider":"A","name":"y","free":1},
                                    {"provider":"A","name":"x","level":"HIGH"}])";
  const Answer answer = read_json_list(text, {}, profiles, {});
  EXPECT_EQ(answer.results[0].error(), "the answer names this profile 2 times");
  EXPECT_EQ(answer.results[1]->level, core::Level::medium);
}

TEST(Batch, AsksWithAList) {
  const std::vector<core::Profile> profiles{{1, {"A", "x"}, {{"size", "8\""}}}, {2, {"A", "y"}}};
  EXPECT_EQ(to_json(profiles),
            "[{\"provider\":\"A\",\"name\":\"x\",\"attributes\":{\"size\":\"8\\\"\"}},\n"
            "{\"provider\":\"A\",\"name\":\"y\",\"attributes\":{}}]\n");
}

}  // namespace
}  // namespace probe
