// Answers of several pages.
#include "probe/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "probe/json.hpp"

namespace probe {
namespace {

using testing::HasSubstr;

boost::json::value json(std::string_view text) {
  return parse_json(text).value();
}

std::string page(const std::string& url, std::string_view answer, const Headers& headers,
                 const config::HttpOptions& options) {
  const auto next = next_page(url, json(answer), headers, options);
  return next ? *next : "failed: " + next.error();
}

TEST(IsPage, AsTheListsThatAreRead) {
  config::HttpOptions options{.next = "/next"};
  EXPECT_TRUE(is_page(json(R"({"error":"busy"})"), options)) << "nothing is known of it";
  options.rules.find = "/{name}";
  EXPECT_TRUE(is_page(json(R"({"error":"busy"})"), options));
  options.rules.find = "/items[id={name}]";
  EXPECT_TRUE(is_page(json(R"({"items":[]})"), options));
  EXPECT_FALSE(is_page(json(R"({"error":"busy"})"), options));
  EXPECT_FALSE(is_page(json("[]"), options));
  options.rules.find = "[id={name}]";
  EXPECT_TRUE(is_page(json("[]"), options));
  EXPECT_FALSE(is_page(json(R"({"items":[]})"), options));
}

TEST(IsPage, HasTheWholePath) {
  config::HttpOptions options{.next = "/next"};
  options.rules.find = "/data/types[id={name}]";
  for (const char* page : {R"({"data":{"types":[]}})", R"({"data":{"types":null}})"})
    EXPECT_TRUE(is_page(json(page), options)) << page;
  for (const char* other : {R"({"data":{"error":"rate limited"}})", R"({"data":{}})", R"({"data":null})",
                            R"({"data":{"types":{"error":"rate limited"}}})", R"({"data":{"types":"none"}})"})
    EXPECT_FALSE(is_page(json(other), options)) << other;
  options.rules = {.find = "/data", .count = "/types"};
  EXPECT_TRUE(is_page(json(R"({"data":{"types":[]}})"), options));
  EXPECT_FALSE(is_page(json(R"({"types":[]})"), options));
  options.rules = {};
  options.rules.pointers.level = "/types[id={name}]/level";
  EXPECT_TRUE(is_page(json(R"({"types":[]})"), options));
  EXPECT_FALSE(is_page(json(R"({"error":"busy"})"), options));
}

TEST(IsPage, HasObjectsForTheProfiles) {
  config::HttpOptions options{.next = "/next", .discover = {.list = "/data", .name = "{key}"}};
  constexpr std::string_view kError = R"({"data":{"error":"denied","code":401}})";
  options.rules.find = "/data/{name}";
  for (const char* page :
       {R"({"data":{"a":{},"count":1}})", R"({"data":{}})", R"({"data":null})", R"({"data":{"a":null}})"})
    EXPECT_TRUE(is_page(json(page), options)) << page;
  EXPECT_FALSE(is_page(json(kError), options));
  EXPECT_FALSE(is_page(json(R"({"data":[]})"), options));
  options.rules.find = "";
  options.rules.pointers.level = "/data/{name}";
  EXPECT_TRUE(is_page(json(R"({"data":{"a":"LOW"}})"), options)) << "a value of a profile";
}

TEST(MakeLists, OfSingleElementsInXml) {
  config::HttpOptions options{.format = config::AnswerFormat::xml};
  options.rules.pointers.level = "/r/t[id={name}]";
  options.rules.pointers.reason = "/r/s[id={name}]";
  const auto lists = [&](std::string_view text) {
    boost::json::value page = json(text);
    make_lists(page, options);
    return serialize(page);
  };
  EXPECT_EQ(lists(R"({"r":{"t":{"id":"a"},"s":null}})"), R"({"r":{"t":[{"id":"a"}],"s":[null]}})");
  EXPECT_EQ(lists(R"({"r":{"t":[1],"u":2}})"), R"({"r":{"t":[1],"u":2}})");
  EXPECT_TRUE(is_page(json(R"({"r":{"t":[]}})"), options)) << "s is an empty list";
  EXPECT_TRUE(is_page(json(R"({"r":null})"), options));
  EXPECT_FALSE(is_page(json(R"({"error":"busy"})"), options));
  options.format = config::AnswerFormat::json;
  EXPECT_EQ(lists(R"({"r":{"t":{"id":"a"}}})"), R"({"r":{"t":{"id":"a"}}})");
}

TEST(NextPage, IsAUrlInTheAnswer) {
  const auto next = [](std::string_view reference, const std::string& url = "https://h.example/a/b?c=d") {
    return page(url, fmt::format(R"({{"links":{{"next":"{}"}}}})", reference), {}, {.next = "/links/next"});
  };
  EXPECT_EQ(next("https://h.example/x?y=1#z"), "https://h.example/x?y=1");
  EXPECT_EQ(next("HTTPS://H.Example:443/x"), "https://h.example/x");
  EXPECT_EQ(next("https://h.example"), "https://h.example/");
  EXPECT_EQ(next("//h.example/x"), "https://h.example/x");
  EXPECT_EQ(next("/x?y=1"), "https://h.example/x?y=1");
  EXPECT_EQ(next("?y=1"), "https://h.example/a/b?y=1");
  EXPECT_EQ(next("c?y=1"), "https://h.example/a/c?y=1");
  EXPECT_EQ(next("c", "http://u:p@h:8080"), "http://u:p@h:8080/c");
  EXPECT_EQ(next("http://h:8080/x", "http://u:p@h:8080/a"), "http://u:p@h:8080/x");
  EXPECT_EQ(next("http://v:q@h:8080/x", "http://u:p@h:8080/a"), "http://u:p@h:8080/x") << "the login is ours";
  EXPECT_EQ(next("../x y"), "https://h.example/x%20y");
  EXPECT_EQ(next(""), "");
}

TEST(NextPage, BeginsWhereTheAnswerCameFrom) {
  const auto next = [](const std::string& from, std::string_view parameter = "") {
    const config::HttpOptions options{.next = "/next", .next_parameter = std::string(parameter)};
    return next_page("http://u:p@h/r1", json(R"({"next":"more?p=2"})"), {}, options, from).value();
  };
  EXPECT_EQ(next("http://h/r1x/v2/list"), "http://u:p@h/r1x/v2/more?p=2");
  EXPECT_EQ(next("http://v:q@H:80/a/"), "http://u:p@h/a/more?p=2");
  EXPECT_EQ(next(""), "http://u:p@h/more?p=2");
  EXPECT_EQ(next("http://other/a/b"), "http://u:p@h/more?p=2") << "another host";
  EXPECT_EQ(next("http://h/r1x/v2/list", "page"), "http://u:p@h/r1?page=more%3Fp%3D2");
}

TEST(NextPage, IsNoObject) {
  for (const char* wrong : {R"({"next":{"url":"/b"}})", R"({"next":["/b"]})"})
    EXPECT_THAT(page("https://h.example/a", wrong, {}, {.next = "/next"}),
                HasSubstr("failed: has no text at /next, where 'next' wants the next page"));
}

TEST(NextPage, IsOnTheSameHost) {
  for (const char* reference : {"https://other.example/x", "http://h.example/x", "https://h.example:8443/x",
                                "//other.example/x", "https://h.example@other.example/x", "ftp://h.example/x"})
    EXPECT_THAT(page("https://h.example/a", fmt::format(R"({{"next":"{}"}})", reference), {}, {.next = "/next"}),
                HasSubstr("failed: names a next page on another host"))
        << reference;
  for (const char* reference : {"/a\\nb", "https://h.example:99999/x", "https://[::1/x"})
    EXPECT_THAT(page("https://h.example/a", fmt::format(R"({{"next":"{}"}})", reference), {}, {.next = "/next"}),
                HasSubstr("failed: names a next page that is no URL"))
        << reference;
}

TEST(NextPage, IsAValueOfAParameter) {
  const config::HttpOptions options{.next = "/meta/next", .next_parameter = "page_token"};
  const auto next = [&](std::string_view value, const std::string& url) {
    return page(url, fmt::format(R"({{"meta":{{"next":{}}}}})", value), {}, options);
  };
  EXPECT_EQ(next("\"a b/c\"", "https://h/x"), "https://h/x?page_token=a%20b%2Fc");
  EXPECT_EQ(next("2", "https://h/x?a=1&page_token=1&b=2#f"), "https://h/x?a=1&b=2&page_token=2");
  for (const char* end : {"null", "\"\"", "false", "{}", "[]"}) EXPECT_EQ(next(end, "https://h/x"), "") << end;
  EXPECT_EQ(page("https://h/x", "{}", {}, options), "");
}

TEST(NextPage, IsALink) {
  const config::HttpOptions options{.next = "Link"};
  EXPECT_EQ(page("https://h/x", "[]", {{"link", "</x?page=2>; rel=\"next\""}}, options), "https://h/x?page=2");
  EXPECT_EQ(page("https://h/x", "[]", {{"Link", "</a>; rel=prev"}, {"Link", "</b>; rel=next"}}, options),
            "https://h/b");
  EXPECT_EQ(page("https://h/x", "[]", {}, options), "");
  EXPECT_EQ(page("https://h/x", "[]", {{"Link", "</b>; rel=next"}}, {}), "") << "the probe does not look for pages";
}

TEST(NextLink, ReadsTheHeader) {
  EXPECT_EQ(next_link(R"(<https://h/?page=1>; rel="prev", <https://h/?page=3>; rel="next", <x>; rel=last)"),
            "https://h/?page=3");
  EXPECT_EQ(next_link(R"(<a,b;c>; title="x"; REL = "last NEXT")"), "a,b;c");
  EXPECT_EQ(next_link("<a>;rel=next"), "a");
  EXPECT_EQ(next_link(R"(</x?p=2>; title="page 2, last; rel=x"; rel="next")"), "/x?p=2");
  EXPECT_EQ(next_link(R"(<a>; title="\", <b>; rel=next, "; rel=prev, <c>; rel=next)"), "c");
  for (const char* none :
       {"", "<a>", "<a>; rel=\"nextish\"", "a; rel=next", "<a; rel=next", "<a>, rel=next", "<<<>>>,"})
    EXPECT_EQ(next_link(none), "") << none;
}

TEST(AddPage, JoinsListsAndObjects) {
  const auto joined = [](std::string_view one, std::string_view other) {
    boost::json::value whole = json(one);
    add_page(whole, json(other));
    return serialize(whole);
  };
  EXPECT_EQ(joined("[1,2]", "[3]"), "[1,2,3]");
  EXPECT_EQ(joined(R"({"a":[{"x":1}],"n":1})", R"({"a":[{"x":2}],"n":null})"), R"({"a":[{"x":1},{"x":2}],"n":null})");
  EXPECT_EQ(joined(R"({"s":{"a":1}})", R"({"s":{"b":2},"t":3})"), R"({"s":{"a":1,"b":2},"t":3})");
  EXPECT_EQ(joined("[1]", "{}"), "{}");
  EXPECT_EQ(joined("[1]", "null"), "[1]");
  EXPECT_EQ(joined(R"({"t":[1],"s":{"a":1}})", R"({"t":null,"s":null})"), R"({"t":[1],"s":{"a":1}})");
  EXPECT_EQ(joined(R"({"t":null})", R"({"t":[1]})"), R"({"t":[1]})");
}

}  // namespace
}  // namespace probe
