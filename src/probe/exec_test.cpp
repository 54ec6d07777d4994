// Measurements by programs: pure readings, real scripts and real plugins.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

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
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ExecTest : public testing::Test {
 protected:
  ExecTest() { runtime_.start(); }

  Answer measure(const config::ProbeConfig& config, std::span<const core::Profile> profiles, Trace* trace = nullptr) {
    const auto probe = make_probe(config, runtime_.background().get_executor());
    auto answer = support::start(
        runtime_.background(),
        probe->measure(profiles, {.deadline = std::chrono::steady_clock::now() + config.timeout, .trace = trace}));
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
      .id = 7, .key = {"Ama zon", "c5"}, .labels = {{"instance-type", "c5.large"}, {"zone", "{name}"}}};
};

TEST_F(ExecTest, GivesTheProfileInItsArguments) {
  const auto path = script("printf '%s,' \"$@\"");
  Trace trace;
  const Result result = measure({path, "{provider}", "{name}'s", "{attribute.zone}{attribute.none}", "{x}"}, &trace);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(trace.received, "exit code 0\nAma zon,c5's,{name},{x},");
  EXPECT_EQ(trace.sent,
            "PROBE_ATTR_INSTANCE_TYPE=c5.large PROBE_ATTR_ZONE='{name}' PROBE_NAME=c5 PROBE_PROVIDER='Ama zon' "
            "PROBE_TIMEOUT=30 " +
                path + R"( 'Ama zon' 'c5'\''s' '{name}' '{x}')");
}

TEST_F(ExecTest, GivesExactlyTheDocumentedEnvironment) {
  ::setenv("VACANCY_TEST_PASSED", "passed on", 1);
  ::setenv("VACANCY_TEST_KEPT", "kept", 1);
  config::ProbeConfig config = this->config({script("/usr/bin/env >$PROBE_ATTR_DIR/environment; echo OK")});
  profile_.labels["dir"] = dir_.path();
  config.timeout = 29s + 1ms;
  config.exec.environment = {"TOKEN=secret=1", "VACANCY_TEST_PASSED", "VACANCY_TEST_ABSENT", "LC_ALL=C.UTF-8",
                             "PROBE_NAME=mine"};
  Trace trace;
  ASSERT_TRUE(measure(config, {&profile_, 1}, &trace).results.at(0));
  std::ifstream file(dir_ / "environment");
  std::vector<std::string> seen;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with("PWD=")) seen.push_back(line);
  std::ranges::sort(seen);
  EXPECT_THAT(seen, ElementsAre(fmt::format("HOME={}", std::getenv("HOME")), "LC_ALL=C.UTF-8",
                                fmt::format("PATH={}", std::getenv("PATH")), "PROBE_ATTR_DIR=" + dir_.path().string(),
                                "PROBE_ATTR_INSTANCE_TYPE=c5.large", "PROBE_ATTR_ZONE={name}", "PROBE_NAME=mine",
                                "PROBE_PROVIDER=Ama zon", "PROBE_TIMEOUT=30", "TOKEN=secret=1",
                                "VACANCY_TEST_PASSED=passed on"));
  EXPECT_THAT(trace.sent, Not(HasSubstr("secret")));
  EXPECT_THAT(trace.sent, Not(HasSubstr("mine")));
  ::unsetenv("VACANCY_TEST_PASSED");
  ::unsetenv("VACANCY_TEST_KEPT");
}

TEST_F(ExecTest, RepeatsNoSecretOfItsEnvironment) {
  ::setenv("VACANCY_TEST_PASSED", "passed/on-in-secret", 1);
  config::ProbeConfig config = this->config({script(
      R"(printf '{"level":"LOW","reason":"%s %s %s"}' "$VACANCY_TEST_PASSED" "$API_KEY" "$ZONE"; echo $API_KEY >&2)")});
  config.exec.environment = {"VACANCY_TEST_PASSED", "API_KEY=0123456789abcdef", "ZONE=eu-west-1"};
  Trace trace;
  const Result result = measure(config, {&profile_, 1}, &trace).results.at(0);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->reason, "… … eu-west-1");
  EXPECT_EQ(trace.received, "exit code 0\n{\"level\":\"LOW\",\"reason\":\"… … eu-west-1\"}…\n");
  config.exec.environment = {"DSN=x", "DB_TOKEN_URL=mysql://me:hunter22@db/x"};
  config.exec.command = {script("echo 'cannot log in with hunter22' >&2; exit 1")};
  EXPECT_FALSE(measure(config, {&profile_, 1}, &trace).results.at(0));
  EXPECT_THAT(trace.received, HasSubstr("cannot log in with …"));
  ::unsetenv("VACANCY_TEST_PASSED");
}

