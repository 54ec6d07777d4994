#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace app {

/// A mistake in an SQL file: its place, counted from 1, and a sentence with the right form.
struct SqlMistake {
  std::size_t line = 0;
  std::string message;
};

struct SqlToken {
  enum class Kind {
    word,       ///< a keyword, a bare name or a number
    name,       ///< in backquotes
    string,     ///< in single or double quotes; the latter may be a name, the context tells
    symbol,     ///< any other byte
    delimiter,  ///< the end of a statement: ; or what DELIMITER said
    end,        ///< the end of the text
  };
  Kind kind = Kind::end;
  /// As in the text, with its quotes.
  std::string_view text;
  /// In a string: a backslash says what the byte behind it means. Otherwise it is a byte like any other.
  bool escapes = false;
};

/// Cuts the SQL of MySQL and of its client, of SQLite and of PostgreSQL into tokens, without comments and blanks. The
/// text of
/// /*!40101 … */ is none to MySQL, so it is read.
/// Linear in the size of the text. Holds a view of the text, which must outlive it; so must it the tokens.
class SqlLexer {
 public:
  explicit SqlLexer(std::string_view sql);

  /// The next token. After a mistake, and at the end of the text, `end` for ever.
  SqlToken next();
  /// The client's command DELIMITER, after its word: the rest of the line is what ends statements from now on.
  void take_delimiter();
  /// Goes to the end of the line or of the statement, whichever comes first. The client's commands end so.
  void skip_line();

  /// Whether a backslash escapes in strings from now on, as in MySQL by default. In PostgreSQL's E'…' it always does.
  void set_escapes(bool escapes) { escapes_ = escapes; }

  /// The first mistake, of the lexer or of note().
  const std::optional<SqlMistake>& mistake() const { return mistake_; }
  /// Notes a mistake at `where`, a part of the text. Only the first one counts.
  void note(std::string_view where, std::string message);

 private:
  std::string_view rest() const { return sql_.substr(at_); }
  std::string_view rest_of_line() const;
  bool skip_blanks_and_comments();
  SqlToken quoted(char quote);
  SqlToken taken(SqlToken::Kind kind, std::size_t bytes);

  std::string_view sql_;
  std::size_t at_ = 0;
  std::string delimiter_ = ";";
  bool escapes_ = true;
  /// Where the comment begins whose text MySQL runs, while in it.
  std::optional<std::size_t> run_comment_;
  std::optional<SqlMistake> mistake_;
};

/// The value of a string or a name: without its quotes, and without its escapes, by MySQL's rules. Words are as they
/// are.
std::string unquoted(const SqlToken& token);

/// Is there an escape in this string that MySQL's own tools never write, such as \y?
bool has_unusual_escape(const SqlToken& token);

}  // namespace app
