// What is left of any words, so that they can be shown.
#include "probe/one_line.hpp"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(OneLine, MakesAnythingPrintable) {
  EXPECT_EQ(one_line("  a\n\n\tb\r\n"), "a b");
  EXPECT_EQ(one_line("é\xff漢\xc3"), "é?漢?");
  EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 300U);
  EXPECT_LE(one_line([] {
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

TEST(IsUtf8, FollowsTheStandard) {
  for (const std::string_view fine :
       {"", "a\n\x01", "é", "漢", "🙂", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80"})
    EXPECT_TRUE(is_utf8(fine)) << fine;
  EXPECT_TRUE(is_utf8(std::string_view("a\0b", 3)));
  for (const std::string_view bad :
       {"\xC3", "a\xE9", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80", "\x80", "\xE6\xBC\x41", "\xFF\xFE"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(AppendUtf8, WritesEveryLength) {
  std::string text;
  for (const char32_t character : {U'a', U'\x7F', U'\x80', U'é', U'\x7FF', U'\x800', U'漢', U'\xFFFF', U'🙂'})
    append_utf8(text, character);
  EXPECT_EQ(text, "a\x7F\u0080é\u07FF\u0800漢\uFFFF🙂");
}

}  // namespace
}  // namespace probe
