#include "config/profile_file.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/origins.hpp"
#include "config/yaml_reader.hpp"

namespace config {
namespace {

using Record = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& source, std::size_t line, std::string_view why) {
  throw base::UsageError(fmt::format("{}:{}: {}", source, line, why));
}

/// What stands between the columns that a first line names: spreadsheets write what their country writes.
char separator_of(std::string_view heading) {
  const auto count = [heading](char c) { return std::ranges::count(heading, c); };
  return std::ranges::max({',', ';', '\t'}, {}, count);
}

/// The records of a CSV file (RFC 4180), each with the line it begins at. Empty lines are none.
std::vector<std::pair<std::size_t, Record>> records_of(std::string_view text, const std::string& source) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const char separator = separator_of(text.substr(0, text.find('\n')));
  std::vector<std::pair<std::size_t, Record>> records;
  std::size_t line = 1, begin = 1;
  Record record;
  std::string field;
  bool quoted = false;
  const auto end_record = [&] {
    record.push_back(std::exchange(field, ""));
    if (record.size() > 1 || !record.front().empty()) records.emplace_back(begin, record);
    record.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') ++line;
    if (quoted) {
      if (c != '"')
        field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        field += text[++i];
      else
        quoted = false;
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == separator) {
      record.push_back(std::exchange(field, ""));
    } else if (c == '\n') {
      end_record();
      begin = line;
    } else if (c != '\r') {
      field += c;
    }
  }
  if (quoted) refuse(source, begin, "a quote does not end");
  end_record();
  return records;
}

/// "region" for "label.region", as lists have it; "name" for " Name".
std::string column_name(std::string_view heading) {
  constexpr std::string_view kLabel = "label.";
  std::string name(base::trim(heading));
  if (base::equals_ignoring_case(name, "provider") || base::equals_ignoring_case(name, "name"))
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return name.starts_with(kLabel) ? name.substr(kLabel.size()) : name;
}

std::vector<ProfileEntry> read_csv(const std::string& text, const std::string& source) {
  auto records = records_of(text, source);
  if (records.empty()) refuse(source, 1, "holds no profiles; its first line names the columns: provider,name");
  Record& heading = records.front().second;
  std::ranges::transform(heading, heading.begin(), column_name);
  for (const std::string& column : heading)
    if (std::ranges::count(heading, column) > 1) refuse(source, 1, fmt::format("there are two columns '{}'", column));
  const auto column = [&](std::string_view name) -> std::size_t {
    const auto found = std::ranges::find(heading, name);
    if (found == heading.end()) refuse(source, 1, fmt::format("there is no column '{}'", name));
    return static_cast<std::size_t>(found - heading.begin());
  };
  const std::size_t provider = column("provider"), name = column("name");
  std::vector<ProfileEntry> entries;
  for (const auto& [line, record] : std::span(records).subspan(1)) {
    if (record.size() != heading.size())
      refuse(source, line, fmt::format("has {} columns, and the first line has {}", record.size(), heading.size()));
    ProfileEntry& entry = entries.emplace_back(record[provider], record[name]);
    // Without columns for labels, they stay; an empty one is none.
    if (heading.size() > 2) entry.labels.emplace();
    for (std::size_t i = 0; i < record.size(); ++i)
      if (i != provider && i != name && !record[i].empty()) (*entry.labels)[heading[i]] = record[i];
  }
  return entries;
}

void check(const std::vector<ProfileEntry>& entries, const std::string& source) {
  std::set<core::ProfileKey> seen;
  for (const ProfileEntry& entry : entries) {
    const auto fail = [&](std::string_view why) {
      throw base::UsageError(fmt::format("{}: profile '{}/{}': {}", source, base::to_line(entry.provider),
                                         base::to_line(entry.name), why));
    };
    const auto key = core::checked_key(entry.provider, entry.name);
    if (!key) fail(key.error().message);
    if (!seen.insert(*key).second) fail("is there twice");
    if (!entry.labels) continue;
    if (const auto fine = core::checked_labels(*entry.labels); !fine) fail(fine.error().message);
  }
}

}  // namespace

std::vector<ProfileEntry> read_profiles(const std::string& text, const std::string& source, bool csv) {
  ProfileFile file;
  Origins origins;
  if (csv)
    file.profiles = read_csv(text, source);
  else if (begins_with_list(text))
    read_yaml(text, source, "profiles", file.profiles, origins);
  else
    read_yaml(text, source, "", file, origins);
  check(file.profiles, source);
  return std::move(file.profiles);
}

}  // namespace config
