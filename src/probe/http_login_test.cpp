// How a probe of kind http proves who it is, whom it trusts, and where it keeps its secrets from.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/url.hpp"
#include "support/http_test.hpp"

namespace probe {
namespace {

using support::kPatience;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpLoginTest : public support::HttpTest {};

// --- Logins

TEST_F(HttpLoginTest, TheTokenIsReadAnewForEachCall) {
  const std::string token = file("token", " first-token\n");
  const config::HttpOptions first{.url = url("/protected?authorization=Bearer%20first-token"), .token_file = token};
  const config::HttpOptions second{.url = url("/protected?authorization=Bearer%20second-token"), .token_file = token};
  const auto probe = make(second);
  EXPECT_EQ(reason(first), "let in");
  const Answer refused = begin(*probe).get();
  EXPECT_EQ(refused.results.at(0).error(), "answered 401 Unauthorized");
  EXPECT_TRUE(refused.asked);
  file("token", "second-token");
  EXPECT_TRUE(begin(*probe).get().results.at(0));
}

TEST_F(HttpLoginTest, AMissingOrEmptySecretIsNamed) {
  const config::HttpOptions options{.url = url("/level?level=HIGH"), .token_file = directory_ / "none"};
  EXPECT_THAT(error(options), AllOf(HasSubstr("token_file"), HasSubstr("/none'"), HasSubstr("No such file")));
  EXPECT_FALSE(begin(*make(options)).get().asked);
  file("none", "\n");
  EXPECT_THAT(error(options), AllOf(HasSubstr("/none'"), HasSubstr("empty")));
  file("none", "token\r\nX-More: header");
  EXPECT_THAT(error(options), EndsWith("of token_file holds more than one line of text"));
  EXPECT_THAT(error({.url = url("/"), .username = "me", .password_file = directory_ / "gone"}), HasSubstr("/gone'"));
}

TEST_F(HttpLoginTest, LogsInWithAPassword) {
  EXPECT_EQ(reason({.url = url("/protected?authorization=Basic%20bWU6b3BlbiBzZXNhbWU%3D"),
                    .username = "me",
                    .password_file = file("password", "open sesame\n")}),
            "let in");
}

TEST_F(HttpLoginTest, SecretsAreNeitherTracedNorPublished) {
  const auto traced = [&](config::HttpOptions options, const std::string& path) {
    options.url = url(path);
    Trace trace;
    const Result result = ask(options, kPatience, &trace);
    return trace.sent + trace.received + (result ? result->reason : result.error());
  };
  const auto seen =
      traced({.headers = {"X-Api-Key: Key hidden-key", "X-Team: blue"}, .token_file = file("token", "hidden-token")},
             "/echo?sig=hidden-signature");
  EXPECT_THAT(seen, Not(HasSubstr("hidden-signature")));
  EXPECT_THAT(seen, StartsWith(fmt::format("GET {}\nX-Api-Key: …\nX-Team: blue\nAuthorization: …\n"
                                           "HTTP/1.1 200 OK\n",
                                           url("/echo?sig=…"))));
  EXPECT_THAT(seen, AllOf(HasSubstr(R"("Authorization": "Bearer …")"), HasSubstr(R"("X-Api-Key": "…")")));
  EXPECT_THAT(seen, AllOf(Not(HasSubstr("hidden-token")), Not(HasSubstr("hidden-key"))));
  EXPECT_THAT(traced({.headers = {"Authorization: token hidden-token"}}, "/echo"),
              AllOf(HasSubstr(R"("Authorization": "…")"), Not(HasSubstr("hidden-token"))));
  const std::string password = file("password", "hidden-password");
  const auto basic = traced({.username = "me", .password_file = password}, "/echo");
  EXPECT_THAT(basic, AllOf(HasSubstr(R"("Authorization": "Basic …")"), Not(HasSubstr("hidden-password"))));
}

TEST_F(HttpLoginTest, WhatASourceRepeatsIsHiddenInEveryEscape) {
  const std::string token = file("token", "eyJhbGci/OiJI");
  const auto shown = [&](const std::string& answer) {
    Trace trace;
    const Result result =
        ask({.url = url("/text?text=" + base::percent_encode(answer)), .token_file = token}, kPatience, &trace);
    EXPECT_THAT(trace.received, Not(HasSubstr("OiJI"))) << answer;
    return result ? result->reason : result.error();
  };
  EXPECT_EQ(shown(R"({"level":"LOW","reason":"not eyJhbGci\/OiJI"})"), "not …");
  EXPECT_EQ(shown(R"({"level":"LOW","reason":"not \u0065yJhbGci%2FOiJI"})"), "not …");
  EXPECT_EQ(shown(R"({"level":"LOW","reason":{"token":"eyJhbGci\/OiJI"}})"), R"({"token":"…"})");
  EXPECT_THAT(shown(R"({"free":"eyJhbGci\/OiJI"})"), HasSubstr("/free is \"…\"; it must be a number"));
  EXPECT_THAT(shown(R"({"eyJhbGci\/OiJI":1,"eyJhbGci/OiJI":2})"), HasSubstr("has the key \"…\" twice"));
  EXPECT_THAT(shown("<p>no access for eyJhbGci&#47;OiJI</p>"), StartsWith("the answer is not JSON ("));
  EXPECT_EQ(
      error({.url = url("/status?code=401&phrase=not%20eyJhbGci/OiJI&retry_after=eyJhbGci/OiJI"), .token_file = token}),
      "answered 401 not … (Retry-After: …)");
}

TEST_F(HttpLoginTest, AKeyInTheUrlIsHiddenOnAnErrorPage) {
  Trace trace;
  const std::string page = base::percent_encode("no access with k/1234567 or k%2f1234567 or hunter22");
  std::string with_login = url("/text?api_key=k%2F1234567&text=" + page);
  with_login.insert(with_login.find("//") + 2, "me:hunter22@");
  EXPECT_FALSE(ask({.url = with_login}, kPatience, &trace));
  EXPECT_THAT(trace.received, EndsWith("no access with … or … or …"));
  EXPECT_THAT(trace.sent, AllOf(Not(HasSubstr("1234567")), Not(HasSubstr("hunter22@"))));
}

// --- Redirects

TEST_F(HttpLoginTest, FollowsRedirectsUpToALimit) {
  EXPECT_EQ(reason({.url = url("/redirect?to=/level%3Flevel%3DHIGH")}), "");
  Trace trace;
  EXPECT_TRUE(ask({.url = url("/redirect?to=/level%3Flevel%3DHIGH")}, kPatience, &trace));
  EXPECT_THAT(trace.received,
              AllOf(StartsWith("HTTP/1.1 200 OK\n"), Not(HasSubstr("Location")), Not(HasSubstr("moved"))));
  const int before = requests("/loop");
  EXPECT_EQ(error({.url = url("/loop"), .max_redirects = 3}), "redirected more than 3 times");
  EXPECT_EQ(requests("/loop"), before + 4);
  EXPECT_EQ(error({.url = url("/redirect?to=/level"), .max_redirects = 0}),
            "answered 302 Found (a redirect that is not followed)");
  EXPECT_THAT(error({.url = url("/redirect?to=file:///etc/hostname")}),
              StartsWith("redirected to 'file:///etc/hostname', which is neither http nor https"));
}

TEST_F(HttpLoginTest, ARedirectTurnsPostIntoGetUnlessItsStatusForbids) {
  config::HttpOptions options{.url = url("/redirect?to=/echo&code=302"), .method = "POST", .body = "{}"};
  EXPECT_THAT(reason(options), HasSubstr(R"("method":"GET")"));
  options.url = url("/redirect?to=/echo&code=307");
  EXPECT_THAT(reason(options), HasSubstr(R"("method":"POST")"));
}

TEST_F(HttpLoginTest, ATokenStaysWithItsHostAndPort) {
  const support::FunctionServer other;
  const std::string token = file("token", "secret-token");
  const auto redirected = [&](const std::string& to) {
    return reason({.url = url("/redirect?to=" + base::percent_encode(to)), .token_file = token});
  };
  EXPECT_EQ(redirected("/protected?authorization=Bearer%20secret-token"), "let in");
  EXPECT_EQ(redirected(server_->url("/protected?authorization=", "localhost")), "let in");
  EXPECT_EQ(redirected(other.url("/protected?authorization=")), "let in");
}

TEST_F(HttpLoginTest, ASecretHeaderIsNotRedirected) {
  EXPECT_EQ(error({.url = url("/redirect?to=/echo"), .headers = {"X-Api-Key: key"}}),
            "answered 302 Found (a redirect that is not followed)");
  EXPECT_THAT(reason({.url = url("/redirect?to=/echo"), .headers = {"X-Team: blue"}}), HasSubstr("blue"));
}

TEST_F(HttpLoginTest, AHeaderComesFromAFileReadAnewForEachCall) {
  const std::string key = file("key", "first-key\n");
  const config::HttpOptions options{.url = url("/echo"), .header_files = {"X-Api-Key: " + key}};
  const auto probe = make(options);
  const auto ask_again = [&] {
    Trace trace;
    const Result result = begin(*probe, kPatience, &trace).get().results.at(0);
    EXPECT_THAT(trace.sent, HasSubstr("X-Api-Key: …\n"));
    return trace.sent + trace.received + (result ? result->reason : result.error());
  };
  EXPECT_THAT(ask_again(), AllOf(HasSubstr("HTTP/1.1 200 OK"), Not(HasSubstr("first-key"))));
  const auto sent = [&](const std::string& value) {
    return reason({.url = url("/protected?authorization=" + value), .header_files = {"Authorization: " + key}});
  };
  EXPECT_EQ(sent("first-key"), "let in");
  file("key", "second-key");
  EXPECT_EQ(sent("second-key"), "let in");
  EXPECT_EQ(error({.url = url("/redirect?to=/echo"), .header_files = options.header_files}),
            "answered 302 Found (a redirect that is not followed)");
  std::filesystem::remove(key);
  EXPECT_THAT(error(options), AllOf(HasSubstr("header_files"), HasSubstr("/key'"), HasSubstr("No such file")));
}

// --- TLS

class HttpsTest : public support::HttpTest {
 protected:
  void SetUp() override {
    HttpTest::SetUp();
    if (IsSkipped()) return;
    if (!certificate("own") || !certificate("other")) GTEST_SKIP() << "openssl is missing";
    const std::vector<std::string> arguments = {"--cert", directory_ / "own.pem", "--key", directory_ / "own.key"};
    tls_ = std::make_unique<support::FunctionServer>(arguments);
  }
  bool certificate(const std::string& name) {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={0} "
        "-addext subjectAltName=DNS:localhost -keyout {1}/{0}.key -out {1}/{0}.pem 2>/dev/null",
        name, directory_.path().string());
    return std::system(command.c_str()) == 0;
  }
  config::HttpOptions to(const std::string& host, const std::string& ca_file) {
    return {.url = tls_->url("/level?level=HIGH&reason=fine", host, "https"), .ca_file = ca_file};
  }

