// Clock text, errors, metrics, and the threads of a process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <fstream>
#include <future>
#include <random>
#include <thread>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "base/secret.hpp"
#include "support/child.hpp"
#include "support/temp_dir.hpp"

namespace base {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

/// What reading a secret says; "" when it succeeds.
std::string complaint_about(const std::string& file) {
  try {
    read_secret("the password", file);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(Secret, IsTheFilesContentWithoutWhiteSpaceAroundIt) {
  const support::TempDir dir;
  std::ofstream(dir / "good") << " s3cret word\n";
  EXPECT_EQ(read_secret("the password", dir / "good"), "s3cret word");
}

TEST(Secret, SaysWhatIsWrong) {
  const support::TempDir dir;
  std::ofstream(dir / "empty") << "\n";
  errno = ENOENT;  // of something before
  EXPECT_THAT(complaint_about(dir / "empty"), testing::AllOf(HasSubstr("the password"), HasSubstr("it is empty")));
  EXPECT_THAT(complaint_about(dir / "none"), HasSubstr("No such file"));
  EXPECT_THAT(complaint_about(dir.path().string()), HasSubstr("directory"));
}

TEST(Secret, IsMadeOnceAndWholeAndReplacedWhenAsked) {
  const support::TempDir dir;
  const std::string file = dir / "made";
  EXPECT_TRUE(make_secret(file, 0440));
  const std::string first = read_secret("it", file);
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0440});
  EXPECT_FALSE(make_secret(file, 0440));
  EXPECT_EQ(read_secret("it", file), first);
  replace_secret(file, 0400);
  EXPECT_NE(read_secret("it", file), first);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms{0400});
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1) << "nothing is left beside it";
  EXPECT_THROW(make_secret(dir / "none/made", 0400), UsageError);
}

TEST(Secret, OfSeveralThatMakeItAtOnceOneWins) {
  const support::TempDir dir;
  for (int round = 0; round < 20; ++round) {
    const std::string file = dir / std::to_string(round);
    std::atomic<int> made = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back([&] { made += make_secret(file, 0400) ? 1 : 0; });
    }
    EXPECT_EQ(made, 1);
    EXPECT_EQ(read_secret("it", file).size(), 64U);
  }
}

Time at(std::int64_t micros) {
  return Time{Duration{micros}};
}

