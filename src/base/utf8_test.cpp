#include "base/utf8.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

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

TEST(IsInvisible, IsWhatIsNotDrawn) {
  for (const char32_t character :
       {0xAD, 0x200B, 0x200D, 0x200F, 0x202A, 0x202E, 0x2060, 0xFE00, 0xFEFF, 0xE0041, 0xE0FFF})
    EXPECT_TRUE(is_invisible(character)) << std::uint32_t{character};
  for (const char32_t character :
       {0x20, 0x41, 0xAC, 0xAE, 0x200A, 0x2010, 0x2028, 0x2029, 0x202F, 0x205F, 0x1F642, 0xE1000})
    EXPECT_FALSE(is_invisible(character)) << std::uint32_t{character};
}

}  // namespace
}  // namespace base
