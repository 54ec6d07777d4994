// What programs find out: pure readings, real scripts and real plugins.
#include "probe/exec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/runtime.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using core::Level;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const config::Levels kThresholds{.high = {.free = 8}, .medium = {.free = 1}};

Result read(Exited exited, const config::Levels& levels = {}) {
  return read_output(exited, levels);
}
std::string error_of(Exited exited) {
  const Result result = read_output(exited, {});
  return result ? "no error" : result.error();
}

TEST(ReadOutput, ReadsJson) {
  const Result result = read({.code = 0, .output = " \n{\"level\":\"LOW\",\"free\":9,\"reason\":\"closed\"}\n"});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->level, Level::low);
  EXPECT_EQ(result->free, 9);
  EXPECT_EQ(result->reason, "closed");
  EXPECT_EQ(read({.code = 0, .output = R"({"level":"LOW","free":9})"}, kThresholds)->level, Level::high);
}

TEST(ReadOutput, FailsOnBadJson) {
  EXPECT_THAT(error_of({.code = 0, .output = "{"}), HasSubstr("the output is not JSON"));
  EXPECT_THAT(error_of({.code = 0, .output = "{}"}), HasSubstr("the output: has none of /level"));
  EXPECT_EQ(error_of({.code = 3, .output = R"({"level":"LOW"})", .errors = "one\ntwo \n"}), "exit code 3: two");
}

TEST(ReadOutput, ReadsPlugins) {
  const Level levels[] = {Level::high, Level::medium, Level::low, Level::unknown};
  for (int code = 0; code < 4; ++code) {
    const Result result = read({.code = code, .output = "Text here | free=3 total=4\nmore\n", .errors = "noise"});
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(result->level, levels[code]);
    EXPECT_EQ(result->free, 3);
    EXPECT_EQ(result->total, 4);
    EXPECT_EQ(result->reason, "Text here");
  }
}

TEST(ReadOutput, ThresholdsWinOverExitCodesButNotOverUnknown) {
  EXPECT_EQ(read({.code = 0, .output = "x|free=0"}, kThresholds)->level, Level::low);
  EXPECT_EQ(read({.code = 2, .output = "x|free=8"}, kThresholds)->level, Level::high);
  EXPECT_EQ(read({.code = 3, .output = "x|free=8"}, kThresholds)->level, Level::unknown);
  EXPECT_EQ(read({.code = 3, .output = "x"}, kThresholds)->reason, "x");
  EXPECT_FALSE(read({.code = 0, .output = "x"}, kThresholds));
}

TEST(ReadOutput, TakesSilenceForWhatTheCodeSays) {
  EXPECT_EQ(read({.code = 0})->level, Level::high);
  EXPECT_EQ(read({.code = 0})->reason, "exit code 0");
  EXPECT_EQ(read({.code = 0, .errors = "warning"})->level, Level::high);
  EXPECT_EQ(read({.code = 1})->level, Level::medium);
  EXPECT_EQ(error_of({.code = 1, .output = "\n", .errors = "Traceback:\nKeyError: 'x'\n"}),
            "exit code 1: KeyError: 'x'");
}

TEST(ReadOutput, NamesWhatFailed) {
  EXPECT_EQ(error_of({.code = 75, .output = R"({"level":"LOW"})", .errors = "try later"}),
            "temporary failure: try later");
  EXPECT_EQ(error_of({.code = 75, .output = "quota\n"}), "temporary failure: quota");
  EXPECT_EQ(error_of({.code = 126, .errors = "sh: x: Permission denied"}),
            "exit code 126 (a command is not executable): sh: x: Permission denied");
  EXPECT_EQ(error_of({.code = 127, .errors = "sh: x: not found"}),
            "exit code 127 (a command is not found): sh: x: not found");
  EXPECT_EQ(error_of({.code = 4}), "exit code 4");
  EXPECT_EQ(error_of({.signal = SIGSEGV, .output = "{}"}), "killed by signal 11 (Segmentation fault): {}");
  EXPECT_EQ(error_of({.code = 9, .errors = "bad\001\377 byte"}), "exit code 9: bad?? byte");
}

