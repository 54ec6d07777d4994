// URLs, logins and redirects of a service.
#include "app/commands/remote.hpp"

#include <fstream>

#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The message of the error that `body` throws, or "".
template <class F>
std::string refused(F body) {
  try {
    body();
  } catch (const base::UsageError& error) {
    return error.what();
  }
  return "";
}

class RemoteTest : public support::CommandTest {
 protected:
  RemoteTest() {
    for (const char* name : {"VACANCY_URL", "VACANCY_SERVER", "VACANCY_TOKEN_FILE"}) unsetenv(name);
    setenv("XDG_CONFIG_HOME", directory_.path().c_str(), 1);
  }
  ~RemoteTest() override {
    for (const char* name : {"XDG_CONFIG_HOME", "VACANCY_URL", "VACANCY_SERVER", "VACANCY_TOKEN_FILE"}) unsetenv(name);
  }
  std::string file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(directory_ / name).parent_path());
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }
  Canned redirect(int status, std::string to) { return {status, "", "text/plain", {{"Location", std::move(to)}}}; }

  support::TempDir directory_;
};

TEST_F(RemoteTest, SendsTheLoginOfTheUrlAndNeverShowsIt) {
  will_answer({{200, "{}"}});
  std::string with_login = url();
  with_login.insert(7, "me:pa%20ss@");
  const Remote remote({.url = with_login});
  EXPECT_EQ(remote.url(), url());
  remote.get("/api/v1/hardware");
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware [Basic bWU6cGEgc3M=]"));
  EXPECT_THAT(refused([] { Remote({.url = "ftp://me:secret@h"}); }),
              AllOf(HasSubstr("ftp://"), Not(HasSubstr("secret"))));
}

