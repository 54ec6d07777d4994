// The documents have every kind of probe, and every key with its default, and no others.
#include <gmock/gmock.h>
#include <yaml-cpp/yaml.h>

#include <map>
#include <set>

#include "base/file.hpp"
#include "config/fields.hpp"
#include "config/scalar.hpp"
#include "support/support_dir.hpp"

namespace config {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAreArray;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAreArray;
using Words = std::vector<std::string>;

std::string document(const std::string& name) {
  return base::read_file((support::support_dir() / "../../docs" / name).string(), 16 << 20).value();
}

Words split(std::string_view text, std::string_view at) {
  Words parts;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(std::min(end + at.size(), text.size()))) {
    end = text.find(at);
    parts.emplace_back(text.substr(0, end));
  }
  return parts;
}

/// The texts `between` backquotes.
Words codes_in(const std::string& cell) {
  Words codes;
  const Words parts = split(cell, "`");
  for (std::size_t i = 1; i < parts.size(); i += 2) codes.push_back(parts[i]);
  return codes;
}

/// The rows of the first table behind `intro`: cells of each, from 0.
std::vector<Words> table_behind(const std::string& text, const std::string& intro) {
  std::vector<Words> rows;
  const auto begin = text.find("\n|", text.find(intro));
  EXPECT_NE(text.find(intro), std::string::npos) << intro;
  for (const std::string& line : split(std::string_view(text).substr(begin + 1), "\n")) {
    if (!line.starts_with("| ")) {
      if (line.starts_with("|")) continue;
      break;
    }
    rows.push_back(split(std::string_view(line).substr(2, line.size() - 4), " | "));
  }
  for (const Words& row : rows) EXPECT_EQ(row.size(), rows[0].size()) << row[0] << ": an empty cell?";
  rows.erase(rows.begin());
  return rows;
}

/// Keys with the cell of their default. "`sigv4.region`, `.service`" are two.
std::map<std::string, std::string> keys_of(const std::vector<Words>& rows, std::size_t column) {
  std::map<std::string, std::string> keys;
  for (const Words& row : rows) {
    std::string section;
    for (const std::string& code : codes_in(row[0])) {
      if (!code.starts_with('.')) section = code.substr(0, code.find('.'));
      const std::string key = code.starts_with('.') ? section + code : code;
      EXPECT_TRUE(keys.emplace(key, row.at(column)).second) << key << " is there twice";
    }
  }
  return keys;
}

/// Holds the fields of a section against its keys in a document.
class Documented {
 public:
  explicit Documented(std::map<std::string, std::string> keys) : keys_(std::move(keys)) {}

  template <class T>
  void check(const T& section, const std::string& path = "") {
    fields(section, [&](std::string_view key, const auto& field) { check_field(join(path, key), field); });
  }

  /// Keys that are documented, and that nothing is called.
  Words left() const {
    Words names;
    for (const auto& [key, cell] : keys_)
      if (!seen_.contains(key)) names.push_back(key);
    return names;
  }

 private:
  template <class T>
  void check_field(const std::string& path, const T& field) {
    // A section may be described elsewhere as a whole.
    for (const std::string& name : {path, path + ".…"})
      if (const auto key = keys_.find(name); key != keys_.end()) {
        seen_.insert(name);
        if constexpr (!Section<const T>) check_default(path, key->second, field);
        return;
      }
    if constexpr (Section<const T>)
      check(field, path);
    else
      ADD_FAILURE() << path << " is not documented";
  }

  template <Scalar T>
  static void check_default(const std::string& path, const std::string& cell, const T& field) {
    const std::string text = to_text(field);
    const bool in_words = text.empty() || cell.contains("see above") || cell.contains("…") || cell == "required";
    if (!in_words) EXPECT_THAT(codes_in(cell), Contains(text)) << path;
  }
  template <class T>
  static void check_default(const std::string&, const std::string& cell, const std::optional<T>&) {
    EXPECT_EQ(cell, "none");
  }
  /// A list that is left out may stand for all.
  template <class T>
  static void check_default(const std::string&, const std::string& cell, const std::optional<std::vector<T>>&) {
    EXPECT_THAT(cell, AnyOf("none", "all"));
  }
  template <class T>
  static void check_default(const std::string& path, const std::string& cell, const std::vector<T>& list) {
    if constexpr (Scalar<T>)
      for (const T& item : list) EXPECT_THAT(codes_in(cell), Contains(to_text(item))) << path;
    if (list.empty()) EXPECT_THAT(codes_in(cell), Not(Contains("[]"))) << path;
  }
  template <class T>
  static void check_default(const std::string&, const std::string& cell, const std::map<std::string, T>&) {
    EXPECT_EQ(cell, "none");
  }
  static void check_default(const std::string& path, const std::string& cell, const Globs& globs) {
    EXPECT_THAT(codes_in(cell), Contains(to_text(!globs.empty()))) << path;
  }

