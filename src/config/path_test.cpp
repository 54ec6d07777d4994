// Places in answers.
#include "config/path.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace config {
namespace {

using testing::HasSubstr;

Path parsed(std::string_view text) {
  const auto path = parse_path(text);
  EXPECT_TRUE(path) << text;
  return path.value_or(Path{});
}

TEST(Path, IsAJsonPointer) {
  EXPECT_EQ(parsed(""), Path{});
  EXPECT_EQ(parsed("/a/0/b"), (Path{{.key = "a"}, {.key = "0"}, {.key = "b"}}));
  EXPECT_EQ(parsed("/"), (Path{{.key = ""}}));
  EXPECT_EQ(parsed("/a~1b~0/~01"), (Path{{.key = "a/b~"}, {.key = "~1"}}));
  EXPECT_EQ(parsed("/data/{name}"), (Path{{.key = "data"}, {.key = "{name}"}}));
}

TEST(Path, SearchesLists) {
  const auto where = [](std::string key, std::string value) {
    return PathStep::Condition{{{.key = std::move(key)}}, std::move(value)};
  };
  EXPECT_EQ(parsed("/a[x=1]/b"), (Path{{.key = "a"}, {.search = {where("x", "1")}}, {.key = "b"}}));
  EXPECT_EQ(parsed("[x=1][y={name}]"), (Path{{.search = {where("x", "1"), where("y", "{name}")}}}));
  EXPECT_EQ(parsed("/a[x/y=]").at(1).search.at(0), (PathStep::Condition{{{.key = "x"}, {.key = "y"}}, ""}));
  EXPECT_EQ(parsed("/a[={name}]").at(1).search.at(0), (PathStep::Condition{{}, "{name}"}));
  EXPECT_EQ(parsed("/a[x=b=c/d]").at(1).search.at(0), where("x", "b=c/d"));
}

TEST(Path, OtherBracketsArePartOfAKey) {
  EXPECT_EQ(parsed("/a[0]"), (Path{{.key = "a[0]"}}));
  EXPECT_EQ(parsed("/a]b["), (Path{{.key = "a]b["}}));
  EXPECT_EQ(parsed("/a[b]=c"), (Path{{.key = "a[b]=c"}}));
}

TEST(Path, MistakesAreExplained) {
  for (const char* wrong : {"free", "a/b", "[0]", "/a[b=c]d", "[=", "/a[b[c=d]=e]f", "/a~", "/a~2/b", "/a[b~=c]"})
    EXPECT_THAT(parse_path(wrong).error().message, HasSubstr("is not a path; write one such as /capacity/free"))
        << wrong;
}

TEST(Path, IsReadBack) {
  for (const char* text :
       {"", "/", "/a/0", "/a~1b/~0", "/a[x=1][y/z=2]/b", "[x={name}]/free", "/a[=x]", "/a[0]", "/a[b~0~1=~]"})
    EXPECT_EQ(to_text(parsed(text)), text);
}

}  // namespace
}  // namespace config