  std::unique_ptr<support::FunctionServer> tls_;
};

TEST_F(HttpsTest, TrustsTheAuthoritiesInCaFileOnly) {
  EXPECT_EQ(reason(to("localhost", directory_ / "own.pem")), "fine");
  EXPECT_THAT(error(to("localhost", directory_ / "other.pem")), StartsWith("certificate not trusted: "));
  EXPECT_THAT(error(to("localhost", "")), StartsWith("certificate not trusted: "));
  EXPECT_EQ(error(to("localhost", "/nowhere.pem")), "ca_file '/nowhere.pem' is no file with certificates");
  const std::string pipe = directory_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& none : {pipe, directory_.path().string(), file("text.pem", "no certificate")})
    EXPECT_EQ(error(to("localhost", none)), fmt::format("ca_file '{}' is no file with certificates", none));
}

TEST_F(HttpsTest, ChecksTheNameOfTheHost) {
  EXPECT_THAT(error(to("127.0.0.1", directory_ / "own.pem")),
              AllOf(StartsWith("certificate not trusted: "), HasSubstr("127.0.0.1")));
}

TEST_F(HttpsTest, SaysThatTheServerDoesNotEncrypt) {
  EXPECT_THAT(error({.url = server_->url("/", "127.0.0.1", "https")}), StartsWith("cannot encrypt the connection: "));
}

