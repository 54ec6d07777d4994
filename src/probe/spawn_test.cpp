// How programs start, and with what.
#include "probe/spawn.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

using testing::HasSubstr;

class SpawnTest : public testing::Test {
 protected:
  /// What a program prints, or why it cannot start.
  static std::string output_of(const Program& program) {
    const auto child = spawn(program);
    if (!child) return child.error();
    std::string output;
    std::array<char, 4096> buffer;
    for (ssize_t count = 0; (count = ::read(child->output.get(), buffer.data(), buffer.size())) > 0;)
      output.append(buffer.data(), count);
    while (!has_exited(child->pid)) ::usleep(100);
    EXPECT_EQ(end_group(child->pid).code, 0);
    EXPECT_TRUE(group_is_gone(child->pid));
    return output;
  }
  static Program shell(const std::string& script) {
    return {.command = {"/bin/sh", "-c", script}, .environment = {"PATH=/usr/bin:/bin"}};
  }
  std::string file(const std::string& name) const { return dir_ / name; }
  void write(const std::string& name, const std::string& text, mode_t mode) const {
    std::ofstream(file(name)) << text;
    ::chmod(file(name).c_str(), mode);
  }

  support::TempDir dir_;
};

TEST_F(SpawnTest, FindsProgramsInThePathOfTheirEnvironment) {
  write("refused", "#!/bin/sh\necho refused\n", 0644);
  write("tool", "#!/bin/sh\necho tool of mine\n", 0755);
  const std::string path = fmt::format("PATH=/nowhere:{0}/tool::{0}", dir_.path().string());
  EXPECT_EQ(output_of({.command = {"tool"}, .environment = {path}}), "tool of mine\n");
  EXPECT_EQ(output_of({.command = {"echo", "by default"}, .environment = {}}), "by default\n");
  EXPECT_EQ(output_of({.command = {"no-such-tool"}, .environment = {path}}),
            "cannot run no-such-tool, looked for in PATH: No such file or directory");
  EXPECT_EQ(output_of({.command = {"refused"}, .environment = {path}}),
            "cannot run refused, looked for in PATH: Permission denied");
  std::filesystem::create_directory(file("first"));
  write("first/tool", "#!/bin/sh\necho first\n", 0644);
  EXPECT_EQ(output_of({.command = {"tool"}, .environment = {fmt::format("PATH={0}/first:{0}", dir_.path().string())}}),
            "tool of mine\n");
  EXPECT_EQ(output_of({.command = {"echo"}, .environment = {"PATH="}}),
            "cannot run echo, looked for in PATH: No such file or directory");
}

TEST_F(SpawnTest, SaysWhyItCannotStart) {
  write("no-program", "echo\n", 0755);
  EXPECT_EQ(output_of({.command = {"/no/such"}, .environment = {}}), "cannot run /no/such: No such file or directory");
  EXPECT_EQ(output_of({.command = {file("no-program")}, .environment = {}}),
            fmt::format("cannot run {}: Exec format error", file("no-program")));
  EXPECT_EQ(output_of({.command = {"/bin/true"}, .environment = {}, .directory = "/no/such"}),
            "cannot enter the directory /no/such: No such file or directory");
  EXPECT_THAT(output_of({.command = {}, .environment = {}}), HasSubstr("the command is empty"));
  EXPECT_THAT(output_of({.command = {"echo", std::string("a\0b", 3)}, .environment = {}}), HasSubstr("zero byte"));
  const std::string much(256 * 1024, 'x');
  EXPECT_EQ(output_of({.command = {"/bin/echo", much}, .environment = {}}),
            "cannot run /bin/echo: Argument list too long");
}

/// The lowest free descriptor.
int free_descriptor() {
  const int free = ::dup(STDIN_FILENO);
  ::close(free);
  return free;
}

TEST_F(SpawnTest, SaysThatThereAreNoMoreDescriptors) {
  const int free = free_descriptor();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  int failed = 0;
  // Each limit lets one more descriptor be opened, until all are there.
  for (bool started = false; !started && failed < 100;) {
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(free + failed);
    ::setrlimit(RLIMIT_NOFILE, &few);
    const auto child = spawn(shell("echo fine"));
    ::setrlimit(RLIMIT_NOFILE, &before);
    started = child.has_value();
    if (started) {
      end_group(child->pid);
    } else {
      EXPECT_THAT(child.error(), HasSubstr("Too many open files"));
      ++failed;
    }
  }
  EXPECT_GE(failed, 3) << "a handle and two pipes are needed";
  EXPECT_LT(failed, 100);
  EXPECT_EQ(free_descriptor(), free) << "none is left open";
}