TEST(Rfc3339, IsUtcWithMilliseconds) {
  EXPECT_EQ(to_rfc3339(at(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(at(1'795'526'525'123'999)), "2026-11-24T13:22:05.123Z");
  EXPECT_EQ(to_rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(Time{std::chrono::sys_days{std::chrono::year{2024} / 2 / 29}}), "2024-02-29T00:00:00.000Z");
  std::string out = "at ";
  append_rfc3339(out, at(0));
  EXPECT_EQ(out, "at 1970-01-01T00:00:00.000Z");
}

TEST(Rfc3339, ReadsOffsetsAndFractions) {
  const Time time = at(1'795'526'525'000'000);
  for (const auto* text :
       {"2026-11-24T13:22:05Z", "2026-11-24t13:22:05z", "2026-11-24 13:22:05Z", "2026-11-24T13:22:05.0Z",
        "2026-11-24T13:22:05+00:00", "2026-11-24T15:52:05+02:30", "2026-11-24T05:22:05-08:00",
        "2026-11-25T00:22:05+11:00", "2026-11-25T13:21:05+23:59", "2026-11-24T13:22:05.0000000000000000000000001Z"})
    EXPECT_EQ(parse_rfc3339(text), time) << text;
  EXPECT_EQ(parse_rfc3339("2026-11-24T13:22:05.1Z"), time + 100ms);
  EXPECT_EQ(parse_rfc3339("2026-11-24T13:22:05.123456Z"), time + 123'456us);
  EXPECT_EQ(parse_rfc3339("2026-11-24T13:22:05.123456789Z"), time + 123'456us);
  EXPECT_EQ(parse_rfc3339("2026-12-31T23:59:60Z"), parse_rfc3339("2027-01-01T00:00:00Z")) << "a leap second";
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const auto* text : {"",
                           "2026-11-24",
                           "2026-11-24T13:22:05",
                           "2026-11-24T13:22Z",
                           "2026-11-24T13:22:05.Z",
                           "2026-13-24T13:22:05Z",
                           "2026-11-31T13:22:05Z",
                           "2026-02-29T13:22:05Z",
                           "2026-00-10T13:22:05Z",
                           "2026-11-24T24:22:05Z",
                           "2026-11-24T13:60:05Z",
                           "2026-11-24T13:22:61Z",
                           "2026-11-24T13:22:05Z ",
                           " 2026-11-24T13:22:05Z",
                           "2026-11-24T13:22:05+2:00",
                           "2026-11-24T13:22:05+24:00",
                           "2026-11-24T13:22:05+02:60",
                           "2026-11-24T13:22:05+0200",
                           "2026-11-24T-0:22:05Z",
                           "2026-11-24T+1:22:05Z",
                           "26-11-24T13:22:05Z",
                           "2026/11/24T13:22:05Z",
                           "2026-11-24T13:22:05,5Z",
                           "2026-11-24X13:22:05Z",
                           "0000-01-01T00:00:00+01:00",
                           "9999-12-31T23:30:00-01:00",
                           "9999-12-31T23:59:60Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> millis(-2'000'000'000'000, 200'000'000'000'000);
  for (int i = 0; i < 10'000; ++i) {
    const Time time = at(millis(random) * 1000);
    ASSERT_EQ(parse_rfc3339(to_rfc3339(time)), time) << to_rfc3339(time);
  }
}

TEST(Clock, OfTheMachineMoves) {
  const auto before = system_clock().steady_now();
  EXPECT_GE(system_clock().steady_now(), before);
  EXPECT_GT(system_clock().wall_now(), *parse_rfc3339("2024-01-01T00:00:00Z"));
}

TEST(Error, CarriesItsCodeAndMessage) {
  const Result<int> result = fail(Errc::not_found, "no such profile");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::not_found);
  EXPECT_EQ(result.error().message, "no such profile");
}

TEST(Metrics, SameNameAndLabelsAreTheSameObject) {
  Metrics metrics;
  metrics.counter("hits_total", "Hits.", {{"path", "/"}}).Increment(2);
  metrics.counter("hits_total", "Hits.", {{"path", "/"}}).Increment();
  metrics.gauge("size", "Size.").Set(7);
  metrics.seconds("took_seconds", "Time.").Observe(0.02);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP hits_total Hits.\n# TYPE hits_total counter\nhits_total{path=\"/\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("size 7\n"));
  EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"0.025\"} 1\n"));
  for (const char* bound :
       {"0.001", "0.005", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30", "60", "300", "600"})
    EXPECT_THAT(text, HasSubstr(fmt::format("took_seconds_bucket{{le=\"{}\"}}", bound)));
}

TEST(Metrics, AreBroughtUpToDateBeforeTheyAreRead) {
  Metrics metrics;
  auto& age = metrics.gauge("age", "Age.");
  int looks = 0;
  auto update = metrics.at_scrape([&] { age.Set(++looks); });
  EXPECT_THAT(metrics.text(), HasSubstr("\nage 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("\nage 2\n"));
  update.reset();
  EXPECT_THAT(metrics.text(), HasSubstr("\nage 2\n"));
}

std::string thread_name() {
  char name[16];
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

TEST(Runtime, GivesEachContextItsThread) {
  Runtime runtime(2);
  ASSERT_EQ(runtime.cores(), 2U);
  runtime.start();
  const auto name_on = [](boost::asio::io_context& context) {
    std::string name;
    run_on(context, [](std::string& out) -> boost::asio::awaitable<void> {
      out = thread_name();
      co_return;
    }(name));
    return name;
  };
  EXPECT_EQ(name_on(runtime.core(0)), "core-0");
  EXPECT_EQ(name_on(runtime.core(1)), "core-1");
  EXPECT_EQ(name_on(runtime.background()), "background");
}

TEST(Runtime, HasAtLeastOneCore) {
  EXPECT_GE(Runtime().cores(), 1U);
}

TEST(Runtime, RunOnRethrows) {
  Runtime runtime(1);
  runtime.start();
  const auto fails = []() -> boost::asio::awaitable<void> {
    throw std::logic_error("on purpose");
    co_return;
  };
  EXPECT_THROW(run_on(runtime.background(), fails()), std::logic_error);
}

TEST(Runtime, AJobThatThrowsEndsTheProcess) {
  const int status = support::status_of(-1, [] {
    Runtime runtime(1);
    runtime.start();
    boost::asio::post(runtime.background(), [] { throw std::runtime_error("on purpose"); });
    std::this_thread::sleep_for(1h);
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

TEST(Runtime, StopsWithWorkUnderWay) {
  const auto alive = std::make_shared<int>();
  {
    Runtime runtime(1);
    runtime.start();
    std::promise<void> waiting;
    boost::asio::steady_timer never(runtime.core(0), std::chrono::steady_clock::time_point::max());
    boost::asio::post(runtime.core(0), [&] {
      never.async_wait([alive](const auto&) {});
      waiting.set_value();
    });
    waiting.get_future().wait();
    runtime.stop();
    runtime.stop();
  }
  EXPECT_EQ(alive.use_count(), 1) << "what waited is gone with the runtime";
}

}  // namespace
}  // namespace base
