// profile and probe against a hardware service that answers what the test says.

#include "app/commands/administration.hpp"

#include <fstream>

#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

class AdministrationTest : public support::CommandTest {
 protected:
  AdministrationTest() { std::ofstream(directory_ / "token") << "a-token-of-some-length\n"; }

  Ran administer(Command (*add)(CLI::App&), std::vector<std::string> words) {
    words.insert(words.end(), {"--hardware-url", url(), "--token-file", directory_ / "token"});
    return run(add, std::move(words));
  }
  Ran profile(std::vector<std::string> words) {
    words.insert(words.begin(), "profile");
    return administer(add_profile, std::move(words));
  }
  Ran probe(std::vector<std::string> words) {
    words.insert(words.begin(), "probe");
    return administer(add_probe, std::move(words));
  }

  support::TempDir directory_;
  const std::string profiles_ = R"([
    {"id":7,"provider":"p","name":"a","labels":{"zone":"eu","secret_key":"s3cret"}},
    {"id":6,"provider":"p","name":"other, one","labels":{}}])";
};

TEST_F(AdministrationTest, AddsAProfileWithItsLabels) {
  will_answer({{201, R"({"id":7,"provider":"p","name":"a"})"}});
  const Ran ran = profile({"add", "p", "a", "--label", "zone=eu=1", "--attribute", "k="});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "added p a (id 7)\n");
  EXPECT_THAT(asked(), ElementsAre("POST /hardware/ [Bearer a-token-of-some-length] "
                                   R"({"provider":"p","name":"a","labels":{"k":"","zone":"eu=1"}})"));
  EXPECT_THAT(profile({"add", "p", "a", "--attribute", "zone"}).err, HasSubstr("'zone' is not a label"));
}

TEST_F(AdministrationTest, FindsTheProfileThatItChanges) {
  will_answer({{200, profiles_}, {200, "{}"}});
  EXPECT_EQ(profile({"rename", "p", "a", "q", "b"}).out, "renamed p a to q b\n");
  EXPECT_THAT(asked().back(), EndsWith(R"({"provider":"q","name":"b"})")) << "its labels stay";
  will_answer({{200, profiles_}, {204, ""}});
  EXPECT_EQ(profile({"remove", "p", "a"}).out, "removed p a\n");
  EXPECT_THAT(asked().back(), HasSubstr("DELETE /hardware/7 "));
  will_answer({{200, profiles_}});
  const Ran none = profile({"remove", "p", "none"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("there is no profile 'p' 'none'"));
}

TEST_F(AdministrationTest, SetMergesLabels) {
  const auto labels = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"set", "p", "a"});
    will_answer({{200, profiles_}, {200, "{}"}});
    const Ran ran = profile(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(asked().back(), HasSubstr("PUT /hardware/7 "));
    return asked().back().substr(asked().back().find("\"labels\":") + 9);
  };
  EXPECT_EQ(labels({"k=v"}), R"({"k":"v","secret_key":"s3cret","zone":"eu"}})");
  EXPECT_EQ(labels({"zone=us", "--unset", "secret_key"}), R"({"zone":"us"}})");
  EXPECT_EQ(labels({"k=v", "--replace"}), R"({"k":"v"}})");
  EXPECT_EQ(labels({"--replace"}), "{}}");
  EXPECT_EQ(profile({"set", "p", "a"}).code, 2);
  will_answer({{200, profiles_}});
  EXPECT_THAT(profile({"set", "p", "a", "--unset", "none"}).err, HasSubstr("has no label 'none'"));
  EXPECT_THAT(profile({"set", "p", "none", "k=v"}).err, HasSubstr("there is no profile 'p' 'none'"));
  will_answer({{404, ""}, {200, "[]"}});
  EXPECT_THAT(profile({"set", "p", "a", "k=v"}).err, HasSubstr("older than the command"));
  EXPECT_THAT(profile({"set", "p", "a", "k=v", "k=w"}).err, HasSubstr("label 'k' is given twice"));
}

