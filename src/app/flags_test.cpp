// Flags of all programs: mistakes, ports, the configuration's.
#include "app/flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "app/ports.hpp"
#include "support/serving.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::internal::CaptureStderr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStderr;
using testing::internal::GetCapturedStdout;

std::optional<int> parsed(CLI::App& program, std::vector<std::string> words) {
  words.insert(words.begin(), "vacancy");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  return parse(program, static_cast<int>(arguments.size()), arguments.data());
}

TEST(Parse, AnExitCodeIsAllForHelpAndMistakes) {
  const auto code_of = [](std::vector<std::string> words) {
    CLI::App program("", "vacancy");
    program.require_subcommand(1);
    program.add_subcommand("list", "");
    CaptureStdout();
    CaptureStderr();
    const auto code = parsed(program, std::move(words));
    return std::pair(code, GetCapturedStderr() + GetCapturedStdout());
  };
  EXPECT_EQ(code_of({"list"}).first, std::nullopt);
  EXPECT_EQ(code_of({"--help"}).first, 0);
  EXPECT_EQ(code_of({"list", "--bad"}).first, 2);
  EXPECT_EQ(code_of({}).first, 2);
  const auto [code, text] = code_of({"lits"});
  EXPECT_EQ(code, 2);
  EXPECT_THAT(text, HasSubstr("there is no command 'lits'"));
  EXPECT_THAT(code_of({"--flag"}).second, testing::Not(HasSubstr("there is no command")));
}

TEST(Parse, SaysWhereAWordBelongsOrIsWrong) {
  const auto said = [](std::vector<std::string> words) {
    CLI::App program("", "vacancy");
    program.require_subcommand(1);
    std::string url, form;
    std::vector<std::string> names;
    std::optional<int> limit;
    CLI::App* list = program.add_subcommand("list", "");
    list->add_option("--url", url);
    list->add_option("-o,--output", form)->check(CLI::IsMember({"a", "b", "c"}));
    list->add_option("NAME", names);
    program.add_subcommand("one", "")->add_option("NAME", url);
    CLI::App* probe = program.add_subcommand("probe", "")->require_subcommand(1);
    probe->add_option("--url", url);
    CLI::App* test = probe->add_subcommand("test", "")->fallthrough();
    test->add_option("--limit", limit)->check(CLI::Range(1, 5))->type_name("N");
    test->add_flag("--json");
    CaptureStderr();
    const auto code = parsed(program, std::move(words));
    const std::string text = GetCapturedStderr();
    EXPECT_EQ(code, 2) << text;
    return text.substr(0, text.find('\n'));
  };
  EXPECT_EQ(said({"--url", "http://x", "list"}), "vacancy: --url belongs behind 'vacancy list'");
  EXPECT_EQ(said({"--output=a", "list"}), "vacancy: --output belongs behind 'vacancy list'");
  EXPECT_EQ(said({"-o", "a", "list"}), "vacancy: -o belongs behind 'vacancy list'");
  EXPECT_EQ(said({"probe", "--json", "test"}), "vacancy: --json belongs behind 'vacancy probe test'");
  EXPECT_EQ(said({"-x"}), "vacancy: 'vacancy' has no flag -x; flags follow a command");
  EXPECT_EQ(said({"list", "--utl=http://me:s3cret@h"}),
            "vacancy: 'vacancy list' has no flag --utl; did you mean '--url'?");
  EXPECT_EQ(said({"--utl", "list"}), "vacancy: 'vacancy' has no flag --utl");
  EXPECT_EQ(said({"list", "--utl"}), "vacancy: 'vacancy list' has no flag --utl; did you mean '--url'?");
  EXPECT_EQ(said({"prob", "list"}), "vacancy: there is no command 'prob'; did you mean 'probe'?");
  EXPECT_EQ(said({"probe", "tets", "test"}), "vacancy: there is no command 'tets'; did you mean 'test'?");
  EXPECT_EQ(said({"one", "x", "one"}), "vacancy: 'vacancy one' does not take 'one'");
  EXPECT_EQ(said({"probe", "test", "more"}), "vacancy: 'vacancy probe test' does not take 'more'");
  EXPECT_EQ(said({"list", "--url"}), "vacancy: --url needs a value, TEXT");
  EXPECT_EQ(said({"list", "-o", "x"}), "vacancy: --output: 'x' is not a, b or c");
  EXPECT_EQ(said({"list", "-o"}), "vacancy: --output needs a, b or c");
  EXPECT_EQ(said({"probe", "test", "--limit"}), "vacancy: --limit needs a number from 1 to 5");
  EXPECT_EQ(said({"list", "--url", "a", "--url", "b"}), "vacancy: --url is given more than once");
  EXPECT_EQ(said({"list", "--url", ""}), "vacancy: --url is empty; give a value, or leave the flag out");
  EXPECT_EQ(said({"list", "a", ""}), "vacancy: NAME is empty; give a word, or none");
  EXPECT_EQ(said({"probe", "--url", "", "test"}), "vacancy: --url is empty; give a value, or leave the flag out");
}

