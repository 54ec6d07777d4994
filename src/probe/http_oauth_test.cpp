// Calls with a token of OAuth 2.0, against a server that grants some.
#include <gmock/gmock.h>

#include "support/http_test.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class HttpOAuthTest : public support::HttpTest {
 protected:
  config::HttpOptions with_token(const std::string& path, const std::string& token = "/token") {
    return {.url = url(path),
            .oauth = {.token_url = url(token),
                      .client_id = "our client",
                      .client_secret_file = file("secret", "a:b+c\n"),
                      .scope = "read"}};
  }
};

TEST_F(HttpOAuthTest, OneTokenServesAllCalls) {
  const int before = requests("/token");
  const auto probe = make(with_token("/granted"));
  std::vector<std::future<Answer>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(begin(*probe));
  for (auto& call : calls) EXPECT_TRUE(call.get().results.at(0));
  EXPECT_EQ(requests("/token"), before + 1);
}

TEST_F(HttpOAuthTest, ATokenThatTheServerRefusesIsReplacedOnce) {
  const Result first = ask(with_token("/granted"));
  ASSERT_TRUE(first) << first.error();
  const double number = *first->free;
  const int before = requests("/token");
  const Result second = ask(with_token(fmt::format("/granted?least={}", number + 2)));
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(second->free, number + 2);
  EXPECT_EQ(requests("/token"), before + 2) << "the first was refused";
  const int calls = requests("/granted");
  EXPECT_EQ(error(with_token("/granted?least=1000000")), "answered 401 Unauthorized");
  EXPECT_EQ(requests("/granted"), calls + 2);
  EXPECT_EQ(requests("/token"), before + 4);
}

/// The server refuses 100 tokens, each while four calls are under way.
TEST_F(HttpOAuthTest, AHundredRotationsUnderLoadFailNoRun) {
  const int before = requests("/token");
  const auto probe = make(with_token("/granted?least={label.least}"));
  profiles_[0].labels = {{"least", "1"}};
  for (int rotation = 0; rotation < 100; ++rotation) {
    std::vector<std::future<Answer>> calls;
    for (int i = 0; i < 4; ++i) calls.push_back(begin(*probe));
    int number = 0;
    for (auto& call : calls) {
      const Result result = call.get().results.at(0);
      ASSERT_TRUE(result) << result.error();
      number = static_cast<int>(*result->free);
    }
    profiles_[0].labels["least"] = fmt::format("{}", number + 1);
  }
  EXPECT_EQ(requests("/token"), before + 100) << "one renewal serves all";
}

TEST_F(HttpOAuthTest, AShortLifeIsRenewed) {
  const int before = requests("/token");
  const auto probe = make(with_token("/granted", "/token?life=1"));
  ASSERT_TRUE(begin(*probe).get().results.at(0));
  EXPECT_TRUE(support::eventually([&] {
    EXPECT_TRUE(begin(*probe).get().results.at(0)) << "never with a token that has ended";
    return requests("/token") >= before + 3;
  }));
}

TEST_F(HttpOAuthTest, WithoutATokenNothingIsAsked) {
  const int before = requests("/granted");
  const auto failure = [&](const std::string& token) {
    const auto probe = make(with_token("/granted", token));
    const Answer answer = begin(*probe).get();
    EXPECT_FALSE(answer.asked);
    return answer.results.at(0).error();
  };
  EXPECT_EQ(failure("/token?error=invalid_scope"), "no access token: answered 400 Bad Request: invalid_scope");
  EXPECT_EQ(failure("/status?code=503"), "no access token: answered 503 Service Unavailable");
  EXPECT_EQ(failure("/status?code=429&retry_after=600"),
            "no access token: answered 429 Too Many Requests (Retry-After: 10m)");
  EXPECT_EQ(failure("/redirect?to=/token"), "no access token: answered 302 Found");
  EXPECT_THAT(failure("/drop"), HasSubstr("no access token: "));
  config::HttpOptions options = with_token("/granted");
  options.oauth.client_secret_file = "/none";
  EXPECT_THAT(error(options), HasSubstr("oauth.client_secret_file"));
  options.oauth.client_secret_file = file("secret", "wrong");
  EXPECT_EQ(error(options), "no access token: answered 401 Unauthorized: invalid_client");
  EXPECT_EQ(requests("/granted"), before);
}

TEST_F(HttpOAuthTest, ABusyServerOfTokensIsLeftAlone) {
  const auto probe = make(with_token("/granted", "/status?code=429&retry_after=600"));
  const int before = requests("/status");
  const Answer first = begin(*probe).get();
  EXPECT_EQ(first.retry_after, 600s);
  const Answer second = begin(*probe).get();
  EXPECT_EQ(second.results.at(0).error(), first.results.at(0).error());
  EXPECT_LE(second.retry_after, 600s);
  EXPECT_GT(second.retry_after, 500s);
  EXPECT_EQ(requests("/status"), before + 1);
}

TEST_F(HttpOAuthTest, ASourceThatRefusesAllTokensGetsFew) {
  const auto probe = make(with_token("/granted?least=1000000"));
  const int before = requests("/token");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(begin(*probe).get().results.at(0).error(), "answered 401 Unauthorized");
  const auto pauses = (std::chrono::steady_clock::now() - start) / 5s;
  EXPECT_LE(requests("/token"), before + 2 + pauses);
}

TEST_F(HttpOAuthTest, ShowsTheCallForAToken) {
  Trace trace;
  const config::HttpOptions options = with_token("/granted");
  ASSERT_TRUE(ask(options, support::kPatience, &trace));
  EXPECT_THAT(trace.sent, testing::StartsWith("POST " + url("/token") + "\n"));
  EXPECT_THAT(trace.sent, HasSubstr("grant_type=client_credentials"));
  EXPECT_THAT(trace.received, HasSubstr("(not shown: a token)"));
  Trace failed;
  ask(with_token("/granted", "/token?error=invalid_scope"), support::kPatience, &failed);
  EXPECT_THAT(failed.sent, HasSubstr("POST " + url("/token")));
  EXPECT_THAT(failed.received, HasSubstr("invalid_scope"));
}

TEST_F(HttpOAuthTest, ShowsNoToken) {
  Trace trace;
  const Result result = ask(with_token("/granted?least=1000000"), support::kPatience, &trace);
  EXPECT_THAT(trace.sent, HasSubstr("Authorization: …"));
  EXPECT_THAT(trace.read, HasSubstr("a token of " + url("/token") + " is sent\n"));
  for (const std::string& text : {trace.sent, trace.received, trace.read, result.error()}) {
    EXPECT_THAT(text, Not(HasSubstr("the-token"))) << "the server repeats it";
    EXPECT_THAT(text, Not(HasSubstr("a:b+c")));
  }
}

}  // namespace
}  // namespace probe
