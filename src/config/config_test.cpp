// Defaults, validation, printing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "config/glob.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "config/yaml_reader.hpp"

namespace config {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Config, DefaultsAreValidAndGetAProbeForEverything) {
  EXPECT_NO_THROW(validate(Config{}));
  const Config config = load(std::nullopt, {});
  Config expected;
  expected.probes = {ProbeConfig{.name = "simulated"}};
  EXPECT_EQ(config, expected);
  EXPECT_EQ(config.hardware.http.port, 5001);
  EXPECT_EQ(config.portal.http.port, 5000);
  EXPECT_EQ(config.probes[0].match, (Match{.provider = "*", .name = "*"}));
}

TEST(Config, ExpiryIsFiveTtlsUnlessGiven) {
  EXPECT_EQ((ProbeConfig{.ttl = seconds{7}}.effective_expire_after()), seconds{35});
  EXPECT_EQ((ProbeConfig{.ttl = seconds{7}, .expire_after = seconds{9}}.effective_expire_after()), seconds{9});
}

/// The message of validate() after `spoil`; "" when it has nothing to say.
std::string complaint(const std::function<void(Config&)>& spoil) {
  Config config;
  config.probes = {ProbeConfig{.name = "a", .match = {.provider = "A"}}, ProbeConfig{.name = "b"}};
  config.profiles = {{{"Amazon", "c5"}, {}}, {{"Azure", "H16mr"}, {}}};
  spoil(config);
  try {
    validate(config);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return {};
}

TEST(Validate, NamesTheKeyOfAWrongValue) {
  EXPECT_EQ(complaint([](Config&) {}), "");
  EXPECT_THAT(complaint([](Config& c) { c.log_level = "inof"; }), "log_level: 'inof' is unknown; did you mean info?");
  EXPECT_THAT(complaint([](Config& c) { c.log_level = "loud"; }),
              "log_level: 'loud' is unknown; use one of trace, debug, info, warn, error, off");
  EXPECT_THAT(complaint([](Config& c) { c.threads = 100'000; }), "threads: 100000 is not from 0 to 1024");
  EXPECT_THAT(complaint([](Config& c) { c.data_dir = ""; }), StartsWith("data_dir: is empty"));
  EXPECT_THAT(complaint([](Config& c) { c.admin.address = ""; }), StartsWith("admin.address: is empty"));
  EXPECT_THAT(complaint([](Config& c) { c.portal.http.io_timeout = {}; }), StartsWith("portal.http.io_timeout: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.portal.http.idle_timeout = {}; }), StartsWith("portal.http.idle_timeout: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.hardware.http.max_connections = 0; }),
              StartsWith("hardware.http.max_connections: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.hardware.database = ""; }), StartsWith("hardware.database: is empty"));
  EXPECT_THAT(complaint([](Config& c) { c.hardware.database_connections = 0; }),
              "hardware.database_connections: 0 is not from 1 to 1024");
  EXPECT_THAT(complaint([](Config& c) { c.hardware.poll_interval = {}; }), StartsWith("hardware.poll_interval: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.hardware.lease = milliseconds{999}; }),
              "hardware.lease: 999ms is too short; give 1s or more");
  EXPECT_EQ(complaint([](Config& c) { c.hardware.lease = seconds{1}; }), "");
  EXPECT_EQ(complaint([](Config& c) { c.hardware.lease = std::chrono::days{367}; }),
            "hardware.lease: 367d is not from 0s to 366d");
  EXPECT_EQ(complaint([](Config& c) { c.hardware.history.hours = std::chrono::days{3651}; }),
            "hardware.history.hours: 3651d is not from 0s to 3650d");
  EXPECT_EQ(complaint([](Config& c) { c.hardware.history = {{}, {}, std::chrono::days{3650}, {}}; }), "");
  EXPECT_THAT(complaint([](Config& c) { c.portal.poll_interval = {}; }), StartsWith("portal.poll_interval: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.portal.poll_timeout = {}; }), StartsWith("portal.poll_timeout: 0"));
}

TEST(Validate, WantsProbesThatCanRun) {
  EXPECT_THAT(complaint([](Config& c) { c.probes[1].name = ""; }), StartsWith("probes[1].name: '' is not a name"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[1].name = "a b"; }), StartsWith("probes[1].name: 'a b'"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[1].name = "a"; }), StartsWith("probes[1].name: 'a' names two probes"));
  EXPECT_EQ(complaint([](Config& c) { c.probes[1].name = "Az_09.-"; }), "");
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].kind = "simulted"; }),
              "probes[0].kind: kind 'simulted' is unknown; did you mean simulated?");
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].ttl = {}; }), StartsWith("probes[0].ttl: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].timeout = {}; }), StartsWith("probes[0].timeout: 0"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].expire_after = seconds{59}; }),
              StartsWith("probes[0].expire_after: 59s is shorter than the ttl 1m"));
  EXPECT_EQ(complaint([](Config& c) { c.probes[0].expire_after = seconds{60}; }), "");
  const auto of_refresh = [](Refresh refresh, base::Duration ttl = seconds{60}) {
    return complaint([&](Config& c) {
      c.probes[0].ttl = ttl;
      c.probes[0].refresh = refresh;
    });
  };
  EXPECT_EQ(of_refresh({seconds{30}, minutes{15}}), "");
  EXPECT_EQ(of_refresh({seconds{30}, {}}, minutes{15}), "");
  EXPECT_EQ(of_refresh({seconds{30}, minutes{15}}, minutes{15}), "");
  EXPECT_THAT(of_refresh({{}, minutes{15}}), StartsWith("probes[0].refresh.min: 0 makes no sense here"));
  EXPECT_THAT(of_refresh({seconds{61}, {}}),
              StartsWith("probes[0].refresh.min: 1m1s is longer than the longest period, 1m"));
  EXPECT_THAT(of_refresh({seconds{30}, minutes{15}}, minutes{5}),
              StartsWith("probes[0].refresh.max: 15m takes the place of the ttl, which is 5m"));
  EXPECT_THAT(complaint([](Config& c) {
                c.probes[0].refresh = {seconds{30}, minutes{15}};
                c.probes[0].expire_after = minutes{2};
              }),
              StartsWith("probes[0].expire_after: 2m is shorter than the longest period 15m"));
  ProbeConfig paced{.refresh = {seconds{30}, {}}};
  EXPECT_EQ(paced.shortest_period(), seconds{30});
  EXPECT_EQ(paced.longest_period(), seconds{60});
  EXPECT_EQ(paced.most_runs(), std::numeric_limits<double>::infinity());
  paced.rate = {10, seconds{1}};
  paced.budget = {{7200, hours{1}}, {864'000, hours{24}}};
  EXPECT_EQ(paced.most_runs(), 2);
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].match.name = ""; }), StartsWith("probes[0].match.name: is empty"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].match.provider = ""; }),
              StartsWith("probes[0].match.provider: is empty"));
  EXPECT_EQ(complaint([](Config& c) { c.probes[0].simulated.duration = {}; }), "");
}