TEST(Guarded, MistakesAre2AndFailures1) {
  const auto run = [](const std::function<int()>& body) {
    CaptureStderr();
    const int code = guarded("x", body);
    return std::pair(code, GetCapturedStderr());
  };
  EXPECT_EQ(run([] { return 7; }), std::pair(7, std::string()));
  EXPECT_EQ(run([]() -> int { throw base::UsageError("wrong"); }), std::pair(2, std::string("x: wrong\n")));
  EXPECT_EQ(run([]() -> int { throw base::Lost("away"); }), std::pair(1, std::string("x: away\n")));
  const auto unwritten = run([] {
    std::cout.setstate(std::ios::badbit);
    return 0;
  });
  std::cout.clear();
  EXPECT_EQ(unwritten.first, 1);
  EXPECT_THAT(unwritten.second, HasSubstr("cannot write to standard output"));
}

TEST(Ports, AreTakenFrom0To65535) {
  for (const auto& [text, fine] :
       {std::pair("0", true), {"65535", true}, {"65536", false}, {"-1", false}, {"x", false}}) {
    CLI::App program;
    std::optional<std::uint16_t> port;
    add_port(program, "--port", port, "help");
    CaptureStderr();
    EXPECT_EQ(!parsed(program, {"--port", text}), fine) << text;
    GetCapturedStderr();
  }
}

TEST(Ports, AreToldWithTheirFlagsBeforeAnybodyListens) {
  base::Runtime runtime(1);
  runtime.start();
  const support::Serving taken(runtime, {});
  const auto refused = [](std::vector<std::pair<std::string, std::uint16_t>> places) -> std::string {
    std::vector<Wanted> wanted;
    for (const auto& [address, port] : places) {
      Wanted& one = wanted.emplace_back();
      one.server = fmt::format("s{}", wanted.size());
      one.flag = fmt::format("--{}", one.server);
      one.http.address = address;
      one.http.port = port;
    }
    try {
      check_ports(wanted);
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refused({{"127.0.0.1", 0}, {"0.0.0.0", taken.port()}}),
            fmt::format("cannot listen on 0.0.0.0:{} for s2: Address already in use; give another --s2", taken.port()));
  EXPECT_EQ(refused({{"0.0.0.0", 9}, {"127.0.0.1", 9}}), "s1 and s2 both want port 9; give another --s1 or --s2");
  EXPECT_EQ(refused({{"127.0.0.1", 9}, {"127.0.0.1", 9}}), "s1 and s2 both want port 9; give another --s1 or --s2");
  EXPECT_THAT(refused({{"127.0.0.1", 9}, {"127.0.0.2", 9}}), testing::Not(HasSubstr("both want")));
  EXPECT_EQ(refused({{"0.0.0.0", 0}, {"0.0.0.0", 0}}), "");
}

class CommonFlagsTest : public testing::Test {
 protected:
  /// Whether the program goes on, and its output.
  std::pair<bool, std::string> load(std::vector<std::string> words) {
    CLI::App program;
    CommonFlags flags(program);
    EXPECT_FALSE(parsed(program, std::move(words)));
    CaptureStdout();
    bool goes_on = false;
    try {
      config_ = flags.load({}, [this](config::Config& config) {
        config.portal.http.port = 1234;
        config.portal.hardware_urls = urls_;
      });
      goes_on = config_.has_value();
    } catch (...) {
      GetCapturedStdout();
      throw;
    }
    return {goes_on, GetCapturedStdout()};
  }
  std::string file(const std::string& text) {
    std::ofstream(directory_ / "c.yaml") << text;
    return directory_ / "c.yaml";
  }

  support::TempDir directory_;
  std::vector<std::string> urls_{"http://localhost:5001"};
  std::optional<config::Config> config_;
};

TEST_F(CommonFlagsTest, CheckAndPrintAreAll) {
  const std::string config = file("threads: 3\nlog_level: \"off\"\n");
  EXPECT_EQ(load({"--config", config, "--check-config"}),
            std::pair(false, std::string("The configuration is valid.\n")));
  const auto printed = load({"--config", config, "--print-config"});
  EXPECT_FALSE(printed.first);
  EXPECT_THAT(printed.second, testing::AllOf(HasSubstr("threads: 3"), HasSubstr("port: 1234")));
  EXPECT_THAT(load({"--config", config, "--print-config", "--check-config"}).second, EndsWith("is valid.\n"));
  try {
    load({"--config", file("alerts: {time_zone: Europe/Berln}\n"), "--check-config"});
    ADD_FAILURE() << "a start would refuse it";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("alerts.time_zone: the time zone 'Europe/Berln' cannot be read"));
  }
}

TEST_F(CommonFlagsTest, FlagsAreOverTheFile) {
  EXPECT_TRUE(load({"--config", file("threads: 3\nlog_level: info\n"), "--log-level", "off"}).first);
  EXPECT_EQ(config_->threads, 3U);
  EXPECT_EQ(config_->log_level, "off");
  EXPECT_EQ(config_->portal.http.port, 1234);
  ASSERT_EQ(setenv("VACANCY_CONFIG", file("threads: 5\nlog_level: \"off\"\n").c_str(), 1), 0);
  EXPECT_TRUE(load({}).first);
  EXPECT_EQ(config_->threads, 5U);
  ASSERT_EQ(setenv("VACANCY_CONFIG", "", 1), 0);
  EXPECT_TRUE(load({"--log-level", "off"}).first) << "empty is not given";
  unsetenv("VACANCY_CONFIG");
  EXPECT_THROW(load({"--log-level", "loud"}), base::UsageError);
  EXPECT_THROW(load({"--config", directory_ / "none"}), base::UsageError);
  urls_ = {"nowhere"};
  EXPECT_THROW(load({"--log-level", "off"}), base::UsageError) << "what a flag says is checked too";
}

}  // namespace
}  // namespace app
