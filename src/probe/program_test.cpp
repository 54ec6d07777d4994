// Real programs, and what is left of them: nothing.
#include "probe/program.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/runtime.hpp"
#include "probe/probe.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using Outcome = std::expected<Exited, Failure>;

/// What the programs' deadlines come from, as failures name it. The deadlines of the tests are nearer.
constexpr base::Duration kTimeout = 90s;
constexpr std::string_view kTimedOut = "timed out after 1m30s";

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What this process's descriptors are, such as {5, "pipe:[123]"}.
std::map<int, std::string> open_files() {
  std::map<int, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    const auto target = std::filesystem::read_symlink(entry.path(), ignored).string();
    if (!target.empty() && !target.contains("/fd")) files[std::stoi(entry.path().filename())] = target;
  }
  return files;
}

class ProgramTest : public testing::Test {
 protected:
  ProgramTest() { runtime_.start(); }
  ~ProgramTest() override {
    EXPECT_TRUE(support::eventually([] { return ::waitpid(-1, nullptr, WNOHANG) == -1; })) << "a child is left";
    runtime_.stop();
  }

  std::future<Outcome> start(Program program, base::Duration timeout = 80s) {
    return support::start(runtime_.background(),
                          programs_.run(std::move(program), steady_clock::now() + timeout, stop_.get_token()));
  }
  Outcome run(Program program, base::Duration timeout = 80s) {
    auto outcome = start(std::move(program), timeout);
    // Programs start, use the processor and die as late as a busy machine likes.
    if (outcome.wait_for(std::max<base::Duration>(support::kPatience, 2min)) != std::future_status::ready)
      throw std::runtime_error("run() does not return");
    return outcome.get();
  }
  Program shell(const std::string& script) const {
    return {.command = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin", "DIR=" + dir_.path().string()}};
  }
  Outcome run_shell(const std::string& script, base::Duration timeout = 80s) { return run(shell(script), timeout); }
  std::string output_of(Program program) {
    const Outcome outcome = run(std::move(program));
    return outcome ? outcome->output : outcome.error().sentence;
  }
  std::string file(const std::string& name) const { return dir_ / name; }
  /// The number that a program wrote to a file, once it is there.
  pid_t pid_in(const std::string& name) const {
    support::eventually([&] { return content_of(file(name)).ends_with('\n'); });
    return static_cast<pid_t>(std::stol(content_of(file(name))));
  }
  /// What has been killed may, on a busy machine, take its time to die.
  static bool group_is_gone(pid_t group) {
    return support::eventually([&] { return ::kill(-group, 0) != 0 && errno == ESRCH; });
  }

  support::TempDir dir_;
  base::Runtime runtime_{1};
  std::stop_source stop_;
  Programs programs_{runtime_.background().get_executor(), kTimeout};
};

TEST_F(ProgramTest, SaysHowItEnded) {
  const Outcome outcome = run_shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->code, 3);
  EXPECT_EQ(outcome->signal, 0);
  EXPECT_EQ(outcome->output, "out\n");
  EXPECT_EQ(outcome->errors, "err\n");

  const Outcome killed = run_shell("kill -KILL $$");
  ASSERT_TRUE(killed) << killed.error().sentence;
  EXPECT_EQ(killed->code, -1);
  EXPECT_EQ(killed->signal, SIGKILL);
}

TEST_F(ProgramTest, TakesAnyBytes) {
  EXPECT_EQ(output_of(shell(R"(printf 'a\0\377b')")), std::string("a\0\377b", 4));
  EXPECT_EQ(output_of({.command = {"/bin/printf", "%s", "\377 '\"$(x)"}, .environment = {}}), "\377 '\"$(x)");
}

TEST_F(ProgramTest, KeepsTheEndOfStandardError) {
  const Outcome outcome = run_shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done >&2");
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->errors.size(), 1024U);
  EXPECT_TRUE(outcome->errors.ends_with("line 2999\n"));
}

TEST_F(ProgramTest, EndsWhenItsCpuTimeIsUsedUp) {
  Program program = shell("while :; do :; done");
  program.cpu_seconds = 1;
  program.nice = 0;
  const Outcome outcome = run(program);
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->signal, SIGXCPU);
}

TEST_F(ProgramTest, EndsAtTheDeadline) {
  const auto begin = steady_clock::now();
  EXPECT_EQ(run_shell("sleep 1000", 200ms).error().sentence, kTimedOut);
  EXPECT_GE(steady_clock::now() - begin, 200ms);
}

TEST_F(ProgramTest, LetsItCleanUpAtTheDeadline) {
  EXPECT_FALSE(run_shell("trap 'echo bye >$DIR/bye; exit 0' TERM; sleep 1000 & wait", 2s));
  EXPECT_EQ(content_of(file("bye")), "bye\n");
}