TEST(Validate, BoundsEveryDuration) {
  EXPECT_THAT(complaint([](Config& c) { c.drain_timeout = seconds{-1}; }),
              StartsWith("drain_timeout: -1s is not from"));
  EXPECT_THAT(complaint([](Config& c) { c.admin.idle_timeout = hours{24 * 400}; }), StartsWith("admin.idle_timeout: "));
  EXPECT_THAT(complaint([](Config& c) { c.probes[1].simulated.duration = seconds{-1}; }),
              StartsWith("probes[1].duration: -1s"));
  EXPECT_THAT(complaint([](Config& c) { c.probes[0].ttl = base::Duration::max(); }), StartsWith("probes[0].ttl: "));
}

TEST(Validate, WantsProfilesThatAreValidAndDifferent) {
  EXPECT_THAT(complaint([](Config& c) { c.profiles[1].key.name = ""; }), StartsWith("profiles[1]: name is empty"));
  EXPECT_THAT(complaint([](Config& c) { c.profiles[0].key.provider = " x"; }),
              StartsWith("profiles[0]: provider ' x'"));
  EXPECT_THAT(complaint([](Config& c) { c.profiles[1] = c.profiles[0]; }),
              "profiles[1]: Amazon/c5 is there twice; keep one");
  EXPECT_THAT(complaint([](Config& c) { c.profiles[1].labels = {{"a b", "c"}}; }),
              StartsWith("profiles[1].labels: label 'a b' has no usable key"));
  EXPECT_THAT(complaint([](Config& c) { c.profiles[1].labels = {{"a", "b\nc"}}; }),
              StartsWith("profiles[1].labels: the value of label 'a' must be"));
  EXPECT_THAT(complaint([](Config& c) {
                for (int i = 0; i < 65; ++i) c.profiles[0].labels.emplace(std::to_string(i), "");
              }),
              StartsWith("profiles[0].labels: 65 labels; the most is 64"));
}

