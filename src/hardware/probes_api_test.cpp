// The probes as administrators see them.
#include <gmock/gmock.h>

#include "support/hardware_service.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::RawClient;
using testing::AllOf;
using testing::HasSubstr;

class ProbesApiTest : public ServiceTest {
 protected:
  void configure(std::vector<config::ProbeConfig> probes) {
    config::Config next = config_;
    next.probes = std::move(probes);
    ASSERT_TRUE(support::ready(support::start(runtime_.background(), service_->reload(next))));
  }
};

TEST_F(ProbesApiTest, AProbeTestEndsWithItsClient) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  config::Config slow = config_;
  slow.probes = {{.name = "slow", .ttl = 1h, .timeout = 2h, .simulated = {.duration = 1h}}};
  ASSERT_TRUE(support::ready(support::start(runtime_.background(), service_->reload(slow))));
  const std::string body = R"({"provider":"a","name":"b"})";
  const std::string request = fmt::format(
      "POST /hardware/probes/test HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: "
      "application/json\r\nContent-Length: {}\r\n\r\n{}",
      kToken, body.size(), body);
  auto& open = serving_->metrics().gauge("vacancy_http_connections", "", {{"server", "test"}});
  RawClient gone(serving_->port());
  gone.send(request);
  ASSERT_TRUE(eventually([&] { return open.Value() == 1; }));
  gone.close();
  EXPECT_TRUE(eventually([&] { return open.Value() == 0; }));
  RawClient half(serving_->port());
  half.send(request);
  half.end();
  EXPECT_THAT(half.read_all(), AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("keep the connection open")));
  // The end of the service ends the probes, which run still.
}

TEST_F(ProbesApiTest, ProfilesAreListedWithTheirLabelsToAdministrators) {
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"p","name":"x","labels":{"k":"\"v"}})"),
              HasSubstr("HTTP/1.1 201"));
  EXPECT_THAT(ask("GET", "/hardware/profiles"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("provider":"p","name":"x","labels":{"k":"\"v"}})")));
  RawClient nobody(serving_->port());
  nobody.send("GET /hardware/profiles HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(nobody.read_all(), AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("the admin token is missing")));
  RawClient other(serving_->port());
  other.send("GET /hardware/profiles HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer other\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(other.read_all(), AllOf(HasSubstr("HTTP/1.1 401"), HasSubstr("the admin token is wrong")));
}

TEST_F(ProbesApiTest, ProbesAreListedWithTheirLatestFailure) {
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"good","name":"a"})"), HasSubstr("HTTP/1.1 201"));
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"bad","name":"z"})"), HasSubstr("HTTP/1.1 201"));
  ASSERT_TRUE(lists("timed out after 1ms"));
  EXPECT_THAT(ask("GET", "/hardware/probes"),
              AllOf(HasSubstr("Content-Type: application/json"),
                    HasSubstr(R"([{"name":"fails","kind":"simulated","match":{"provider":"bad","name":"*"})"),
                    HasSubstr(R"("calls_a_day":)"), HasSubstr(R"("limits":[],"running":0,"profiles":1,"failing":1)"),
                    HasSubstr(R"({"name":"simulated",)")));
  // In the order of the list the earlier one comes last.
  EXPECT_THAT(ask("POST", "/hardware/", R"({"provider":"bad","name":"m"})"), HasSubstr("HTTP/1.1 201"));
  EXPECT_TRUE(eventually([&] {
    return ask("GET", "/hardware/probes").find(R"("failing":2,"last_failure":{"provider":"bad","name":"m")") !=
           std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] {
    return ask("GET", "/hardware/probes")
               .find(R"("limits":[{"calls":1000,"window":"1h","left":999}],"running":0,"profiles":1,"failing":0})") !=
           std::string::npos;
  }));
}

TEST_F(ProbesApiTest, AProbeThatDiscoversNothingSaysWhy) {
  config::HttpOptions nobody{.url = "http://127.0.0.1:1/", .batch = true};
  nobody.discover = {.list = "/types", .name = "{key}"};
  configure({{.name = "finds", .kind = "http", .match = {"cloud", "*"}, .ttl = 1h, .timeout = 10s, .http = nobody}});
  EXPECT_TRUE(eventually([&] {
    return ask("GET", "/hardware/probes").find(R"("failing":0,"last_failure":{"error":"cannot connect)") !=
           std::string::npos;
  })) << ask("GET", "/hardware/probes");
}

