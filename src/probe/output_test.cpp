// The meaning of programs' output: measurements, and doubtful output that becomes none.
#include "probe/output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace probe {
namespace {

using config::Format;
using core::Level;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const config::Levels kThresholds{.high = {.free = 8}, .medium = {.free = 1}};

Result read(Exited exited, const config::Levels& levels = {}) {
  return read_output(exited, levels);
}
std::string error_of(Exited exited, Format format = Format::automatic) {
  const Result result = read_output(exited, {}, format);
  return result ? "no error" : result.error();
}

// --- JSON

TEST(ReadOutput, ReadsJson) {
  const Result result = read({.code = 0, .output = " \n{\"level\":\"LOW\",\"free\":9,\"reason\":\"closed\"}\n"});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->level, Level::low);
  EXPECT_EQ(result->free, 9);
  EXPECT_EQ(result->reason, "closed");
  EXPECT_EQ(read({.code = 0, .output = R"({"level":"LOW","free":9})"}, kThresholds)->level, Level::high);
}

TEST(ReadOutput, SkipsAByteOrderMark) {
  for (const Format format : {Format::automatic, Format::json}) {
    const Result result = read_output({.code = 0, .output = "\xEF\xBB\xBF{\"level\":\"LOW\",\"free\":0}"}, {}, format);
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(result->level, Level::low);
  }
  EXPECT_EQ(read({.code = 1, .output = "\xEF\xBB\xBFGPUS WARNING"})->reason, "GPUS WARNING");
}

TEST(ReadOutput, FailsOnBadJson) {
  EXPECT_THAT(error_of({.code = 0, .output = "{"}), StartsWith("the output is not JSON"));
  EXPECT_THAT(error_of({.code = 0, .output = "{}"}), StartsWith("the output has none of /level"));
  EXPECT_THAT(error_of({.code = 0, .output = R"({"level")"}), StartsWith("the output is not JSON"));
  for (const char* more : {R"({"level":"HIGH"} done)", "{\"level\":\"HIGH\"}\n{\"level\":\"LOW\"}"})
    EXPECT_THAT(error_of({.code = 0, .output = more}), StartsWith("the output is not JSON")) << more;
  EXPECT_EQ(error_of({.code = 0, .output = R"({"level":"HIGH","free":1,"level":"LOW"})"}),
            "the output has the key \"level\" twice in one object");
  EXPECT_EQ(error_of({.code = 0, .output = R"({"Level":"LOW","free":9})"}),
            "the output: /level is written Level; write it in the same letters");
  EXPECT_EQ(error_of({.code = 3, .output = R"({"level":"LOW"})"}),
            "exit code 3; 'vacancy probe test' shows its output");
}

// --- Plugins

TEST(ReadOutput, ReadsPlugins) {
  const Level levels[] = {Level::high, Level::medium, Level::low, Level::unknown};
  for (const Format format : {Format::automatic, Format::nagios}) {
    for (int code = 0; code < 4; ++code) {
      const Result result =
          read_output({.code = code, .output = "Text here | free=3 total=4\nmore\n", .errors = "noise"}, {}, format);
      ASSERT_TRUE(result) << result.error();
      EXPECT_EQ(result->level, levels[code]);
      EXPECT_EQ(result->free, 3);
      EXPECT_EQ(result->total, 4);
      EXPECT_EQ(result->reason, "Text here");
    }
  }
}