TEST(Validate, WantsSetsThatCanBeTaken) {
  const auto with = [](std::vector<std::string> choices) {
    return complaint([&](Config& c) { c.sets = {{"s", choices}}; });
  };
  EXPECT_EQ(with({"Amazon/hpc7a", "Azure/*", "*/gpu?", "a/b"}), "");
  EXPECT_THAT(with({}), StartsWith("sets.s: is empty; give profiles in the order of preference"));
  EXPECT_THAT(with({"a/b", "c5"}), StartsWith("sets.s[1]: 'c5' names no profile; write PROVIDER/NAME"));
  EXPECT_EQ(with({"a/b", "x/y", "a/b"}),
            "sets.s[2]: 'a/b' never counts: 'a/b' before it matches the same; put it in front, or remove it");
  EXPECT_THAT(with({"a/*", "x/y", "a/b"}), StartsWith("sets.s[2]: 'a/b' never counts: 'a/*' before it"));
  EXPECT_EQ(with({"a/b", "a/*"}), "") << "the others of it come later";
  std::vector<std::string> many, globs;
  for (int i = 0; i < 100; ++i) many.push_back(fmt::format("a/{}", i));
  for (int i = 0; i < 10; ++i) globs.push_back(fmt::format("b/{}*", i));
  EXPECT_EQ(with(many), "");
  many.emplace_back("a/more");
  EXPECT_EQ(with(many), "sets.s: 101 is not from 1 to 100");
  EXPECT_EQ(with(globs), "");
  globs.emplace_back("c/*");
  EXPECT_EQ(with(globs), "sets.s[10]: is one more choice with * or ?; the most in one set is 10");
  for (const char* name : {"", "a/b", ".", "-x", "a b", "\x1b"})
    EXPECT_THAT(complaint([&](Config& c) { c.sets = {{name, {"a/b"}}}; }), HasSubstr("can name no set")) << name;
  const auto count = [](int sets) {
    return complaint([&](Config& c) {
      for (int i = 0; i < sets; ++i) c.sets.emplace(std::to_string(i), std::vector<std::string>{"a/b"});
    });
  };
  EXPECT_EQ(count(1000), "");
  EXPECT_EQ(count(1001), "sets: 1001 are too many; the most is 1000");
}

TEST(Validate, WantsHttpUrlsWithAHost) {
  const auto with = [](std::string url) {
    return complaint([&](Config& c) { c.portal.hardware_urls = {"http://good", url}; });
  };
  for (const auto* url :
       {"http://hardware:5001", "http://10.0.0.1/", "http://[::1]:5001/", "http://[::1]", "http://h/a/b"})
    EXPECT_EQ(with(url), "") << url;
  for (const auto* url : {"", "hardware:5001", "https://hardware", "http://", "http:///x", "http://:5001", "http://h:0",
                          "http://h:65536", "http://h:", "http://h:x", "http://[]:1", "http://[::1", "http://a b",
                          "http://u:p@h", "http://h?x", "http://h#x"})
    EXPECT_THAT(with(url), StartsWith("portal.hardware_urls[1]: '")) << url;
  EXPECT_THAT(complaint([](Config& c) { c.portal.hardware_urls.clear(); }),
              StartsWith("portal.hardware_urls: is empty"));
}

