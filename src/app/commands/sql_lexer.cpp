#include "app/commands/sql_lexer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace app {
namespace {

using Kind = SqlToken::Kind;

/// MySQL's client takes no longer one. The bound keeps looking for it cheap.
constexpr std::size_t kMaxDelimiterBytes = 15;
constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kNoEnd = "the comment that begins here has no end; close it with */";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         c == '@' || static_cast<unsigned char>(c) >= 0x80;
}

/// The meaning of a backslash and `c` in a string.
void append_escaped(std::string& out, char c) {
  switch (c) {
    case '0':
      out += '\0';
      break;
    case 'b':
      out += '\b';
      break;
    case 'n':
      out += '\n';
      break;
    case 'r':
      out += '\r';
      break;
    case 't':
      out += '\t';
      break;
    case 'Z':
      out += '\x1A';
      break;
    // These two keep their backslash: they mean something in patterns only.
    case '%':
    case '_':
      out.append(1, '\\').append(1, c);
      break;
    default:
      out += c;
  }
}

/// The bytes before the text of a comment that MySQL or MariaDB runs; 0 when `text` does not begin with one.
std::size_t begin_of_run_comment(std::string_view text) {
  const std::size_t mark = text.starts_with("/*!") ? 3 : text.starts_with("/*M!") ? 4 : 0;
  if (mark == 0) return 0;
  const std::string_view digits =
      text.substr(mark, std::min<std::size_t>(text.find_first_not_of("0123456789", mark) - mark, 6));
  // A version that no server has: such as the sandbox mark of MariaDB's dumps.
  constexpr std::string_view kNone = "200000";
  return digits.size() >= kNone.size() && digits >= kNone ? 0 : mark + digits.size();
}

}  // namespace

SqlLexer::SqlLexer(std::string_view sql) : sql_(sql) {
  if (sql.starts_with("\xFF\xFE") || sql.starts_with("\xFE\xFF"))
    note(sql, "the text is UTF-16; save it as UTF-8 (mysqldump --result-file=FILE does)");
  if (sql.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

void SqlLexer::note(std::string_view where, std::string message) {
  if (mistake_) return;
  const auto line = 1 + std::count(sql_.data(), where.data(), '\n');
  mistake_ = SqlMistake{static_cast<std::size_t>(line), std::move(message)};
}

SqlToken SqlLexer::taken(Kind kind, std::size_t bytes) {
  const std::string_view text = sql_.substr(at_, bytes);
  at_ += bytes;
  return {kind, text};
}

SqlToken SqlLexer::next() {
  if (mistake_ || !skip_blanks_and_comments() || at_ == sql_.size()) return {Kind::end, sql_.substr(sql_.size())};
  if (rest().starts_with(delimiter_)) return taken(Kind::delimiter, delimiter_.size());
  const char c = sql_[at_];
  if (c == '\'' || c == '"' || c == '`') return quoted(c);
  if (!is_word(c)) return taken(Kind::symbol, 1);
  std::size_t end = at_ + 1;
  while (end < sql_.size() && is_word(sql_[end]) && !sql_.substr(end).starts_with(delimiter_)) ++end;
  return taken(Kind::word, end - at_);
}

bool SqlLexer::skip_blanks_and_comments() {
  for (;;) {
    at_ = std::min(sql_.find_first_not_of(kBlanks, at_), sql_.size());
    // MySQL wants a blank after the two dashes; without one it would be an error, not SQL that means something else.
    if (rest().starts_with("--") || rest().starts_with('#')) {
      at_ += rest_of_line().size();
    } else if (run_comment_ && rest().starts_with("*/")) {
      at_ += 2;
      run_comment_.reset();
    } else if (const auto begin = run_comment_ ? 0 : begin_of_run_comment(rest()); begin > 0) {
      run_comment_ = at_;
      at_ += begin;
    } else if (rest().starts_with("/*")) {
      const auto end = sql_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        note(rest(), std::string(kNoEnd));
        return false;
      }
      at_ = end + 2;
    } else if (run_comment_ && at_ == sql_.size()) {
      note(sql_.substr(*run_comment_), std::string(kNoEnd));
      return false;
    } else {
      return true;
    }
  }
}

SqlToken SqlLexer::quoted(char quote) {
  const std::string_view before = sql_.substr(0, at_);
  const bool marked = quote == '\'' && (before.ends_with('E') || before.ends_with('e')) &&
                      (before.size() < 2 || !is_word(before[before.size() - 2]));
  const bool escapes = quote != '`' && (escapes_ || marked);
  const char stops[] = {quote, '\\'};
  const std::string_view stop(stops, escapes ? 2 : 1);
  for (auto end = sql_.find_first_of(stop, at_ + 1); end != std::string_view::npos;) {
    const bool doubled = end + 1 < sql_.size() && sql_[end + 1] == quote;
    if (sql_[end] == quote && !doubled) {
      SqlToken token = taken(quote == '`' ? Kind::name : Kind::string, end + 1 - at_);
      token.escapes = escapes;
      return token;
    }
    end = sql_.find_first_of(stop, end + 2);
  }
  note(rest(), fmt::format("the text in quotes that begins here has no end; close it with {}", quote));
  return {Kind::end, sql_.substr(sql_.size())};
}

std::string_view SqlLexer::rest_of_line() const {
  return rest().substr(0, rest().find('\n'));
}

void SqlLexer::take_delimiter() {
  const std::string_view line = rest_of_line();
  const std::string_view delimiter = base::trim(line);
  if (delimiter.empty() || delimiter.size() > kMaxDelimiterBytes)
    note(line, fmt::format("DELIMITER is followed by the new end of statements, 1 to {} bytes", kMaxDelimiterBytes));
  delimiter_ = delimiter;
  at_ += line.size();
}

void SqlLexer::skip_line() {
  const std::string_view line = rest_of_line();
  at_ += std::min(line.find(delimiter_), line.size());
}

std::string unquoted(const SqlToken& token) {
  if (token.kind != Kind::name && token.kind != Kind::string) return std::string(token.text);
  const char quote = token.text.front();
  const std::string_view inside = token.text.substr(1, token.text.size() - 2);
  std::string out;
  out.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    if (c == '\\' && token.escapes)
      append_escaped(out, inside[++i]);
    else if (c == quote)
      out += inside[++i];  // doubled
    else
      out += c;
  }
  return out;
}

bool has_unusual_escape(const SqlToken& token) {
  if (!token.escapes) return false;
  const std::string_view text = token.text;
  for (auto at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at + 2))
    if (!std::string_view("0'\"bnrtZ\\%_").contains(text[at + 1])) return true;
  return false;
}

}  // namespace app
