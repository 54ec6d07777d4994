// The output of every version of Slurm, against a scheduler's view of it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "probe/scontrol.hpp"
#include "probe/slurm_count.hpp"
#include "support/support_dir.hpp"

namespace probe {
namespace {

struct Capture {
  std::string title;
  /// The lines of each part: text, json, partitions, nodes, counts.
  std::map<std::string, std::string> parts;
};

std::vector<Capture> captures() {
  std::vector<Capture> all;
  for (const auto& entry : std::filesystem::directory_iterator(support::support_dir() / "slurm" / "captures")) {
    std::ifstream file(entry.path());
    std::string* part = nullptr;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("=== "))
        all.push_back({.title = entry.path().stem().string() + ": " + line.substr(4)});
      else if (line.starts_with("--- "))
        part = &all.back().parts[line.substr(4)];
      else
        *part += line + '\n';
    }
  }
  return all;
}

std::string said(const Cluster& cluster, const std::string& profile, config::Unit unit) {
  const auto seen = observe(cluster, {}, profile, {.unit = unit});
  if (!seen) return seen.error();
  return (std::ostringstream() << *seen->free << '/' << *seen->total << ' ' << *seen->largest).str();
}

/// Checks one form of a capture against its counts.
void check(const Capture& capture, const std::string& form) {
  SCOPED_TRACE(form);
  auto cluster = read_sinfo(capture.parts.at(form), {});
  ASSERT_TRUE(cluster) << cluster.error();
  const auto part = [&](const char* name) {
    const auto found = capture.parts.find(name);
    return found == capture.parts.end() ? std::string() : found->second;
  };
  ASSERT_TRUE(add_partitions(*cluster, part("partitions")));
  ASSERT_TRUE(add_node_details(*cluster, part("nodes")));
  std::istringstream lines(capture.parts.at("counts"));
  for (std::string line; std::getline(lines, line);) {
    const bool nodes = line.starts_with("nodes ");
    const std::string rest = line.substr(nodes ? 6 : 0);
    const std::string profile = rest.substr(0, rest.find(' '));
    EXPECT_EQ(profile + ' ' + said(*cluster, profile, nodes ? config::Unit::nodes : config::Unit::cpus), rest);
  }
}

TEST(SlurmCaptures, GiveTheCountsOfAScheduler) {
  const auto all = captures();
  EXPECT_GE(all.size(), 40U);
  for (const Capture& capture : all) {
    SCOPED_TRACE(capture.title);
    check(capture, "text");
    if (capture.parts.contains("json")) check(capture, "json");
  }
}

TEST(SlurmCaptures, TextAndJsonSayTheSame) {
  int compared = 0;
  for (const Capture& capture : captures()) {
    if (!capture.parts.contains("json")) continue;
    SCOPED_TRACE(capture.title);
    auto text = read_sinfo(capture.parts.at("text"), {});
    auto json = read_sinfo(capture.parts.at("json"), {});
    ASSERT_TRUE(text && json);
    if (const auto nodes = capture.parts.find("nodes"); nodes != capture.parts.end())
      ASSERT_TRUE(add_node_details(*text, nodes->second));
    for (const std::string& name : profile_names(*text)) {
      EXPECT_EQ(said(*text, name, config::Unit::cpus), said(*json, name, config::Unit::cpus)) << name;
      EXPECT_EQ(said(*text, name, config::Unit::nodes), said(*json, name, config::Unit::nodes)) << name;
    }
    ++compared;
  }
  EXPECT_GE(compared, 25);
}

}  // namespace
}  // namespace probe