// --- Signatures

class SignedTest : public support::HttpTest {
 protected:
  void SetUp() override {
    HttpTest::SetUp();
    ::setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "secret/+access=key", 1);
    ::unsetenv("AWS_SESSION_TOKEN");
  }
  void TearDown() override {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}) ::unsetenv(name);
  }
  static std::vector<std::string> arguments(const std::string& session_token = "") {
    return {"--access-key", "AKIDEXAMPLE", "--secret", "secret/+access=key", "--session-token", session_token};
  }
  static config::HttpOptions to(const support::FunctionServer& server, const std::string& path) {
    return {.url = server.url(path), .sigv4 = {.region = "eu-central-1", .service = "lambda"}};
  }
};

TEST_F(SignedTest, TheServerFindsTheSignatureRight) {
  const support::FunctionServer server(arguments());
  EXPECT_EQ(reason(to(server, "/sigv4")), "signed");
  EXPECT_EQ(reason(to(server, "/sigv4?b=2&a=1&a=0&flag&text=x+y%2fz&name={name}")), "signed");
  auto post = to(server, "/sigv4?Qualifier=1");
  post.method = "POST";
  post.headers = {"X-Amz-Invocation-Type:   RequestResponse", "X-Team: blue"};
  post.body = R"({"name":"{name}"})";
  EXPECT_EQ(reason(post), "signed");
  auto repeated = to(server, "/sigv4");
  repeated.headers = {"X-Team: blue", "x-team: red", "X-Amz-Meta:a", "X-Amz-Meta:  b"};
  repeated.header_files = {"X-Team: " + file("team", "green")};
  EXPECT_EQ(reason(repeated), "signed");
  ::setenv("AWS_SECRET_ACCESS_KEY", "another", 1);
  EXPECT_THAT(error(to(server, "/sigv4")), StartsWith("answered 403 Forbidden"));
}