TEST(Validate, WantsUrlsOfProbesWithAHostAndAPort) {
  const auto with = [](std::string url) {
    return complaint(
        [&](Config& c) { c.probes[0] = {.name = "a", .kind = "http", .match = {"A", "*"}, .http = {.url = url}}; });
  };
  for (const auto* url : {"https://h", "http://h:1/x?y#z", "http://h:65535", "http://u:p@h:80/", "http://me@lab:p@h/",
                          "http://[::1]:5001/", "http://bücher.example/", "http://{label.host}:8080/{name}",
                          "http://h:{label.port}/", "http://h?x=http://:0/", "https://[fe80::1%25eth0]/"})
    EXPECT_EQ(with(url), "") << url;
  for (const auto* url :
       {"http://", "http:///x", "http://:80/", "http://?x", "http://#x", "http://u@/x", "https://u@:1/x"})
    EXPECT_EQ(with(url), "probes[0].url: names no host; write one, such as capacity.example.org") << url;
  for (const auto* port : {"0", "65536", "99999999999", "x", "8O", "-1", " 80", ""})
    if (std::string_view(port) != " 80")
      EXPECT_EQ(with(fmt::format("http://h:{}/", port)),
                fmt::format("probes[0].url: '{}' is not a port; write one from 1 to 65535, or none", port));
  for (const auto* url : {"http://[::1", "http://[]/", "http://[x]/", "http://[1]/", "http://[::1]x/"})
    EXPECT_THAT(with(url), HasSubstr("is no host; write an IPv6 address in brackets")) << url;
  for (const auto* url : {"http://h/a b", "http://h :80", "http://h\n/", "http://h/\x7f"})
    EXPECT_THAT(with(url), HasSubstr("has a blank or a control character")) << url;
  EXPECT_THAT(with("ftp://h"), StartsWith("probes[0].url: 'ftp://h' is not a URL"));
}

TEST(Validate, WantsAHostOfTheHardwareServiceAsDnsHasIt) {
  EXPECT_THAT(complaint([](Config& c) { c.portal.hardware_urls = {"http://bücher.example:5001"}; }),
              HasSubstr("write it as DNS has it, xn--"));
}

TEST(Validate, WantsAnOriginAsBrowsersSendIt) {
  const auto with = [](std::string origin) { return complaint([&](Config& c) { c.portal.allow_origin = origin; }); };
  for (const auto* origin : {"*", "", "https://wiki.example.org", "http://h:8080", "http://[::1]:80"})
    EXPECT_EQ(with(origin), "") << origin;
  for (const auto* origin :
       {"wiki.example.org", "ftp://h", "https://", "https://h/", "https://H", "https://u@h", "null"})
    EXPECT_THAT(with(origin), StartsWith("portal.allow_origin: '")) << origin;
}

TEST(Validate, WantsSitesThatMayShowItsPages) {
  const auto with = [](std::vector<std::string> sites) {
    return complaint([&](Config& c) { c.portal.frame_ancestors = std::move(sites); });
  };
  for (const auto* site : {"https://wiki.example.org", "http://h:8080", "https://*.example.org", "*", "none"})
    EXPECT_EQ(with({site}), "") << site;
  EXPECT_EQ(with({"https://a.example", "https://b.example"}), "");
  for (const auto* site : {"", "wiki.example.org", "https://", "https://h/", "https://h; script-src *", "https://a b",
                           "https://H", "https://*", "http://h:x", "data:"})
    EXPECT_THAT(with({site}), StartsWith("portal.frame_ancestors[0]: '")) << site;
  EXPECT_THAT(with({"https://a.example", "none"}), StartsWith("portal.frame_ancestors[1]: '"));
}

TEST(Validate, WantsWherePeopleReachThePortal) {
  const auto with = [](std::string url) { return complaint([&](Config& c) { c.portal.public_url = std::move(url); }); };
  for (const auto* url :
       {"", "https://vacancy.example.org", "http://h:5000", "https://h/vacancy", "http://[::1]:80", "https://h/a/b~c"})
    EXPECT_EQ(with(url), "") << url;
  for (const auto* url : {"vacancy.example.org", "//h", "/vacancy", "ftp://h", "https://", "https://h/", "https://h?q",
                          "https://h#a", "https://u:p@h", "https://h:0", "https://h:99999", "https://h/a b",
                          "https://h/(a)", "https://h/'", "https://b\u00fccher.example", "HTTPS://h"})
    EXPECT_THAT(with(url), StartsWith("portal.public_url: '")) << url;
}