TEST(ReadList, JudgesEachProfile) {
  const core::Profile profiles[] = {{.key = {"A", "1"}}, {.key = {"A", "2"}}};
  const auto answer =
      read_list({.code = 0, .output = R"([{"provider":"A","name":"2","free":9}])"}, profiles, kThresholds);
  ASSERT_EQ(answer.results.size(), 2U);
  EXPECT_FALSE(answer.results[0]);
  EXPECT_EQ(answer.results[1]->level, Level::high);
  for (const Exited& bad : {Exited{.code = 1, .output = "[]"}, Exited{.code = 0, .output = "x"},
                            Exited{.code = 0, .output = "{}"}, Exited{.signal = 9, .output = "[]"}}) {
    const auto failed = read_list(bad, profiles, {});
    ASSERT_EQ(failed.results.size(), 2U);
    EXPECT_FALSE(failed.results[0] || failed.results[1]);
  }
  EXPECT_EQ(read_list({.code = 75, .errors = "later"}, profiles, {}).results[1].error(), "temporary failure: later");
}

class ExecTest : public testing::Test {
 protected:
  ExecTest() { runtime_.start(); }

  Answer measure(const config::ProbeConfig& config, std::span<const core::Profile> profiles, Trace* trace = nullptr) {
    const auto probe = make_probe(config, runtime_.background().get_executor());
    auto answer = support::start(runtime_.background(),
                                 probe->measure(profiles, std::chrono::steady_clock::now() + config.timeout, trace));
    if (!support::ready(answer)) throw std::runtime_error("measure() does not return");
    return answer.get();
  }
  Result measure(std::vector<std::string> command, Trace* trace = nullptr) {
    return measure(config(std::move(command)), {&profile_, 1}, trace).results.at(0);
  }
  static config::ProbeConfig config(std::vector<std::string> command) {
    return {.name = "test", .kind = "exec", .exec = {.command = std::move(command)}};
  }
  std::string script(const std::string& text) {
    const std::string path = dir_ / "script";
    std::ofstream(path) << "#!/bin/sh\n" << text;
    ::chmod(path.c_str(), 0755);
    return path;
  }

  support::TempDir dir_;
  base::Runtime runtime_{1};
  core::Profile profile_{
      .id = 7, .key = {"Ama zon", "c5"}, .attributes = {{"instance-type", "c5.large"}, {"zone", "{name}"}}};
};

TEST_F(ExecTest, GivesTheProfileInItsArguments) {
  const auto path = script("printf '%s|' \"$@\"");
  Trace trace;
  const Result result = measure({path, "{provider}", "{name}'s", "{attribute.zone}{attribute.none}", "{x}"}, &trace);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(trace.received, "exit code 0\nAma zon|c5's|{name}|{x}|");
  EXPECT_EQ(trace.sent,
            "PROBE_ATTR_INSTANCE_TYPE=c5.large PROBE_ATTR_ZONE='{name}' PROBE_NAME=c5 PROBE_PROVIDER='Ama zon' "
            "PROBE_TIMEOUT=30 " +
                path + R"( 'Ama zon' 'c5'\''s' '{name}' '{x}')");
}

TEST_F(ExecTest, GivesExactlyTheDocumentedEnvironment) {
  ::setenv("VACANCY_TEST_PASSED", "passed on", 1);
  ::setenv("VACANCY_TEST_KEPT", "kept", 1);
  config::ProbeConfig config = this->config({"/usr/bin/env"});
  config.timeout = 29s + 1ms;
  config.exec.environment = {"TOKEN=secret=1", "VACANCY_TEST_PASSED", "VACANCY_TEST_ABSENT", "LC_ALL=C.UTF-8",
                             "PROBE_NAME=mine"};
  Trace trace;
  ASSERT_TRUE(measure(config, {&profile_, 1}, &trace).results.at(0));
  EXPECT_EQ(trace.received,
            fmt::format("exit code 0\nHOME={}\nLC_ALL=C.UTF-8\nPATH={}\nPROBE_ATTR_INSTANCE_TYPE=c5.large\n"
                        "PROBE_ATTR_ZONE={{name}}\nPROBE_NAME=mine\nPROBE_PROVIDER=Ama zon\nPROBE_TIMEOUT=30\n"
                        "TOKEN=secret=1\nVACANCY_TEST_PASSED=passed on\n",
                        std::getenv("HOME"), std::getenv("PATH")));
  EXPECT_THAT(trace.sent, Not(HasSubstr("secret")));
  EXPECT_THAT(trace.sent, Not(HasSubstr("mine")));
  ::unsetenv("VACANCY_TEST_PASSED");
  ::unsetenv("VACANCY_TEST_KEPT");
}

