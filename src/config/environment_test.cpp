// Environment variables over the file and the defaults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/load.hpp"
#include "config/origins.hpp"
#include "config/scalar.hpp"
#include "support/temp_dir.hpp"

namespace config {
namespace {

using testing::StartsWith;

using Variables = std::map<std::string, std::string>;

std::string complaint(const Variables& environment) {
  try {
    load(std::nullopt, environment);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return "no complaint";
}

TEST(Environment, SetsEveryFormOfValue) {
  const Config config = load(std::nullopt, {{"VACANCY_LOG_LEVEL", "warn"},
                                            {"VACANCY_THREADS", "2"},
                                            {"VACANCY_LAME_DUCK", "5s"},
                                            {"VACANCY_ADMIN_PORT", "5010"},
                                            {"VACANCY_HARDWARE_DATABASE", "sqlite:x.db"},
                                            {"VACANCY_HARDWARE_ADMIN_TOKEN_FILE", "/run/secrets/token"},
                                            {"VACANCY_PORTAL_HTTP_PORT", "0"},
                                            {"VACANCY_PORTAL_HARDWARE_URLS", "http://a:1, http://b:2"}});
  Config expected;
  expected.log_level = "warn";
  expected.threads = 2;
  expected.lame_duck = seconds{5};
  expected.admin.port = 5010;
  expected.hardware.database = "sqlite:x.db";
  expected.hardware.admin_token_file = "/run/secrets/token";
  expected.portal.http.port = 0;
  expected.portal.hardware_urls = {"http://a:1", "http://b:2"};
  expected.probes = {ProbeConfig{.name = "simulated"}};
  EXPECT_EQ(config, expected);
}

TEST(Environment, ProfilesAndProbesAreYaml) {
  const Config config =
      load(std::nullopt, {{"VACANCY_PROFILES", "[Amazon/c5, {provider: Azure, name: H16mr}]"},
                          {"VACANCY_PROBES", "[{name: x, match: {name: a}, ttl: 5s, duration: 1s}, {name: y}]"}});
  EXPECT_EQ(config.profiles, (std::vector<core::NewProfile>{{{"Amazon", "c5"}, {}}, {{"Azure", "H16mr"}, {}}}));
  EXPECT_EQ(config.probes,
            (std::vector<ProbeConfig>{
                {.name = "x", .match = {.name = "a"}, .ttl = seconds{5}, .simulated = {.duration = seconds{1}}},
                {.name = "y"}}));
}

TEST(Environment, SetsAreYaml) {
  const Config config = load(std::nullopt, {{"VACANCY_SETS", "{cfd: [Amazon/hpc7a, Azure/*], 7: [a/b]}"}});
  EXPECT_EQ(config.sets,
            (std::map<std::string, std::vector<std::string>>{{"cfd", {"Amazon/hpc7a", "Azure/*"}}, {"7", {"a/b"}}}));
  EXPECT_EQ(complaint({{"VACANCY_SETS", "[a/b]"}}), "VACANCY_SETS:1: sets: is a list; give keys with their values");
  EXPECT_EQ(complaint({{"VACANCY_SETS", "{a: a/b}"}}), "VACANCY_SETS:1: sets.a: is a single value; give a list");
  EXPECT_THAT(complaint({{"VACANCY_SETS", "{a.b: [x/y, c]}"}}), StartsWith("VACANCY_SETS:1: sets.a.b[1]: 'c' names"));
  EXPECT_EQ(complaint({{"VACANCY_SETS", "{a: [a/b], a: [c/d]}"}}),
            "VACANCY_SETS:1: sets.a: the key is there twice; keep one");
}

TEST(Environment, StandsAboveTheFile) {
  const std::string file = testing::TempDir() + "vacancy-" + base::random_hex(8) + ".yaml";
  std::ofstream(file) << "threads: 1\nlog_level: debug\nprobes:\n- name: from-file\n- ttl: 1s\n";
  const Variables environment{{"VACANCY_THREADS", "2"}, {"VACANCY_PROBES", "[{name: from-variable}]"}};
  const Config config = load(file, environment);
  EXPECT_EQ(config.threads, 2U);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.probes, (std::vector<ProbeConfig>{{.name = "from-variable"}})) << "a list is replaced as a whole";

  try {
    load(file, {{"VACANCY_PROBES", "[{ttl: 2s}]"}});
    ADD_FAILURE() << "a probe without a name";
  } catch (const base::UsageError& e) {
    EXPECT_THAT(e.what(), StartsWith("VACANCY_PROBES:1: probes[0].name: ")) << "not the line of the file it replaced";
  }
  std::filesystem::remove(file);
}

TEST(Environment, AListThatIsReplacedHasNoLineOfTheFile) {
  const std::string file = testing::TempDir() + "vacancy-" + base::random_hex(8) + ".yaml";
  std::ofstream(file) << "portal:\n  hardware_urls:\n  - http://a\n  - http://b\n";
  try {
    load(file, {{"VACANCY_PORTAL_HARDWARE_URLS", "http://a,b"}});
    ADD_FAILURE() << "b is no URL";
  } catch (const base::UsageError& e) {
    EXPECT_THAT(e.what(), StartsWith("VACANCY_PORTAL_HARDWARE_URLS: portal.hardware_urls[1]: 'b'"));
  }
  std::filesystem::remove(file);
}

TEST(Origins, ForgetAKeyWithAllBelowIt) {
  Origins origins;
  for (const auto* path : {"a", "a.b", "a[0]", "a[0].b", "ab", "x.a"}) origins.set(path, path);
  origins.forget("a");
  for (const auto* path : {"a", "a.b", "a[0].b"}) EXPECT_EQ(origins.find(path), "") << path;
  EXPECT_EQ(origins.find("ab"), "ab");
  EXPECT_EQ(origins.find("x.a"), "x.a");
  EXPECT_EQ(origins.find("ab[1].c"), "ab") << "the nearest key around it";
}

TEST(Environment, AndTheFileStandAboveTheProgramsDefaults) {
  Config defaults;
  defaults.threads = 7;
  defaults.log_level = "error";
  defaults.data_dir = "elsewhere";
  defaults.probes = {{.name = "own"}};
  const std::string file = testing::TempDir() + "vacancy-" + base::random_hex(8) + ".yaml";
  std::ofstream(file) << "log_level: debug\n";
  const Config config = load(file, {{"VACANCY_THREADS", "2"}}, defaults);
  std::filesystem::remove(file);
  EXPECT_EQ(config.threads, 2U);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.data_dir, "elsewhere");
  EXPECT_EQ(config.probes, defaults.probes);
}

TEST(Environment, AnEmptyVariableIsNotSet) {
  const Config config = load(std::nullopt, {{"VACANCY_THREADS", ""}, {"VACANCY_PROBES", ""}, {"VACANCY_DATA_DIR", ""}});
  EXPECT_EQ(config, load(std::nullopt, {}));
}

TEST(Environment, WrongValuesNameTheVariable) {
  EXPECT_THAT(complaint({{"VACANCY_THREADS", "many"}}), StartsWith("VACANCY_THREADS: threads: 'many' is not a whole"));
  EXPECT_EQ(complaint({{"VACANCY_HARDWARE_LEASE", "1ms"}}),
            "VACANCY_HARDWARE_LEASE: hardware.lease: 1ms is too short; give 1s or more");
  EXPECT_EQ(complaint({{"VACANCY_PROBES", "[{name: x, tll: 5s}]"}}),
            "VACANCY_PROBES:1: probes[0].tll: unknown key; did you mean ttl?");
  EXPECT_THAT(complaint({{"VACANCY_PROBES", "[{name: x}, {name: x}]"}}),
              StartsWith("VACANCY_PROBES:1: probes[1].name: "));
  EXPECT_THAT(complaint({{"VACANCY_PROFILES", "[a/b"}}), StartsWith("VACANCY_PROFILES:1: is not YAML: "));
  EXPECT_EQ(complaint({{"VACANCY_PROFILES", "a/b"}}), "VACANCY_PROFILES:1: profiles: is a single value; give a list");
  EXPECT_THAT(complaint({{"VACANCY_PORTAL_HARDWARE_URLS", "http://a,"}}),
              StartsWith("VACANCY_PORTAL_HARDWARE_URLS: portal.hardware_urls[1]: '' is not"));
}

TEST(Environment, AListThatReplacesThatOfTheFileLeavesNoneOfItsLinesInMessages) {
  const support::TempDir dir;
  const std::string file = dir / "vacancy.yaml";
  std::ofstream(file) << "portal:\n  hardware_urls:\n  - http://a\n  - http://b\n"
                         "profiles:\n- a/b\n- {provider: c,\n   name: d}\n"
                         "probes:\n- name: x\n  kind: exec\n  command: [\n    'true']\n";
  const auto complaint = [&](const Variables& environment) -> std::string {
    try {
      load(file, environment);
    } catch (const base::UsageError& e) {
      return e.what();
    }
    return "no complaint";
  };
  EXPECT_EQ(complaint({}), "no complaint");
  EXPECT_THAT(complaint({{"VACANCY_PORTAL_HARDWARE_URLS", "http://a,b"}}),
              StartsWith("VACANCY_PORTAL_HARDWARE_URLS: portal.hardware_urls[1]: 'b' is not"));
  EXPECT_THAT(complaint({{"VACANCY_PROFILES", "[a/b, c/]"}}),
              StartsWith("VACANCY_PROFILES:1: profiles[1]: name is empty"));
  EXPECT_THAT(complaint({{"VACANCY_PROBES", "[{name: x, kind: exec}]"}}),
              StartsWith("VACANCY_PROBES:1: probes[0].command: is empty"));
  EXPECT_THAT(complaint({{"VACANCY_PROBES", "[{name: x, kind: exec, command: [\"\"]}]"}}),
              StartsWith("VACANCY_PROBES:1: probes[0].command: names no program"));
}

TEST(Environment, UnknownVariablesNameTheNearest) {
  EXPECT_EQ(complaint({{"VACANCY_HARDWARE_DATABSE", "x"}}),
            "VACANCY_HARDWARE_DATABSE: unknown variable; did you mean VACANCY_HARDWARE_DATABASE?");
  EXPECT_EQ(complaint({{"VACANCY_CONFG", "x"}}), "VACANCY_CONFG: unknown variable; did you mean VACANCY_CONFIG?");
  EXPECT_THAT(complaint({{"VACANCY_FOO", ""}}),
              StartsWith("VACANCY_FOO: unknown variable; write VACANCY_, then the path"));
  EXPECT_EQ(complaint({{"VACANCY_CONFIG", "x"}, {"VACANCY_URL", "x"}, {"VACANCYX", "x"}, {"PATH", "x"}}),
            "no complaint");
}

TEST(Environment, LeavesTheLinksThatKubernetesSetsAlone) {
  const Config config = load(std::nullopt, {{"VACANCY_PORTAL_SERVICE_HOST", "10.0.0.1"},
                                            {"VACANCY_PORTAL_SERVICE_PORT", "5000"},
                                            {"VACANCY_PORTAL_SERVICE_PORT_HTTP", "5000"},
                                            {"VACANCY_PORTAL_PORT", "tcp://10.0.0.1:5000"},
                                            {"VACANCY_PORTAL_HTTP_PORT", "tcp://10.0.0.1:5000"},
                                            {"VACANCY_ADMIN_PORT", "udp://10.0.0.1:5000"},
                                            {"VACANCY_PORTAL_PORT_5000_TCP", "tcp://10.0.0.1:5000"},
                                            {"VACANCY_PORTAL_PORT_5000_TCP_PROTO", "tcp"}});
  EXPECT_EQ(config, load(std::nullopt, {}));
}

TEST(Environment, NoTwoKeysShareAVariable) {
  std::vector<std::string> names;
  const auto visit = [&](const auto& self, const std::string& path, const auto& field) -> void {
    if constexpr (Section<const std::remove_cvref_t<decltype(field)>>) {
      fields(field,
             [&](std::string_view key, const auto& inner) { self(self, fmt::format("{}_{}", path, key), inner); });
    } else {
      names.push_back(path);
    }
  };
  visit(visit, "", Config{});
  EXPECT_GT(names.size(), 30U);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(Environment, OfTheProcessHoldsOurVariablesOnly) {
  ASSERT_EQ(setenv("VACANCY_LOG_LEVEL", "a=b", 1), 0);
  ASSERT_EQ(setenv("OTHER_LOG_LEVEL", "x", 1), 0);
  const auto environment = environment_of_process();
  unsetenv("VACANCY_LOG_LEVEL");
  unsetenv("OTHER_LOG_LEVEL");
  EXPECT_EQ(environment.at("VACANCY_LOG_LEVEL"), "a=b");
  EXPECT_FALSE(environment.contains("OTHER_LOG_LEVEL"));
}

TEST(Environment, LeavesTheLinksOfEveryProtocolAlone) {
  for (const char* protocol : {"TCP", "UDP"})
    for (const char* ending : {"", "_PROTO", "_PORT", "_ADDR"})
      EXPECT_EQ(complaint({{fmt::format("VACANCY_PORTAL_PORT_53_{}{}", protocol, ending), "10.0.0.1"}}), "no complaint")
          << protocol << ending;
  EXPECT_THAT(complaint({{"VACANCY_PORTAL_PORT_53_SCTP", "10.0.0.1"}}),
              StartsWith("VACANCY_PORTAL_PORT_53_SCTP: unknown"));
}

}  // namespace
}  // namespace config