TEST_F(RemoteTest, SendsWhatTheFilesSay) {
  will_answer({{200, "{}"}});
  Remote({.url = url(), .token_file = file("token", "t0ken\n")}).get("/a/b");
  Remote({.url = url(), .login_file = file("login", "me:pass:word\n")}).get("/a/b");
  Remote({.url = url(), .header_file = file("headers", "# a comment\n\nAuthorization: Key k\n")}).get("/a/b");
  EXPECT_THAT(asked(), ElementsAre("GET /a/b [Bearer t0ken]", "GET /a/b [Basic bWU6cGFzczp3b3Jk]", "GET /a/b [Key k]"));
  EXPECT_THAT(refused([&] { Remote({.url = url(), .token_file = "none"}); }), HasSubstr("the token (--token-file)"));
  EXPECT_THAT(refused([&] { Remote({.url = url(), .login_file = file("bad", "s3cret")}); }),
              AllOf(HasSubstr("USER:PASSWORD"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(refused([&] { Remote({.url = url(), .header_file = file("bad", "s3cret")}); }),
              AllOf(HasSubstr("Name: value"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(refused([&] { Remote({.url = url(), .ca_file = "none.pem"}); }), HasSubstr("none.pem"));
}

TEST_F(RemoteTest, FollowsRedirectsWithinTheOriginOnly) {
  will_answer({redirect(302, "/moved/here"), {200, "{}"}});
  EXPECT_EQ(Remote({.url = url()}).get("/a/b").body, "{}");
  EXPECT_EQ(asked().back(), "GET /moved/here");
  for (const char* to : {"https://other.example/a?secret=x", "http://127.0.0.1:1/"}) {
    will_answer({redirect(302, to)});
    const std::string why = refused([&] { Remote({.url = url()}).get("/a/b"); });
    EXPECT_THAT(why, AllOf(HasSubstr("redirects to"), HasSubstr("another server"), Not(HasSubstr("secret"))));
  }
  for (const char* to : {"/login?next=/a/b", "https://sso.example/start", "https://h.example/oauth2/authorize?x=y"}) {
    will_answer({redirect(302, to)});
    EXPECT_THAT(refused([&] { Remote({.url = url()}).get("/a/b"); }),
                AllOf(HasSubstr("a login page"), HasSubstr("--token-file")));
  }
  will_answer({redirect(301, "/a/b")});
  EXPECT_THAT(refused([&] { Remote({.url = url()}).get("/a/b"); }), HasSubstr("more than 5 times"));
  will_answer({redirect(307, "/moved/here")});
  EXPECT_THAT(refused([&] { Remote({.url = url()}).send({.method = "POST", .target = "/a/b", .body = "{}"}); }),
              HasSubstr("redirects POST"));
}

TEST_F(RemoteTest, TellsAMissingLoginFromAWrongOne) {
  const std::string token = file("token", "t0ken\n");
  will_answer({{401, "who are you?", "text/plain"}});
  EXPECT_THAT(refused([&] { Remote({.url = url()}).get("/a/b"); }), HasSubstr("wants a login, and none is given"));
  EXPECT_THAT(refused([&] { Remote({.url = url(), .token_file = token}).get("/a/b"); }),
              AllOf(HasSubstr("it is wrong"), Not(HasSubstr("t0ken"))));
  will_answer({{200, "<html>", "text/html; charset=utf-8"}});
  EXPECT_THAT(refused([&] { Remote({.url = url()}).get("/a/b"); }), HasSubstr("if it wants a login, give"));
}

TEST_F(RemoteTest, NamedServersAreInAFile) {
  will_answer({{200, "{}"}});
  file("vacancy/token", "of-the-lab\n");
  file("vacancy/config.yaml", fmt::format("default: lab\nservers:\n  lab: {{url: '{}/sub', token_file: token}}\n"
                                          "  other: {{url: '{}', hardware_url: 'http://h:1'}}\n",
                                          url(), url()));
  Remote({}).get("/a/b");
  EXPECT_EQ(asked().back(), "GET /sub/a/b [Bearer of-the-lab]");
  Remote({.server = "other"}).get("/a/b");
  EXPECT_EQ(asked().back(), "GET /a/b");
  Remote({.url = url()}).get("/a/b");
  EXPECT_EQ(asked().back(), "GET /a/b") << "the token is that of another server";
  setenv("VACANCY_URL", url().c_str(), 1);
  Remote({}).get("/a/c");
  EXPECT_EQ(asked().back(), "GET /a/c") << "the variable is over the default";
  Remote({.server = "lab"}).get("/a/b");
  EXPECT_EQ(asked().back(), "GET /sub/a/b [Bearer of-the-lab]") << "the flag is over the variable";
  unsetenv("VACANCY_URL");
  setenv("VACANCY_SERVER", "other", 1);
  Remote({}).get("/a/d");
  EXPECT_EQ(asked().back(), "GET /a/d");
  EXPECT_THAT(refused([] { Remote({.server = "labb"}); }), HasSubstr("did you mean 'lab'?"));
  EXPECT_THAT(refused([] { Remote({.server = "lab", .administration = true}); }), HasSubstr("has no hardware_url"));
  file("vacancy/config.yaml", "servers:\n  lab: {urll: x}\n");
  EXPECT_THAT(refused([] { Remote({.server = "lab"}); }), AllOf(HasSubstr("config.yaml:2"), HasSubstr("urll")));
}

TEST_F(RemoteTest, MistakesNameTheFlagTheVariableOrThePlaceInTheFile) {
  const auto lab = [&](const std::string& keys, bool administration = false) {
    file("vacancy/config.yaml", "servers:\n  other: {url: 'http://h'}\n  lab:\n" + keys);
    return refused([&] { Remote({.server = "lab", .administration = administration}); });
  };
  const std::string here = directory_ / "vacancy/config.yaml";
  EXPECT_THAT(lab("    url: localhost:5800\n"),
              StartsWith(here + ":4: servers.lab.url: 'localhost:5800' is not a URL"));
  EXPECT_THAT(lab("    url: http://h\n    hardware_url: ftp://h\n", true),
              StartsWith(here + ":5: servers.lab.hardware_url: 'ftp://h' is not a URL"));
  EXPECT_THAT(lab("    url: http://h\n    ca_file: none.pem\n"), StartsWith(here + ":5: servers.lab.ca_file: '"));
  for (const char* key : {"token_file", "login_file", "header_file"})
    EXPECT_THAT(lab(fmt::format("    url: http://h\n    {}: none\n", key)),
                HasSubstr(fmt::format("({}:5: servers.lab.{}) from the file '", here, key)));
  EXPECT_THAT(lab("    url: http://h\n", true), StartsWith(here + ":3: servers.lab: has no hardware_url"));
  EXPECT_THAT(lab("    ca_file: x\n"), StartsWith(here + ":3: servers.lab: has no url"));
  EXPECT_THAT(refused([] { Remote({.url = "x"}); }), StartsWith("--url: 'x' is not a URL"));
  setenv("VACANCY_URL", "y", 1);
  EXPECT_THAT(refused([] { Remote({}); }), StartsWith("VACANCY_URL: 'y' is not a URL"));
  setenv("VACANCY_TOKEN_FILE", "none", 1);
  EXPECT_THAT(refused([] { Remote({.url = "http://h", .token_file = "none"}); }), HasSubstr("(VACANCY_TOKEN_FILE)"));
  std::filesystem::remove(here);
  EXPECT_THAT(refused([] { Remote({.server = "lab"}); }), HasSubstr("in " + here + ", which is not there"));
  setenv("XDG_CONFIG_HOME", "", 1);
  const std::string home = getenv("HOME") != nullptr ? getenv("HOME") : "";
  setenv("HOME", "", 1);
  EXPECT_EQ(refused([] { Remote({.server = "lab"}); }),
            "there is no server 'lab': neither XDG_CONFIG_HOME nor HOME says where vacancy/config.yaml is");
  setenv("HOME", home.c_str(), 1);
}

TEST_F(RemoteTest, TwoLoginsAtOnePlaceAreAMistake) {
  will_answer({{200, "{}"}});
  const std::string token = file("token", "t0ken\n"), login = file("login", "me:pass\n");
  std::string with_login = url();
  with_login.insert(7, "me:s3cret@");
  const auto lab = [&](std::string url, const std::string& keys, Access access) {
    file("vacancy/config.yaml",
         fmt::format("servers:\n  lab: {{url: '{}', hardware_url: '{}', {}}}\n", url, url, keys));
    access.server = "lab";
    return refused([&] { Remote(access).send({.target = "/a/b"}); });
  };
  const auto two = AllOf(HasSubstr("are two logins; give one"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(lab(url(), "token_file: ../token, login_file: ../login", {}),
              AllOf(two, HasSubstr("servers.lab.token_file"), HasSubstr("servers.lab.login_file")));
  EXPECT_THAT(lab(with_login, "token_file: ../token", {}), two);
  EXPECT_THAT(lab(with_login, "login_file: ../login", {}), two);
  EXPECT_THAT(lab(with_login, "admin_token_file: ../token", {.administration = true}), two);
  EXPECT_THAT(refused([&] { Remote({.url = with_login, .token_file = token}); }), two);
  EXPECT_THAT(refused([&] { Remote({.url = with_login, .login_file = login}); }), two);
  EXPECT_THAT(asked(), testing::IsEmpty());
  EXPECT_EQ(lab(with_login, "ca_file: ../token", {.token_file = token}), "") << "a flag is over the file";
  EXPECT_EQ(asked().back(), "GET /a/b [Bearer t0ken]");
  EXPECT_EQ(lab(url(), "token_file: ../token", {.login_file = login}), "");
  EXPECT_EQ(asked().back(), "GET /a/b [Basic bWU6cGFzcw==]");
  EXPECT_EQ(lab(url(), "login_file: ../login, admin_token_file: ../token", {.administration = true}), "")
      << "one is the portal's, one that of administration";
  EXPECT_EQ(asked().back(), "GET /a/b [Bearer t0ken]");
}

TEST_F(RemoteTest, HeadersOfTheConnectionAreRefused) {
  for (const char* header : {"Host: h", "content-length: 5", "Transfer-Encoding: chunked", "Connection: close",
                             "Upgrade: x", "TE: trailers"})
    EXPECT_THAT(
        refused([&] { Remote({.url = url(), .header_file = file("headers", fmt::format("A: b\n{}\n", header))}); }),
        HasSubstr("is sent by itself; leave it out"))
        << header;
}

TEST_F(RemoteTest, NobodyThereIsLost) {
  EXPECT_THROW(Remote({.url = "http://127.0.0.1:1"}).get("/a"), base::Lost);
  will_answer({{503, R"({"detail":"not yet"})", "application/problem+json"}});
  EXPECT_THROW(Remote({.url = url()}).get("/a"), base::Lost);
  will_answer({{400, R"({"detail":"wrong"})", "application/problem+json"}});
  EXPECT_EQ(refused([&] { Remote({.url = url()}).get("/a"); }), "wrong");
}

}  // namespace
}  // namespace app
