#include "app/commands/sql_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <unordered_set>

#include "base/text.hpp"

namespace app {
namespace {

using Kind = SqlToken::Kind;

constexpr std::string_view kTable = "hardware";
constexpr std::size_t kShownBytes = 40;

/// One value of a row, or one definition of a table: all its tokens as they stand in the file, and the string or NULL
/// that it is when it is no more than that.
struct Value {
  std::string_view text;
  std::optional<SqlToken> string;
  bool is_null = false;
};

/// Where in a row the two columns are that make a profile.
struct Places {
  std::size_t provider = 0, name = 0, count = 0;
};

std::string shown(std::string_view text) {
  if (text.empty()) return "the end of the file";
  if (!base::is_printable_utf8(text) || text.size() > kShownBytes) return "something else";
  return fmt::format("'{}'", text);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  for (; text.size() >= part.size(); text.remove_prefix(1))
    if (base::equals_ignoring_case(text.substr(0, part.size()), part)) return true;
  return false;
}

/// Every function that returns bool returns false after a mistake; then the current token is the end.
class Parser {
 public:
  explicit Parser(std::string_view sql) : lexer_(sql) { advance(); }

  std::expected<std::vector<core::ProfileKey>, SqlMistake> run() {
    while (token_.kind != Kind::end) statement();
    if (lexer_.mistake()) return std::unexpected(*lexer_.mistake());
    return std::move(keys_);
  }

 private:
  void advance() {
    token_ = lexer_.next();
    knows_dialect_ = knows_dialect_ || token_.kind == Kind::name;  // backquotes are MySQL's
  }
  /// The program that wrote the file is known from a mark in it.
  void learn(bool escapes) {
    lexer_.set_escapes(escapes);
    knows_dialect_ = true;
  }
  bool fail(std::string_view where, std::string message) {
    lexer_.note(where, std::move(message));
    advance();
    return false;
  }
  bool fail_expecting(std::string_view what) {
    return fail(token_.text, fmt::format("expected {}, found {}", what, shown(token_.text)));
  }

  bool at(char symbol) const { return token_.kind == Kind::symbol && token_.text.front() == symbol; }
  bool at_any(std::initializer_list<std::string_view> words) const {
    return token_.kind == Kind::word &&
           std::ranges::any_of(words, [this](auto word) { return base::equals_ignoring_case(word, token_.text); });
  }
  bool at_end() const { return token_.kind == Kind::delimiter || token_.kind == Kind::end; }
  bool at_name() const { return token_.kind == Kind::word || token_.kind == Kind::name || token_.kind == Kind::string; }
  bool skip(char symbol) {
    const bool there = at(symbol);
    if (there) advance();
    return there;
  }
  void skip_all(std::initializer_list<std::string_view> words) {
    while (at_any(words)) advance();
  }

  void statement();
  void set();
  bool set_value();
  void skip_statement();
  bool create();
  bool insert();
  bool insert_begins();
  std::string qualified_name();
  bool defined_columns();
  bool listed_columns(std::vector<std::string>& columns);
  bool find_places(const std::vector<std::string>& columns, std::string_view where, Places& places);
  bool row(const Places& places);
  bool value(Value& out);
  bool add(const SqlToken& row, const Value& provider, const Value& name);
  bool check_text(std::string_view column, const Value& value);