TEST_F(ProbesApiTest, AProbeIsTested) {
  for (const char* provider : {"good", "bad"}) ASSERT_TRUE(store_.add({provider, "a"}));
  EXPECT_THAT(ask("POST", "/hardware/probes/test", R"({"provider":"good","name":"a"})"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"({"probe":"simulated","kind":"simulated",)"),
                    HasSubstr(R"("availability":")"), HasSubstr(R"("reason":"picked at random")"),
                    testing::Not(HasSubstr("age_seconds"))));
  EXPECT_THAT(ask("POST", "/hardware/probes/test", R"({"provider":"bad","name":"a"})"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("error":"timed out after 1ms"})")));
  EXPECT_THAT(ask("POST", "/hardware/probes/test", R"({"provider":"good","name":"none"})"), HasSubstr("HTTP/1.1 404"));
  EXPECT_THAT(ask("POST", "/hardware/probes/test", R"({"provider":"good","name":"a","labels":{}})"),
              AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("leave 'labels' out")));
  store_.lose(true);
  EXPECT_THAT(ask("POST", "/hardware/probes/test", R"({"provider":"good","name":"a"})"), HasSubstr("HTTP/1.1 503"));
}

TEST_F(ProbesApiTest, ATestShowsAllThatTheSourceGave) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  const std::string gives = R"({"free":0,"total":8,"largest":0,"score":0.5,"price":1.25,"age":90,"reason":"full"})";
  configure({{.name = "says", .kind = "exec", .ttl = 1h, .timeout = 1min, .exec = {.command = {"echo", gives}}}});
  const std::string answer = ask("POST", "/hardware/probes/test", R"({"provider":"a","name":"b"})");
  EXPECT_THAT(answer,
              AllOf(HasSubstr(R"({"probe":"says","kind":"exec","took_seconds":)"), HasSubstr(R"("sent":"PROBE_)"),
                    HasSubstr(R"("received":"exit code 0)"), HasSubstr(R"("availability":"LOW","reason":"full)")));
  EXPECT_THAT(answer, HasSubstr(R"("free":0,"total":8,"largest":0,"score":0.5,"price":1.25,"age_seconds":90})"));
}

TEST_F(ProbesApiTest, ATestShowsWhatIsNoTextAsText) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  configure({{.name = "says", .kind = "exec", .ttl = 1h, .timeout = 1min, .exec = {.command = {"printf", R"(\377)"}}}});
  const std::string answer = ask("POST", "/hardware/probes/test", R"({"provider":"a","name":"b"})");
  EXPECT_THAT(answer, AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("received":"exit code 0\u000a?")"),
                            testing::Not(HasSubstr("\xff"))));
}

/// Whose database has been away since the start.
class LostProbesApiTest : public ServiceTest {
 protected:
  LostProbesApiTest() : ServiceTest(10ms, true) {}
};

TEST_F(LostProbesApiTest, WhatIsLeftIsNotKnown) {
  const auto left = [&](const char* count) {
    return fmt::format(R"({{"calls":1000,"window":"1h","left":{}}})", count);
  };
  EXPECT_THAT(ask("GET", "/hardware/probes"), AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(left("null"))));
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return ask("GET", "/hardware/probes").contains(left("1000")); }));
}

TEST_F(ProbesApiTest, TheListShowsHowEachIsConfiguredAndWhatIsLeftNow) {
  ASSERT_TRUE(lists("[\n]"));
  const auto left = [](const char* count) {
    return HasSubstr(
        fmt::format(R"("ttl":"1h","timeout":"30s","limits":[{{"calls":1000,"window":"1h","left":{}}}])", count));
  };
  EXPECT_THAT(ask("GET", "/hardware/probes"),
              AllOf(HasSubstr(R"("ttl":"1h","timeout":"1ms","limits":[])"), left("1000")));
  const std::vector<store::Limit> limits{{1000, 1h}};
  ASSERT_TRUE(store_.spend("simulated", limits));
  EXPECT_THAT(ask("GET", "/hardware/probes"), left("999"));
}

TEST_F(ProbesApiTest, AProbeThatIsSlowedDownSaysSinceWhen) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  EXPECT_THAT(ask("GET", "/hardware/probes"), testing::Not(HasSubstr("slow_since")));
  configure({{.name = "down", .kind = "exec", .ttl = 1ms, .timeout = 1min, .exec = {.command = {"false"}}}});
  EXPECT_TRUE(eventually([&] { return ask("GET", "/hardware/probes").contains(R"("failing":1,"slow_since":"20)"); }));
}

}  // namespace
}  // namespace hardware
