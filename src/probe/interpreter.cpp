#include "probe/interpreter.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

/// As much of the first line as Linux looks at.
constexpr std::size_t kLineBytes = 256;

std::string start_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, kLineBytes> bytes{};
  in.read(bytes.data(), bytes.size());
  return {bytes.data(), static_cast<std::size_t>(in.gcount())};
}

bool may_run(const std::string& file) {
  std::error_code ignored;
  return ::access(file.c_str(), X_OK) == 0 && !std::filesystem::is_directory(file, ignored);
}

/// Takes the first word off `text`.
std::string_view word(std::string_view& text) {
  text = base::trim(text);
  const auto first = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(first.size());
  return first;
}

/// The file that PATH has for `name`; "" for none.
std::string found_in(std::string_view path, std::string_view name) {
  const auto places = base::places_in(path, name);
  const auto found = std::ranges::find_if(places, may_run);
  return found != places.end() ? *found : "";
}

/// Takes off what env is to run: the first word that is no option and no variable.
std::string_view program_of_env(std::string_view& arguments) {
  std::string_view name = word(arguments);
  while (name.starts_with('-') || name.contains('=')) name = word(arguments);
  return name;
}

std::string fault_of(std::string_view name) {
  const std::string file(name);
  if (may_run(file)) return {};
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    return fmt::format("its interpreter '{}' may not be executed", one_line(name));
  const std::string_view relative = name.starts_with('/') ? "" : "; write an absolute path";
  return fmt::format("its interpreter '{}' is not there{}", one_line(name), relative);
}

}  // namespace

std::string interpreter_fault(const std::string& file, std::string_view path, int deepest) {
  constexpr std::string_view kWindows = "its lines end as in Windows, with CR LF: write LF alone";
  const std::string start = start_of(file);
  std::string_view line = std::string_view(start).substr(0, start.find('\n'));
  if (without_bom(line).starts_with("#!") && !line.starts_with("#!"))
    return "it begins with a byte order mark, before its #!; save it as UTF-8 without one";
  if (!line.starts_with("#!")) return {};
  line.remove_prefix(2);
  const bool windows = line.ends_with('\r');
  const std::string_view interpreter = word(line);
  const bool env = interpreter.ends_with("/env") && may_run(std::string(interpreter));
  const std::string_view name = env ? program_of_env(line) : interpreter;
  if (name.empty()) return {};
  const bool by_path = env && !name.contains('/');
  const std::string program = by_path ? found_in(path, name) : std::string(name);
  // To the kernel and to env, the carriage return is a part of the last word.
  const bool last = base::trim(line).empty();
  if (windows && last) return fmt::format("its interpreter '{}\\r' is not there; {}", one_line(name), kWindows);
  if (program.empty()) return fmt::format("its interpreter '{}' is not in PATH", one_line(name));
  if (std::string fault = fault_of(program); !fault.empty()) return fault;
  if (windows) return fmt::format("the arguments of its interpreter '{}' end with \\r; {}", one_line(name), kWindows);
  // One that is a script has an interpreter, too. Linux follows five.
  if (deepest == 0) return {};
  const std::string inner = interpreter_fault(program, path, deepest - 1);
  return inner.empty() ? "" : fmt::format("its interpreter '{}' does not run: {}", one_line(name), inner);
}

}  // namespace probe
