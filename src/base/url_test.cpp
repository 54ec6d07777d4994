#include "base/url.hpp"

#include <gmock/gmock.h>

namespace base {
namespace {

using testing::HasSubstr;

TEST(SplitUrl, TakesItApart) {
  const UrlParts all = split_url("https://me@lab:p@[::1]:80/a@b?x=/#?y");
  EXPECT_EQ(all.scheme, "https");
  EXPECT_EQ(all.user, "me@lab:p");
  EXPECT_EQ(all.host, "[::1]");
  EXPECT_EQ(all.port, ":80");
  EXPECT_EQ(all.path, "/a@b");
  EXPECT_EQ(all.query, "?x=/");
  EXPECT_EQ(all.fragment, "#?y");
  const UrlParts bare = split_url("u@h?next=http://x");
  EXPECT_EQ(std::string(bare.scheme).append(bare.port).append(bare.path), "");
  EXPECT_EQ(bare.user, "u");
  EXPECT_EQ(bare.host, "h");
  EXPECT_EQ(split_url("http://[::1").host, "[::1") << "as it stands";
}

TEST(WrongAuthority, SaysWhatIsRight) {
  for (const char* good :
       {"http://h", "http://[::1]:1", "https://[fe80::1%25eth0]/", "http://{host}:{port}/", "h:65535"})
    EXPECT_EQ(wrong_authority(good), "") << good;
  for (const char* none : {"", "http://", "http:///x", "http://u@", "http://::1"})
    EXPECT_THAT(wrong_authority(none), HasSubstr("names no host")) << none;
  for (const char* host : {"http://[::1]x", "http://[1:2]", "http://[10.0.0.1]", "http://[]"})
    EXPECT_THAT(wrong_authority(host), HasSubstr("in brackets, such as [::1]")) << host;
  for (const char* host : {"http://a..b", "http://.a", "http://a%20b", "http://a\xff", "http://a\u200b"})
    EXPECT_THAT(wrong_authority(host), HasSubstr("is no host")) << host;
  for (const char* port : {"http://h:", "http://h:0", "http://h:99999", "http://h:+1", "http://a:b:80"})
    EXPECT_THAT(wrong_authority(port), HasSubstr("is not a port")) << port;
}

TEST(ParseUrl, TakesItApart) {
  const auto url = parse_url("http://hardware:5001/prefix/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "hardware");
  EXPECT_EQ(url->port, 5001);
  EXPECT_EQ(url->prefix, "/prefix");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("http://[::1]:8080")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:8080")->authority(), "[::1]:8080");
  EXPECT_EQ(parse_url("http://[fe80::1%eth0]/x")->host, "fe80::1%eth0");
  EXPECT_EQ(parse_url("http://edge/@lab/")->prefix, "/@lab") << "a sign of paths";
  for (const char* bad : {"",
                          "h:1",
                          "https://h",
                          "http://",
                          "http://:1",
                          "http://h:0",
                          "http://h:65536",
                          "http://h:x",
                          "http://u@h",
                          "http://@h",
                          "http://u:p@h/x",
                          "http://h/?q",
                          "http://[::1",
                          "http://[::1]x",
                          "http:///x",
                          "http://h:",
                          "http://[1:2]",
                          "http://a b",
                          "http://h/a b",
                          "http://h\n",
                          "http://h/\x7f",
                          "http://h/{name}",
                          "http://b\u00fccher.example",
                          "http://a..b",
                          "http://a:b:80",
                          "HTTP://h"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

TEST(PercentDecode, DecodesAndRefuses) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%e2%82%ac"), "a b/c€");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* bad : {"%", "%2", "%zz", "%00", "abc%"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(PercentEncode, IsUndoneByDecode) {
  const std::string odd = "a/b?c&d=e f%+~\"<>€";
  const std::string encoded = percent_encode(odd);
  EXPECT_EQ(encoded.find_first_of("/?&= +\"<>"), std::string::npos);
  EXPECT_EQ(percent_decode(encoded, true), odd);
  EXPECT_EQ(percent_encode("p4d.24xlarge_~-"), "p4d.24xlarge_~-");
  EXPECT_EQ(percent_encode("é %+"), "%C3%A9%20%25%2B");
  EXPECT_EQ(percent_decode_loosely("100%+%zz%2", true), "100% %zz%2");
}

}  // namespace
}  // namespace base
