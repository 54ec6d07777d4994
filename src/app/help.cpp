#include "app/help.hpp"

#include <CLI/CLI.hpp>

#include "app/terminal.hpp"
#include "base/text.hpp"

namespace app {
namespace {

constexpr std::size_t kIndent = 2;
/// Where explanations begin, unless a form is longer.
constexpr std::size_t kForms = 26;

/// `text` in lines of `columns` at most, all but the first moved in. Its own line ends stay.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent, std::size_t first) {
  std::string out;
  std::size_t at = first;
  bool begin = true;
  const auto end_line = [&] {
    out += '\n' + std::string(indent, ' ');
    at = indent;
    begin = true;
  };
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    const std::size_t width = width_of(word);
    if (!begin && at + 1 + width > columns) end_line();
    if (!word.empty()) {
      if (!begin) out += ' ';
      out += word;
      at += width + (begin ? 0 : 1);
      begin = false;
    }
    text.remove_prefix(word.size());
    if (text.starts_with('\n')) end_line();
    if (!text.empty()) text.remove_prefix(1);
  }
  return out;
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent != nullptr ? full_name(*parent) + " " : "") + command.get_name();
}

/// "FORM", without what validators add to a type.
std::string value_name(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  std::string name = option.get_type_name();
  name = name.substr(0, name.find(':'));
  return name == "UINT" || name == "INT" ? "N" : name;
}

std::string form_of(const CLI::Option& option) {
  std::string form;
  for (const std::string& name : option.get_snames()) form += (form.empty() ? "-" : ", -") + name;
  // Without a short name, long ones stand below each other.
  if (form.empty()) form = "    ";
  for (const std::string& name : option.get_lnames()) form += (form.ends_with(' ') ? "--" : ", --") + name;
  const std::string value = value_name(option);
  return value.empty() ? form : form + " " + value;
}

std::string help_of(const CLI::Option& option) {
  std::string help = option.get_description();
  if (!option.get_envname().empty()) help += fmt::format(" (environment: {})", option.get_envname());
  return help;
}

bool is_shown(const CLI::Option& option) {
  return !option.get_group().empty();
}

std::vector<const CLI::App*> shown_commands(const CLI::App& command) {
  return command.get_subcommands(
      [](const CLI::App* sub) { return !sub->get_name().empty() && !sub->get_group().empty(); });
}

std::string usage_of(const CLI::App& command, const std::string& name) {
  std::string usage = name;
  if (!shown_commands(command).empty()) usage += command.get_require_subcommand_min() > 0 ? " COMMAND" : " [COMMAND]";
  usage += " [FLAGS]";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() || !is_shown(*option)) continue;
    std::string word = option->get_name(true);
    if (option->get_items_expected_max() > 1) word += "…";
    usage += option->get_required() ? " " + word : " [" + word + "]";
  }
  return usage;
}

void add_section(std::string& out, std::string_view title, const std::vector<Described::Entry>& entries,
                 std::size_t columns) {
  if (entries.empty()) return;
  out += fmt::format("\n{}:\n", title);
  for (const Described::Entry& entry : entries) {
    std::string line = std::string(kIndent, ' ') + entry.form;
    const std::size_t width = width_of(line);
    if (entry.help.empty()) {
      out += line + '\n';
      continue;
    }
    if (width + 2 > kForms)
      line += '\n' + std::string(kForms, ' ');
    else
      line += std::string(kForms - width, ' ');
    out += line + wrapped(entry.help, columns, kForms, kForms) + '\n';
  }
}

/// Text as troff takes it.
std::string troff(std::string_view text) {
  std::string out;
  bool begin = true;
  for (const char c : text) {
    if (begin && (c == '.' || c == '\'')) out += "\\&";
    begin = c == '\n';
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

void add_man_entry(std::string& out, const Described::Entry& entry) {
  out += fmt::format(".TP\n.B {}\n{}\n", troff(base::trim(entry.form)), entry.help.empty() ? "\\&" : troff(entry.help));
}

void add_man_entries(std::string& out, std::string_view title, const std::vector<Described::Entry>& entries) {
  if (entries.empty()) return;
  out += fmt::format(".SH {}\n", title);
  for (const Described::Entry& entry : entries) add_man_entry(out, entry);
}

/// A command below the one that a page is about.
void add_man_command(std::string& out, const CLI::App& command) {
  const Described described = describe(command, false);
  out += fmt::format(".SS {}\n{}\n.P\n.B {}\n", troff(described.name), troff(described.about), troff(described.usage));
  for (const auto* entries : {&described.arguments, &described.options})
    for (const Described::Entry& entry : *entries)
      if (!entry.form.contains("--help")) add_man_entry(out, entry);
  if (!described.notes.empty()) out += fmt::format(".P\n{}\n", troff(described.notes));
  for (const CLI::App* below : shown_commands(command)) add_man_command(out, *below);
}

class Formatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* command, std::string, CLI::AppFormatMode) const override {
    return to_text(describe(*command));
  }
};

}  // namespace