TEST_F(AdministrationTest, AProfileIsTwoWordsOrOneWithASlash) {
  const auto added = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "add");
    will_answer({{201, R"({"id":7})"}});
    const Ran ran = profile(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return asked().back().substr(asked().back().find('{'));
  };
  EXPECT_EQ(added({"p", "a"}), R"({"provider":"p","name":"a","labels":{}})");
  EXPECT_EQ(added({"p/a"}), R"({"provider":"p","name":"a","labels":{}})");
  EXPECT_EQ(added({"p/q", "a/b"}), R"({"provider":"p/q","name":"a/b","labels":{}})");
  EXPECT_EQ(added({"p/a", "zone=eu"}), R"({"provider":"p","name":"a","labels":{"zone":"eu"}})");
  EXPECT_EQ(added({"p", "a=b", "zone=eu"}), R"({"provider":"p","name":"a=b","labels":{"zone":"eu"}})");
  EXPECT_EQ(added({"p/a", "--label", "zone=eu", "k=v"}),
            R"({"provider":"p","name":"a","labels":{"k":"v","zone":"eu"}})");
  will_answer({{200, profiles_}, {200, "{}"}});
  EXPECT_EQ(profile({"set", "p/a", "rack=8"}).out, "p a has 3 labels\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"p/a", "q/b"}, {"p", "a", "q/b"}, {"p/a", "q", "b"}, {"p", "a", "q", "b"}}) {
    will_answer({{200, profiles_}, {200, "{}"}});
    std::vector<std::string> all{"rename"};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_EQ(profile(all).out, "renamed p a to q b\n");
    EXPECT_THAT(asked().back(), EndsWith(R"({"provider":"q","name":"b"})"));
  }
  will_answer({{200, profiles_}, {204, ""}});
  EXPECT_EQ(profile({"remove", "p/a"}).out, "removed p a\n");
  const std::size_t before = asked().size();
  for (const std::vector<std::string>& words : {std::vector<std::string>{"add", "p"},
                                                {"remove", "p"},
                                                {"show", "p"},
                                                {"rename", "p/a"},
                                                {"rename", "p/a", "q"},
                                                {"rename", "p", "a", "q"}}) {
    const Ran ran = profile(words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("PROVIDER/NAME"));
  }
  EXPECT_THAT(asked(), testing::SizeIs(before));
  will_answer({{200, profiles_}});
  EXPECT_EQ(profile({"remove", "p/a", ""}).code, 2) << "an empty word is no word that is left out";
}

TEST_F(AdministrationTest, AnotherServiceIsNamed) {
  const std::vector<std::vector<std::string>> commands{{"profile", "list"},        {"profile", "add", "p", "a"},
                                                       {"profile", "show", "p/a"}, {"probe", "list"},
                                                       {"probe", "test", "p/a"},   {"profile", "export"}};
  for (const auto& [status, body, type] :
       {std::tuple(404, R"({"detail":"there is nothing at this path"})", "application/problem+json"),
        {501, "", "text/plain"},
        {405, "", "text/html"},
        {503, "", "text/plain"},
        {200, "{", "application/json"}})
    for (const auto& words : commands) {
      will_answer({{status, body, type}});
      const Ran ran = administer(words.front() == "probe" ? add_probe : add_profile, words);
      EXPECT_THAT(ran.err, HasSubstr(url())) << status << words[1];
      if (status == 200 && words[1] == "add") continue;
      EXPECT_EQ(ran.code, 1) << status << words[1];
      if (status != 503) EXPECT_THAT(ran.err, HasSubstr("is it a hardware service?"));
    }
  for (const auto& words : commands) {
    will_answer({{200, "<html>", "text/html"}});
    const Ran ran = administer(words.front() == "probe" ? add_probe : add_profile, words);
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("answers a page instead"));
  }
}

