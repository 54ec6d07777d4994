// Foreign text made fit for display.
#include "probe/one_line.hpp"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(OneLine, MakesAnythingPrintable) {
  EXPECT_EQ(one_line("  a\n\n\tb\r\n"), "a b");
  EXPECT_EQ(one_line("é\xff漢\xc3"), "é?漢?");
  EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 300U);
  EXPECT_EQ(one_line([] {
              std::string s;
              for (int i = 0; i < 200; ++i) s += "漢";
              return s;
            }())
                .size(),
            300U);
}

TEST(OneLine, LeavesOutWhatNobodySees) {
  EXPECT_EQ(one_line("3 of\u202E4\u202C free\u200B"), "3 of4 free");
  EXPECT_EQ(one_line("\uFEFF\u2066a\u2069\u00ADb\U000E0041c\u061Cd\u3164"), "abcd");
  EXPECT_EQ(one_line("a\u2028b\u2029c"), "a b c");
  EXPECT_EQ(one_line("a\u001B[31mb"), "a?[31mb");
  EXPECT_EQ(one_line("\u202E \u200B"), "");
  EXPECT_EQ(one_line("שלום, مرحبا, 漢字, ü, 🙂"), "שלום, مرحبا, 漢字, ü, 🙂") << "writing of every direction stays";
}

TEST(OneLine, CutsBetweenCharacters) {
  EXPECT_EQ(one_line("abc", 2), "ab");
  EXPECT_EQ(one_line("a漢b", 3), "a");
  EXPECT_EQ(one_line("a漢b", 4), "a漢");
  EXPECT_EQ(one_line("a b", 2), "a");
}

TEST(Listed, NamesTheFirstEight) {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h\n"};
  EXPECT_EQ(listed(names), "a, b, c, d, e, f, g, h");
  std::vector<std::string> more = names;
  more.emplace_back("i");
  EXPECT_EQ(listed(more), "a, b, c, d, e, f, g, h, …");
  EXPECT_EQ(listed(std::vector<std::string>()), "");
}

}  // namespace
}  // namespace probe