TEST_F(ProgramTest, NamesTheInterpreterThatEnvDoesNotFind) {
  std::ofstream(file("script")) << "#!/usr/bin/env python2.6\n";
  std::filesystem::permissions(file("script"), std::filesystem::perms::owner_all);
  EXPECT_EQ(output_of({.command = {file("script")}, .environment = {"PATH=/usr/bin:/bin"}}),
            fmt::format("cannot run {}: its interpreter 'python2.6' is not in PATH", file("script")));
  // It is there, and env may not run it.
  std::ofstream(file("python2.6")) << "";
  std::filesystem::permissions(file("python2.6"), std::filesystem::perms::owner_read);
  EXPECT_EQ(output_of({.command = {file("script")}, .environment = {"PATH=" + dir_.path().string()}}),
            fmt::format("cannot run {}: its interpreter 'python2.6' is not in PATH", file("script")));
  const Outcome own = run_shell("exit 127");
  ASSERT_TRUE(own) << own.error().sentence;
  EXPECT_EQ(own->code, 127);
}

TEST_F(ProgramTest, TellsWhatItsProgramStartedToEndToo) {
  // The child does not end with its parent: only a signal of its own makes it write. It is ready when the parent
  // prints too much.
  EXPECT_FALSE(
      run_shell("(trap 'echo told >$DIR/told; exit' TERM; echo up >$DIR/up; sleep 1000 & wait) & "
                "while [ ! -s $DIR/up ]; do sleep 0.05; done; trap '' TERM; head -c 100000 /dev/zero; "
                "while [ ! -s $DIR/told ]; do sleep 0.05; done"));
  EXPECT_EQ(content_of(file("told")), "told\n");
}

TEST_F(ProgramTest, KillsAGroupThatIgnoresIt) {
  const Outcome outcome = run_shell(
      "trap '' TERM; echo $$ >$DIR/pid; for i in 1 2 3; do sh -c 'trap \"\" TERM; while :; do sleep 1000; done' & "
      "done; "
      "while :; do sleep 1000; done",
      2s);
  EXPECT_EQ(outcome.error().sentence, kTimedOut);
  EXPECT_TRUE(group_is_gone(pid_in("pid")));
}

TEST_F(ProgramTest, KillsWhatItLeftBehind) {
  const Outcome outcome = run_shell("trap '' TERM; echo $$ >$DIR/pid; sleep 1000 & sleep 1000 & echo done");
  ASSERT_TRUE(outcome) << "children that hold its output are waited for: " << outcome.error().sentence;
  EXPECT_EQ(outcome->output, "done\n");
  EXPECT_TRUE(group_is_gone(pid_in("pid")));
}

TEST_F(ProgramTest, EndsWhatIsInAnotherGroupOfItsSession) {
  // timeout(1) makes a group of its own.
  EXPECT_FALSE(
      run_shell("timeout 1000 sh -c 'echo $$ >$DIR/inner; exec sleep 1000' & trap '' TERM; "
                "while :; do sleep 0.1; done",
                2s));
  const pid_t inner = pid_in("inner");
  EXPECT_TRUE(support::eventually([&] { return run_shell("true") && ::kill(inner, 0) != 0; }));
}

TEST_F(ProgramTest, EndsWhatIsInAnotherGroupOfItsSessionWhenItEndsAtOnce) {
  EXPECT_FALSE(
      run_shell("timeout 1000 sh -c 'echo $$ >$DIR/inner; exec sleep 1000' & "
                "while [ ! -s $DIR/inner ]; do sleep 0.05; done; head -c 100000 /dev/zero; exec sleep 1000"));
  const pid_t inner = pid_in("inner");
  EXPECT_TRUE(support::eventually([&] { return run_shell("true") && ::kill(inner, 0) != 0; }));
}

TEST_F(ProgramTest, DoesNotWaitForAProcessThatEscaped) {
  const Outcome outcome = run_shell(
      "setsid sh -c 'echo $$ >$DIR/escaped; exec sleep 1000' & "
      "while [ ! -s $DIR/escaped ]; do :; done; echo done");
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->output, "done\n");
  const pid_t escaped = pid_in("escaped");
  EXPECT_EQ(::kill(escaped, SIGKILL), 0) << "it is not of the group";
  // Nobody else reaps it, where this is process 1.
  EXPECT_TRUE(support::eventually([&] { return run_shell("true") && ::kill(escaped, 0) != 0; }));
}

TEST_F(ProgramTest, KillsOneThatPrintsTooMuch) {
  EXPECT_EQ(run_shell("echo $$ >$DIR/pid; head -c 1000000000 /dev/zero").error().sentence,
            "prints more than 65536 bytes to standard output");
  EXPECT_EQ(run_shell("head -c 1000000000 /dev/zero >&2; sleep 1000").error().sentence,
            "prints more than 65536 bytes to standard error");
  EXPECT_TRUE(group_is_gone(pid_in("pid")));
}

