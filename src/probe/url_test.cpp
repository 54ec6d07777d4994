#include "probe/url.hpp"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(SignableUrl, SortsTheQueryAndEscapesItInOneWay) {
  EXPECT_EQ(signable_url("https://h.example/a/b?b=2&a=1&a=0#top").value(), "https://h.example/a/b?a=0&a=1&b=2");
  EXPECT_EQ(signable_url("https://h?x&y=a+b&z=a%2fb").value(), "https://h?x=&y=a%20b&z=a%2Fb");
  EXPECT_EQ(signable_url("https://h/?a-b=1&ab=2&&a=(3)=").value(), "https://h/?a=%283%29%3D&a-b=1&ab=2");
  EXPECT_EQ(signable_url("https://h/?100%").value(), "https://h/?100%25=");
  EXPECT_EQ(signable_url("https://user@h:1/").value(), "https://user@h:1/");
}

TEST(SignableUrl, RefusesPathsThatLibcurlSignsWrongly) {
  for (const char* url : {"https://h/a%20b", "https://h/arn:aws", "https://h//a", "https://h/a*"})
    EXPECT_TRUE(signable_url(url).error().ends_with("a path has only letters, digits, - . _ ~ and single /")) << url;
}

TEST(ShownUrl, HidesSecrets) {
  EXPECT_EQ(shown_url("https://user:pass@h.example/a?name=x&code=abc&X-Amz-Signature=1f&api_key=z&flag#f"),
            "https://…@h.example/a?name=x&code=…&X-Amz-Signature=…&api_key=…&flag#f");
  EXPECT_EQ(shown_url("https://user:p@ss@h.example/a@b"), "https://…@h.example/a@b") << "a password may have the mark";
  EXPECT_EQ(shown_url("http://h"), "http://h");
}

TEST(FormOf, Escapes) {
  EXPECT_EQ(form_of({}), "");
  EXPECT_EQ(form_of({{"a", "b c&d"}, {"e", ""}}), "a=b%20c%26d&e=");
}

TEST(WithParameter, ReplacesThoseOfTheName) {
  EXPECT_EQ(with_parameter("https://h/x", "page", "a b"), "https://h/x?page=a%20b");
  EXPECT_EQ(with_parameter("https://h/x?a=1&p%61ge=1&b&page=2#f", "page", "3"), "https://h/x?a=1&b&page=3");
}

TEST(LooksSecret, GoesByTheName) {
  for (const char* name :
       {"Authorization", "X-Api-Key", "X-Auth-Token", "Set-Cookie", "X-Amz-Security-Token", "PASSWORD"})
    EXPECT_TRUE(looks_secret(name)) << name;
  for (const char* name : {"Accept", "Content-Type", "X-Amz-Date", "name"}) EXPECT_FALSE(looks_secret(name)) << name;
}

}  // namespace
}  // namespace probe
