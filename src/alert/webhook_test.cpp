#include "alert/webhook.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>

#include "alert/sign.hpp"
#include "support/scripted_transport.hpp"
#include "support/temp_dir.hpp"

namespace alert {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr base::Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::milliseconds{1500}};

/// Computed with Python's hmac.
TEST(Sign, IsHmacSha256) {
  EXPECT_EQ(signature("secret", "1795526400", R"({"id":"m-1"})"),
            "v1=270e055d572f6489a003beea8c9566216fda4fca835fdabd4932bbb76256d197");
  EXPECT_EQ(hmac_sha256("", "xxx"), "97b6ee7dcc37c33d9d76706f621a06187ab077c86f5be9c17e1f03b71d6b3199");
  EXPECT_EQ(hmac_sha256(std::string(200, 'k'), "\u00e4"),
            "de16b22a6befe8b91f761ba5ead429d23941dd38ee2453a514330bea12d8071f");
}

class WebhookTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    const std::string path = dir_.path() / name;
    std::ofstream(path) << content << '\n';
    return path;
  }
  Call call(const config::WebhookOptions& options) {
    auto call = webhook_call(options, message_, kNow);
    EXPECT_TRUE(call) << call.error();
    return call ? *call : Call{};
  }
  std::string error(const config::WebhookOptions& options) {
    const auto call = webhook_call(options, message_, kNow);
    return call ? "" : call.error();
  }

  support::TempDir dir_;
  Message message_ = test_message("m-1", kNow);
};

TEST_F(WebhookTest, SendsTheMessageAsItIs) {
  const auto request = call({.url = "https://example.org/hook"}).request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://example.org/hook");
  EXPECT_EQ(request.body, to_json(message_));
  EXPECT_THAT(request.headers,
              ElementsAre("Content-Type: application/json", "Vacancy-Id: m-1", "Vacancy-Timestamp: 1795478401"));
  EXPECT_EQ(request.max_redirects, 0) << "a redirect could lead anywhere";
}

TEST_F(WebhookTest, SignsTheBodyWithTheKeyThatIsInTheFileNow) {
  config::WebhookOptions options{.url = "https://example.org", .secret_file = file("key", "first")};
  const auto signed_with = [&](std::string_view key) {
    return "Vacancy-Signature: " + signature(key, "1795478401", to_json(message_));
  };
  EXPECT_THAT(call(options).request.headers, Contains(signed_with("first")));
  file("key", "second");
  EXPECT_THAT(call(options).request.headers, Contains(signed_with("second")));
}

TEST_F(WebhookTest, LogsIn) {
  const Call made = call({.url = "https://example.org",
                          .token_file = file("token", "t0ken-of-the-hook"),
                          .header_files = {"X-Key:" + file("x", "header-secret")}});
  EXPECT_EQ(made.request.bearer, "t0ken-of-the-hook");
  EXPECT_THAT(made.request.secret_headers, ElementsAre("X-Key: header-secret"));
  EXPECT_THAT(made.secrets.blotted("no t0ken-of-the-hook, no header-secret"), Not(HasSubstr("secret")));
}

TEST_F(WebhookTest, AUrlMayBeASecret) {
  const Call made =
      call({.url_file = file("url", "https://hooks.example/services/T0/B0/XyZ"), .form = config::WebhookForm::slack});
  EXPECT_EQ(made.request.url, "https://hooks.example/services/T0/B0/XyZ");
  EXPECT_THAT(made.secrets.blotted("cannot POST /services/T0/B0/XyZ"), Not(HasSubstr("XyZ")));
  EXPECT_THAT(made.secrets.blotted("Could not resolve host: hooks.example"), Not(HasSubstr("hooks")));
  EXPECT_THAT(error({.url_file = file("url", "hooks")}), HasSubstr("holds no URL"));
  EXPECT_THAT(error({.url_file = file("url", "file:///etc/passwd")}), HasSubstr("holds no URL"));
}

TEST_F(WebhookTest, NtfyGetsJsonAboveTheTopic) {
  const auto request =
      call({.url = "https://ntfy.example:8/base/gpu-news_1", .form = config::WebhookForm::ntfy}).request;
  EXPECT_EQ(request.url, "https://ntfy.example:8/base/");
  EXPECT_THAT(request.body, HasSubstr(R"("topic":"gpu-news_1")"));
  EXPECT_EQ(call({.url = "https://ntfy.example/gpu?auth=QmVhcmVy", .form = config::WebhookForm::ntfy}).request.url,
            "https://ntfy.example/?auth=QmVhcmVy");
  EXPECT_THAT(error({.url = "https://ntfy.example/", .form = config::WebhookForm::ntfy}), HasSubstr("has no topic"));
  for (const char* wrong : {"a.b", "a%20c", "a b"})
    EXPECT_THAT(error({.url_file = file("url", std::string("https://ntfy.example/") + wrong),
                       .form = config::WebhookForm::ntfy}),
                AllOf(HasSubstr("has no topic"), Not(HasSubstr(wrong))));
  EXPECT_THAT(error({.url = "https://ntfy.example", .form = config::WebhookForm::ntfy}), HasSubstr("has no topic"));
}