Described describe(const CLI::App& command, bool inherited) {
  Described described{.name = full_name(command), .usage = {}, .about = command.get_description()};
  described.usage = usage_of(command, described.name);
  for (const CLI::Option* option : command.get_options()) {
    if (!is_shown(*option)) continue;
    if (option->get_positional())
      described.arguments.push_back({option->get_name(true), help_of(*option)});
    else
      described.options.push_back({form_of(*option), help_of(*option)});
  }
  // Flags of the command above are taken here, too.
  if (inherited && command.get_fallthrough() && command.get_parent() != nullptr &&
      command.get_parent()->get_parent() != nullptr)
    for (const CLI::Option* option : command.get_parent()->get_options())
      if (is_shown(*option) && !option->get_positional() && !option->check_lname("help"))
        described.options.push_back({form_of(*option), help_of(*option)});
  for (const CLI::App* below : shown_commands(command))
    described.commands.push_back({below->get_name(), below->get_description()});
  described.notes = command.get_footer();
  return described;
}

std::string to_text(const Described& described, std::size_t columns) {
  std::string out = wrapped(described.about, columns, 0, 0) + "\n\n";
  out += "Usage: " + wrapped(described.usage, columns, 9, 7) + '\n';
  add_section(out, "Commands", described.commands, columns);
  add_section(out, "Arguments", described.arguments, columns);
  add_section(out, "Flags", described.options, columns);
  if (!described.notes.empty()) out += '\n' + wrapped(described.notes, columns, 0, 0) + '\n';
  return out;
}

std::string to_man(const CLI::App& command, const std::string& version) {
  const Described described = describe(command);
  std::string dashed = described.name, upper;
  std::ranges::replace(dashed, ' ', '-');
  for (const char c : dashed) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string out = fmt::format(".TH {} 1 \"\" \"vacancy {}\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B {}\n",
                                troff(upper), version, troff(dashed), troff(described.about), troff(described.usage));
  const bool is_program = command.get_parent() == nullptr;
  if (is_program) add_man_entries(out, "COMMANDS", described.commands);
  add_man_entries(out, "ARGUMENTS", described.arguments);
  add_man_entries(out, "FLAGS", described.options);
  if (!is_program && !described.commands.empty()) {
    out += ".SH COMMANDS\n";
    for (const CLI::App* below : shown_commands(command)) add_man_command(out, *below);
  }
  if (!described.notes.empty()) out += fmt::format(".SH NOTES\n{}\n", troff(described.notes));
  out += ".SH SEE ALSO\n";
  if (!is_program) return out + ".BR vacancy (1)\n";
  std::string separator;
  for (const CLI::App* below : shown_commands(command)) {
    out += fmt::format("{}.BR {} (1)", separator, troff(dashed + "-" + below->get_name()));
    separator = ",\n";
  }
  return out + '\n';
}

void set_help(CLI::App& program) {
  static const auto formatter = std::make_shared<Formatter>();
  program.formatter(formatter);
  program.set_help_flag("-h,--help", "Print this help and exit");
  for (CLI::App* below : program.get_subcommands([](const CLI::App*) { return true; })) set_help(*below);
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  std::string_view near = base::nearest(word, words);
  // A beginning of one word only is meant to be that word.
  if (near.empty() && word.size() > 1) {
    const auto begins = [&](std::string_view one) { return one.starts_with(word); };
    if (std::ranges::count_if(words, begins) == 1) near = *std::ranges::find_if(words, begins);
  }
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

std::vector<std::string> values_of(const CLI::Option& option) {
  // A validator tells them at the end of the type: "{a,b}".
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.rfind('}');
  std::vector<std::string> values;
  if (open == std::string::npos || close == std::string::npos) return values;
  for (std::string_view rest(type.data() + open + 1, close - open - 1); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    values.emplace_back(word);
  }
  return values;
}

std::string taken_by(const CLI::Option& option) {
  std::vector<std::string> values = values_of(option);
  // Each is there without the sign, too.
  std::erase_if(values, [](const std::string& value) { return value.starts_with('-'); });
  if (!values.empty()) {
    const std::string first = fmt::format("{}", fmt::join(values.begin(), values.end() - 1, ", "));
    return values.size() == 1 ? values.front() : fmt::format("{} or {}", first, values.back());
  }
  // Of a range, it tells "UINT in [1 - 5]".
  const std::string type = option.get_type_name();
  if (const auto open = type.find(" in ["); open != std::string::npos) {
    const std::string range = type.substr(open + 5, type.rfind(']') - open - 5);
    const auto dash = range.find(" - ");
    if (dash != std::string::npos)
      return fmt::format("a number from {} to {}", range.substr(0, dash), range.substr(dash + 3));
  }
  const std::string name = value_name(option);
  return name == "N" ? "a number" : fmt::format("a value, {}", name);
}

std::string option_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  return option.get_lnames().empty() ? "-" + option.get_snames().front() : "--" + option.get_lnames().front();
}

std::vector<std::string> commands_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* below : shown_commands(command)) names.push_back(below->get_name());
  return names;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::App* at = &command; at != nullptr; at = at->get_fallthrough() ? at->get_parent() : nullptr)
    for (const CLI::Option* option : at->get_options()) {
      if (!is_shown(*option)) continue;
      for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    }
  return flags;
}

}  // namespace app
