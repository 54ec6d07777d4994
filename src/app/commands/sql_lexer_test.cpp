#include "app/commands/sql_lexer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> texts(std::string_view sql) {
  SqlLexer lexer(sql);
  std::vector<std::string> out;
  for (auto token = lexer.next(); token.kind != SqlToken::Kind::end; token = lexer.next()) out.emplace_back(token.text);
  return out;
}

/// "LINE: message" of the mistake that reading to the end finds.
std::string mistake(std::string_view sql) {
  SqlLexer lexer(sql);
  while (lexer.next().kind != SqlToken::Kind::end) {
  }
  return lexer.mistake() ? std::to_string(lexer.mistake()->line) + ": " + lexer.mistake()->message : "";
}

std::string value(std::string_view sql) {
  SqlLexer lexer(sql);
  return unquoted(lexer.next());
}

TEST(SqlLexer, CutsIntoWordsNamesStringsAndSymbols) {
  EXPECT_THAT(texts("INSERT INTO `my db`.t(a,\"b\") VALUES(-1.5,'x');"),
              ElementsAre("INSERT", "INTO", "`my db`", ".", "t", "(", "a", ",", "\"b\"", ")", "VALUES", "(", "-", "1",
                          ".", "5", ",", "'x'", ")", ";"));
  EXPECT_THAT(texts("_utf8mb4'x' größe"), ElementsAre("_utf8mb4", "'x'", "größe"));
  EXPECT_THAT(texts(" \t\r\n"), ElementsAre());
  EXPECT_THAT(texts(""), ElementsAre());
}

TEST(SqlLexer, PassesOverComments) {
  EXPECT_THAT(texts("a -- b\n# c ' \" `\n/* d\n ; */ e /*!40101 SET x=1 */;-- '"),
              ElementsAre("a", "e", "SET", "x", "=", "1", ";"));
  EXPECT_THAT(texts("/*M!100100 a*/b/*! c /* d */ e */ f /*M!999999\\- g */ /*!9999999 h */ i * / /*!50 j*/"),
              ElementsAre("a", "b", "c", "e", "f", "i", "*", "/", "j"));
  EXPECT_THAT(texts("a--b\nc"), ElementsAre("a", "c"));
  EXPECT_THAT(texts("'-- a' '/* b' '# c'"), ElementsAre("'-- a'", "'/* b'", "'# c'"));
  EXPECT_THAT(texts("a - b / c /**/ d"), ElementsAre("a", "-", "b", "/", "c", "d"));
}

