#include "config/path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace config {
namespace {

/// The key with what ~0 and ~1 of a JSON pointer stand for. Nothing when another sign follows a ~.
std::optional<std::string> unescaped(std::string_view key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '~') {
      out += key[i];
      continue;
    }
    const char next = ++i < key.size() ? key[i] : ' ';
    if (next != '0' && next != '1') return std::nullopt;
    out += next == '1' ? '/' : '~';
  }
  return out;
}

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

/// The bytes of the condition, "[member=value]", that `text` begins with; 0 for none. Other brackets are part of a key.
std::size_t condition_bytes(std::string_view text) {
  if (!text.starts_with('[')) return 0;
  const auto equals = text.find('=');
  const auto close = text.find(']');
  return close != std::string_view::npos && equals < close ? close + 1 : 0;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  base::Result<Path> parse() {
    while (!rest_.empty()) {
      if (condition_bytes(rest_) > 0) {
        if (!take_search()) return wrong();
      } else if (rest_.front() == '/') {
        if (!take_key()) return wrong();
      } else {
        return wrong();
      }
    }
    return std::move(path_);
  }

 private:
  std::unexpected<base::Error> wrong() const {
    return base::fail(
        base::Errc::invalid,
        fmt::format(
            "'{}' is not a path; write one such as /capacity/free or /types[name={{name}}]/free, with ~0 for ~ and ~1 "
            "for / in a key",
            text_));
  }

  bool take_key() {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '/' && condition_bytes(rest_.substr(end)) == 0) ++end;
    auto key = unescaped(rest_.substr(1, end - 1));
    if (!key) return false;
    path_.push_back({.key = std::move(*key)});
    rest_.remove_prefix(end);
    return true;
  }

  bool take_search() {
    PathStep step;
    while (const std::size_t bytes = condition_bytes(rest_)) {
      const std::string_view condition = rest_.substr(1, bytes - 2);
      const auto equals = condition.find('=');
      // "name" is short for "/name", and nothing is the element itself.
      base::Result<Path> member = equals == 0 ? Path{} : parse_path(fmt::format("/{}", condition.substr(0, equals)));
      if (!member) return false;
      step.search.push_back({std::move(*member), std::string(condition.substr(equals + 1))});
      rest_.remove_prefix(bytes);
    }
    path_.push_back(std::move(step));
    return true;
  }

  std::string_view text_;
  std::string_view rest_;
  Path path_;
};

}  // namespace

bool PathStep::Condition::operator==(const Condition&) const = default;

base::Result<Path> parse_path(std::string_view text) {
  return Parser(text).parse();
}

std::string to_text(const Path& path) {
  std::string text;
  for (const PathStep& step : path) {
    if (step.search.empty()) text += '/' + escaped(step.key);
    for (const PathStep::Condition& condition : step.search) {
      const std::string member = to_text(condition.member);
      text += fmt::format("[{}={}]", std::string_view(member).substr(member.empty() ? 0 : 1), condition.value);
    }
  }
  return text;
}

}  // namespace config
