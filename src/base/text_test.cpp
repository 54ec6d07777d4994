#include "base/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "base/utf8.hpp"

namespace base {
namespace {

using namespace std::string_view_literals;

TEST(Glob, MatchesTheWholeText) {
  const std::pair<std::string_view, std::string_view> matches[] = {
      {"*", ""},      {"*", "abc"},          {"", ""},      {"abc", "abc"},          {"a?c", "abc"},
      {"a*c", "ac"},  {"a*", "a"},           {"*c", "abc"}, {"a*b*c", "aXbYc"},      {"*b*", "abc"},
      {"**a**", "a"}, {"a*bc", "abbbc"},     {"?*", "x"},   {"*.large", "c5.large"}, {"a*a*a", "aaa"},
      {"[a]", "[a]"}, {"*ab*ab", "abcabab"},
  };
  for (const auto& [pattern, text] : matches) EXPECT_TRUE(glob_match(pattern, text)) << pattern << " " << text;
  const std::pair<std::string_view, std::string_view> others[] = {
      {"", "a"},      {"abc", "ab"},  {"abc", "abcd"}, {"a?c", "ac"}, {"?", ""},    {"a*c", "ab"},
      {"a*c", "xac"}, {"ABC", "abc"}, {"a*a*a", "aa"}, {"*b", "abc"}, {"[a]", "a"}, {"?*?", "x"},
  };
  for (const auto& [pattern, text] : others) EXPECT_FALSE(glob_match(pattern, text)) << pattern << " " << text;
}

TEST(Glob, IsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(2000, 'a')));
}

