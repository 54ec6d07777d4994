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
/// What a shell says when it cannot run a program, or does not find it.
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
  constexpr std::string_view kTags[] = {"<html", "<!doctype", "<?xml"};
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

/// One word that says something else than the exit code: a script that prints its answer.
bool contradicts(std::string_view text, int code) {
  constexpr std::pair<std::string_view, int> kWords[] = {{"OK", 0},   {"WARNING", 1}, {"CRITICAL", 2}, {"UNKNOWN", 3},
                                                         {"HIGH", 0}, {"MEDIUM", 1},  {"LOW", 2}};
  return std::ranges::any_of(
      kWords, [&](const auto& word) { return base::equals_ignoring_case(text, word.first) && code != word.second; });
}

/// The word after "level:" or "level=", as YAML or a shell script has it.
std::string_view level_in(std::string_view text) {
  constexpr std::string_view kKey = "level";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::ranges::search(text, kKey, same);
  text = text.substr(static_cast<std::size_t>(found.end() - text.begin()));
  text.remove_prefix(std::min(text.find_first_not_of("\"' "), text.size()));
  if (!text.starts_with(':') && !text.starts_with('=')) return {};
  text.remove_prefix(std::min(text.find_first_not_of(":=\"' "), text.size()));
  return text.substr(0, text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"));
}

Or<void> check_text(std::string_view output) {
  if (output.starts_with("\xFF\xFE") || output.starts_with("\xFE\xFF") || output.contains('\0'))
    return refuse("is not UTF-8 but UTF-16 or binary; print UTF-8");
  if (!base::is_utf8(output))
    return refuse("is not UTF-8; print UTF-8, or set 'format: nagios' for a plugin that cannot");
  return {};
}

/// Doubt never becomes a level.
Or<void> check_plugin(std::string_view output, int code) {
  if (auto fine = check_text(output); !fine) return fine;
  if (is_blank(output))
    return refuse("is empty; print JSON or a line of text, or set 'format: nagios' for exit codes alone");
  if (has_markup(output))
    return refuse("has JSON or a page in it but is not JSON; print JSON alone, or set 'format: nagios' for a plugin");
  if (const auto value = parse_json(output); value && !value->is_object())
    return refuse("is JSON but no object; print one such as {\"level\": \"LOW\"}");
  const auto words = base::trim(output.substr(0, output.find('|')));
  for (const std::string_view word : {words, level_in(words)})
    if (contradicts(word, code))
      return refuse(fmt::format("says {}, and the exit code {} is {}; print JSON, or set 'format: nagios'", word, code,
                                core::to_string(kByCode[code])));
  return {};
}

// --- What it is

Result read_json(const Exited& exited, const config::Levels& levels, const Secrets& secrets) {
  if (exited.code != 0) return std::unexpected(failure_of(exited));
  const auto value = parse_json(exited.output);
  if (!value) return refuse(secrets.blotted(value.error()));
  if (value->is_array()) return refuse("is a JSON list; print one object, or set 'batch: true'");
  if (!value->is_object()) return refuse("is JSON but no object; print one such as {\"level\": \"LOW\"}");
  auto seen = read_observation(*value, {.secrets = secrets});
  if (!seen) return std::unexpected("the output: " + seen.error());
  return judge(std::move(*seen), levels);
}

Result read_plugin(const Exited& exited, const config::Levels& levels, const Secrets& secrets) {
  // A plugin says why. What a script leaves that broke down, such as a traceback, is not a measurement.
  if (is_blank(exited.output) && !is_blank(exited.errors))
    return exited.code == 0 ? refuse("is empty, but not standard error") : std::unexpected(failure_of(exited));
  auto seen = read_nagios(without_bom(exited.output), secrets);
  if (!seen) return std::unexpected("the output: " + seen.error());
  seen->level = kByCode[exited.code];
  if (seen->reason.empty()) seen->reason = how_it_ended(exited);
  // It could not find out: no number that it printed all the same may make a level of that.
  const bool unknown = seen->level == Level::unknown;
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
  return how_it_ended(exited) + (silent ? "" : "; 'vacancy probe test' shows what it wrote");
}

Result read_output(const Exited& exited, const config::Levels& levels, config::Format format, const Secrets& secrets) {
  // Whatever it printed before, this is no measurement.
  if (exited.signal != 0) return std::unexpected(failure_of(exited));
  const bool by_code = exited.code >= 0 && std::cmp_less(exited.code, std::size(kByCode));
  const bool automatic = format == config::Format::automatic;
  const bool json = automatic && base::trim(without_bom(exited.output)).starts_with('{');
  if (format == config::Format::json || json) return read_json(exited, levels, secrets);
  if (!by_code) return std::unexpected(failure_of(exited));
  const bool broke_down = exited.code != 0 && is_blank(exited.output) && !is_blank(exited.errors);
  if (automatic && !broke_down)
    if (auto fine = check_plugin(exited.output, exited.code); !fine) return std::unexpected(std::move(fine.error()));
  return read_plugin(exited, levels, secrets);
}

Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels,
                 const Secrets& secrets) {
  const auto fail = [&](std::string why) { return same_for_all(profiles.size(), std::unexpected(std::move(why))); };
  if (exited.code != 0) return fail(failure_of(exited));
  const auto value = parse_json(exited.output);
  if (!value) return fail("the output " + secrets.blotted(value.error()));
  return read_batch(*value, {.secrets = secrets}, profiles, levels);
}

}  // namespace probe
