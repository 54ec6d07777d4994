// What a call brings back beside a level.
#include "probe/transfers.hpp"

#include <fmt/chrono.h>
#include <gmock/gmock.h>

#include "base/url.hpp"
#include "support/http_test.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;

class TransfersTest : public support::HttpTest {
 protected:
  Response answer(const std::string& path) {
    Transfers transfers(runtime_.background().get_executor(), "test", support::kPatience);
    const auto deadline = std::chrono::steady_clock::now() + support::kPatience;
    return support::start(runtime_.background(), transfers.run({.url = url(path)}, deadline)).get().value();
  }
};

TEST_F(TransfersTest, RetryAfterIsANumberOrADate) {
  EXPECT_EQ(answer("/status?code=503").retry_after, 0s);
  EXPECT_EQ(answer("/status?code=429&retry_after=7").retry_after, 7s);
  EXPECT_EQ(answer("/status?code=429&retry_after=soon").retry_after, 0s);
  EXPECT_EQ(answer("/status?code=429&retry_after=99999999").retry_after, 24h) << "nobody waits for longer";
  const auto at = [&](std::chrono::seconds from_now) {
    const std::string date =
        fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::chrono::system_clock::now() + from_now));
    return answer("/status?code=429&retry_after=" + base::percent_encode(date)).retry_after;
  };
  EXPECT_GT(at(100s), 0s);
  EXPECT_LE(at(100s), 100s);
  EXPECT_EQ(at(-100s), 0s) << "it is over";
}

}  // namespace
}  // namespace probe
