// The YAML file: what it sets, and the message of every mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "config/load.hpp"

namespace config {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class YamlFile : public testing::Test {
 protected:
  ~YamlFile() override { std::filesystem::remove(path_); }

  Config loaded(const std::string& text) {
    std::ofstream(path_) << text;
    return load(path_, {});
  }

  /// What loading `text` says, without the file's name in front.
  std::string complaint(const std::string& text) {
    std::ofstream(path_) << text;
    return complaint_of(path_);
  }

  std::string complaint_of(const std::string& file) {
    try {
      load(file, {});
    } catch (const base::UsageError& e) {
      const std::string what = e.what();
      EXPECT_THAT(what, StartsWith(file + ":"));
      return what.substr(file.size() + 1);
    }
    return "no complaint";
  }

  const std::string path_ = testing::TempDir() + "vacancy-" + base::random_hex(8) + ".yaml";
};

TEST_F(YamlFile, SetsWhatItNamesAndLeavesTheRest) {
  const Config config = loaded(R"(
log_level: debug
lame_duck: 5s
threads: 2
admin: {port: 5010}
hardware:
  http:
    address: "127.0.0.1"
    port: 0
  database: sqlite:/var/lib/vacancy.db
  lease: 1m30s
portal:
  hardware_urls:
    - http://a:5001
    - http://b:5001
)");
  Config expected;
  expected.log_level = "debug";
  expected.lame_duck = seconds{5};
  expected.threads = 2;
  expected.admin.port = 5010;
  expected.hardware.http.address = "127.0.0.1";
  expected.hardware.http.port = 0;
  expected.hardware.database = "sqlite:/var/lib/vacancy.db";
  expected.hardware.lease = seconds{90};
  expected.portal.hardware_urls = {"http://a:5001", "http://b:5001"};
  expected.probes = {ProbeConfig{.name = "simulated"}};
  EXPECT_EQ(config, expected);
}

TEST_F(YamlFile, ProfilesHaveALongAndAShortForm) {
  const Config config = loaded("profiles:\n  - {provider: Amazon, name: c5}\n  - our cluster/gpu/big\n");
  EXPECT_EQ(config.profiles, (std::vector<core::NewProfile>{{{"Amazon", "c5"}, {}}, {{"our cluster", "gpu/big"}, {}}}));
  EXPECT_EQ(loaded("profiles: [{provider: a, name: b, labels: {zone: eu-1, gpus: 8, spot: yes}}]").profiles,
            (std::vector<core::NewProfile>{{{"a", "b"}, {{"gpus", "8"}, {"spot", "yes"}, {"zone", "eu-1"}}}}));
  EXPECT_THAT(complaint("profiles:\n  - {provider: a, name: b,\n     labels: [x]}\n"),
              StartsWith("3: profiles[0].labels: is a list; give keys with their values"));
  EXPECT_THAT(complaint("profiles:\n  - Amazon\n"),
              StartsWith("2: profiles[0]: 'Amazon' is not a profile; write PROV"));
  EXPECT_THAT(complaint("profiles:\n  - a/b\n  - /c5\n"), StartsWith("3: profiles[1]: provider is empty"));
  EXPECT_THAT(complaint("profiles:\n  - a/b\n  - provider: x\n"), StartsWith("3: profiles[1]: name is empty"));
  EXPECT_THAT(complaint("profiles:\n  - a/b\n  - a/b\n"), "3: profiles[1]: a/b is there twice; keep one");
}

TEST_F(YamlFile, ProbesHaveTheirKindsOptionsBesideThem) {
  const Config config = loaded(R"(
probes:
  - name: cloud
    kind: simulated
    match: {provider: A*}
    ttl: 10s
    timeout: 8s
    expire_after: 1m
    concurrency: 3
    duration: 250ms
    work: cpu
    seed: 42
  - name: rest
)");
  EXPECT_EQ(config.probes,
            (std::vector<ProbeConfig>{{.name = "cloud",
                                       .match = {.provider = "A*"},
                                       .ttl = seconds{10},
                                       .timeout = seconds{8},
                                       .expire_after = minutes{1},
                                       .concurrency = 3,
                                       .simulated = {.duration = milliseconds{250}, .work = Work::cpu, .seed = 42}},
                                      {.name = "rest"}}));
}

TEST_F(YamlFile, RefusesProbesItCannotRun) {
  EXPECT_EQ(complaint("probes:\n- name: x\n  wrok: cpu\n"), "3: probes[0].wrok: unknown key; did you mean work?");
  EXPECT_EQ(complaint("probes:\n- name: x\n  work: gpu\n"), "3: probes[0].work: 'gpu' is unknown; did you mean cpu?");
  EXPECT_EQ(complaint("probes:\n- {work: cpu, name: x,\n  kind: simulatd}\n"),
            "3: probes[0].kind: kind 'simulatd' is unknown; did you mean simulated?")
      << "the kind is the mistake, not its options";
  EXPECT_THAT(complaint("probes:\n- ttl: 5s\n"), StartsWith("2: probes[0].name: '' is not a name"));
  EXPECT_THAT(complaint("probes:\n- name: x\n- name: y\n- name: x\n"), StartsWith("4: probes[2].name: 'x' names two"));
  EXPECT_THAT(complaint("probes:\n- name: x\n  ttl: 0\n"), StartsWith("3: probes[0].ttl: 0 makes no sense"));
  EXPECT_THAT(complaint("probes:\n- name: x\n  match: c5\n"),
              "3: probes[0].match: is a single value; give keys: provider, name");
}

TEST_F(YamlFile, DiscoversAllOrNoneOrWhatPatternsCover) {
  const auto probe = [](const std::string& keys) {
    return "probes:\n- name: x\n  kind: slurm\n  match: {provider: p}\n" + keys;
  };
  const auto patterns = [&](const std::string& keys) { return loaded(probe(keys)).probes[0].slurm.discover.patterns; };
  EXPECT_EQ(patterns("  discover: true\n"), std::vector<std::string>{"*"});
  EXPECT_TRUE(patterns("  discover: false\n").empty());
  EXPECT_EQ(patterns("  discover: [gpu*, true]\n"), (std::vector<std::string>{"gpu*", "true"}));
  EXPECT_TRUE(loaded(probe("  discover: [gpu*]\n")).probes[0].discovers());
  EXPECT_FALSE(loaded(probe("  discover: []\n")).probes[0].discovers());
  for (const auto* wrong : {"gpu*", "yes", "{a: b}", "\"\""})
    EXPECT_EQ(complaint(probe(fmt::format("  discover: {}\n", wrong))),
              "5: probes[0].discover: is not true, false or a list of patterns such as [gpu*, batch]")
        << wrong;
}

TEST_F(YamlFile, DiscoveryNeedsAProviderAndPatterns) {
  const std::string probe = "probes:\n- name: x\n  kind: slurm\n";
  for (const auto* match : {"", "  match: {provider: 'our-*'}\n", "  match: {provider: 'our-?'}\n"})
    EXPECT_THAT(complaint(probe + "  discover: true\n" + match), HasSubstr("4: probes[0].discover: needs a provider"));
  EXPECT_THAT(complaint(probe + "  match: {provider: p}\n  discover: [a, '']\n"),
              HasSubstr("5: probes[0].discover[1]: is empty and matches nothing"));
  EXPECT_THAT(complaint(probe + "  match: {provider: p}\n  discover_hidden: true\n"),
              HasSubstr("5: probes[0].discover_hidden: needs discover"));
  EXPECT_THAT(complaint(probe + "  scontrol: ['']\n"), HasSubstr("4: probes[0].scontrol: names no program"));
  EXPECT_NO_THROW(loaded(probe + "  match: {provider: p}\n  discover: [a]\n  discover_hidden: true\n"));
}

TEST_F(YamlFile, UnknownKeysNameTheNearest) {
  EXPECT_EQ(complaint("threads: 1\nloglevel: info\n"), "2: loglevel: unknown key; did you mean log_level?");
  EXPECT_EQ(complaint("hardware:\n  http:\n    prot: 1\n"), "3: hardware.http.prot: unknown key; did you mean port?");
  EXPECT_EQ(complaint("portal:\n  zzzzzz: 1\n"),
            "2: portal.zzzzzz: unknown key; use one of http, hardware_urls, poll_interval, poll_timeout, "
            "first_snapshot_wait, allow_origin, frame_ancestors, public_url, observer_token_file");
  EXPECT_THAT(complaint("? [a]\n: 1\n"), HasSubstr("a key must be a single word"));
}

TEST_F(YamlFile, WrongFormsSayWhatIsRight) {
  EXPECT_EQ(complaint("\nthreads: many\n"),
            "2: threads: 'many' is not a whole number from 0 to 18446744073709551615; write one in digits");
  EXPECT_THAT(complaint("admin:\n  port: 65536\n"),
              StartsWith("2: admin.port: '65536' is not a whole number from 0 to 655"));
  for (const auto* text : {"-1", "5.5", "0x10", "+5", "' 5'"})
    EXPECT_THAT(complaint(fmt::format("admin:\n  port: {}\n", text)), HasSubstr("is not a whole number")) << text;
  EXPECT_THAT(complaint("lame_duck: 5\n"),
              StartsWith("1: lame_duck: '5' is not a duration; write a number with a unit"));
  EXPECT_EQ(complaint("lame_duck: [5s]\n"), "1: lame_duck: is a list; give a single value");
  EXPECT_EQ(complaint("data_dir:\n  x: y\n"), "1: data_dir: is a mapping; give a single value");
  EXPECT_EQ(complaint("data_dir:\n"), "1: data_dir: has no value; give a single value");
  EXPECT_EQ(complaint("probes: x\n"), "1: probes: is a single value; give a list");
  EXPECT_EQ(complaint("portal: {hardware_urls: http://a}\n"),
            "1: portal.hardware_urls: is a single value; give a list");
  EXPECT_EQ(complaint("portal:\n  hardware_urls:\n  - http://a\n  - [b]\n"),
            "4: portal.hardware_urls[1]: is a list; give a single value");
  EXPECT_THAT(complaint("hardware:\nportal: {}\n"), StartsWith("1: hardware: has no value; give keys: http, database"));
  EXPECT_THAT(complaint("- a\n"), StartsWith("1: is a list; give keys: log_level, threads"));
}

TEST_F(YamlFile, ValuesThatMakeNoSenseNameTheirLine) {
  EXPECT_EQ(complaint("threads: 1\nlog_level: inof\n"), "2: log_level: 'inof' is unknown; did you mean info?");
  EXPECT_EQ(complaint("hardware:\n\n  lease: 10ms\n"), "3: hardware.lease: 10ms is too short; give 1s or more");
  EXPECT_THAT(complaint("portal:\n  hardware_urls:\n  - http://a\n  - b\n"),
              StartsWith("4: portal.hardware_urls[1]: 'b'"));
  EXPECT_THAT(complaint("portal:\n  hardware_urls: []\n"), StartsWith("2: portal.hardware_urls: is empty"));
}

TEST_F(YamlFile, DuplicateKeysAreErrors) {
  EXPECT_EQ(complaint("threads: 1\nlog_level: info\nthreads: 2\n"), "3: threads: the key is there twice; keep one");
  EXPECT_EQ(complaint("admin: {port: 1,\n port: 2}\n"), "2: admin.port: the key is there twice; keep one");
}

TEST_F(YamlFile, MustBeOneDocument) {
  EXPECT_EQ(complaint(""), " holds no configuration; write at least one key");
  for (const char* nothing : {"# threads: 1\n", "---\n", "~\n"})
    EXPECT_THAT(complaint(nothing), HasSubstr(" holds no configuration; write at least one key")) << nothing;
  EXPECT_EQ(complaint("threads: 1\n---\nthreads: 2\n"), " holds 2 YAML documents; keep one");
  EXPECT_THAT(complaint("threads: 1\nadmin: {port: 1\n"), HasSubstr(": is not YAML: "));
  EXPECT_THAT(complaint("threads: 1\n\tadmin: 1\n"), StartsWith("2: is not YAML: "));
  EXPECT_THAT(complaint("data_dir: *nowhere\n"), StartsWith("1: is not YAML: "));
}

TEST_F(YamlFile, MustBeAFileThatCanBeRead) {
  EXPECT_EQ(complaint_of("/nowhere/vacancy.yaml"), " cannot be read: No such file or directory");
  EXPECT_EQ(complaint_of(testing::TempDir()), " cannot be read: it is a directory");
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(complaint_of(path_), " cannot be read: it is a pipe; give a regular file");
}

}  // namespace
}  // namespace config
