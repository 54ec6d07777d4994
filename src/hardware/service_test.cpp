// The service as its clients and administrators see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/secret.hpp"
#include "support/captured_log.hpp"
#include "support/hardware_service.hpp"
#include "support/temp_dir.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::RawClient;
using testing::HasSubstr;

TEST_F(ServiceTest, AProfileIsAddedMeasuredRenamedAndRemoved) {
  const std::string added = ask("POST", "/hardware/", R"({"provider":"Amazon","name":"c5"})");
  EXPECT_THAT(added,
              testing::AllOf(HasSubstr("HTTP/1.1 201"), HasSubstr("Location: /hardware/1"), HasSubstr("\"id\":1")));
  EXPECT_TRUE(lists("FRESH"));
  EXPECT_THAT(ask("PUT", "/hardware/1", R"({"provider":"Amazon","name":"c6"})"), HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(lists("c6"));
  EXPECT_THAT(ask("DELETE", "/hardware/1"), HasSubstr("HTTP/1.1 204"));
  EXPECT_TRUE(lists("[\n]"));
}

TEST_F(ServiceTest, AdministrationSaysWhatIsWrong) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  const std::string body = R"({"provider":"a","name":"b"})";
  EXPECT_THAT(ask("POST", "/hardware/", body, "wrong"),
              testing::AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Bearer")));
  EXPECT_THAT(ask("POST", "/hardware/", body), HasSubstr("HTTP/1.1 409"));
  EXPECT_THAT(ask("POST", "/hardware/", "{"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"a","name":"c","levle":"HIGH"})"),
              testing::AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("levle")));
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":" a","name":"c"})"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(ask("PUT", "/hardware/77", R"({"provider":"a","name":"c"})"), HasSubstr("HTTP/1.1 404"));
  EXPECT_THAT(ask("DELETE", "/hardware/x"), HasSubstr("HTTP/1.1 404"));
}