TEST_F(SignedTest, WithASessionToken) {
  const support::FunctionServer server(arguments("session/token=="));
  EXPECT_EQ(error(to(server, "/sigv4")), "answered 403 Forbidden");
  ::setenv("AWS_SESSION_TOKEN", "session/token==", 1);
  Trace trace;
  const Result result = ask(to(server, "/sigv4?b=1&a=2"), kPatience, &trace);
  ASSERT_TRUE(result) << result.error();
  EXPECT_THAT(trace.sent, HasSubstr("X-Amz-Security-Token: …"));
  EXPECT_THAT(trace.sent, Not(HasSubstr("session/")));
}

TEST_F(SignedTest, RepeatsNeitherKeyNorSignature) {
  ::setenv("AWS_SESSION_TOKEN", "session/token==", 1);
  Trace trace;
  const Result result = ask(to(*server_, "/echo"), kPatience, &trace);
  ASSERT_TRUE(result) << result.error();
  const std::string seen = trace.sent + trace.received + result->reason;
  for (const char* secret : {"AKIDEXAMPLE", "access=key", "session/token"}) EXPECT_THAT(seen, Not(HasSubstr(secret)));
  EXPECT_THAT(trace.received, HasSubstr("Signature=…"));
}

TEST_F(SignedTest, SaysWhatIsMissing) {
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(error(to(*server_, "/sigv4")), "sigv4 needs AWS_SECRET_ACCESS_KEY, which the environment lacks");
  EXPECT_THAT(error(to(*server_, "/a:b")), StartsWith("the path /a:b cannot be signed"));
}

TEST_F(SignedTest, FollowsNoRedirect) {
  EXPECT_THAT(error(to(*server_, "/redirect?to=/level")), StartsWith("answered 302 Found (a redirect"));
}

}  // namespace
}  // namespace probe