TEST_F(AdministrationTest, ListsAndShowsProfiles) {
  const std::string rows = R"([{"provider":"p","name":"a","id":7,"availability":"HIGH","freshness":"FRESH",
    "measured_at":null,"reason":"","free":3,"probe":"x"}])";
  will_answer({{200, rows}});
  EXPECT_EQ(profile({"list"}).out, "PROVIDER  NAME  ID  LEVEL  PROBE\np         a      7  HIGH   x\n");
  EXPECT_EQ(profile({"list", "-o", "name"}).out, "p/a\n");
  EXPECT_EQ(run(add_profile, {"profile", "list", "-o", "name", "--url", url()}).out, "p/a\n") << "without a token";
  will_answer({{200, profiles_}, {200, rows}});
  EXPECT_EQ(profile({"show", "p/a"}).out,
            "provider      p\nname          a\nid            7\navailability  HIGH\nfreshness     FRESH\n"
            "free          3\nprobe         x\nlabel         secret_key=s3cret\nlabel         zone=eu\n");
  will_answer({{200, profiles_}, {200, rows}});
  EXPECT_THAT(profile({"show", "p", "a", "-o", "json"}).out,
              HasSubstr(R"("labels":{"secret_key":"s3cret","zone":"eu"}})"));
}

TEST_F(AdministrationTest, ExportsWhatItApplies) {
  will_answer({{200, profiles_}});
  const std::string yaml = profile({"export"}).out;
  EXPECT_EQ(yaml,
            "profiles:\n  - {\"provider\": \"p\", \"name\": \"a\", \"labels\": {\"secret_key\": \"s3cret\", "
            "\"zone\": \"eu\"}}\n  - {\"provider\": \"p\", \"name\": \"other, one\"}\n");
  const std::string csv = profile({"export", "-o", "csv"}).out;
  EXPECT_EQ(csv, "provider,name,secret_key,zone\np,a,s3cret,eu\np,\"other, one\",,\n");
  const std::string json = profile({"export", "-o", "json"}).out;
  for (const auto& [name, text] : {std::pair("f.yaml", yaml), {"f.csv", csv}, {"f.json", json}}) {
    std::ofstream(directory_ / name) << text;
    const Ran ran = profile({"apply", directory_ / name});
    EXPECT_EQ(ran.out, "0 added, 0 changed, 2 as they were\n") << name << ran.err;
    EXPECT_THAT(asked().back(), HasSubstr("GET ")) << "nothing was written";
  }
}

TEST_F(AdministrationTest, AppliesWhatDiffers) {
  std::ofstream(directory_ / "f.yaml")
      << "profiles: [new/one, {provider: p, name: a, labels: {zone: us, secret_key: other}}, 'p/other, one']";
  will_answer({{200, profiles_}, {200, "{}"}});
  const char* shown = "+ new/one\n~ p/a  secret_key=… (was …), zone=us (was eu)\n";
  EXPECT_EQ(profile({"apply", "--dry-run", directory_ / "f.yaml"}).out,
            std::string(shown) + "would be: 1 added, 1 changed, 1 as they were\n");
  EXPECT_THAT(asked(), testing::SizeIs(1));
  will_answer({{200, profiles_}, {200, "{}"}});
  EXPECT_EQ(profile({"apply", directory_ / "f.yaml"}).out, std::string(shown) + "1 added, 1 changed, 1 as they were\n");
  ASSERT_THAT(asked(), testing::SizeIs(4));
  EXPECT_THAT(asked()[2], EndsWith(R"([{"provider":"new","name":"one","labels":{}}])"));
  EXPECT_THAT(asked()[3], EndsWith(R"({"provider":"p","name":"a","labels":{"secret_key":"other","zone":"us"}})"));
  EXPECT_THAT(profile({"apply", directory_ / "none.yaml"}).err, HasSubstr("none.yaml': No such file or directory"));
}