TEST(Validate, WantsLevelsInTheirOrder) {
  const auto with = [](const LevelRule& high, const LevelRule& medium) {
    return complaint([&](Config& c) { c.probes[0].levels = {high, medium}; });
  };
  EXPECT_EQ(with({.free = 8}, {.free = 1}), "");
  EXPECT_EQ(with({.free = 8, .ratio = 0.25}, {.free = 8}), "");
  EXPECT_EQ(with({.free = 8, .score = 3}, {.free = 8, .score = 2}), "");
  EXPECT_EQ(with({.score = 3}, {.free = 8}), "") << "they cannot be compared";
  EXPECT_EQ(with({.free = 1}, {}), "");
  EXPECT_EQ(with({}, {.free = 1}), "");
  EXPECT_EQ(with({.free = 1}, {.free = 8}),
            "probes[0].levels.high.free: 1 is easier than medium's 8; give that or more");
  EXPECT_EQ(with({.ratio = 0.1}, {.ratio = 0.5}),
            "probes[0].levels.high.ratio: 0.1 is easier than medium's 0.5; give that or more");
  EXPECT_EQ(with({.free = 9, .score = -1}, {.free = 1, .score = 0}),
            "probes[0].levels.high.score: -1 is easier than medium's 0; give that or more");
  EXPECT_THAT(with({.free = 8}, {.free = 8}), StartsWith("probes[0].levels.medium: is never given"));
  EXPECT_THAT(with({.free = 8}, {.free = 8, .ratio = 0.5}), StartsWith("probes[0].levels.medium: is never given"));
}

TEST(Validate, WantsProbesThatMeasureSomething) {
  const auto with = [](std::vector<Match> matches) {
    return complaint([&](Config& c) {
      c.probes.clear();
      for (Match& match : matches)
        c.probes.push_back(
            {.name = std::string(1, static_cast<char>('a' + c.probes.size())), .match = std::move(match)});
    });
  };
  EXPECT_EQ(with({{"A", "*"}, {"B", "*"}, {"*", "x"}, {"*", "*"}}), "");
  EXPECT_EQ(with({{"A*", "x"}, {"A*", "*"}, {"*", "x"}}), "");
  EXPECT_EQ(with({{"*", "*"}, {"A", "*"}}),
            "probes[1].match: measures nothing: probe 'a' before it matches all that it does; put this one first");
  EXPECT_THAT(with({{"B", "*"}, {"A*", "g?u*"}, {"Amazon", "gpu"}}),
              StartsWith("probes[2].match: measures nothing: probe 'b'"));
  EXPECT_THAT(with({{"A", "x"}, {"A", "x"}}), StartsWith("probes[1].match: measures nothing: probe 'a'"));
  EXPECT_THAT(with({{" A", "*"}}), StartsWith("probes[0].match: matches no profile: "));
  EXPECT_THAT(with({{"A", std::string(core::kMaxNameBytes + 1, 'x')}}),
              StartsWith("probes[0].match: matches no profile: "));
}

TEST(Covers, IsTrueWhenEveryTextOfOneIsOneOfTheOther) {
  const std::pair<const char*, const char*> covered[] = {
      {"*", "*"},         {"*", ""},        {"*", "a"},   {"*", "?*a"}, {"a*", "a"},      {"a*", "ab*"},
      {"a?", "ab"},       {"a?", "a?"},     {"?*", "*?"}, {"?*", "*a"}, {"*?", "a*"},     {"*a*", "*a"},
      {"*a*b*", "xaybz"}, {"*ab*", "*aab"}, {"**", "*"},  {"*", "**"},  {"a*c", "abc*c"}, {"", ""}};
  for (const auto& [outer, inner] : covered) EXPECT_TRUE(covers(outer, inner)) << outer << " " << inner;
  const std::pair<const char*, const char*> not_covered[] = {
      {"", "a"},     {"a", "b"},        {"a", "A"},   {"a", "?"},   {"?", "*"},
      {"?*", "*"},   {"a*", "*"},       {"a?", "a*"}, {"*a", "a*"}, {"*a*b*", "*b*a*"},
      {"??*", "?*"}, {"*ab*", "*a*b*"}, {"a", "aa"},  {"aa", "a"},  {"*.x", "*.?"}};
  for (const auto& [outer, inner] : not_covered) EXPECT_FALSE(covers(outer, inner)) << outer << " " << inner;
}

