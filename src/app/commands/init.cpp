#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "app/commands/commands.hpp"
#include "app/commands/surroundings.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace fs = std::filesystem;
using base::variable;

/// The beginning of a program's output; "" when it fails or takes longer than 10 s.
std::string output_of(const std::string& command) {
  constexpr std::size_t kMost = 256 * 1024;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(("timeout 10 " + command + " 2>/dev/null").c_str(), "r"),
                                                   ::pclose);
  std::string out;
  std::array<char, 4096> piece{};
  while (pipe && out.size() < kMost) {
    const std::size_t count = std::fread(piece.data(), 1, piece.size(), pipe.get());
    if (count == 0) break;
    out.append(piece.data(), count);
  }
  return out;
}

/// "ClusterName = lab" as scontrol prints it; a name that every configuration takes.
std::string cluster_name() {
  const std::string text = output_of("scontrol show config");
  constexpr std::string_view kKey = "ClusterName";
  const auto at = text.find(kKey);
  std::string name;
  if (at != std::string::npos) {
    const std::string_view line = std::string_view(text).substr(at, text.find('\n', at) - at);
    for (const char c : base::trim(line.substr(std::min(line.find('='), line.size() - 1) + 1)))
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') name += c;
  }
  return name.empty() ? "our-cluster" : name;
}

/// How many partitions sinfo lists.
std::size_t partitions() {
  const std::string text = output_of("sinfo -h -o %R");
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// A probe to suggest, and a line about the found source.
struct Suggestion {
  std::string found;
  std::string probe;
  /// It is written as a comment: somebody must complete it.
  bool example = true;
};

void look_for_slurm(std::vector<Suggestion>& suggestions) {
  if (on_path("sinfo").empty()) return;
  const std::string name = cluster_name();
  const std::string conf = variable("SLURM_CONF");
  suggestions.push_back(
      {fmt::format("Slurm: cluster {}, {} partitions now", name, partitions()),
       fmt::format("  # Slurm's partitions and types of GPUs, found by themselves: docs/probes.md#slurm\n"
                   "  - name: slurm\n    kind: slurm\n    match: {{provider: {}}}\n    discover: true\n"
                   "    ttl: 30s\n    timeout: 15s\n{}",
                   base::json_string(name), conf.empty() ? "" : fmt::format("    conf: {}\n", base::json_string(conf))),
       false});
}

void look_for_plugins(std::vector<Suggestion>& suggestions) {
  for (const char* directory :
       {"/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins", "/usr/libexec/nagios/plugins"}) {
    std::error_code error;
    std::vector<std::string> plugins;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, error))
      if (entry.path().filename().string().starts_with("check_")) plugins.push_back(entry.path().string());
    if (plugins.empty()) continue;
    std::ranges::sort(plugins);
    const std::string http = fmt::format("{}/check_http", directory);
    const std::string& one = std::ranges::find(plugins, http) != plugins.end() ? http : plugins.front();
    suggestions.push_back(
        {fmt::format("Nagios plugins: {} in {}", plugins.size(), directory),
         fmt::format("  # A plugin's OK is HIGH, WARNING is MEDIUM, CRITICAL is LOW: docs/probes.md#exec-programs\n"
                     "  - name: plugin\n    kind: exec\n    match: {{provider: our-servers}}\n"
                     "    command: [{}, -H, \"{{name}}\"]\n    format: nagios\n    ttl: 1m\n",
                     base::json_string(one))});
    return;
  }
}

void look_for_kubernetes(std::vector<Suggestion>& suggestions) {
  std::string file = variable("KUBECONFIG");
  if (file.empty()) file = variable("HOME") + "/.kube/config";
  std::error_code ignored;
  file = file.substr(0, file.find(':'));
  if (!fs::is_regular_file(file, ignored)) return;
  suggestions.push_back({fmt::format("Kubernetes: a kubeconfig, {}", file),
                         fmt::format("  # A script of yours that prints {{\"free\": 3, \"total\": 8}} with kubectl: "
                                     "docs/probes.md#exec-programs\n"
                                     "  - name: kubernetes\n    kind: exec\n    match: {{provider: our-kubernetes}}\n"
                                     "    command: [/opt/vacancy/kubernetes-free, \"{{name}}\"]\n"
                                     "    environment: [{}, HOME]\n    ttl: 1m\n",
                                     base::json_string("KUBECONFIG=" + file))});
}