TEST_F(SpawnTest, NamesAnInterpreterThatIsMissing) {
  write("script", "#!/nowhere/sh\n", 0755);
  const std::string wrong = fmt::format("cannot run {}: its interpreter '/nowhere/sh' is not there", file("script"));
  EXPECT_EQ(output_of({.command = {file("script")}, .environment = {}}), wrong);
  EXPECT_EQ(output_of({.command = {"script"}, .environment = {"PATH=/nowhere:" + dir_.path().string()}}), wrong);
  EXPECT_EQ(output_of({.command = {"./script"}, .environment = {}, .directory = dir_.path()}),
            fmt::format("cannot run {}/./script: its interpreter '/nowhere/sh' is not there", dir_.path().string()));
  write("script", "#!/bin/sh\r\necho\r\n", 0755);
  EXPECT_THAT(output_of({.command = {file("script")}, .environment = {}}), HasSubstr("its lines end as in Windows"));
  write("script", "#!/nowhere/sh\n", 0644);
  EXPECT_EQ(output_of({.command = {file("script")}, .environment = {}}),
            fmt::format("cannot run {}: Permission denied", file("script")));
}

TEST_F(SpawnTest, GivesItsInputOrNone) {
  const std::string much(1'000'000, 'x');
  Program count = shell("wc -c");
  count.input = much;
  EXPECT_EQ(output_of(count), "1000000\n");
  EXPECT_EQ(output_of(shell("wc -c")), "0\n");
  // A program need not read it.
  Program ignores = shell("echo done");
  ignores.input = much;
  EXPECT_EQ(output_of(ignores), "done\n");
}

TEST_F(SpawnTest, GivesExactlyItsEnvironment) {
  EXPECT_EQ(output_of({.command = {"/usr/bin/env"}, .environment = {"B=2", "A= 1\n="}}), "B=2\nA= 1\n=\n");
  EXPECT_EQ(output_of({.command = {"/usr/bin/env"}, .environment = {}}), "");
}

TEST_F(SpawnTest, InheritsNoDescriptor) {
  // One that is not closed on exec, as a library may leave it.
  const int leaky = ::open("/dev/null", O_RDONLY);
  const std::string listed = output_of({.command = {"/bin/ls", "/proc/self/fd"}, .environment = {}});
  ::close(leaky);
  // The fourth is the directory that ls lists.
  EXPECT_EQ(listed, "0\n1\n2\n3\n");
}

TEST_F(SpawnTest, InheritsNoSignalState) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const std::string status = output_of({.command = {"/bin/grep", "^Sig[BI]", "/proc/self/status"}, .environment = {}});
  ::signal(SIGPIPE, before);
  EXPECT_EQ(status, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&blocked, SIGUSR1)) << "the mask of this thread is as it was";
}

TEST_F(SpawnTest, RunsInItsDirectoryWithItsPriority) {
  Program program = shell("pwd; nice");
  program.directory = std::filesystem::canonical(dir_.path());
  program.nice = 7;
  const int expected = ::getpriority(PRIO_PROCESS, 0) + 7;
  EXPECT_EQ(output_of(program), fmt::format("{}\n{}\n", program.directory, expected));
}

TEST_F(SpawnTest, LeadsAGroupOfItsOwn) {
  EXPECT_EQ(output_of(shell("set -- $(cat /proc/self/stat); [ $5 = $$ ] && [ $5 != $PPID ] && echo own")), "own\n");
}

TEST_F(SpawnTest, IsLimited) {
  Program limited = shell("ulimit -n; ulimit -v; ulimit -S -t; ulimit -H -t");
  limited.open_files = 20;
  limited.memory_bytes = 100'000 * 1024;
  limited.cpu_seconds = 2;
  EXPECT_EQ(output_of(limited), "20\n100000\n2\n3\n");
  Program unlimited = shell("ulimit -n");
  unlimited.open_files = 0;
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  EXPECT_EQ(output_of(unlimited), fmt::format("{}\n", own.rlim_cur));
  // More than is allowed here is what is allowed here.
  Program most = shell("ulimit -n");
  most.open_files = own.rlim_max + 1;
  rlimit lower = own;
  lower.rlim_cur = 256;
  ::setrlimit(RLIMIT_NOFILE, &lower);
  EXPECT_EQ(output_of(most), fmt::format("{}\n", own.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &own);
}

}  // namespace
}  // namespace probe
