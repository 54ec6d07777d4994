#include "probe/output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/nagios.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;
using core::Level;

/// The program asks to be tried again later (sysexits.h).
constexpr int kTemporaryFailure = 75;
/// Exit codes of a shell that cannot run a program, or does not find it.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

constexpr Level kByCode[] = {Level::high, Level::medium, Level::low, Level::unknown};

std::unexpected<std::string> refuse(std::string_view what) {
  return std::unexpected(fmt::format("the output {}", what));
}

bool is_blank(std::string_view text) {
  return base::trim(without_bom(text)).empty();
}

// --- What it cannot be

/// Is this a line that JSON or a page begins with, or has it a piece of such a one?
bool is_markup(std::string_view line) {
  line = base::trim(line);
  if (!line.empty() && std::string_view("{[<").contains(line.front())) return true;
  for (auto brace = line.find('{'); brace != std::string_view::npos; brace = line.find('{', brace + 1))
    if (base::trim(line.substr(brace + 1)).starts_with('"')) return true;
  constexpr std::string_view kTags[] = {"<html", "<!doctype", "<?xml", "</", "<br", "<h1", "<p>", "({"};
  return std::ranges::any_of(kTags, [&](std::string_view tag) {
    const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b); };
    return !std::ranges::search(line, tag, same).empty();
  });
}

bool has_markup(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (is_markup(line)) return true;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return false;
}

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

/// Belongs to any exit code but 0.
constexpr int kNotOk = 4;
/// Levels, the states of plugins, and other words for them, with the exit codes that belong to them.
constexpr std::pair<std::string_view, int> kStates[] = {
    {"OK", 0},          {"HIGH", 0},         {"WARNING", 1},      {"MEDIUM", 1},
    {"CRITICAL", 2},    {"LOW", 2},          {"UNKNOWN", 3},      {"WARN", 1},
    {"CRIT", 2},        {"DOWN", kNotOk},    {"ERROR", kNotOk},   {"FATAL", kNotOk},
    {"FAILED", kNotOk}, {"FAILURE", kNotOk}, {"TIMEOUT", kNotOk}, {"EXCEPTION", kNotOk}};

/// The exit code of a word for a state, or -1.
int code_of(std::string_view word) {
  const auto found =
      std::ranges::find_if(kStates, [&](const auto& state) { return base::equals_ignoring_case(word, state.first); });
  return found != std::end(kStates) ? found->second : -1;
}

bool contradicts(std::string_view word, int code) {
  const int said = code_of(word);
  return said == kNotOk ? code == 0 : said >= 0 && said != code;
}

/// Takes the first word off `text`, of letters, digits and '_'; "" at its end.
std::string_view next_word(std::string_view& text) {
  const auto is_inner = [](char c) { return kLetters.contains(c) || kDigits.contains(c) || c == '_'; };
  text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if(text, is_inner) - text.begin()));
  const auto word = text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_inner) - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

/// The text without ANSI colours.
std::string without_colours(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("\x1b["))
      i = std::min(text.find_first_of(kLetters, i), text.size());
    else
      out += text[i];
  }
  return out;
}

/// What is not performance data: before '|' in the first line, and in those below it.
std::string words_of(std::string_view output) {
  const auto end = std::min(output.find('\n'), output.size());
  const auto first = output.substr(0, end);
  const auto rest = output.substr(end);
  return std::string(first.substr(0, first.find('|'))).append(rest.substr(0, rest.find('|')));
}

/// The value that is written after a key, as in `"free" : 0`, free=0, free -> 0 or "free is 0"; else "".
std::string_view value_after(std::string_view text) {
  const auto skip = [&](std::string_view what) {
    text.remove_prefix(std::min(text.find_first_not_of(what), text.size()));
  };
  constexpr std::string_view kAround = "\"'`* \t";
  skip(kAround);
  const std::string_view from = text;
  if (text.starts_with("is "))
    text.remove_prefix(3);
  else
    skip(":=->~");
  if (text.size() == from.size()) return {};
  skip("\"'`* \t([");
  return text.substr(0, std::min(text.find_first_of(" \t\r\n\"'`*)],;"), text.size()));
}

bool is_number_key(std::string_view word) {
  return std::ranges::any_of(core::kNumbers,
                             [&](const core::Number& number) { return base::equals_ignoring_case(word, number.name); });
}

/// The name of a column that counts, in a first line such as "name,level".
std::string_view column_in(std::string_view text) {
  const auto line = base::trim(text.substr(0, text.find('\n')));
  if (line.size() == base::trim(text).size() || line.find_first_of(",;\t") == std::string_view::npos) return {};
  if (line.find_first_of(" :=-") != std::string_view::npos) return {};
  for (std::string_view rest = line;;) {
    const auto word = next_word(rest);
    if (word.empty() || is_number_key(word) || base::equals_ignoring_case(word, "level")) return word;
  }
}

/// A state that the words give, other than the exit code's; else "".
std::string_view other_state(std::string_view words, int code) {
  std::string_view rest = words;
  const std::string_view first = next_word(rest);
  const bool alone = std::string_view(rest).find_first_of(kLetters) == std::string_view::npos &&
                     rest.find_first_of(kDigits) == std::string_view::npos;
  if (alone && contradicts(first, code)) return first;
  // Only HIGH sends somebody to hardware that is not there: a plugin whose exit code got lost says its state first.
  if (code == 0 && contradicts(first, code)) return first;
  for (std::string_view word = first; code == 0 && !word.empty(); word = next_word(rest)) {
    const bool capitals = std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!capitals || code_of(word) < 0) continue;
    if (contradicts(word, code)) return word;
    break;
  }
  rest = words;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (!base::equals_ignoring_case(word, "level")) continue;
    const auto value = value_after(rest);
    const auto level = value.substr(0, value.find_first_not_of(kLetters));
    if (contradicts(level, code)) return level;
  }
  return {};
}

