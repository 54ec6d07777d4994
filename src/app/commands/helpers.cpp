#include "app/commands/helpers.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "app/help.hpp"
#include "base/error.hpp"

namespace app {
namespace {

/// The scripts ask `vacancy complete`, so they need not know any command or flag.
constexpr std::string_view kBash = R"(# bash completion for vacancy: source <(vacancy completion bash)
_vacancy() {
  local cur=${COMP_WORDS[COMP_CWORD]} line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("${COMP_WORDS[0]}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _vacancy vacancy
)";

constexpr std::string_view kZsh = R"(#compdef vacancy
# zsh completion for vacancy: source <(vacancy completion zsh), or as _vacancy in a directory of $fpath
_vacancy() {
  local line files=0
  local -a found
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      files=1
    else
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( files )) && _files
  (( ${#found} )) && _describe vacancy found
}
if [[ ${funcstack[1]} == _vacancy ]]; then _vacancy "$@"; else compdef _vacancy vacancy; fi
)";

constexpr std::string_view kFish = R"(# fish completion for vacancy: vacancy completion fish | source
function __vacancy_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c vacancy -f -a '(__vacancy_complete)'
)";

constexpr std::string_view kFiles = ":files";

/// Null when there is none.
const CLI::App* below(const CLI::App& command, const std::string& name) {
  const auto found = command.get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

const CLI::App& command_of(const CLI::App& program, const std::vector<std::string>& words) {
  const CLI::App* at = &program;
  for (const std::string& word : words) {
    const CLI::App* next = below(*at, word);
    if (next == nullptr)
      throw base::UsageError(fmt::format("there is no command '{}'{}", word, suggestion(word, commands_of(*at))));
    at = next;
  }
  return *at;
}

/// The option of the command, or of those above that it takes, that this flag is.
const CLI::Option* option_of(const CLI::App& command, const std::string& flag) {
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent())
    if (const CLI::Option* option = at->get_option_no_throw(flag)) return option;
  return nullptr;
}

bool takes_value(const CLI::Option* option) {
  return option != nullptr && option->get_items_expected_max() > 0;
}

/// "table\ttable, wide …" lines that begin with `begin`.
void print_matching(const std::vector<std::pair<std::string, std::string>>& all, const std::string& begin) {
  for (const auto& [word, help] : all)
    if (word.starts_with(begin)) std::cout << word << '\t' << help.substr(0, help.find('\n')) << '\n';
}

void complete_value(const CLI::Option& option, const std::string& begin) {
  std::vector<std::pair<std::string, std::string>> values;
  for (std::string& value : values_of(option)) values.emplace_back(std::move(value), "");
  print_matching(values, begin);
  const std::string type = option.get_type_name();
  const bool is_file = type.starts_with("FILE") || type.starts_with("DIRECTORY") || option.get_name(true) == "FILE";
  if (values.empty() && is_file) std::cout << kFiles << '\n';
}

/// `words`: those after the program's name, the last of which is to be completed.
int complete(const CLI::App& program, std::vector<std::string> words) {
  std::string last;
  if (!words.empty()) {
    last = words.back();
    words.pop_back();
  }
  const CLI::App* at = &program;
  const CLI::App* explained = &program;
  const CLI::Option* expects = nullptr;
  for (const std::string& word : words) {
    if (expects != nullptr) {
      // bash makes three words of --flag=value.
      if (word != "=") expects = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = option_of(*at, word);
      if (takes_value(option)) expects = option;
    } else if (const CLI::App* next = below(at->get_name() == "help" ? *explained : *at, word)) {
      (at->get_name() == "help" ? explained : at) = next;
    }
  }
  if (expects != nullptr) {
    complete_value(*expects, last == "=" ? "" : last);
    return 0;
  }
  if (const auto equals = last.find('='); last.starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = option_of(*at, last.substr(0, equals));
    if (option != nullptr)
      for (const std::string& value : values_of(*option))
        if (value.starts_with(last.substr(equals + 1))) std::cout << last.substr(0, equals + 1) << value << '\n';
    return 0;
  }
  const Described described = describe(*at);
  std::vector<std::pair<std::string, std::string>> words_here;
  if (last.starts_with('-')) {
    for (const Described::Entry& entry : described.options) {
      const std::string_view form = entry.form;
      const auto begin = form.find("--");
      if (begin != std::string_view::npos)
        words_here.emplace_back(form.substr(begin, form.find_first_of(" ,", begin) - begin), entry.help);
    }
  } else {
    for (const Described::Entry& entry : described.commands) words_here.emplace_back(entry.form, entry.help);
    for (const CLI::Option* option : at->get_options())
      if (option->get_positional()) complete_value(*option, last);
    if (at->get_name() == "help")
      for (const Described::Entry& entry : describe(*explained).commands)
        words_here.emplace_back(entry.form, entry.help);
  }
  print_matching(words_here, last);
  return 0;
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << text;
  if (!out.flush()) throw std::runtime_error(fmt::format("cannot write '{}': {}", file.string(), std::strerror(errno)));
}

/// Writes the manual pages and completions of an installation below its directory `share`.
int write_manual(const CLI::App& program, const std::string& share) {
  const std::filesystem::path root(share);
  const std::filesystem::path pages = root / "man/man1";
  write_file(pages / "vacancy.1", to_man(program, VACANCY_VERSION));
  for (const CLI::App* command : program.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    write_file(pages / fmt::format("vacancy-{}.1", command->get_name()), to_man(*command, VACANCY_VERSION));
  write_file(root / "bash-completion/completions/vacancy", kBash);
  write_file(root / "zsh/vendor-completions/_vacancy", kZsh);
  write_file(root / "fish/vendor_completions.d/vacancy.fish", kFish);
  return 0;
}

int print_completion(const std::string& shell) {
  std::cout << (shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
  return 0;
}

}  // namespace

std::optional<int> complete_words(const CLI::App& program, int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 2 || words[0] != "complete" || words[1] != "--") return std::nullopt;
  return complete(program, {words.begin() + 2, words.end()});
}

std::vector<std::pair<std::string, Command>> add_helpers(CLI::App& program) {
  struct Options {
    std::vector<std::string> words;
    std::string shell, share;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* helping = program.add_subcommand("help", "Explain a command, or all of them");
  helping->add_option("COMMAND", options->words, "Such as `list`, or `profile add`");
  program.add_subcommand("version", "Print the version");
  CLI::App* shells = program.add_subcommand("completion", "Print a shell's completion of commands and flags");
  shells->add_option("SHELL", options->shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  shells->footer(
      "bash: source <(vacancy completion bash)\nzsh: source <(vacancy completion zsh)\n"
      "fish: vacancy completion fish | source");
  CLI::App* manual =
      program.add_subcommand("manual", "Write the manual pages and completions below a directory")->group("");
  manual->add_option("DIRECTORY", options->share)->required();
  return {{"help",
           [&program, options] {
             std::cout << to_text(describe(command_of(program, options->words)));
             return 0;
           }},
          {"version",
           [] {
             std::cout << VACANCY_VERSION << '\n';
             return 0;
           }},
          {"completion", [options] { return print_completion(options->shell); }},
          {"manual", [&program, options] { return write_manual(program, options->share); }}};
}

}  // namespace app
