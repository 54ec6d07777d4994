#include "app/commands/profile_file.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <set>

#include "app/commands/row_lines.hpp"
#include "app/commands/table.hpp"
#include "app/json_text.hpp"
#include "app/terminal.hpp"
#include "base/text.hpp"
#include "config/profile_file.hpp"
#include "probe/url.hpp"

namespace app {
namespace {

namespace json = boost::json;

/// Profiles in one request.
constexpr std::size_t kAddedAtOnce = 1000;

struct Options {
  NamedProfile profile;
  std::string file;
  std::string list_output = "table", export_output = "yaml", show_output = "text";
  bool dry_run = false;
};

json::array array_of(const Answer& answer) {
  json::value value = json_of(answer);
  if (!value.is_array())
    throw base::Lost(fmt::format("{} sent another answer than a list; is it a hardware service?", answer.url));
  return std::move(value.get_array());
}

json::array rows_of(const Access& service) {
  Access reading = service;
  reading.may_lack_token = true;
  return array_of(expect(200, administer(reading, "GET", "/hardware/")));
}

int list(const Access& service, const Options& options) {
  const json::array rows = rows_of(service);
  if (options.list_output == "json") {
    std::cout << to_json(rows) << '\n';
    return 0;
  }
  Table table(
      {{"PROVIDER", false, 4, 5}, {"NAME", false, 4, 5}, {"ID", true}, {"LEVEL", false, 1}, {"PROBE", false, 4, 4}});
  for (const json::value& value : rows) {
    const json::object& row = value.as_object();
    if (options.list_output == "name")
      std::cout << name_of(row) << '\n';
    else
      table.add({text_of(row, "provider"), text_of(row, "name"), to_json(row.at("id")), text_of(row, "availability"),
                 text_of(row, "probe")});
  }
  if (options.list_output == "table")
    std::cout << table.text(columns_of(STDOUT_FILENO), wants_color("auto", STDOUT_FILENO));
  return 0;
}

int show(const Access& service, const Options& options) {
  const core::ProfileKey key = options.profile.key();
  const core::Profile profile = known_profile(service, key);
  json::object shown{{"id", profile.id}, {"provider", key.provider}, {"name", key.name}};
  for (const json::value& row : rows_of(service))
    if (row.at("id").to_number<std::int64_t>() == profile.id) shown = row.as_object();
  json::object& labels = shown["labels"].emplace_object();
  for (const auto& [name, value] : profile.labels) labels[name] = value;
  if (options.show_output == "json") {
    std::cout << to_json(shown) << '\n';
    return 0;
  }
  for (const auto& [name, value] : shown) {
    if (name == "labels" || value.is_null() || (value.is_string() && value.get_string().empty())) continue;
    std::cout << fmt::format("{:<13} {}\n", std::string_view(name),
                             value.is_string() ? base::to_line(value.get_string()) : to_json(value));
  }
  for (const auto& [name, value] : profile.labels)
    std::cout << fmt::format("label         {}={}\n", name, base::to_line(value));
  return 0;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string to_csv(const std::vector<core::Profile>& profiles) {
  std::set<std::string> keys;
  for (const core::Profile& profile : profiles)
    for (const auto& [key, value] : profile.labels) keys.insert(key);
  std::string out = "provider,name";
  for (const std::string& key : keys) out += "," + csv_field(key);
  for (const core::Profile& profile : profiles) {
    out += fmt::format("\n{},{}", csv_field(profile.key.provider), csv_field(profile.key.name));
    for (const std::string& key : keys) {
      const auto value = profile.labels.find(key);
      out += "," + (value == profile.labels.end() ? "" : csv_field(value->second));
    }
  }
  return out + "\n";
}

/// JSON and YAML, whose strings are JSON's.
std::string to_text(const std::vector<core::Profile>& profiles, bool as_json) {
  std::string out = as_json ? "{\"profiles\":[" : profiles.empty() ? "profiles: []\n" : "profiles:\n";
  for (const core::Profile& profile : profiles) {
    std::string labels;
    for (const auto& [key, value] : profile.labels)
      labels += fmt::format("{}{}: {}", labels.empty() ? "" : ", ", base::json_string(key), base::json_string(value));
    const std::string entry = fmt::format("{{\"provider\": {}, \"name\": {}{}}}",
                                          base::json_string(profile.key.provider), base::json_string(profile.key.name),
                                          labels.empty() ? "" : fmt::format(", \"labels\": {{{}}}", labels));
    out += as_json ? (&profile == profiles.data() ? "\n" : ",\n") + entry : "  - " + entry + "\n";
  }
  return as_json ? out + "\n]}\n" : out;
}

int export_all(const Access& service, const Options& options) {
  const auto profiles = all_profiles(service);
  std::cout << (options.export_output == "csv" ? to_csv(profiles) : to_text(profiles, options.export_output == "json"));
  return 0;
}

std::string shown_value(const std::string& key, const std::string& value) {
  return probe::looks_secret(key) ? "…" : base::to_line(value);
}

/// "zone: eu → us, old: gone"; "" when there is no difference.
std::string difference(const core::Labels& before, const core::Labels& after) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old == before.end())
      add(fmt::format("{}={}", key, shown_value(key, value)));
    else if (old->second != value)
      add(fmt::format("{}={} (was {})", key, shown_value(key, value), shown_value(key, old->second)));
  }
  for (const auto& [key, value] : before)
    if (!after.contains(key)) add(fmt::format("without {}", key));
  return text;
}