TEST(ReadOutput, ReadsWhatRealPluginsPrint) {
  const std::pair<const char*, int> printed[] = {
      {"OK", 0},
      {"OK - load average: 0.10, 0.20, 0.30|load1=0.100;5.000;10.000;0; load5=0.200;4.000;6.000;0;", 0},
      {"DISK OK - free space: / 3326 MB (56%);| /=2643MB;5948;5958;0;5968\n/ 15272 MB (77%);\n/boot 68 MB (69%);\n"
       "/home 69357 MB (27%);|/boot=68MB;88;93;0;98\n/home=69357MB;253404;253409;0;253414\n",
       0},
      {"PING WARNING - Packet loss = 0%, RTA = 200.81 ms|rta=200.806000ms;100.0;500.0;0 pl=0%;40;80;0\n", 1},
      {"SSH CRITICAL: connect to address 10.0.0.1 and port 22: Connection refused\n", 2},
      {"HTTP OK: HTTP/1.1 200 OK - 1256 bytes in 0.003 second response time |time=0.003115s;;;0.000;10.000 "
       "size=1256B\n",
       0},
      {"UNKNOWN", 3},
      {"(Service check timed out)", 3}};
  for (const auto& [output, code] : printed) {
    const Result result = read({.code = code, .output = output});
    ASSERT_TRUE(result) << result.error() << ": " << output;
    EXPECT_EQ(result->level, (std::array{Level::high, Level::medium, Level::low, Level::unknown}[code])) << output;
  }
}

TEST(ReadOutput, ThresholdsWinOverExitCodesButNotOverUnknown) {
  EXPECT_EQ(read({.code = 0, .output = "x|free=0"}, kThresholds)->level, Level::low);
  EXPECT_EQ(read({.code = 2, .output = "x|free=8"}, kThresholds)->level, Level::high);
  EXPECT_EQ(read({.code = 3, .output = "x|free=8"}, kThresholds)->level, Level::unknown);
  EXPECT_EQ(read({.code = 3, .output = "x"}, kThresholds)->reason, "x");
  EXPECT_FALSE(read({.code = 0, .output = "x"}, kThresholds));
}

TEST(ReadOutput, ANumberThatIsNoneFails) {
  EXPECT_EQ(error_of({.code = 0, .output = "x | free=1,234"}),
            "the output: 'free=1,234' is no number; write one such as free=3 or free=0.75");
  EXPECT_EQ(error_of({.code = 0, .output = "x | free=-3"}), "the output: free is -3; it must not be negative");
}

// --- Doubts

TEST(ReadOutput, SilenceIsNoMeasurementUnlessToldSo) {
  for (int code = 0; code < 4; ++code) {
    for (const char* silence : {"", " \n", "\xEF\xBB\xBF"})
      EXPECT_THAT(error_of({.code = code, .output = silence}), StartsWith("the output is empty; print JSON or"))
          << code;
  }
  EXPECT_THAT(error_of({.code = 0, .errors = "warning"}), StartsWith("the output is empty"));
  EXPECT_EQ(error_of({.code = 1, .output = "\n", .errors = "Traceback:\nKeyError: 'x'\n"}),
            "exit code 1; 'vacancy probe test' shows its output");
  const Result told = read_output({.code = 0}, {}, Format::nagios);
  ASSERT_TRUE(told) << told.error();
  EXPECT_EQ(told->level, Level::high);
  EXPECT_EQ(told->reason, "exit code 0");
  EXPECT_EQ(read_output({.code = 1}, {}, Format::nagios)->level, Level::medium);
  EXPECT_THAT(error_of({.code = 0, .errors = "curl: (6) no host"}, Format::nagios), StartsWith("the output is empty"));
  EXPECT_THAT(error_of({.code = 2, .errors = "no such file"}, Format::nagios), StartsWith("exit code 2"));
}

TEST(ReadOutput, AnythingElseThanOneObjectFailsAndSaysWhatToDo) {
  for (const char* output :
       {"Warning: deprecated\n{\"level\":\"LOW\",\"free\":0}", "Warning: deprecated {\"level\":\"LOW\"}",
        "banner\n\n  { \"level\" : \"LOW\" }\n", R"([{"provider":"A","name":"x","level":"LOW"}])", "[1, 2", "warn\n[]",
        "<!doctype html>\n<html><body>502 Bad Gateway</body></html>", "  <html>", "\n<?xml version=\"1.0\"?><a/>",
        "moved to <HTML><BODY>", "\x1b[0m{\"level\":\"LOW\"}", "\xE2\x80\x8B{\"level\":\"LOW\"}"})
    EXPECT_THAT(error_of({.code = 0, .output = output}), StartsWith("the output has JSON or a page in it")) << output;
  for (const char* scalar : {"42", "\"HIGH\"", "true", "null", "0.5\n"})
    EXPECT_THAT(error_of({.code = 0, .output = scalar}), StartsWith("the output is JSON but no object")) << scalar;
  const Result plugin = read_output({.code = 0, .output = "<OK> fine"}, {}, Format::nagios);
  ASSERT_TRUE(plugin) << plugin.error();
  EXPECT_EQ(plugin->reason, "<OK> fine");
}