Config read_back(const std::string& text) {
  Config config;
  Origins origins;
  read_yaml(text, "printed", "", config, origins);
  return config;
}

TEST(Print, ReadsBackEqual) {
  const Config defaults = load(std::nullopt, {});
  EXPECT_EQ(read_back(to_yaml(defaults)), defaults);
  EXPECT_EQ(read_back(to_yaml(Config{})), Config{}) << "empty lists";

  Config config;
  config.threads = 3;
  config.lame_duck = seconds{5} + milliseconds{250};
  config.admin = {.address = "127.0.0.1", .port = 5010, .max_body_bytes = 7};
  config.hardware.http.idle_timeout = minutes{90};
  config.hardware.admin_token_file = "/run/secrets/token";
  config.portal.hardware_urls = {"http://a:1", "http://[::1]:2"};
  config.profiles = {{{"our/cluster", "gpu: big"}, {{"zone", "eu: 1"}}}, {{"Ämazon", "c5 # large"}, {}}};
  config.probes = {
      {.name = "one",
       .match = {.provider = "A*", .name = "?"},
       .simulated = {.work = Work::cpu, .seed = 18446744073709551615U}},
      {.name = "two", .ttl = base::Duration{1}, .expire_after = hours{48}, .concurrency = 9, .simulated = {.seed = 0}}};
  config.sets = {{"7", {"*/*"}}, {"true", {"a: b/{c}", "é/'"}}};
  EXPECT_EQ(read_back(to_yaml(config)), config);
}

TEST(Print, ReadsBackWhatIsDiscovered) {
  const std::vector<std::string> all[] = {{}, {"*"}, {"*", "gpu"}, {"true"}, {"gpu*", "a: b"}};
  for (const auto& patterns : all) {
    Config config;
    config.probes = {{.name = "c", .kind = "slurm", .slurm = {.discover = {patterns}, .discover_hidden = true}}};
    EXPECT_EQ(read_back(to_yaml(config)), config) << to_yaml(config);
  }
  Config config;
  config.probes = {{.name = "c", .kind = "slurm", .slurm = {.discover = {{"*"}}}}};
  EXPECT_THAT(to_yaml(config), HasSubstr("    discover: true\n"));
}

TEST(Print, QuotesTextThatYamlWouldTakeForSomethingElse) {
  for (const auto* text :
       {"",   "~", "null", "true", "5",  "- a", "a: b", "a #b",  " a ",  "'",   "\"",  "[x", "{x", "&x", "*x",
        "!x", "|", ">",    "%x",   "@x", "`x",  "a\nb", "a\\nb", "a\tb", "---", "...", "<<", "?",  ":",  "é€😀"}) {
    Config config;
    config.data_dir = text;
    config.profiles = {{{text, text}, {{"label", text}}}};
    EXPECT_EQ(read_back(to_yaml(config)), config) << to_yaml(config);
  }
}

TEST(Print, ShowsEveryKey) {
  const std::string text = to_yaml(load(std::nullopt, {}));
  EXPECT_THAT(text, AllOf(HasSubstr("log_level: info\n"), HasSubstr("  http:\n    address: 0.0.0.0\n    port: 5001\n"),
                          HasSubstr("  poll_interval: 250ms\n"),
                          HasSubstr("  - name: simulated\n    kind: simulated\n"), HasSubstr("    duration: 5s\n")));
  EXPECT_THAT(text, Not(HasSubstr("seed"))) << "it has no value";
}

}  // namespace
}  // namespace config