TEST(Nearest, FindsLikelyMisspellings) {
  constexpr std::array known{"port"sv, "address"sv, "idle_timeout"sv, "io_timeout"sv};
  EXPECT_EQ(nearest("prot", known), "port");
  EXPECT_EQ(nearest("adress", known), "address");
  EXPECT_EQ(nearest("io_timout", known), "io_timeout");
  EXPECT_EQ(nearest("timeout", known), "") << "three edits are too many for so short a word";
  EXPECT_EQ(nearest("port", known), "port");
  EXPECT_EQ(nearest("database", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest("x", {}), "");
  EXPECT_EQ(nearest("ab", std::array{"xy"sv}), "") << "every letter differs";
}

TEST(Json, StringsAreEscaped) {
  std::string out = "x";
  append_json_string(out, "a\"b\\c\n\x1F é");
  EXPECT_EQ(out, "x\"a\\\"b\\\\c\\u000a\\u001f é\"");
}

TEST(Json, AStringIsUtf8WhateverTheText) {
  for (const auto& [text, json] : {std::pair{"caf\xE9"sv, "\"caf\uFFFD\""sv},
                                   {"\xFF\"\xC3"sv, "\"\uFFFD\\\"\uFFFD\""sv},
                                   {"\xED\xA0\x80"sv, "\"\uFFFD\uFFFD\uFFFD\""sv},
                                   {"\xC0\xAF"sv, "\"\uFFFD\uFFFD\""sv},
                                   {"\xC3\""sv, "\"\uFFFD\\\"\""sv},
                                   {"é😀\u202E"sv, "\"é😀\u202E\""sv}}) {
    std::string out;
    append_json_string(out, text);
    EXPECT_EQ(out, json);
    EXPECT_TRUE(is_utf8(out));
  }
}

TEST(Utf8, AcceptsPrintableText) {
  for (const auto text :
       {""sv, "plain"sv, "é"sv, "€"sv, "😀"sv, "a\u00A0b"sv, "\uFFFD"sv, "\uD7FF"sv, "\uE000"sv, "\U0010FFFD"sv})
    EXPECT_TRUE(is_printable_utf8(text)) << text;
}

TEST(Utf8, RefusesControlCharactersAndWrongBytes) {
  const std::string_view wrong[] = {
      "\n",
      "a\tb",
      "\x7F",
      "\0"sv,
      "\xC2\x80",
      "\xC2\x9F",  // control
      "\x80",
      "\xFF",
      "\xC3",
      "\xE2\x82",
      "\xF0\x9F\x98",
      "a\xC3z",  // broken
      "\xC0\xAF",
      "\xE0\x80\xAF",
      "\xF0\x80\x80\xAF",  // overlong
      "\xED\xA0\x80",
      "\xED\xBF\xBF",
      "\xF4\x90\x80\x80",
      "\xF9\x80\x80\x80",
      "\xF8\x88\x80\x80\x80",  // surrogate, beyond Unicode, five bytes
  };
  for (const auto text : wrong) EXPECT_FALSE(is_printable_utf8(text)) << testing::PrintToString(std::string(text));
}

TEST(Utf8, RefusesWhatMakesATextLookLikeAnotherOne) {
  for (const auto text :
       {"\u202Ax"sv, "x\u202E"sv, "\u2066"sv, "\u2069"sv, "\u200E"sv, "\u200F"sv, "\u061C"sv, "\u200B"sv, "\uFEFF"sv,
        "\u2028"sv, "\u2060"sv, "\u00AD"sv, "\U0001D173"sv, "\U000E0041"sv, "\uFFFE"sv, "\uFDD0"sv, "\U0010FFFF"sv})
    EXPECT_FALSE(is_printable_utf8(text)) << testing::PrintToString(std::string(text));
  for (const auto text :
       {"\u200D"sv, "\u200C"sv, "\uFE0F"sv, "\U000E0100"sv, "\u2027"sv, "\u202F"sv, "\u2070"sv, "\u05D0"sv})
    EXPECT_TRUE(is_printable_utf8(text)) << "joiners, variants, blanks and letters: " << text;
}

TEST(Utf8, IsMadeOfAnyBytes) {
  EXPECT_EQ(to_utf8("a\tb\r\n€"), "a\tb\r\n€");
  EXPECT_EQ(to_utf8("x\u202Ey\x1B[31m\x7F"), "x?y?[31m?") << "one mark for each character";
  EXPECT_EQ(to_utf8("\xC3(\xE2\x82"), "?(??") << "and for each byte that is none";
  EXPECT_EQ(to_line("a\tb\nc\rd\u202E"), "a b c d?");
  EXPECT_EQ(to_line("a b"), "a b");
}

TEST(NumberText, ShowsNoNoise) {
  for (const auto& [number, text] :
       {std::pair(1.64, "1.64"), std::pair(0.1 + 0.2, "0.3"), std::pair(1.64 + 4e-16, "1.64"), std::pair(3.0, "3"),
        std::pair(-2.5, "-2.5"), std::pair(1e9, "1000000000"), std::pair(123456789012345.0, "123456789012345"),
        std::pair(1e-9, "1e-09"), std::pair(9007199254740992.0, "9007199254740992"), std::pair(1e300, "1e+300"),
        std::pair(1234567890123.5, "1234567890123.5")})
    EXPECT_EQ(number_text(number), text);
}

TEST(RandomHex, IsLowerCaseHexadecimalAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = random_hex(16);
    EXPECT_EQ(text.size(), 32U);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
  EXPECT_EQ(random_hex(0), "");
}

TEST(Text, TrimsBlanksAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\na b\n "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, ComparesIgnoringAsciiCase) {
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-TYPE"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{")) << "they differ in the bit that letters differ in";
}

TEST(ShellQuoted, IsOneWordToAShell) {
  EXPECT_EQ(shell_quoted("http://vacancy:5000/a_b-c.d,e@f%g+h=i"), "http://vacancy:5000/a_b-c.d,e@f%g+h=i");
  EXPECT_EQ(shell_quoted("our cluster"), "'our cluster'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted("$(id)"), "'$(id)'");
  EXPECT_EQ(shell_quoted("*"), "'*'");
  EXPECT_EQ(shell_quoted(""), "''");
}

TEST(Text, NothingInATextIsMarkup) {
  EXPECT_EQ(markdown_quoted("c5.large"), "c5.large");
  EXPECT_EQ(markdown_quoted("x](http://evil) [y"), "x\\]\\(http://evil\\) \\[y");
  EXPECT_EQ(markdown_quoted("a\\*_`<&"), "a\\\\\\*\\_\\`\\<\\&");
}

}  // namespace
}  // namespace base