TEST_F(AdministrationTest, WhatIsRefusedIsTold) {
  will_answer({{409, R"({"detail":"the profile exists"})"}});
  const Ran refused = profile({"add", "p", "a"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_EQ(refused.err, "vacancy: the profile exists\n");
  will_answer({{503, R"({"detail":"not yet"})"}});
  EXPECT_EQ(profile({"remove", "p", "a"}).code, 1);
  EXPECT_EQ(run(add_profile, {"profile", "add", "p", "a", "--token-file", directory_ / "none"}).code, 2);
  EXPECT_EQ(profile({"add", "p"}).code, 2);
}

TEST_F(AdministrationTest, ListsProbes) {
  const std::string probes = R"([
    {"name":"slurm","kind":"exec","match":{"provider":"p","name":"*"},"ttl":"1m","profiles":1,"failing":0,"calls_a_day":1440,
     "limits":[]},
    {"name":"paced","kind":"http","match":{"provider":"r","name":"*"},"ttl":"15m","profiles":2,"failing":0,"calls_a_day":5760,
     "limits":[],"refresh":{"min":"30s","max":"15m","watched":1,"watched_period":"45s"}},
    {"name":"cloud","kind":"http","match":{"provider":"q","name":"*"},"ttl":"5m","profiles":3,"failing":2,
     "calls_a_day":864,"most_calls_a_day":1728000,"configurations":9,
     "limits":[{"left":3,"calls":10,"window":"1h"},{"calls":5,"window":"1m"}],"slow_since":"T1",
     "last_failure":{"failed_at":"T2","provider":"q","name":"x","error":"no\u001b"}}])";
  will_answer({{200, probes}});
  EXPECT_EQ(probe({"list"}).out,
            "slurm (exec) measures p/* every 1m: 1 profile, 0 failing\n"
            "  calls a day: 1440\n"
            "paced (http) measures r/* every 30s to 15m (1 watched, every 45s): 2 profiles, 0 failing\n"
            "  calls a day: up to 5760\n"
            "cloud (http) measures q/* every 5m: 3 profiles, 2 failing\n"
            "  budget: 3 of 10 in 1h left, ? of 5 in 1m left\n"
            "  calls a day: 864 of 1728000 that the source allows\n"
            "  configurations: 9, of which the source limits new ones in a day\n"
            "  slowed down since T1, because its source fails\n"
            "  last failure: T2 q/x: no?\n");
  EXPECT_EQ(probe({"list", "--json"}).out, probes);
  EXPECT_THAT(asked().back(), HasSubstr("GET /hardware/probes ["));
}

TEST_F(AdministrationTest, TestsAProbeAndShowsAllOfIt) {
  will_answer(
      {{200,
        R"({"probe":"x","kind":"exec","took_seconds":0.25,"sent":"run me","received":"one\r\ntwo\n","availability":"HIGH",
      "reason":"why","free":4,"total":8,"largest":2,"price":1.64,"age_seconds":90})"}});
  const Ran ran = probe({"test", "p/a/b"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out,
            "probe     x (exec)\n"
            "sent\n  run me\n"
            "received\n  one\n  two\n"
            "took      0.250 s\n"
            "numbers   free 4, total 8, largest 2, price 1.64\n"
            "measured  90 s before\n"
            "level     HIGH\n"
            "because   why\n");
  EXPECT_THAT(asked().back(), HasSubstr(R"("provider":"p","name":"a/b"})"));
  will_answer({{200, R"({"probe":"x","kind":"exec","took_seconds":0,"sent":"","received":"","error":"timed out"})"}});
  const Ran failed = probe({"test", "p/a"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "probe     x (exec)\ntook      0.000 s\nfailed    timed out\n");
  EXPECT_EQ(probe({"test", "p", "a"}).code, 1);
  EXPECT_EQ(probe({"test", "a"}).code, 2);
  EXPECT_EQ(probe({"test"}).code, 2);
}

}  // namespace
}  // namespace app
