#include "app/commands/row_lines.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/rows.hpp"

namespace app {
namespace {

boost::json::object row(const char* text) {
  return boost::json::parse(text).as_object();
}

std::string printed(const char* rows, const Shown& shown = {}) {
  testing::internal::CaptureStdout();
  print_rows(boost::json::parse(rows).as_array(), support::kNow, shown);
  return testing::internal::GetCapturedStdout();
}

TEST(RowLines, NumbersSayWhatFitsInOnePiece) {
  EXPECT_EQ(numbers_of(row(R"({"free":3,"total":8,"largest":2})")), "3 of 8 free, 2 in one piece");
  EXPECT_EQ(numbers_of(row(R"({"free":3,"total":8,"largest":3})")), "3 of 8 free");
  EXPECT_EQ(numbers_of(row(R"({"free":1.64})")), "1.64 free");
  EXPECT_EQ(numbers_of(row(R"({"free":3,"total":8,"unit":"GPUs"})")), "3 of 8 GPUs free");
  EXPECT_EQ(numbers_of(row(R"({"largest":2})")), "2 in one piece");
  EXPECT_EQ(numbers_of(row(R"({"total":2})")), "");
  EXPECT_EQ(numbers_of(row(R"({"free":null,"total":"x"})")), "");
}

TEST(RowLines, TextIsNoCommandToATerminal) {
  const auto odd = row(R"({"provider":"a\u001b[2J","name":"b\u202ec","reason":"x\r\ny\u0007","error":""})");
  EXPECT_EQ(name_of(odd), "a?[2J/b?c");
  EXPECT_EQ(note_of(odd), "x  y?");
}

TEST(RowLines, TheNoteIsWhatFailedOrWasOrWhy) {
  EXPECT_EQ(note_of(row(R"({"error":"no route","was":"HIGH","reason":"r"})")), "failed: no route");
  EXPECT_EQ(note_of(row(R"({"was":"HIGH","reason":"r"})")), "was HIGH");
  EXPECT_EQ(note_of(row(R"({"reason":"r"})")), "r");
  EXPECT_EQ(note_of(row(R"({"reason":"r","simulated":true})")), "simulated: r");
  EXPECT_EQ(note_of(row(R"({"simulated":true})")), "simulated");
  EXPECT_EQ(note_of(row(R"({"reason":"r","simulated":false})")), "r");
}

TEST(RowLines, StandInColumns) {
  const char* rows = R"([
    {"provider":"Amazon","name":"c5","availability":"HIGH","freshness":"FRESH","reason":"r",
     "free":3,"total":8,"unit":"GPUs","largest":2,"probe":"x","labels":{"region":"eu","gpu":"a\u001b100"},"measured_at":"2026-11-23T23:58:55.900Z"},
    {"provider":"lab","name":"gpu-long","availability":"UNKNOWN","freshness":"PENDING","measured_at":null,"reason":""},
    {"provider":"lab","name":"z","availability":"LOW","freshness":"STALE","measured_at":"2026-11-24T00:10:00Z"}])";
  EXPECT_EQ(printed(rows, {.heading = true}),
            "PROVIDER  NAME      LEVEL    FRESHNESS  CAPACITY      AGE\n"
            "Amazon    c5        HIGH     FRESH      3 of 8 GPUs  1m4s  r\n"
            "lab       gpu-long  UNKNOWN  PENDING    -               -\n"
            "lab       z         LOW      STALE      -              0s\n");
  EXPECT_EQ(printed(rows, {.heading = true, .wide = true}),
            "PROVIDER  NAME      LEVEL    FRESHNESS  CAPACITY      AGE  LARGEST  SCORE  PRICE  CHANGED  PROBE  LABELS\n"
            "Amazon    c5        HIGH     FRESH      3 of 8 GPUs  1m4s  2        -      -      -        x      "
            "region=eu gpu=a?100  r\n"
            "lab       gpu-long  UNKNOWN  PENDING    -               -  -        -      -      -        -      -\n"
            "lab       z         LOW      STALE      -              0s  -        -      -      -        -      -\n");
  EXPECT_EQ(printed("[]"), "");
  setenv("COLUMNS", "40", 1);
  EXPECT_EQ(printed(rows, {.heading = true}),
            "PROVI…  NAME    LEVEL    FRESHNESS   AGE\n"
            "Amazon  c5      HIGH     FRESH      1m4s\n"
            "lab     gpu-l…  UNKNOWN  PENDING       -\n"
            "lab     z       LOW      STALE        0s\n");
  setenv("COLUMNS", "30", 1);
  EXPECT_EQ(printed(rows),
            "Ama…  c5    HIGH    FRESH  1m…\n"
            "lab   gpu…  UNKNO…  PEND…    -\n"
            "lab   z     LOW     STALE   0s\n");
  unsetenv("COLUMNS");
}

TEST(RowLines, AnOutageIsToldOnStandardError) {
  const auto told = [](const char* answer) {
    testing::internal::CaptureStderr();
    tell_outage(row(answer));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(told(R"({"outage":{"side":"database","since":"2026-11-24T00:00:00Z","message":"it is away"}})"),
            "vacancy: it is away since 2026-11-24T00:00:00Z\n");
  EXPECT_EQ(told(R"({"outage":{"side":"hardware","since":null,"message":"it is away"}})"), "vacancy: it is away\n");
  EXPECT_EQ(told(R"({"outage":null})"), "");
  EXPECT_EQ(told("{}"), "");
}

}  // namespace
}  // namespace app