  SqlLexer lexer_;
  SqlToken token_;
  std::vector<std::string> columns_ = {"id", "provider", "name"};
  std::vector<core::ProfileKey> keys_;
  bool knows_dialect_ = false;
  /// Provider, NUL, name: neither holds a NUL.
  std::unordered_set<std::string> seen_;
};

void Parser::statement() {
  if (at_any({"DELIMITER"})) {
    lexer_.take_delimiter();
    advance();
  } else if (at_any({"USE", "SOURCE"})) {
    lexer_.skip_line();
    advance();
  } else if (at_any({"COPY"})) {
    fail(token_.text, "COPY is not read; write the rows as INSERT: pg_dump --inserts");
  } else if (at_any({"PRAGMA"})) {
    learn(false);  // SQLite
    skip_statement();
  } else if (at_any({"BEGIN"})) {
    advance();
    if (at_any({"TRANSACTION"})) learn(false);  // not MySQL's
    skip_statement();
  } else if (at_any({"SET"})) {
    set();
    skip_statement();
  } else if (at_any({"CREATE"})) {
    if (create()) skip_statement();
  } else if (at_any({"INSERT", "REPLACE"})) {
    if (insert()) skip_statement();
  } else {
    skip_statement();
  }
}

/// Passes over the values of SET, of which two say what a backslash is in the strings that follow.
void Parser::set() {
  while (!at_end() && !at_any({"INSERT", "REPLACE"})) {
    const bool mode = at_any({"sql_mode", "@@sql_mode"});
    const bool standard = at_any({"standard_conforming_strings"});
    advance();
    // Only read: SET @OLD_SQL_MODE = @@SQL_MODE.
    if ((!mode && !standard) || !(at('=') || at(':') || at_any({"TO"}))) continue;
    const bool named = set_value();
    learn(mode ? !named : false);
  }
}

/// The value of a variable: does it name NO_BACKSLASH_ESCAPES?
bool Parser::set_value() {
  bool named = false;
  for (std::size_t depth = 0; !at_end() && !at_any({"INSERT"}) && (depth > 0 || !at(',')); advance()) {
    if (at('(')) ++depth;
    if (at(')') && depth > 0) --depth;
    named = named || contains_ignoring_case(token_.text, "NO_BACKSLASH_ESCAPES");
  }
  return named;
}

/// Passes over the rest of a statement. Rows in it would be lost without a word when a ; is missing before them.
void Parser::skip_statement() {
  bool routine = false;
  while (!at_end()) {
    routine = routine || at_any({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT"});
    const SqlToken word = token_;
    if (!at_any({"INSERT", "REPLACE"}))
      advance();
    else if (insert_begins() && !routine)
      fail(word.text,
           fmt::format("{} INTO {} in the middle of a statement; end the one before it with ;", word.text, kTable));
  }
  if (token_.kind == Kind::delimiter) advance();
}

/// "db.table" or "table": the last part, without quotes. "" when there is no name.
std::string Parser::qualified_name() {
  std::string name;
  while (at_name()) {
    name = unquoted(token_);
    advance();
    if (!skip('.')) break;
  }
  return name;
}

/// Passes over "INSERT … INTO name". Is it our table?
bool Parser::insert_begins() {
  advance();
  skip_all({"LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "OR", "IGNORE", "REPLACE", "INTO"});
  return base::equals_ignoring_case(qualified_name(), kTable);
}

bool Parser::create() {
  advance();
  skip_all({"OR", "REPLACE", "TEMPORARY"});
  if (!at_any({"TABLE"})) return true;
  advance();
  skip_all({"IF", "NOT", "EXISTS"});
  if (!base::equals_ignoring_case(qualified_name(), kTable) || !skip('(')) return true;
  return defined_columns();
}

bool Parser::defined_columns() {
  columns_.clear();
  do {
    if (!at_any({"PRIMARY", "KEY", "INDEX", "UNIQUE", "CONSTRAINT", "FOREIGN", "CHECK", "FULLTEXT", "SPATIAL"}))
      columns_.push_back(unquoted(token_));
    Value definition;
    if (!value(definition)) return false;
  } while (skip(','));
  return skip(')') || fail_expecting(") after the columns");
}

bool Parser::listed_columns(std::vector<std::string>& columns) {
  columns.clear();
  do {
    if (!at_name()) return fail_expecting("the name of a column");
    columns.push_back(qualified_name());
  } while (skip(','));
  return skip(')') || fail_expecting(", or ) after the name of a column");
}

bool Parser::insert() {
  const SqlToken begin = token_;
  if (!insert_begins()) return true;
  std::vector<std::string> columns = columns_;
  if (skip('(') && !listed_columns(columns)) return false;
  if (!at_any({"VALUES", "VALUE"}))
    return fail_expecting("VALUES; write INSERT INTO hardware (provider, name) VALUES ('…', '…');");
  advance();
  Places places;
  if (!find_places(columns, begin.text, places)) return false;
  do {
    if (!row(places)) return false;
  } while (skip(','));
  return at_end() || at_any({"ON", "AS"}) || fail_expecting(", or ; after a row");
}

bool Parser::find_places(const std::vector<std::string>& columns, std::string_view where, Places& places) {
  places.count = columns.size();
  for (const auto& [column, place] : {std::pair{"provider", &places.provider}, std::pair{"name", &places.name}}) {
    const auto found =
        std::ranges::find_if(columns, [&](const auto& c) { return base::equals_ignoring_case(c, column); });
    if (found == columns.end())
      return fail(where, fmt::format("this INSERT has no column '{}'; a profile needs provider and name", column));
    *place = static_cast<std::size_t>(found - columns.begin());
  }
  return true;
}

bool Parser::row(const Places& places) {
  const SqlToken begin = token_;
  if (!skip('(')) return fail_expecting("a row that begins with (");
  Value provider, name;
  std::size_t count = 0;
  do {
    Value one;
    if (!value(one)) return false;
    if (count == places.provider) provider = one;
    if (count == places.name) name = one;
    ++count;
  } while (skip(','));
  if (!skip(')')) return fail_expecting(") after the values of a row");
  if (count != places.count)
    return fail(begin.text, fmt::format("the row has {} values for {} columns; name the columns before VALUES", count,
                                        places.count));
  return add(begin, provider, name);
}

/// Takes tokens up to the , or ) that ends a value, whatever it is made of.
bool Parser::value(Value& out) {
  const SqlToken first = token_;
  SqlToken last = token_;
  std::size_t count = 0;
  for (std::size_t depth = 0; depth > 0 || !(at(',') || at(')')); ++count) {
    if (at_end()) return fail_expecting(") before the end of the statement");
    if (at('(')) ++depth;
    if (at(')')) --depth;
    last = token_;
    advance();
  }
  if (count == 0) return fail_expecting("a value");
  const auto bytes = static_cast<std::size_t>(last.text.data() + last.text.size() - first.text.data());
  out.text = {first.text.data(), bytes};
  // A character set may stand before a string: _utf8mb4'c5', N'c5'.
  const bool introduced = count == 2 && first.kind == Kind::word &&
                          (first.text.starts_with('_') || base::equals_ignoring_case(first.text, "N") ||
                           base::equals_ignoring_case(first.text, "E"));
  if (last.kind == Kind::string && (count == 1 || introduced)) out.string = last;
  out.is_null = count == 1 && first.kind == Kind::word && base::equals_ignoring_case(first.text, "NULL");
  return true;
}

bool Parser::check_text(std::string_view column, const Value& value) {
  if (value.string && (knows_dialect_ || !has_unusual_escape(*value.string))) return true;
  if (value.string)
    return fail(
        value.text,
        fmt::format(
            "the {} has a backslash, and the file does not show whether MySQL wrote it, which drops it, or another "
            "database, which keeps it; write SET sql_mode = ''; or SET sql_mode = "
            "'NO_BACKSLASH_ESCAPES'; on the first line",
            column));
  if (value.is_null) return fail(value.text, fmt::format("the {} is NULL; give a text in quotes", column));
  return fail(value.text, fmt::format("the {} is {}; give a text in quotes", column, shown(value.text)));
}

bool Parser::add(const SqlToken& row, const Value& provider, const Value& name) {
  if (!check_text("provider", provider) || !check_text("name", name)) return false;
  auto key = core::checked_key(unquoted(*provider.string), unquoted(*name.string));
  if (!key) return fail(row.text, key.error().message);
  if (seen_.insert(key->provider + '\0' + key->name).second) keys_.push_back(std::move(*key));
  return true;
}

}  // namespace

std::expected<std::vector<core::ProfileKey>, SqlMistake> parse_hardware_rows(std::string_view sql) {
  return Parser(sql).run();
}

}  // namespace app