  std::map<std::string, std::string> keys_;
  std::set<std::string> seen_;
};

/// The heading above the table of each kind's own keys.
std::vector<Words> table_of_kind(const std::string& kind) {
  const std::string probes = document("probes.md");
  return table_behind(probes, "\n## " + kind + (probes.contains("\n## " + kind + ":") ? ":" : "\n"));
}

TEST(Documents, HaveEveryKindOfProbe) {
  const ProbeConfig probe;
  Words known;
  kinds(probe, [&](std::string_view kind, const auto&) { known.emplace_back(kind); });
  const YAML::Node described = YAML::Load(document("openapi.yaml"))["components"]["schemas"]["Probe"]["properties"];
  EXPECT_THAT(described["kind"]["enum"].as<Words>(), UnorderedElementsAreArray(known)) << "docs/openapi.yaml";
  Words rows;
  for (const Words& row : table_behind(document("probes.md"), "# Probes")) rows.push_back(codes_in(row[0]).at(0));
  EXPECT_THAT(rows, UnorderedElementsAreArray(known)) << "the first table of docs/probes.md";
  for (const Words& row : table_behind(document("operations.md"), "\nA probe ("))
    if (row[0] == "`kind`" || row[0] == "`concurrency`")
      EXPECT_THAT(codes_in(row.back()), IsSupersetOf(known)) << row[0];
}

TEST(Documents, HaveEveryKeyWithItsDefault) {
  const std::string operations = document("operations.md");
  Documented all(keys_of(table_behind(operations, "\n## Configuration"), 2));
  Config config;
  config.probes.emplace_back();
  config.profiles.emplace_back();
  all.check(config);
  EXPECT_THAT(all.left(), ElementsAreArray(Words{}));
  Documented http(keys_of(table_behind(operations, "\nAn HTTP server ("), 2));
  http.check(base::ServerConfig{.address = kEverywhere});
  EXPECT_THAT(http.left(), ElementsAreArray(Words{}));
  Documented autoscaler(keys_of(table_behind(document("scaling.md"), "\n| key of `autoscaler` |"), 1));
  autoscaler.check(AutoscalerConfig{});
  EXPECT_THAT(autoscaler.left(), ElementsAreArray(Words{}));
}

TEST(Documents, HaveEveryKeyOfProbesWithItsDefault) {
  const ProbeConfig probe;
  // `simulated` needs no chapter: its keys are below the common ones.
  Documented common(keys_of(table_behind(document("operations.md"), "\nA probe ("), 2));
  common.check(probe);
  EXPECT_THAT(common.left(), ElementsAreArray(Words{}));
  kinds(probe, [&](std::string_view kind, const auto& options) {
    if (kind == probe.kind) return;
    SCOPED_TRACE(kind);
    Documented own(keys_of(table_of_kind(std::string(kind)), 2));
    own.check(options);
    EXPECT_THAT(own.left(), ElementsAreArray(Words{}));
  });
}

TEST(Documents, HaveEveryKeyOfAlertsWithItsDefault) {
  const std::string alerts = document("alerts.md");
  const auto check = [&](const std::string& intro, const auto& section) {
    SCOPED_TRACE(intro);
    Documented documented(keys_of(table_behind(alerts, intro), 1));
    documented.check(section);
    EXPECT_THAT(documented.left(), ElementsAreArray(Words{}));
  };
  check("\n## Quiet hours", AlertsConfig{});
  check("\n## Rules", AlertRule{});
  check("\n## Receivers", AlertReceiver{.kind = ""});
  const std::map<std::string, std::string, std::less<>> chapters{
      {"webhook", "Webhooks"}, {"email", "Email"}, {"alertmanager", "Alertmanager"}};
  const AlertReceiver receiver;
  kinds(receiver, [&](std::string_view kind, const auto& options) {
    Words keys, described;
    fields(options, [&](std::string_view key, const auto&) { keys.emplace_back(key); });
    for (const auto& [key, cell] : keys_of(table_behind(alerts, "\n### " + chapters.at(std::string(kind))), 1))
      described.push_back(key);
    EXPECT_THAT(described, UnorderedElementsAreArray(keys)) << kind;
  });
}

TEST(Documents, HaveEveryKeyOfTheCommandLine) {
  const Words codes = codes_in(document("command_line.md"));
  const ServerEntry server;
  fields(server, [&](std::string_view key, const auto&) { EXPECT_THAT(codes, Contains(key)); });
}

}  // namespace
}  // namespace config