TEST(ReadOutput, WhatIsNotUtf8Fails) {
  EXPECT_THAT(error_of({.code = 0, .output = "OK - caf\xE9"}), StartsWith("the output is not UTF-8; print UTF-8"));
  EXPECT_THAT(error_of({.code = 0, .output = "\x1f\x8b\x08 packed"}), StartsWith("the output is not UTF-8"));
  for (const auto& utf16 :
       {std::string("\xFF\xFE{\0\"\0", 6), std::string("{\0\"\0l\0", 6), std::string("\xFE\xFF\0{", 4)})
    EXPECT_THAT(error_of({.code = 0, .output = utf16}), StartsWith("the output is not")) << utf16;
  EXPECT_EQ(read_output({.code = 0, .output = "caf\xE9"}, {}, Format::nagios)->reason, "caf?");
}

TEST(ReadOutput, AWordThatContradictsTheExitCodeFails) {
  for (const char* word : {"LOW", "low\n", "MEDIUM", "UNKNOWN", "CRITICAL", "WARNING | free=3"})
    EXPECT_THAT(error_of({.code = 0, .output = word}), HasSubstr(", and the exit code 0 is HIGH; print JSON")) << word;
  EXPECT_THAT(error_of({.code = 2, .output = "OK"}), HasSubstr("says OK, and the exit code 2 is LOW"));
  for (const char* said : {"level: LOW\nfree: 0", "free=0 level=low", "'level' : \"LOW\"", "x\nLEVEL=UNKNOWN"})
    EXPECT_THAT(error_of({.code = 0, .output = said}), HasSubstr(", and the exit code 0 is HIGH")) << said;
  for (const char* other : {"level", "battery level low", "level:", "level: 3", "sea level=", "level: HIGH"})
    EXPECT_EQ(error_of({.code = 0, .output = other}), "no error") << other;
  for (const auto& [word, code] : {std::pair("HIGH", 0), {"ok", 0}, {"MEDIUM", 1}, {"CRITICAL", 2}, {"LOW", 2}})
    EXPECT_EQ(error_of({.code = code, .output = word}), "no error") << word;
}

TEST(ReadOutput, AStateOtherThanOkWithExitCode0Fails) {
  for (const auto& [text, state] : {std::pair("'LOW'", "LOW"),
                                    {"b'LOW'", "LOW"},
                                    {"LOW.", "LOW"},
                                    {"low!\n", "low"},
                                    {"LOW 0 of 4 free", "LOW"},
                                    {"level is LOW", "LOW"},
                                    {"level is low", "low"},
                                    {"level -> LOW", "LOW"},
                                    {"Level => \"low\"", "low"},
                                    {"level: HIGH\nlevel: LOW", "LOW"},
                                    {"\x1b[31mLOW\x1b[0m", "LOW"},
                                    {"\x1b[1;31mlow\x1b[0m\n", "low"},
                                    {"GPUS CRITICAL - 0 free | free=0 total=16", "CRITICAL"},
                                    {"CRITICAL - Socket timeout", "CRITICAL"},
                                    {"WARNING - load average: 9", "WARNING"},
                                    {"UNKNOWN: no route", "UNKNOWN"},
                                    {"Warning: 2 drained", "Warning"},
                                    {"error: no such host", "error"},
                                    {"DISK DOWN - x", "DOWN"},
                                    {"provider,name,level\nx,y,LOW", "LOW"}})
    EXPECT_EQ(
        error_of({.code = 0, .output = text}),
        fmt::format("the output says {}, and the exit code 0 is HIGH; print JSON, or set 'format: nagios'", state))
        << text;
  EXPECT_EQ(error_of({.code = 0, .output = "CRITICAL - Socket timeout"}, Format::nagios), "no error");
}

