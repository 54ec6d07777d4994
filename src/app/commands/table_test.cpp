#include "app/commands/table.hpp"

#include <gtest/gtest.h>

#include "app/terminal.hpp"

namespace app {
namespace {

Table table() {
  Table table({{"PROVIDER", false, 4, 5}, {"NAME", false, 4, 5}, {"AGE", true, 1, 1}, {"", false, 5, 9, true}});
  table.add({"Amazon", "c5", "3s", "a reason of many words"});
  table.add({"lab", "gpu-with-a-long-name", "12m", ""});
  return table;
}

TEST(Table, AlignsItsColumns) {
  EXPECT_EQ(table().text(0, false),
            "PROVIDER  NAME                  AGE\n"
            "Amazon    c5                     3s  a reason of many words\n"
            "lab       gpu-with-a-long-name  12m\n");
  EXPECT_EQ(table().text(0, false, false),
            "Amazon  c5                     3s  a reason of many words\n"
            "lab     gpu-with-a-long-name  12m\n");
}

TEST(Table, FitsTheWidthWhateverItIs) {
  EXPECT_EQ(table().text(42, false),
            "PROVIDER  NAME                  AGE\n"
            "Amazon    c5                     3s  a re…\n"
            "lab       gpu-with-a-long-name  12m\n");
  EXPECT_EQ(table().text(30, false),
            "PROVIDER  NAME             AGE\n"
            "Amazon    c5                3s\n"
            "lab       gpu-with-a-lon…  12m\n")
      << "no room for a reason is no column";
  for (std::size_t width = 20; width < 80; ++width) {
    const std::string text = table().text(width, false);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(width_of(std::string_view(text).substr(begin, end - begin)), width);
      begin = end + 1;
    }
  }
}

TEST(Table, WhatGoesLeavesItsRoomToTheOthers) {
  Table table({{"NAME", false, 4, 5}, {"CAPACITY", false, 4, 3, true}, {"LEVEL", false, 1, 1}});
  table.add({"a-long-name", "3 of 8 GPUs", "UNKNOWN"});
  EXPECT_EQ(table.text(33, false, false), "a-long-name  3 of 8 GPUs  UNKNOWN\n");
  EXPECT_EQ(table.text(26, false, false), "a-l…  3 of 8 GPUs  UNKNOWN\n");
  EXPECT_EQ(table.text(19, false, false), "a-l…  3 o…  UNKNOWN\n");
  EXPECT_EQ(table.text(18, false, false), "a-long-n…  UNKNOWN\n");
  EXPECT_EQ(table.text(12, false, false), "a-l…  UNKNO…\n");
}

TEST(Table, ColorsLevels) {
  Table levels({{"LEVEL"}, {"NAME"}});
  levels.add({"HIGH", "LOWER"});
  EXPECT_EQ(levels.text(0, true, false), "\033[32mHIGH\033[0m  LOWER\n");
}

TEST(Terminal, CountsColumnsNotBytes) {
  EXPECT_EQ(width_of("größe"), 5U);
  EXPECT_EQ(width_of("日本"), 4U);
  EXPECT_EQ(width_of("e\u0301"), 1U) << "a combining accent";
  EXPECT_EQ(fitted("größe", 5), "größe");
  EXPECT_EQ(fitted("größe", 4), "grö…");
  EXPECT_EQ(fitted("日本語", 4), "日…");
  EXPECT_EQ(fitted("abc", 0), "");
}

}  // namespace
}  // namespace app