/// Adds profiles, each with its labels, so many at a time.
void add_all(const Access& service, std::span<const core::Profile> added) {
  for (; !added.empty(); added = added.subspan(std::min(added.size(), kAddedAtOnce))) {
    std::string body = "[";
    for (const core::Profile& one : added.first(std::min(added.size(), kAddedAtOnce)))
      body += (body.size() > 1 ? "," : "") + profile_body(one.key, &one.labels);
    expect(200, administer(service, "POST", "/hardware/", body + "]"));
  }
}

int apply(const Access& service, const Options& options) {
  const bool csv = options.file.ends_with(".csv");
  const auto wanted =
      config::read_profiles(content_of(options.file), options.file == "-" ? "standard input" : options.file, csv);
  const auto there = all_profiles(service);
  std::vector<core::Profile> added, changed;
  for (const config::ProfileEntry& entry : wanted) {
    const core::ProfileKey key{entry.provider, entry.name};
    const auto known = std::ranges::lower_bound(there, key, {}, &core::Profile::key);
    const bool is_new = known == there.end() || known->key != key;
    const core::Labels labels = entry.labels.value_or(is_new ? core::Labels() : known->labels);
    const std::string details = difference(is_new ? core::Labels() : known->labels, labels);
    if (!is_new && details.empty()) continue;
    (is_new ? added : changed).push_back({is_new ? 0 : known->id, key, labels});
    std::cout << fmt::format("{} {}/{}{}\n", is_new ? '+' : '~', base::to_line(key.provider), base::to_line(key.name),
                             details.empty() ? "" : "  " + details);
  }
  std::cout.flush();
  if (!options.dry_run) {
    add_all(service, added);
    for (const core::Profile& one : changed)
      expect(200, administer(service, "PUT", fmt::format("/hardware/{}", one.id), profile_body(one.key, &one.labels)));
  }
  std::cout << fmt::format("{}{} added, {} changed, {} as they were\n", options.dry_run ? "would be: " : "",
                           added.size(), changed.size(), wanted.size() - added.size() - changed.size());
  return 0;
}

}  // namespace

std::vector<core::Profile> all_profiles(const Access& service) {
  const Answer answer = administer(service, "GET", "/hardware/profiles");
  if (answer.status == 404 || answer.status == 405)
    throw base::UsageError(
        fmt::format("the hardware service at {} is older than the command, and has no labels", answer.url));
  expect(200, answer);
  std::vector<core::Profile> profiles;
  for (const json::value& value : array_of(answer)) {
    core::Profile& profile = profiles.emplace_back();
    profile.id = value.at("id").to_number<std::int64_t>();
    profile.key = {std::string(value.at("provider").as_string()), std::string(value.at("name").as_string())};
    for (const auto& [key, text] : value.at("labels").as_object()) profile.labels[key] = std::string(text.as_string());
  }
  return profiles;
}

core::Profile known_profile(const Access& service, const core::ProfileKey& key) {
  const auto profiles = all_profiles(service);
  const auto profile = std::ranges::find(profiles, key, &core::Profile::key);
  if (profile == profiles.end())
    throw base::UsageError(fmt::format("there is no profile '{}' '{}'", key.provider, key.name));
  return *profile;
}

std::vector<std::pair<std::string, Command>> add_profile_files(CLI::App& profile, std::shared_ptr<Access> service) {
  const auto options = std::make_shared<Options>();
  const auto output = [](CLI::App* command, std::string& form, std::vector<std::string> forms) {
    command->add_option("-o,--output", form, fmt::format("{} (default {})", fmt::join(forms, ", "), form))
        ->type_name("FORM")
        ->check(CLI::IsMember(std::move(forms)));
  };
  CLI::App* listing = profile.add_subcommand("list", "Show the profiles with their numbers and probes")->fallthrough();
  output(listing, options->list_output, {"table", "json", "name"});
  CLI::App* showing = profile.add_subcommand("show", "Show one profile with its labels")->fallthrough();
  add_named_profile(*showing, options->profile);
  output(showing, options->show_output, {"text", "json"});
  CLI::App* exporting =
      profile.add_subcommand("export", "Print all profiles with their labels, as `apply` reads them")->fallthrough();
  output(exporting, options->export_output, {"yaml", "json", "csv"});
  CLI::App* applying =
      profile
          .add_subcommand("apply",
                          "Add the profiles of a file and give them its labels; others stay. Prints the differences")
          ->fallthrough();
  applying
      ->add_option("FILE", options->file,
                   "YAML or JSON with `profiles:`, or .csv with the columns provider, name and labels; - reads "
                   "standard input")
      ->required();
  applying->add_flag("--dry-run", options->dry_run, "Only print the differences");
  return {{"list", [=] { return list(*service, *options); }},
          {"show", [=] { return show(*service, *options); }},
          {"export", [=] { return export_all(*service, *options); }},
          {"apply", [=] { return apply(*service, *options); }}};
}

}  // namespace app