TEST(ReadOutput, NumbersWithExitCode0ThatAreNotReadFail) {
  for (const char* text : {"free: 0\ntotal: 16", "free=0 total=16", "free=0\ntotal=16", "Free = 0", "free is 0",
                           "free -> 0", "'free': '0'", "x\nfree: 0", "OK free=0 total=16", "x | a=1\nfree=0"})
    EXPECT_THAT(error_of({.code = 0, .output = text}), HasSubstr("=0 outside of performance data; print JSON such as"))
        << text;
  for (const char* text : {"provider,name,level\nx,y,low", "name;free\nx;0", "free\ttotal\n0\t16"})
    EXPECT_THAT(error_of({.code = 0, .output = text}), StartsWith("the output is a table with a column ")) << text;
  for (const char* text : {"cb({\n  \"free\": 0,\n  \"total\": 16\n});", "502 <h1>Bad Gateway</h1></body>",
                           "Error: <b>502</b> Bad Gateway", "x <br/> y"})
    EXPECT_THAT(error_of({.code = 0, .output = text}), StartsWith("the output has JSON or a page in it")) << text;
  EXPECT_EQ(error_of({.code = 0, .output = "free=0 total=16"}, Format::nagios), "no error");
  EXPECT_EQ(error_of({.code = 1, .output = "free=0 total=16"}), "no error");
}

TEST(ReadOutput, OrdinaryLinesOfPluginsStayHigh) {
  for (const char* text :
       {"OK", "OK - load average: 0.1", "PING OK - Packet loss = 0%, RTA = 0.80 ms", "(no text)",
        "DISK OK - free space: / 100 MB (5%)", "DISK OK - free space: / 100 MB (5%);| /=2643MB;5948;5958;0;5968",
        "SWAP OK - 100% free (511 MB out of 511 MB) |swap=511MB;0;0;0;511", "USERS OK - 2 users currently logged in",
        "CLUSTER OK: Service cluster: 3 ok, 0 warning, 0 unknown, 0 critical", "OK - 0 CRITICAL, 0 WARNING",
        "HTTP OK: HTTP/1.1 200 OK - 1256 bytes", "Memory: OK Total: 31987 MB - free: 12 MB", "12 nodes are free",
        "PROCS OK: 5 processes with STATE = Z", "OK - queue <default> is empty", "SSH OK - OpenSSH_9.2 (protocol 2.0)",
        "NTP OK: Offset -0.0003 secs, stratum best:2 worst:3", "battery level low", "HIGH, nearly all\nis free"}) {
    const Result result = read({.code = 0, .output = text});
    ASSERT_TRUE(result) << result.error() << ": " << text;
    EXPECT_EQ(result->level, Level::high) << text;
  }
  for (const char* text : {"ERROR", "FAILED", "DOWN", "CRITICAL - OK", "low battery"})
    EXPECT_EQ(read({.code = 2, .output = text})->level, Level::low) << text;
}

TEST(ReadOutput, TakesJsonOnlyWhereItIsToldTo) {
  EXPECT_THAT(error_of({.code = 0, .output = "OK"}, Format::json), StartsWith("the output is not JSON"));
  EXPECT_THAT(error_of({.code = 0}, Format::json), StartsWith("the output is not JSON"));
  EXPECT_THAT(error_of({.code = 0, .output = "[{}]"}, Format::json), HasSubstr("'batch: true'"));
  EXPECT_THAT(error_of({.code = 0, .output = "3"}, Format::json), HasSubstr("no object"));
  EXPECT_THAT(error_of({.code = 2, .output = "CRITICAL"}, Format::json), StartsWith("exit code 2"));
}