TEST_F(ProgramTest, AllowsExactlyWhatIsAllowed) {
  Program program = shell("head -c 200000 /dev/zero");
  program.max_output_bytes = 200'000;
  const Outcome outcome = run(program);
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->output.size(), 200'000U);
  program.max_output_bytes = 199'999;
  EXPECT_EQ(run(program).error().sentence, "prints more than 199999 bytes to standard output");
}

TEST_F(ProgramTest, WaitsForOneThatClosedItsOutput) {
  const auto begin = steady_clock::now();
  const Outcome outcome = run_shell("exec >&- 2>&-; sleep 0.3; exit 4");
  ASSERT_TRUE(outcome) << outcome.error().sentence;
  EXPECT_EQ(outcome->code, 4);
  EXPECT_GE(steady_clock::now() - begin, 300ms);
  EXPECT_EQ(run_shell("exec >&- 2>&-; sleep 1000", 200ms).error().sentence, kTimedOut);
}

TEST_F(ProgramTest, LeavesNoDescriptor) {
  ASSERT_TRUE(run_shell("true"));
  const auto before = open_files();
  Program with_input = shell("cat");
  with_input.input = "text";
  EXPECT_TRUE(run(with_input));
  EXPECT_FALSE(run({.command = {"/no/such"}, .environment = {}}));
  EXPECT_FALSE(run_shell("sleep 1000", 50ms));
  EXPECT_FALSE(run_shell("cat /dev/zero"));
  EXPECT_EQ(open_files(), before);
}

boost::asio::awaitable<int> failures_in_turn(Programs& programs, int count) {
  int failed = 0;
  for (; count > 0; --count) {
    Program program{.command = {"/bin/true"}, .environment = {}};
    const Outcome outcome = co_await programs.run(std::move(program), steady_clock::now() + 20s);
    if (!outcome || outcome->code != 0) ++failed;
  }
  co_return failed;
}

TEST_F(ProgramTest, TakesEachForItself) {
  // Numbers of descriptors, and their events, change hands quickly.
  std::vector<std::future<int>> failed;
  for (int i = 0; i < 16; ++i) failed.push_back(support::start(runtime_.background(), failures_in_turn(programs_, 30)));
  for (auto& count : failed) EXPECT_EQ(count.get(), 0);
}

TEST_F(ProgramTest, RunsManyAtOnce) {
  ASSERT_TRUE(run_shell("true"));
  const auto before = open_files();
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 200; ++i) outcomes.push_back(start(shell(fmt::format("echo {0}; exit {0}", i))));
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(outcomes[i].wait_for(60s) == std::future_status::ready);
    const Outcome outcome = outcomes[i].get();
    ASSERT_TRUE(outcome) << outcome.error().sentence;
    EXPECT_EQ(outcome->code, i);
    EXPECT_EQ(outcome->output, fmt::format("{}\n", i));
  }
  EXPECT_EQ(open_files(), before);
}

TEST_F(ProgramTest, AStopKillsAtOnceAndFailsLaterRuns) {
  auto first = start(shell("trap 'echo >$DIR/asked' TERM; echo $$ >$DIR/pid; while :; do sleep 0.1; done"));
  auto second = start(shell("echo $$ >$DIR/second; exec sleep 1000"));
  const pid_t group = pid_in("pid");
  pid_in("second");
  support::on(runtime_.background(), [&] { stop_.request_stop(); });
  ASSERT_TRUE(support::ready(first) && support::ready(second));
  EXPECT_FALSE(std::filesystem::exists(file("asked"))) << "it was asked to end, by SIGTERM, and waited for";
  EXPECT_EQ(first.get().error().sentence, kCancelled);
  EXPECT_EQ(second.get().error().sentence, kCancelled);
  EXPECT_TRUE(group_is_gone(group));
  EXPECT_EQ(run_shell("echo $$ >$DIR/later").error().sentence, kCancelled);
  EXPECT_FALSE(std::filesystem::exists(file("later")));
}

TEST(Programs, EndWithTheirExecutor) {
  support::TempDir dir;
  auto context = std::make_unique<boost::asio::io_context>();
  auto programs = std::make_unique<Programs>(context->get_executor(), kTimeout);
  Program program{.command = {"/bin/sh", "-c", "echo $$ >$0; sleep 1000", dir / "pid"}, .environment = {}};
  boost::asio::co_spawn(*context, programs->run(std::move(program), steady_clock::now() + 60s),
                        [](const std::exception_ptr&, const Outcome&) {});
  ASSERT_TRUE(support::eventually([&] {
    context->poll();
    return content_of(dir / "pid").ends_with('\n');
  }));
  programs.reset();
  context.reset();
  const auto group = static_cast<pid_t>(std::stol(content_of(dir / "pid")));
  EXPECT_TRUE(support::eventually([&] {
    ::waitpid(-group, nullptr, WNOHANG);
    return ::kill(-group, 0) != 0;
  }));
}

}  // namespace
}  // namespace probe