TEST_F(ExecTest, AppliesItsOptions) {
  config::ProbeConfig config = this->config({script("pwd; ulimit -n; ulimit -S -t; ulimit -v; nice")});
  config.exec.directory = std::filesystem::canonical(dir_.path());
  config.exec.open_files = 21;
  config.exec.cpu_seconds = 5;
  config.exec.memory_bytes = 1 << 30;
  config.exec.nice = 19;
  Trace trace;
  ASSERT_TRUE(measure(config, {&profile_, 1}, &trace).results.at(0));
  EXPECT_EQ(trace.received, fmt::format("exit code 0\n{}\n21\n5\n1048576\n19\n", config.exec.directory));
  config.exec.max_output_bytes = 3;
  EXPECT_EQ(measure(config, {&profile_, 1}, &trace).results.at(0).error(),
            "prints more than 3 bytes to standard output");
  EXPECT_EQ(trace.received, "prints more than 3 bytes to standard output");
}

TEST_F(ExecTest, MeasuresABatch) {
  config::ProbeConfig config = this->config(
      {script("echo \"$PROBE_NAME.$PROBE_TIMEOUT.$1\" >&2; sed 's/\"attributes\":{.*}}/\"free\":9}/'"), "{name}"});
  config.exec.batch = true;
  const core::Profile profiles[] = {profile_, {.id = 8, .key = {"Azure", "d\"2"}}};
  Trace trace;
  const Answer answer = measure(config, profiles, &trace);
  ASSERT_EQ(answer.results.size(), 2U);
  for (const Result& result : answer.results) {
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(result->free, 9);
  }
  EXPECT_THAT(trace.received, HasSubstr(".30.{name}\n"));
  config.exec.command = {"/bin/false"};
  EXPECT_EQ(measure(config, profiles).results.at(1).error(), "exit code 1");
}

TEST_F(ExecTest, FailsWithASentence) {
  EXPECT_EQ(measure({"/no/such"}).error(), "cannot run /no/such: No such file or directory");
  EXPECT_EQ(measure({script("echo no quota >&2; exit 75")}).error(), "temporary failure: no quota");
  EXPECT_THAT(measure({script("no-such-command")}).error(), HasSubstr("exit code 127 (a command is not found): "));
  config::ProbeConfig config = this->config({"sleep", "1000"});
  config.timeout = 100ms;
  EXPECT_EQ(measure(config, {&profile_, 1}).results.at(0).error(), "timed out after 100ms");
}

TEST_F(ExecTest, CancelEndsMeasurementsUnderWayAndLaterOnes) {
  const auto probe =
      make_probe(config({script("echo >$PROBE_ATTR_DIR/begun; sleep 1000")}), runtime_.background().get_executor());
  profile_.attributes["dir"] = dir_.path();
  const auto measure = [&] {
    return support::start(runtime_.background(),
                          probe->measure({&profile_, 1}, std::chrono::steady_clock::now() + 60s, nullptr));
  };
  auto under_way = measure();
  ASSERT_TRUE(support::eventually([&] { return std::filesystem::exists(dir_ / "begun"); }));
  support::on(runtime_.background(), [&] { probe->cancel(); });
  auto later = measure();
  ASSERT_TRUE(support::ready(under_way) && support::ready(later));
  EXPECT_EQ(under_way.get().results.at(0).error(), kCancelled);
  EXPECT_EQ(later.get().results.at(0).error(), kCancelled);
}

TEST_F(ExecTest, RunsRealPlugins) {
  const std::string folder = "/usr/lib/nagios/plugins/";
  if (!std::filesystem::exists(folder + "check_dummy")) GTEST_SKIP() << "no monitoring-plugins-basic";
  const std::pair<Level, std::string> expected[] = {{Level::high, "OK: so be it"},
                                                    {Level::medium, "WARNING: so be it"},
                                                    {Level::low, "CRITICAL: so be it"},
                                                    {Level::unknown, "UNKNOWN: so be it"}};
  for (int code = 0; code < 4; ++code) {
    const Result result = measure({folder + "check_dummy", std::to_string(code), "so be it"});
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(std::pair(result->level, result->reason), expected[code]);
  }
  const Result dummy = measure({folder + "check_dummy", "0", "x | 'Free'=12;8;4 total=64"});
  ASSERT_TRUE(dummy) << dummy.error();
  EXPECT_EQ(dummy->free, 12);
  EXPECT_EQ(dummy->total, 64);
  const Result load = measure({folder + "check_load", "-w", "1000,1000,1000", "-c", "1000,1000,1000"});
  ASSERT_TRUE(load) << load.error();
  EXPECT_EQ(load->level, Level::high);
}

TEST(ExecConcurrency, IsMoreThanTheCores) {
  EXPECT_EQ(concurrency({.name = "x", .kind = "exec"}), 32U);
}

}  // namespace
}  // namespace probe