TEST(ReadOutput, NamesWhatFailedWithoutItsWords) {
  constexpr std::string_view kMore = "; 'vacancy probe test' shows its output";
  EXPECT_EQ(error_of({.code = 75, .output = R"({"level":"LOW"})", .errors = "later"}),
            fmt::format("temporary failure{}", kMore));
  EXPECT_EQ(error_of({.code = 126, .errors = "sh: x: Permission denied"}),
            fmt::format("exit code 126 (a command is not executable){}", kMore));
  EXPECT_EQ(error_of({.code = 127, .errors = "sh: x: not found"}),
            fmt::format("exit code 127 (a command is not found){}", kMore));
  EXPECT_EQ(error_of({.code = 4}), "exit code 4");
  EXPECT_EQ(error_of({.code = 4}, Format::nagios), "exit code 4");
  EXPECT_EQ(error_of({.signal = SIGSEGV, .output = "OK"}),
            fmt::format("killed by signal 11 (Segmentation fault){}", kMore));
  EXPECT_EQ(error_of({.signal = SIGKILL}, Format::nagios), "killed by signal 9 (Killed)");
}

// --- Secrets

TEST(ReadOutput, RepeatsNoSecret) {
  Secrets secrets;
  secrets.add("eyJhbGci/OiJI");
  const auto shown = [&](std::string output) {
    const Result result = read_output({.code = 0, .output = std::move(output)}, {}, Format::automatic, secrets);
    return result ? result->reason : result.error();
  };
  EXPECT_EQ(shown(R"({"level":"LOW","reason":"bad token eyJhbGci\/OiJI"})"), "bad token …");
  EXPECT_EQ(shown("no entry with eyJhbGci%2FOiJI | free=3"), "no entry with …");
  EXPECT_EQ(shown(R"({"free":"eyJhbGci\u002fOiJI"})"), "the output: /free is \"…\"; it must be a number");
  EXPECT_THAT(shown("x | free=eyJhbGci/OiJI"), Not(HasSubstr("eyJ")));
  EXPECT_EQ(shown(R"({"eyJhbGci\/OiJI":1,"eyJhbGci/OiJI":2})"), "the output has the key \"…\" twice in one object");
  const core::Profile profile{.key = {"A", "1"}};
  const Answer batch = read_list({.code = 0, .output = R"([{"provider":"A","name":"1","level":"eyJhbGci\/OiJI"}])"},
                                 {&profile, 1}, {}, secrets);
  EXPECT_THAT(batch.results.at(0).error(), StartsWith("/level is \"…\""));
}

// --- Batches

TEST(ReadList, JudgesEachProfile) {
  const core::Profile profiles[] = {{.key = {"A", "1"}}, {.key = {"A", "2"}}};
  const auto answer = read_list({.code = 0, .output = "\xEF\xBB\xBF[{\"provider\":\"A\",\"name\":\"2\",\"free\":9}]"},
                                profiles, kThresholds);
  ASSERT_EQ(answer.results.size(), 2U);
  EXPECT_FALSE(answer.results[0]);
  EXPECT_EQ(answer.results[1]->level, Level::high);
  for (const Exited& bad : {Exited{.code = 1, .output = "[]"}, Exited{.code = 0, .output = "x"}, Exited{.code = 0},
                            Exited{.code = 0, .output = "{}"}, Exited{.signal = 9, .output = "[]"},
                            Exited{.code = 0, .output = "warning\n[]"}}) {
    const auto failed = read_list(bad, profiles, {});
    ASSERT_EQ(failed.results.size(), 2U);
    EXPECT_FALSE(failed.results[0] || failed.results[1]);
  }
  EXPECT_THAT(read_list({.code = 75, .errors = "later"}, profiles, {}).results[1].error(),
              StartsWith("temporary failure"));
}

}  // namespace
}  // namespace probe