TEST(SqlLexer, FindsTheEndOfWhatIsInQuotes) {
  EXPECT_THAT(
      texts(R"('a''b' 'c\'d' 'e\\' "f""g" "h\"i" `j``k` `l\` 'm"`n')"),
      ElementsAre("'a''b'", R"('c\'d')", R"('e\\')", "\"f\"\"g\"", R"("h\"i")", "`j``k`", R"(`l\`)", "'m\"`n'"));
}

TEST(SqlLexer, UnquotesByMySqlsRules) {
  EXPECT_EQ(value("'it''s'"), "it's");
  EXPECT_EQ(value(R"('\'\"\\')"), R"('"\)");
  EXPECT_EQ(value(R"('a\nb\tc\rd\be')"), "a\nb\tc\rd\be");
  EXPECT_EQ(value(R"('\0\Z')"), std::string("\0\x1A", 2));
  EXPECT_EQ(value(R"('\%\_')"), R"(\%\_)") << "patterns only";
  EXPECT_EQ(value(R"('\x\ä')"), "xä");
  EXPECT_EQ(value(R"("a""b'c''")"), "a\"b'c''");
  EXPECT_EQ(value("`a``b\\n`"), "a`b\\n") << "names have no escapes";
  EXPECT_EQ(value("''"), "");
  EXPECT_EQ(value("''''"), "'");
  EXPECT_EQ(value("word"), "word");
}

TEST(SqlLexer, SaysWhereWhatHasNoEndBegins) {
  EXPECT_THAT(mistake("a\n'b\nc"), HasSubstr("2: the text in quotes that begins here has no end; close it with '"));
  EXPECT_THAT(mistake("'a\\'"), HasSubstr("close it with '"));
  EXPECT_THAT(mistake("'a''"), HasSubstr("close it with '"));
  EXPECT_THAT(mistake("'a\\"), HasSubstr("close it with '"));
  EXPECT_THAT(mistake("\n\n\"a"), HasSubstr("3: "));
  EXPECT_THAT(mistake("`a"), HasSubstr("close it with `"));
  EXPECT_THAT(mistake("a\n/* b\n"), HasSubstr("2: the comment that begins here has no end; close it with */"));
  EXPECT_THAT(mistake("a\n/*!40101 b\n"), HasSubstr("2: the comment that begins here has no end; close it with */"));
  EXPECT_THAT(mistake("/*/"), HasSubstr("close it with */"));
  EXPECT_EQ(mistake("-- a 'b"), "");
}

TEST(SqlLexer, KnowsEncodingsByTheirMark) {
  EXPECT_THAT(texts("\xEF\xBB\xBF"
                    "a"),
              ElementsAre("a"));
  EXPECT_THAT(mistake(std::string("\xFF\xFE"
                                  "a\0",
                                  4)),
              HasSubstr("1: the text is UTF-16; save it as UTF-8"));
}

TEST(SqlLexer, TakesAnotherDelimiter) {
  SqlLexer lexer("DELIMITER $$ \r\na;END$$ b");
  lexer.next();
  lexer.take_delimiter();
  std::vector<std::string> seen;
  for (auto token = lexer.next(); token.kind != SqlToken::Kind::end; token = lexer.next())
    seen.push_back(token.kind == SqlToken::Kind::delimiter ? "(end)" : std::string(token.text));
  EXPECT_THAT(seen, ElementsAre("a", ";", "END", "(end)", "b"));
}

TEST(SqlLexer, TakesTheLongestDelimiter) {
  const std::string text = "DELIMITER " + std::string(15, '$') + "\na" + std::string(15, '$');
  SqlLexer lexer(text);
  lexer.next();
  lexer.take_delimiter();
  EXPECT_EQ(lexer.next().text, "a");
  EXPECT_EQ(lexer.next().kind, SqlToken::Kind::delimiter);
  EXPECT_FALSE(lexer.mistake());
}

TEST(SqlLexer, RefusesADelimiterThatIsNone) {
  for (const std::string& rest : {std::string(), std::string(" \n;"), " " + std::string(16, 'x')}) {
    const std::string text = "DELIMITER" + rest;
    SqlLexer lexer(text);
    lexer.next();
    lexer.take_delimiter();
    EXPECT_EQ(lexer.next().kind, SqlToken::Kind::end) << text;
    ASSERT_TRUE(lexer.mistake()) << text;
    EXPECT_THAT(lexer.mistake()->message, HasSubstr("1 to 15 bytes"));
  }
}

TEST(SqlLexer, SkipsToTheEndOfTheLineOrTheStatement) {
  for (const auto* text : {"USE it's\na", "USE a; a", "USE\na"}) {
    SqlLexer lexer(text);
    lexer.next();
    lexer.skip_line();
    auto token = lexer.next();
    if (token.kind == SqlToken::Kind::delimiter) token = lexer.next();
    EXPECT_EQ(token.text, "a") << text;
  }
}

TEST(SqlLexer, BackslashesMayBeBytesLikeOthers) {
  SqlLexer lexer(R"('a\' 'b\\c' E'd\'e' e'f\'g' TYPE'h\')");
  lexer.set_escapes(false);
  std::vector<std::string> strings;
  for (SqlToken token = lexer.next(); token.kind != SqlToken::Kind::end; token = lexer.next())
    if (token.kind == SqlToken::Kind::string) strings.push_back(unquoted(token));
  EXPECT_THAT(strings, ElementsAre("a\\", "b\\\\c", "d'e", "f'g", "h\\"));
}

}  // namespace
}  // namespace app