TEST_F(ServiceTest, TheTokenIsCheckedBeforeABodyIsRead) {
  const std::pair<const char*, const char*> requests[] = {
      {"POST", "/hardware/"}, {"PUT", "/hardware/1"}, {"POST", "/hardware/probes/test"}, {"DELETE", "/hardware/1"}};
  for (const auto& [method, path] : requests)
    for (const char* token : {"", "Authorization: Bearer wrong\r\n"}) {
      RawClient client(serving_->port());
      // The body never comes.
      client.send(fmt::format("{} {} HTTP/1.1\r\nHost: x\r\n{}Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n",
                              method, path, token));
      EXPECT_THAT(client.read_all(), testing::StartsWith("HTTP/1.1 401")) << method << " " << path;
    }
  EXPECT_THAT(ask("POST", "/hardware/probes/test", std::string(20'000, ' ')), HasSubstr("larger than 16384 bytes"));
  EXPECT_THAT(ask("GET", "/hardware/probes", "", "wrong"), HasSubstr("HTTP/1.1 401"));
  ASSERT_TRUE(lists("HTTP/1.1 200")) << "the profiles are loaded";
  EXPECT_THAT(ask("GET", "/hardware/", "a body"), HasSubstr("HTTP/1.1 200")) << "is public, and reads no body";
}

TEST_F(ServiceTest, ABodyIsJsonAndSaysSo) {
  const auto send = [this](std::string_view type, const std::string& body) {
    RawClient client(serving_->port());
    client.send(
        fmt::format("POST /hardware/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{}Content-Length: {}\r\n"
                    "Connection: close\r\n\r\n{}",
                    kToken, type, body.size(), body));
    return client.read_all();
  };
  const std::string one = R"({"provider":"p","name":"a"})", list = "[" + one + "]";
  for (const char* type : {"", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n"})
    for (const std::string& body : {one, list})
      EXPECT_THAT(send(type, body), HasSubstr("send the profile as Content-Type: application/json")) << type << body;
  EXPECT_THAT(send("Content-Type: Application/JSON ; charset=utf-8\r\n", one), HasSubstr("HTTP/1.1 201"));
}

TEST_F(ServiceTest, IdsAreWholeNumbers) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  for (const char* id : {"1x", "x1", "1.0", "%201", "99999999999999999999"}) {
    EXPECT_THAT(ask("DELETE", fmt::format("/hardware/{}", id)), HasSubstr("HTTP/1.1 404")) << id;
    EXPECT_THAT(ask("PUT", fmt::format("/hardware/{}", id), R"({"provider":"a","name":"c"})"),
                HasSubstr("HTTP/1.1 404"))
        << id;
  }
  EXPECT_THAT(ask("DELETE", "/hardware/1"), HasSubstr("HTTP/1.1 204"));
}

TEST_F(ServiceTest, ADatabaseThatIsAwayIsToldApartFromOneThatRefuses) {
  const std::pair<const char*, const char*> requests[] = {
      {"POST", "/hardware/"}, {"PUT", "/hardware/1"}, {"DELETE", "/hardware/1"}};
  for (const auto& [method, path] : requests)
    for (const auto& [kind, status] : {std::pair{sql::ErrorKind::lost, "HTTP/1.1 503"},
                                       {sql::ErrorKind::busy, "HTTP/1.1 503"},
                                       {sql::ErrorKind::other, "HTTP/1.1 500"}}) {
      store_.refuse(kind);
      const std::string answer = ask(method, path, R"({"provider":"a","name":"b"})");
      EXPECT_THAT(answer, HasSubstr(status)) << method;
      EXPECT_EQ(answer.contains("the statement is refused"), kind != sql::ErrorKind::other);
    }
  store_.refuse({});
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"a","name":"b"})"), HasSubstr("HTTP/1.1 201"));
}

TEST_F(ServiceTest, LabelsAreKeptUnlessOthersAreSent) {
  const auto labels = [this] { return store_.find({"p", "n"})->labels; };
  ask("POST", "/hardware/", R"({"provider":"p","name":"n","labels":{"zone":"a"}})");
  EXPECT_EQ(labels(), (core::Labels{{"zone", "a"}}));
  EXPECT_THAT(ask("PUT", "/hardware/1", R"({"provider":"p","name":"n"})"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(labels(), (core::Labels{{"zone", "a"}}));
  EXPECT_THAT(ask("PUT", "/hardware/1", R"({"provider":"p","name":"n","labels":{}})"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(labels(), core::Labels());
}

/// The database is asked only when there is a reason.
class PokedTest : public ServiceTest {
 protected:
  PokedTest() : ServiceTest(1h) { EXPECT_TRUE(lists("[\n]")); }
};

TEST_F(PokedTest, WhatIsAdministeredIsShownAtOnce) {
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"Amazon","name":"c5"})"), HasSubstr("HTTP/1.1 201"));
  EXPECT_TRUE(lists("FRESH"));
  EXPECT_THAT(ask("PUT", "/hardware/1", R"({"provider":"Amazon","name":"c6"})"), HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(lists("c6"));
  EXPECT_THAT(ask("DELETE", "/hardware/1"), HasSubstr("HTTP/1.1 204"));
  EXPECT_TRUE(lists("[\n]"));
}

TEST_F(PokedTest, WhatIsAddedTogetherIsShownAtOnce) {
  EXPECT_THAT(ask("POST", "/hardware/", R"([{"provider":"Amazon","name":"c5"}])"), HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(lists("FRESH"));
}

TEST_F(PokedTest, AReloadAddsProfilesAndPlansAllAnew) {
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"Amazon","name":"c5"})"), HasSubstr("HTTP/1.1 201"));
  EXPECT_TRUE(lists(R"("probe":"simulated")"));
  config::Config next = config_;
  next.probes = {{.name = "other", .ttl = 1h, .simulated = {.duration = 1ms}}};
  next.profiles = {{{"Azure", "H16mr"}, {}}};
  ASSERT_TRUE(support::ready(support::start(runtime_.background(), service_->reload(next))));
  EXPECT_TRUE(lists("H16mr"));
  EXPECT_TRUE(eventually([&] {
    const std::string list = ask("GET", "/hardware/");
    return list.find(R"("probe":"simulated")") == std::string::npos &&
           list.find(R"("probe":"other")") != std::string::npos;
  }));
}

TEST_F(ServiceTest, ManyProfilesAreAddedTogetherOrNone) {
  ASSERT_TRUE(store_.add({"a", "there"}));
  const std::string answer = ask(
      "POST", "/hardware/",
      R"( [{"provider":"a","name":"b","labels":{"k":"v"}},{"provider":"a","name":"there"},{"provider":"a","name":"b"}])");
  EXPECT_THAT(answer, testing::AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("added":1,"existed":2,)"),
                                     HasSubstr(R"({"id":2,"provider":"a","name":"b","existed":false})"),
                                     HasSubstr(R"({"id":1,"provider":"a","name":"there","existed":true})"),
                                     HasSubstr(R"({"id":2,"provider":"a","name":"b","existed":true})")));
  EXPECT_TRUE(lists("\"name\":\"b\""));
  EXPECT_EQ(store_.find({"a", "b"})->labels, (core::Labels{{"k", "v"}}));
  EXPECT_THAT(ask("POST", "/hardware/", R"([{"provider":"a","name":"new"},{"provider":"a","name":""}])"),
              testing::AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("element 1")));
  EXPECT_FALSE(store_.find({"a", "new"}));
  EXPECT_THAT(ask("POST", "/hardware/", "[]"), HasSubstr(R"("added":0,"existed":0,"profiles":[]})"));
  EXPECT_THAT(ask("POST", "/hardware/", "[]", "wrong"), HasSubstr("HTTP/1.1 401"));
}

TEST_F(ServiceTest, LabelsThatAreTooLongAreRefusedWithTheirLimitAndLeaveNothing) {
  const std::string body =
      fmt::format(R"({{"provider":"a","name":"b","labels":{{"k":"{}"}}}})", std::string(70'000, 'x'));
  EXPECT_THAT(ask("POST", "/hardware/", body), testing::AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("16384")));
  EXPECT_FALSE(store_.find({"a", "b"}));
  const auto id = store_.add({"a", "b"}, {{"k", "v"}})->id;
  EXPECT_THAT(ask("PUT", fmt::format("/hardware/{}", id), body), HasSubstr("HTTP/1.1 400"));
  EXPECT_EQ(store_.find({"a", "b"})->labels, (core::Labels{{"k", "v"}}));
}

TEST_F(ServiceTest, ReadersAreServedWhileTheDatabaseIsAway) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  EXPECT_TRUE(lists("FRESH"));
  EXPECT_TRUE(eventually([&] { return service_->problem().empty(); }));
  store_.lose(true);
  EXPECT_TRUE(eventually([&] { return service_->problem().starts_with("the database cannot be read"); }));
  EXPECT_THAT(metrics_.text(), HasSubstr("vacancy_database_up 0\n"));
  EXPECT_THAT(ask("GET", "/hardware/"), HasSubstr("FRESH"));
  RawClient stream(serving_->port());
  stream.send("GET /hardware/events HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto hears = [&](const char* text) {
    return eventually([&] { return stream.read_until("\n\n").contains(text); }, 1min);
  };
  EXPECT_TRUE(hears(R"("outage":{"side":"database")")) << "readers are told which side it is";
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"a","name":"c"})"),
              testing::AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("the memory store is lost")))
      << "administrators are told why";
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return service_->problem().empty(); }));
  EXPECT_TRUE(hears(R"("outage":null})"));
}

TEST_F(ServiceTest, ADatabaseThatCanOnlyBeReadIsNotUp) {
  store_.refuse_results(true);
  ASSERT_TRUE(store_.add({"a", "b"}));
  EXPECT_TRUE(eventually([&] { return service_->problem().starts_with("the database has failed for "); }, 1min));
  EXPECT_THAT(metrics_.text(), HasSubstr("vacancy_database_up 0\n"));
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return metrics_.text().contains("vacancy_database_up 1\n"); }, 1min));
}

TEST_F(ServiceTest, ItsRowsAreCounted) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  EXPECT_TRUE(
      eventually([&] { return metrics_.text().contains(R"(vacancy_rows{freshness="FRESH",server="hardware"} 1)"); }));
}

TEST_F(ServiceTest, TasksAreLeasedForAsLongAsIsConfigured) {
  EXPECT_TRUE(eventually([&] { return store_.lease() == config_.hardware.lease; }));
}

}  // namespace
}  // namespace hardware