TEST_F(WebhookTest, PagerDutyNeedsNoUrl) {
  const Call made = call(
      {.form = config::WebhookForm::pagerduty, .routing_key_file = file("key", "0123456789abcdef0123456789abcdef")});
  EXPECT_EQ(made.request.url, "https://events.pagerduty.com/v2/enqueue");
  EXPECT_THAT(made.request.body, HasSubstr(R"("routing_key":"0123456789abcdef0123456789abcdef")"));
  EXPECT_THAT(made.secrets.blotted("bad 0123456789abcdef0123456789abcdef"), Not(HasSubstr("0123")));
}

TEST_F(WebhookTest, PagerDutyHearsNothingOfWhatIsOverWhileMoreFires) {
  support::ScriptedTransport transport;
  const auto receiver = receiver_of(
      config::WebhookOptions{.form = config::WebhookForm::pagerduty, .routing_key_file = file("key", "abcd")},
      transport.transport());
  const auto deliver = [&](Kind kind, std::size_t still_firing) {
    message_.kind = kind;
    message_.still_firing = still_firing;
    boost::asio::io_context context;
    auto ended = boost::asio::co_spawn(context, receiver->deliver(message_, {.now = kNow}), boost::asio::use_future);
    context.run();
    EXPECT_EQ(ended.get().outcome, Outcome::delivered);
    return transport.calls().size();
  };
  EXPECT_EQ(deliver(Kind::firing, 2), 1U);
  EXPECT_EQ(deliver(Kind::resolved, 1), 1U);
  EXPECT_EQ(deliver(Kind::resolved, 0), 2U);
  EXPECT_THAT(transport.calls().back().body, HasSubstr("resolve"));
}

TEST_F(WebhookTest, MissingFilesAreNamed) {
  EXPECT_THAT(error({.url = "https://e", .secret_file = "/none"}), HasSubstr("secret_file from the file '/none'"));
  EXPECT_THAT(error({.url = "https://e", .token_file = "/none"}), HasSubstr("token_file from the file '/none'"));
  EXPECT_THAT(error({.url = "https://e", .header_files = {"X: /none"}}),
              HasSubstr("header_files from the file '/none'"));
  EXPECT_THAT(error({.url_file = "/none"}), HasSubstr("url_file from the file '/none'"));
  EXPECT_THAT(error({.url = "https://e", .ca_file = "/none"}), HasSubstr("ca_file '/none'"));
  EXPECT_THAT(error({.form = config::WebhookForm::pagerduty, .routing_key_file = "/none"}),
              HasSubstr("routing_key_file from the file '/none'"));
}

probe::Response answer(int status, const std::string& body = "") {
  return {.status = status, .status_line = fmt::format("HTTP/1.1 {} Words", status), .body = body};
}

TEST(Judge, TellsWhatMayPassFromWhatNeverWill) {
  for (const int status : {200, 201, 202, 204}) EXPECT_EQ(judge(answer(status), {}).outcome, Outcome::delivered);
  for (const int status : {400, 413, 415, 422}) EXPECT_EQ(judge(answer(status), {}).outcome, Outcome::refused);
  for (const int status : {301, 307, 401, 403, 404, 408, 425, 429, 500, 503})
    EXPECT_EQ(judge(answer(status), {}).outcome, Outcome::failed) << status;
  EXPECT_EQ(judge(std::unexpected("cannot connect"), {}).outcome, Outcome::failed);
  EXPECT_FALSE(judge(std::unexpected("cannot connect"), {}).answered);
}

TEST(Judge, SaysWhatTheReceiverSaid) {
  EXPECT_EQ(judge(answer(403, "invalid_token\n"), {}).error, "answered 403 Words: invalid_token");
  EXPECT_EQ(judge(answer(302), {}).error, "answered 302 Words, a redirect, which is not followed; write the final URL");
  EXPECT_LT(judge(answer(500, std::string(5000, 'x')), {}).error.size(), 400U);
  probe::Response later = answer(429);
  later.retry_after = std::chrono::seconds{7};
  EXPECT_EQ(judge(later, {}).retry_after, std::chrono::seconds{7});
  EXPECT_EQ(judge(probe::Response{.status = 500, .status_line = "HTTP/2 500"}, {}).error, "answered 500");
}

TEST(Judge, ShowsNoSecret) {
  probe::Secrets secrets;
  secrets.add("t0p-secret");
  EXPECT_THAT(judge(answer(401, "wrong token t0p-secret"), secrets).error, Not(HasSubstr("t0p")));
  EXPECT_THAT(judge(std::unexpected("cannot send t0p-secret"), secrets).error, Not(HasSubstr("t0p")));
}

TEST(Shortened, CutsWholeCharacters) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcdef", 5), "ab\u2026");
  EXPECT_EQ(shortened("\u00e4\u00e4\u00e4\u00e4", 7), "\u00e4\u00e4\u2026");
  EXPECT_EQ(shortened("\u00e4\u00e4\u00e4\u00e4", 6), "\u00e4\u2026");
}

}  // namespace
}  // namespace alert
