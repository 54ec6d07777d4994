// Scripts that do not run, and the interpreter that is why.
#include "probe/interpreter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

class InterpreterTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0755) const {
    std::ofstream(dir_ / name) << text;
    ::chmod((dir_ / name).c_str(), mode);
    return dir_ / name;
  }
  std::string fault(const std::string& first_line) const {
    return interpreter_fault(file("script", first_line + "\necho\n"), "/nowhere:/bin:" + dir_.path().string());
  }

  support::TempDir dir_;
};

TEST_F(InterpreterTest, IsThere) {
  file("python9", "#!/bin/sh\n");
  for (const char* line : {"#!/bin/sh", "#! /bin/sh -e", "#!/usr/bin/env sh", "#!/usr/bin/env python9",
                           "#!/usr/bin/env -S A=b sh -e", "#!/usr/bin/env /bin/sh", "echo", "", "#!", "# !/nowhere/sh",
                           "\x7f"
                           "ELF"})
    EXPECT_EQ(fault(line), "") << line;
  EXPECT_EQ(interpreter_fault(dir_ / "none", "/bin"), "");
}

TEST_F(InterpreterTest, IsNamedWhenItIsMissing) {
  EXPECT_EQ(fault("#!/nowhere/python2.6"), "its interpreter '/nowhere/python2.6' is not there");
  EXPECT_EQ(fault("#!  /nowhere/python2.6 -u"), "its interpreter '/nowhere/python2.6' is not there");
  EXPECT_EQ(fault("#!/usr/bin/env python2.6"), "its interpreter 'python2.6' is not in PATH");
  EXPECT_EQ(fault("#!/usr/bin/env -S python2.6 -u"), "its interpreter 'python2.6' is not in PATH");
  EXPECT_EQ(fault("#!/usr/bin/env /nowhere/python2.6"), "its interpreter '/nowhere/python2.6' is not there");
  EXPECT_EQ(fault("#!bin/python2.6"), "its interpreter 'bin/python2.6' is not there; write an absolute path");
}

TEST_F(InterpreterTest, MayNotBeExecuted) {
  const std::string plain = file("plain", "", 0644);
  EXPECT_EQ(fault("#!" + plain), fmt::format("its interpreter '{}' may not be executed", plain));
  EXPECT_EQ(fault("#!/usr/bin/env plain"), "its interpreter 'plain' is not in PATH");
  EXPECT_EQ(fault("#!/bin"), "its interpreter '/bin' may not be executed");
}

TEST_F(InterpreterTest, HasACarriageReturn) {
  EXPECT_EQ(fault("#!/bin/sh\r"),
            "its interpreter '/bin/sh\\r' is not there; its lines end as in Windows, with CR LF: write LF alone");
  for (const char* line : {"#!/bin/sh -e\r", "#!/usr/bin/env -S /bin/sh -e\r"})
    EXPECT_EQ(fault(line),
              "the arguments of its interpreter '/bin/sh' end with \\r; its lines end as in Windows, with CR LF: write "
              "LF alone")
        << line;
  EXPECT_EQ(fault("#!/usr/bin/env python3\r"),
            "its interpreter 'python3\\r' is not there; its lines end as in Windows, with CR LF: write LF alone");
}

TEST_F(InterpreterTest, HasAByteOrderMark) {
  EXPECT_EQ(fault("\xEF\xBB\xBF#!/bin/sh"),
            "it begins with a byte order mark, before its #!; save it as UTF-8 without one");
  EXPECT_EQ(fault("\xEF\xBB\xBF"
                  "echo"),
            "");
}

TEST_F(InterpreterTest, IsAScriptItself) {
  const std::string good = file("good", "#!/bin/sh\n");
  EXPECT_EQ(fault("#!" + good), "");
  const std::string windows = file("windows", "#!/bin/sh\r\n");
  EXPECT_EQ(
      fault("#!" + windows),
      fmt::format("its interpreter '{}' does not run: its interpreter '/bin/sh\\r' is not there; its lines end as "
                  "in Windows, with CR LF: write LF alone",
                  windows));
  EXPECT_EQ(fault("#!/usr/bin/env windows"),
            "its interpreter 'windows' does not run: its interpreter '/bin/sh\\r' is not there; its lines end as in "
            "Windows, with CR LF: write LF alone");
  const std::string round = dir_ / "round";
  file("round", "#!" + round + "\n");
  EXPECT_EQ(fault("#!" + round), "") << "ends";
}

}  // namespace
}  // namespace probe