/// Only whether they are there: no value is read.
void look_for_clouds(std::vector<Suggestion>& suggestions) {
  std::error_code ignored;
  const std::string home = variable("HOME");
  const auto there = [&](std::initializer_list<const char*> variables, const char* file) {
    return std::ranges::any_of(variables, [](const char* name) { return !variable(name).empty(); }) ||
           fs::exists(home + file, ignored);
  };
  if (there({"AWS_ACCESS_KEY_ID", "AWS_PROFILE"}, "/.aws/credentials"))
    suggestions.push_back({"AWS: credentials",
                           "  # Signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the service's environment: "
                           "docs/probes.md#http-urls\n"
                           "  - name: aws\n    kind: http\n    match: {provider: AWS}\n"
                           "    url: https://example.execute-api.eu-west-1.amazonaws.com/free/{name}\n"
                           "    sigv4: {region: eu-west-1, service: execute-api}\n    ttl: 5m\n"});
  if (there({"AZURE_CLIENT_ID", "AZURE_SUBSCRIPTION_ID"}, "/.azure/azureProfile.json"))
    suggestions.push_back({"Azure: credentials",
                           "  # A script of yours that asks `az`: docs/probes.md#exec-programs\n"
                           "  - name: azure\n    kind: exec\n    match: {provider: Azure}\n"
                           "    command: [/opt/vacancy/azure-free, \"{name}\"]\n    ttl: 5m\n"});
  if (there({"GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CORE_PROJECT"},
            "/.config/gcloud/application_default_credentials.json"))
    suggestions.push_back({"Google Cloud: credentials",
                           "  # A script of yours that asks `gcloud`: docs/probes.md#exec-programs\n"
                           "  - name: google\n    kind: exec\n    match: {provider: Google}\n"
                           "    command: [/opt/vacancy/google-free, \"{name}\"]\n    ttl: 5m\n"});
}

std::string commented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n') + 1);
    out += "#" + std::string(line);
    text.remove_prefix(line.size());
  }
  return out;
}

std::string configuration(const std::vector<Suggestion>& suggestions) {
  std::string text =
      "# Configuration of Vacancy: `vacancy up` reads it in this directory. docs/operations.md has every key.\n"
      "# `vacancy init` wrote it, of what it found on this machine:\n";
  for (const Suggestion& suggestion : suggestions) text += fmt::format("#   {}\n", base::to_line(suggestion.found));
  if (suggestions.empty()) text += "#   nothing that it knows\n";
  text += "\n# Where the database and the admin token are.\ndata_dir: data\n";
  const bool working =
      std::ranges::any_of(suggestions, [](const Suggestion& suggestion) { return !suggestion.example; });
  if (working)
    text += "\nprobes:\n";
  else
    text +=
        "\n# Profiles, and who measures them. Take the # away where it fits.\n"
        "#profiles: [our-servers/web]\n#probes:\n";
  if (suggestions.empty())
    text += commented(
        "  - name: own\n    kind: exec\n    match: {provider: our-servers}\n"
        "    command: [/opt/vacancy/free, \"{name}\"]\n    ttl: 1m\n");
  for (const Suggestion& suggestion : suggestions)
    text += suggestion.example ? commented(suggestion.probe) : suggestion.probe;
  return text;
}

int init(const std::string& file, bool force) {
  std::error_code ignored;
  if (fs::exists(file, ignored) && !force)
    throw base::UsageError(fmt::format("{} is there already, and stays as it is; --force overwrites it", file));
  std::vector<Suggestion> suggestions;
  look_for_slurm(suggestions);
  look_for_plugins(suggestions);
  look_for_kubernetes(suggestions);
  look_for_clouds(suggestions);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << configuration(suggestions);
  if (!out.flush()) throw base::UsageError(fmt::format("cannot write '{}': {}", file, std::strerror(errno)));
  for (const Suggestion& suggestion : suggestions)
    std::cout << fmt::format("found {}{}\n", base::to_line(suggestion.found),
                             suggestion.example ? " (an example, as a comment)" : "");
  if (suggestions.empty()) std::cout << "found nothing that it knows\n";
  std::cout << fmt::format("wrote {}; now: vacancy up{}\n", file,
                           file == kConfigurationHere ? "" : " --config " + base::shell_quoted(file));
  return 0;
}

}  // namespace

std::string on_path(const std::string& program) {
  std::error_code ignored;
  for (std::string& file : base::places_in(variable("PATH"), program))
    if (fs::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0) return std::move(file);
  return "";
}

Command add_init(CLI::App& program) {
  CLI::App* command = program.add_subcommand("init", "Write a vacancy.yaml of the sources on this machine");
  struct Options {
    std::string file = kConfigurationHere;
    bool force = false;
  };
  const auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "The file to write (default vacancy.yaml)");
  command->add_flag("--force", options->force, "Overwrite a file that is there");
  command->footer(
      "Looks for Slurm's commands, Nagios plugins, a kubeconfig, and credentials of clouds. Asks nothing, and writes "
      "no "
      "secret. Then `vacancy up` in the same directory shows it.");
  return [options] { return init(options->file, options->force); };
}

}  // namespace app