/// A number of ours that the words give, where no performance data has it: "free=0". Behind OK, "free: 3" is prose.
std::string number_in(std::string_view words) {
  bool fine = false;
  for (std::string_view rest = words, word = next_word(rest); !word.empty(); word = next_word(rest)) {
    fine = fine || word == "OK";
    const auto value = is_number_key(word) ? value_after(rest) : "";
    const auto sign = base::trim(rest).substr(0, 1);
    if (value.find_first_of(kDigits) < 2 && (!fine || sign == "=")) return fmt::format("{}={}", word, value);
  }
  return {};
}

Or<void> check_text(std::string_view output) {
  if (output.starts_with("\xFF\xFE") || output.starts_with("\xFE\xFF") || output.contains('\0'))
    return refuse("is not UTF-8 but UTF-16 or binary; print UTF-8");
  if (!base::is_utf8(output))
    return refuse("is not UTF-8; print UTF-8, or set 'format: nagios' for a plugin that cannot");
  return {};
}

/// Doubt never becomes a level.
Or<void> check_plugin(std::string_view printed, int code, const Secrets& secrets) {
  if (auto fine = check_text(printed); !fine) return fine;
  const std::string output = without_colours(printed);
  if (is_blank(output))
    return refuse("is empty; print JSON or a line of text, or set 'format: nagios' for exit codes alone");
  if (has_markup(output))
    return refuse("has JSON or a page in it but is not JSON; print JSON alone, or set 'format: nagios' for a plugin");
  if (const auto value = parse_json(output); value && !value->is_object())
    return refuse("is JSON but no object; print one such as {\"level\": \"LOW\"}");
  const std::string words = words_of(output);
  if (const auto state = other_state(words, code); !state.empty())
    return refuse(fmt::format("says {}, and the exit code {} is {}; print JSON, or set 'format: nagios'", state, code,
                              core::to_string(kByCode[code])));
  if (code != 0) return {};
  constexpr std::string_view kRight =
      "print JSON such as {\"free\": 3}, or 'TEXT | free=3', or set 'format: nagios' for the exit code alone";
  if (const std::string number = number_in(words); !number.empty())
    return refuse(
        fmt::format("says {} outside of performance data; {}", secrets.blotted(one_line(number, 80)), kRight));
  if (const auto column = column_in(words); !column.empty())
    return refuse(fmt::format("is a table with a column {}; {}", column, kRight));
  return {};
}

// --- What it is

Source output_of(const Secrets& secrets) {
  return {.secrets = secrets,
          .whole = "the output ",
          .place = "the output: ",
          .a_list = "is a JSON list; print one object, or set 'batch: true'"};
}

Result read_plugin(const Exited& exited, const config::Levels& levels, const Secrets& secrets) {
  // A plugin gives a reason. The remains of a broken script, such as a traceback, are no measurement.
  if (is_blank(exited.output) && !is_blank(exited.errors))
    return exited.code == 0 ? refuse("is empty, but not standard error") : std::unexpected(failure_of(exited));
  auto seen = read_nagios(without_bom(exited.output), secrets);
  if (!seen) return std::unexpected("the output: " + seen.error());
  seen->said = kByCode[exited.code];
  if (seen->reason.empty()) seen->reason = how_it_ended(exited);
  // UNKNOWN: numbers beside it must not make a level.
  const bool unknown = seen->said == Level::unknown;
  return judge(std::move(*seen), unknown ? config::Levels{} : levels);
}

}  // namespace

std::string how_it_ended(const Exited& exited) {
  if (exited.signal != 0) {
    const char* name = ::sigdescr_np(exited.signal);
    return fmt::format("killed by signal {} ({})", exited.signal, name != nullptr ? name : "unknown");
  }
  switch (exited.code) {
    case kTemporaryFailure:
      return "temporary failure";
    case kNotExecutable:
      return "exit code 126 (a command is not executable)";
    case kNotFound:
      return "exit code 127 (a command is not found)";
    default:
      return fmt::format("exit code {}", exited.code);
  }
}

std::string failure_of(const Exited& exited) {
  const bool silent = is_blank(exited.output) && is_blank(exited.errors);
  return how_it_ended(exited) + (silent ? "" : "; 'vacancy probe test' shows its output");
}

Result read_output(const Exited& exited, const config::Levels& levels, config::Format format, const Secrets& secrets) {
  // No measurement, whatever the output is.
  if (exited.signal != 0) return std::unexpected(failure_of(exited));
  const bool by_code = exited.code >= 0 && std::cmp_less(exited.code, std::size(kByCode));
  const bool automatic = format == config::Format::automatic;
  const bool json = automatic && base::trim(without_bom(exited.output)).starts_with('{');
  if (format == config::Format::json || json)
    return exited.code == 0 ? read_json(exited.output, output_of(secrets), levels)
                            : std::unexpected(failure_of(exited));
  if (!by_code) return std::unexpected(failure_of(exited));
  const bool broke_down = exited.code != 0 && is_blank(exited.output) && !is_blank(exited.errors);
  if (automatic && !broke_down)
    if (auto fine = check_plugin(exited.output, exited.code, secrets); !fine)
      return std::unexpected(std::move(fine.error()));
  return read_plugin(exited, levels, secrets);
}

Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels,
                 const Secrets& secrets) {
  if (exited.code != 0) return same_for_all(profiles.size(), std::unexpected(failure_of(exited)));
  return read_json_list(exited.output, output_of(secrets), profiles, levels);
}

}  // namespace probe
