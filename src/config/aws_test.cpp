// Refused options of kind aws, by key.
#include <gmock/gmock.h>

#include <functional>

#include "config/load.hpp"

namespace config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string aws(const std::function<void(ProbeConfig&)>& change) {
  Config config;
  config.probes = {{.name = "x", .kind = "aws", .aws = {.regions = {"eu-central-1"}}}};
  change(config.probes[0]);
  try {
    validate(config);
  } catch (const base::UsageError& e) {
    return e.what();
  }
  return {};
}

TEST(AwsOptions, AreRefusedWithTheRightForm) {
  EXPECT_EQ(aws([](auto&) {}), "");
  EXPECT_THAT(aws([](auto& p) { p.aws.regions.clear(); }), StartsWith("probes[0].regions: is empty; give the regions"));
  for (const char* wrong : {"", "Frankfurt", "eu-central-1/", "eu central-1", "us.east-1"})
    EXPECT_THAT(aws([&](auto& p) { p.aws.regions = {"eu-west-1", wrong}; }),
                StartsWith(fmt::format("probes[0].regions[1]: '{}' is not a region of AWS; write one such as", wrong)));
  EXPECT_EQ(aws([](auto& p) { p.aws.regions = {"eu-west-1", "eu-west-1"}; }),
            "probes[0].regions[1]: 'eu-west-1' is there twice");
  EXPECT_THAT(aws([](auto& p) { p.aws.home_region = "x"; }), StartsWith("probes[0].home_region: 'x' is not a region"));
  EXPECT_THAT(aws([](auto& p) { p.aws.capacity = 0; }), StartsWith("probes[0].capacity: 0 is not from 1"));
  EXPECT_EQ(aws([](auto& p) { p.aws.endpoint = "https://vpce.{region}.example.org"; }), "");
  EXPECT_THAT(aws([](auto& p) { p.aws.endpoint = "ec2.amazonaws.com"; }),
              HasSubstr("is not a URL of EC2; write one such as https://"));
  EXPECT_THAT(aws([](auto& p) { p.aws.endpoint = "https://x/?a=b"; }), StartsWith("probes[0].endpoint: "));
  EXPECT_THAT(aws([](auto& p) { p.aws.endpoint = "https://x:y"; }), StartsWith("probes[0].endpoint: "));
}

TEST(AwsOptions, GroupsHaveThreeTypesOrMoreEachInOneGroup) {
  using Groups = std::map<std::string, std::vector<std::string>>;
  const auto groups = [](const Groups& groups) { return aws([&](auto& p) { p.aws.groups = groups; }); };
  const std::vector<std::string> three = {"g5.xlarge", "g6.xlarge", "g6e.xlarge"};
  EXPECT_EQ(groups({{"gpu", three}, {"Large_2.x-y", {"c5.metal-24xl", "c6i.large", "c7i.large", "m5.large"}}}), "");
  for (const Groups& few : {Groups{{"gpu", {}}}, Groups{{"gpu", {"g5.xlarge", "g6.xlarge"}}}})
    EXPECT_EQ(groups(few), fmt::format("probes[0].groups.gpu: has {} types; give 3 to 1000, since AWS gives low scores "
                                       "to fewer",
                                       few.at("gpu").size()));
  EXPECT_EQ(groups({{"gpu", {"g5.xlarge", "g6.xlarge", "g5.xlarge"}}}),
            "probes[0].groups.gpu[2]: 'g5.xlarge' is there twice");
  EXPECT_EQ(groups({{"a", three}, {"b", {"c5.large", "g6.xlarge", "c6i.large"}}}),
            "probes[0].groups.b[1]: 'g6.xlarge' is in the group a, too; keep it in one");
  for (const char* wrong : {"", "gpu", "G5.xlarge", "g5.x large"})
    EXPECT_EQ(groups({{"gpu", {"g5.xlarge", wrong, "g6.xlarge"}}}),
              fmt::format("probes[0].groups.gpu[1]: '{}' is no instance type; write one such as g5.2xlarge", wrong));
  for (const std::string& wrong : {std::string("a b"), std::string("a/b"), std::string(65, 'x')})
    EXPECT_EQ(groups({{wrong, three}}),
              fmt::format("probes[0].groups.{}: a group's name must be 1 to 64 of A-Z a-z 0-9 . _ -", wrong));
  EXPECT_THAT(groups({{"", three}}), HasSubstr("a group's name must be"));
}

TEST(AwsOptions, LevelsAreOfScores) {
  EXPECT_EQ(aws([](auto& p) { p.levels = {.high = {.score = 9}, .medium = {.score = 6}}; }), "");
  EXPECT_EQ(aws([](auto& p) { p.levels.high.free = 1; }),
            "probes[0].levels.high: is never reached: AWS gives no free units; give score, from 1 to 10");
  EXPECT_THAT(aws([](auto& p) { p.levels.medium.ratio = 0.5; }),
              StartsWith("probes[0].levels.medium: is never reached"));
}

}  // namespace
}  // namespace config
