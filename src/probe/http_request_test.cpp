// What a probe of kind http asks.
#include "probe/http_request.hpp"

#include <gmock/gmock.h>

namespace probe {
namespace {

using testing::ElementsAre;

Request request(const config::HttpOptions& options) {
  static const core::Profile kProfile{1, {"Amazon", "c5 \"large\""}, {}};
  return make_request(options, {&kProfile, 1}).value();
}

TEST(HttpRequest, NoSecretHeaderTravelsWithARedirect) {
  const auto redirects = [](const char* header) {
    return request({.url = "https://h", .headers = {header}, .max_redirects = 3}).max_redirects;
  };
  EXPECT_EQ(redirects("Accept: text/csv"), 3U);
  for (const char* header : {"X-Api-Key: k", "x-auth-token: k", "Proxy-Authorization: k"})
    EXPECT_EQ(redirects(header), 0U) << header;
  for (const char* header : {"Authorization: Bearer k", "authorization: k", "Cookie: k"})
    EXPECT_EQ(redirects(header), 3U) << header << ": libcurl keeps it from other hosts";
}

TEST(HttpRequest, ABodyIsJsonUnlessItSaysAnotherType) {
  EXPECT_THAT(request({.url = "https://h", .body = "{}"}).headers, ElementsAre("Content-Type: application/json"));
  EXPECT_THAT(request({.url = "https://h", .headers = {"content-type : text/csv"}, .body = "a,b"}).headers,
              ElementsAre("content-type : text/csv"));
  EXPECT_THAT(request({.url = "https://h"}).headers, ElementsAre());
}

TEST(HttpRequest, ABatchSendsItsProfilesUnlessItHasABody) {
  EXPECT_EQ(request({.url = "https://h/{name}", .batch = true}).url, "https://h/{name}");
  EXPECT_EQ(request({.url = "https://h", .batch = true}).body,
            "[{\"provider\":\"Amazon\",\"name\":\"c5 \\\"large\\\"\",\"attributes\":{}}]\n");
  EXPECT_EQ(request({.url = "https://h", .body = "{name}", .batch = true}).body, "{name}");
  EXPECT_EQ(request({.url = "https://h", .body = "\"{name}\""}).body, "\"c5 \\\"large\\\"\"");
}

}  // namespace
}  // namespace probe
