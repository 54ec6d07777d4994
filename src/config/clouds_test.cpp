// Options of the kinds azure and gcp: what is refused, and the examples of docs/clouds.md.
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "base/file.hpp"
#include "config/load.hpp"
#include "support/support_dir.hpp"
#include "support/temp_dir.hpp"

namespace config {
namespace {

using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

/// The message of validate() about a probe after `change`; "" when it has nothing to say.
std::string complaint(const std::string& kind, const std::function<void(ProbeConfig&)>& change) {
  Config config;
  config.probes = {{.name = "x", .kind = kind, .ttl = minutes{30}}};
  change(config.probes[0]);
  try {
    validate(config);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return {};
}
std::string azure(const std::function<void(ProbeConfig&)>& change) {
  return complaint("azure", change);
}
std::string gcp(const std::function<void(ProbeConfig&)>& change) {
  return complaint("gcp", change);
}

TEST(CloudOptions, OfAzure) {
  EXPECT_EQ(azure([](auto&) {}), "");
  EXPECT_EQ(azure([](auto& p) { p.ttl = minutes{15}; }), "");
  EXPECT_THAT(
      azure([](auto& p) { p.ttl = minutes{14}; }),
      StartsWith("probes[0].ttl: 14m is too short: Azure keeps a score for 15 to 30 minutes; give 15m or more"));
  EXPECT_EQ(azure([](auto& p) { p.refresh.min = minutes{15}; }), "");
  EXPECT_THAT(azure([](auto& p) { p.refresh.min = minutes{1}; }),
              StartsWith("probes[0].refresh.min: 1m is too short: Azure keeps a score"));
  EXPECT_THAT(azure([](auto& p) { p.levels.high.free = 1; }), StartsWith("probes[0].levels: needs numbers"));
  EXPECT_THAT(azure([](auto& p) { p.azure.regions = {"eastus", "west us"}; }),
              StartsWith("probes[0].regions[1]: 'west us' is none; write one such as eastus"));
  EXPECT_THAT(azure([](auto& p) { p.azure.regions = {"eastus", "eastus"}; }),
              StartsWith("probes[0].regions[0]: 'eastus' is there twice"));
  EXPECT_THAT(azure([](auto& p) { p.azure.regions = {""}; }), StartsWith("probes[0].regions[0]: is empty"));
  EXPECT_EQ(azure([](auto& p) { p.azure.count = 0; }), "probes[0].count: 0 is not from 1 to 1000");
  EXPECT_THAT(azure([](auto& p) { p.azure.subscription = "a/b"; }),
              StartsWith("probes[0].subscription: 'a/b' is none"));
  EXPECT_THAT(azure([](auto& p) { p.azure.tenant = "a?b"; }), StartsWith("probes[0].tenant: "));
  EXPECT_THAT(azure([](auto& p) { p.azure.client_id = "a&b"; }), StartsWith("probes[0].client_id: "));
}

TEST(CloudOptions, ServersAreUrlsWithoutASlashAtTheEnd) {
  for (const char* url : {"", "management.azure.com", "ftp://x", "https://x/", "https://me:p@x", "https://x?y"})
    EXPECT_THAT(azure([&](auto& p) { p.azure.endpoint = url; }), HasSubstr("is no server; write one such as https://"));
  EXPECT_THAT(azure([](auto& p) { p.azure.endpoint = "https://x:99999"; }), StartsWith("probes[0].endpoint: "));
  EXPECT_THAT(azure([](auto& p) { p.azure.authority = "x"; }), StartsWith("probes[0].authority: 'x' is no server"));
  EXPECT_THAT(gcp([](auto& p) { p.gcp.endpoint = "x"; }), StartsWith("probes[0].endpoint: 'x' is no server"));
  EXPECT_EQ(gcp([](auto& p) { p.gcp.endpoint = "http://127.0.0.1:8080/compute/beta"; }), "");
}

TEST(CloudOptions, OfGcp) {
  EXPECT_EQ(gcp([](auto&) {}), "");
  EXPECT_EQ(gcp([](auto& p) { p.levels.high.score = 0.9; }), "");
  EXPECT_THAT(gcp([](auto& p) { p.gcp.project = "my project"; }),
              StartsWith("probes[0].project: 'my project' is none"));
  EXPECT_THAT(gcp([](auto& p) { p.gcp.regions = {"us central1"}; }), StartsWith("probes[0].regions[0]: "));
  EXPECT_EQ(gcp([](auto& p) { p.gcp.count = 1001; }), "probes[0].count: 1001 is not from 1 to 1000");
}

/// The blocks of a document that begin with "# vacancy.yaml", without their indent.
std::vector<std::string> examples_in(const std::string& document) {
  std::vector<std::string> examples;
  bool within = false;
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("    # vacancy.yaml")) examples.emplace_back();
    within = (within || line.starts_with("    # vacancy.yaml")) && line.starts_with("    ");
    if (within) examples.back() += line.substr(4) + '\n';
  }
  return examples;
}

TEST(CloudOptions, TheExamplesOfTheDocumentsAreValid) {
  const auto document = base::read_file((support::support_dir() / "../../docs/clouds.md").string(), 1 << 20).value();
  const support::TempDir directory;
  const auto examples = examples_in(document);
  EXPECT_GE(examples.size(), 2U);
  for (const std::string& example : examples) {
    std::ofstream(directory / "vacancy.yaml") << example;
    const Config config = load(directory / "vacancy.yaml", {});
    EXPECT_THAT(config.probes, SizeIs(1)) << example;
    EXPECT_GE(config.profiles.size(), 3U) << example;
  }
}

}  // namespace
}  // namespace config