TEST_F(ExecTest, ShowsTheStartOfMuchOutput) {
  config::ProbeConfig config = this->config({script("head -c 100000 /dev/zero | tr '\\0' x; echo end >&2")});
  config.exec.max_output_bytes = 200'000;
  Trace trace;
  EXPECT_TRUE(measure(config, {&profile_, 1}, &trace).results.at(0));
  EXPECT_EQ(trace.received, "exit code 0\n" + std::string(64 * 1024, 'x') + "\n(100000 bytes in all)\nend\n");
  config.exec.command = {script("head -c 65536 /dev/zero | tr '\\0' x")};
  EXPECT_TRUE(measure(config, {&profile_, 1}, &trace).results.at(0));
  EXPECT_EQ(trace.received, "exit code 0\n" + std::string(64 * 1024, 'x')) << "all of it is shown";
}

TEST_F(ExecTest, ReadsTheFormatItIsToldTo) {
  config::ProbeConfig config = this->config({"/bin/true"});
  EXPECT_FALSE(measure(config, {&profile_, 1}).results.at(0));
  config.exec.format = config::Format::nagios;
  EXPECT_TRUE(measure(config, {&profile_, 1}).results.at(0));
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
  const int nice = std::min(19, ::getpriority(PRIO_PROCESS, 0) + 19);
  EXPECT_EQ(trace.received, fmt::format("exit code 0\n{}\n21\n5\n1048576\n{}\n", config.exec.directory, nice));
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
  EXPECT_EQ(measure({script("echo no quota >&2; exit 75")}).error(),
            "temporary failure; 'vacancy probe test' shows its output");
  Trace trace;
  EXPECT_THAT(measure({script("no-such-command")}, &trace).error(),
              StartsWith("exit code 127 (a command is not found); "));
  EXPECT_THAT(trace.received, HasSubstr("no-such-command: not found"));
  config::ProbeConfig config = this->config({"sleep", "1000"});
  config.timeout = 100ms;
  EXPECT_EQ(measure(config, {&profile_, 1}).results.at(0).error(), "timed out after 100ms");
}

TEST_F(ExecTest, AProgramThatNeverRanAskedNobody) {
  const auto asks = [this](std::vector<std::string> command) {
    return measure(config(std::move(command)), {&profile_, 1}).asked;
  };
  EXPECT_FALSE(asks({"/no/such"}));
  std::ofstream(dir_ / "no_interpreter") << "#!/no/such\n";
  std::filesystem::permissions(dir_ / "no_interpreter", std::filesystem::perms::owner_all);
  EXPECT_FALSE(asks({dir_ / "no_interpreter"}));
  EXPECT_TRUE(asks({script("exit 1")}));
  config::ProbeConfig slow = config({"sleep", "1000"});
  slow.timeout = 100ms;
  EXPECT_TRUE(measure(slow, {&profile_, 1}).asked);
}

TEST_F(ExecTest, AStopEndsMeasurementsUnderWayAndLaterOnes) {
  const auto probe =
      make_probe(config({script("echo >$PROBE_ATTR_DIR/begun; sleep 1000")}), runtime_.background().get_executor());
  profile_.labels["dir"] = dir_.path();
  std::stop_source stop;
  const auto measure = [&] {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    return support::start(runtime_.background(),
                          probe->measure({&profile_, 1}, {.deadline = deadline, .stop = stop.get_token()}));
  };
  auto under_way = measure();
  ASSERT_TRUE(support::eventually([&] { return std::filesystem::exists(dir_ / "begun"); }));
  support::on(runtime_.background(), [&] { stop.request_stop(); });
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
