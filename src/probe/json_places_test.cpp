#include "probe/json_places.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

namespace probe {
namespace {

using testing::StartsWith;

std::string kept(std::string_view text, const JsonPlaces& places) {
  const auto value = parse_json(text, places);
  return value ? boost::json::serialize(*value) : value.error();
}

TEST(JsonPlaces, KeepWhatIsThere) {
  const JsonPlaces places = {"kind", "items.name", "items.labels"};
  EXPECT_EQ(kept(R"({"kind":"L","other":{"kind":[1,{"a":2}]},"items":[{"name":"a","x":[[{}]],"labels":{"k":{"v":[1]}}},
                  {"x":1},{"name":"b"}],"last":"x"})",
                 places),
            R"({"kind":"L","items":[{"name":"a","labels":{"k":{"v":[1]}}},{},{"name":"b"}]})");
  EXPECT_EQ(kept(R"({"items":[[{"name":1,"x":2}],3,"s",null,true,1.5,18446744073709551615],"kind":{"x":{}}})", places),
            R"({"items":[[{"name":1}],3,"s",null,true,1.5E0,18446744073709551615],"kind":{"x":{}}})");
  EXPECT_EQ(kept(R"({"items":"none"})", places), R"({"items":"none"})");
}

TEST(JsonPlaces, KeepAllWithoutAny) {
  EXPECT_EQ(kept(R"({"a":[{"b":{}}],"c":"d"})", {}), R"({"a":[{"b":{}}],"c":"d"})");
  EXPECT_EQ(kept("3", {"a"}), "3");
  EXPECT_EQ(kept("[]", {"a"}), "[]");
}

TEST(JsonPlaces, KnowKeysAndTextsWithEscapes) {
  EXPECT_EQ(kept(R"({"\u0061":"\u0062\n","b\u0061":"\n"})", {"a"}), R"({"a":"b\n"})");
  const std::string longer(100'000, 'x');
  EXPECT_EQ(kept("{\"" + longer + "\":1,\"a\":\"" + longer + "\"}", {"a"}), "{\"a\":\"" + longer + "\"}");
}

TEST(JsonPlaces, RefuseWhatIsNoJson) {
  for (const char* text :
       {"", "{", "{\"a\":1", "[1,]", "{\"x\":[}", "{} {}", "<html>", "{\"x\":\"\xff\"}", "{\"a\":nul}"})
    EXPECT_THAT(kept(text, {"a"}), StartsWith("is not JSON (")) << text;
  EXPECT_THAT(kept(std::string(100, '[') + std::string(100, ']'), {"a"}), StartsWith("is not JSON ("));
}

}  // namespace
}  // namespace probe
