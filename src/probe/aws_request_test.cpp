#include "probe/aws_request.hpp"

#include <gmock/gmock.h>

#include "probe/kinds.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

core::Profile profile(std::string name, core::Labels labels) {
  return {.id = 1, .key = {"aws", std::move(name)}, .labels = std::move(labels)};
}

config::AwsOptions in(std::vector<std::string> regions) {
  return {.regions = std::move(regions)};
}

std::string error(const core::Profile& profile, const config::AwsOptions& options) {
  const auto target = aws_target(profile, options);
  return target ? "no error" : target.error();
}

TEST(AwsRequest, AProfileIsATypeInTheOnlyRegion) {
  const auto target = aws_target(profile("c5.large", {}), in({"eu-central-1"})).value();
  EXPECT_THAT(target.types, ElementsAre("c5.large"));
  EXPECT_EQ(target.region, "eu-central-1");
  EXPECT_EQ(target.zone, "");
  EXPECT_EQ(scores_form(target.configuration, in({"eu-central-1"})),
            "Action=GetSpotPlacementScores&Version=2016-11-15&InstanceType.1=c5.large&TargetCapacity=1&"
            "TargetCapacityUnitType=units&SingleAvailabilityZone=false&RegionName.1=eu-central-1");
}

TEST(AwsRequest, TypesRegionAndZoneComeFromLabelsOrTemplates) {
  const core::Labels labels = {
      {"region", "us-west-2"}, {"zone", "usw2-az1"}, {"types", "m5.large, c5.large  c5.xlarge"}};
  auto options = in({"us-east-1", "us-west-2"});
  options.capacity = 64;
  options.capacity_unit = config::CapacityUnit::vcpus;
  const auto target = aws_target(profile("general", labels), options).value();
  EXPECT_THAT(target.types, ElementsAre("c5.large", "c5.xlarge", "m5.large"));
  EXPECT_EQ(target.zone, "usw2-az1");
  EXPECT_THAT(
      scores_form(target.configuration, options),
      EndsWith("&InstanceType.3=m5.large&TargetCapacity=64&TargetCapacityUnitType=vcpu&SingleAvailabilityZone=true&"
               "RegionName.1=us-east-1&RegionName.2=us-west-2"));
  options.region = "{provider}";
  options.types = "{name}";
  options.zone = "";
  core::Profile other = profile("c5.large", labels);
  other.key.provider = "us-east-1";
  const auto simple = aws_target(other, options).value();
  EXPECT_EQ(simple.region, "us-east-1");
  EXPECT_THAT(simple.types, ElementsAre("c5.large"));
}

TEST(AwsRequest, TenRegionsShareAFormThatNewOnesAtTheEndDoNotChange) {
  std::vector<std::string> regions;
  for (int i = 1; i <= 12; ++i) regions.push_back(fmt::format("eu-west-{}", 13 - i));
  const auto form = [](const std::string& region, const std::vector<std::string>& all) {
    return scores_form(aws_target(profile("c5.large", {{"region", region}}), in(all))->configuration, in(all));
  };
  EXPECT_EQ(form("eu-west-12", regions), form("eu-west-3", regions));
  EXPECT_EQ(form("eu-west-2", regions), form("eu-west-1", regions));
  EXPECT_NE(form("eu-west-12", regions), form("eu-west-1", regions));
  // In order, however they are listed.
  EXPECT_THAT(form("eu-west-2", regions), EndsWith("&RegionName.1=eu-west-1&RegionName.2=eu-west-2"));
  auto longer = regions;
  longer.emplace_back("eu-north-1");
  EXPECT_EQ(form("eu-west-12", longer), form("eu-west-12", regions));
  std::ranges::reverse(regions.begin(), regions.begin() + 10);
  EXPECT_EQ(form("eu-west-12", longer), form("eu-west-12", regions));
}

TEST(AwsRequest, WhatIsWrongIsNamedWithItsPlace) {
  EXPECT_THAT(error(profile("gpu", {}), in({"eu-west-1"})),
              HasSubstr("'gpu' is no instance type; give one such as c5.large"));
  EXPECT_THAT(error(profile("x", {{"types", "c5.large c5/x"}}), in({"eu-west-1"})),
              HasSubstr("'c5/x' is no instance type"));
  EXPECT_THAT(error(profile("c5.large", {}), in({"eu-west-1", "eu-west-2"})),
              HasSubstr("no region ('{label.region}')"));
  EXPECT_THAT(error(profile("c5.large", {{"region", "eu-west-9"}}), in({"eu-west-1"})),
              HasSubstr("'eu-west-9' is not in the probe's list 'regions'"));
  EXPECT_THAT(error(profile("c5.large", {{"zone", "eu-west-1a"}}), in({"eu-west-1"})),
              HasSubstr("'eu-west-1a' is no ID of a zone; give one such as use1-az1"));
  EXPECT_THAT(error(profile("x", {{"types", ", "}}), in({"eu-west-1"})), HasSubstr("it has 0 instance types"));
}

TEST(AwsRequest, EndpointsAreAwssOwnUnlessOneIsGiven) {
  for (const char* name : {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_STS"}) ::unsetenv(name);
  auto options = in({"eu-west-1"});
  EXPECT_EQ(aws_endpoint(options, "eu-west-1"), "https://ec2.eu-west-1.amazonaws.com/");
  EXPECT_EQ(aws_endpoint(options, "cn-north-1"), "https://ec2.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(aws_endpoint("sts", "eu-west-1"), "https://sts.eu-west-1.amazonaws.com/");
  ::setenv("AWS_ENDPOINT_URL", "http://all", 1);
  EXPECT_EQ(aws_endpoint(options, "eu-west-1"), "http://all/");
  ::setenv("AWS_ENDPOINT_URL_EC2", "http://ec2", 1);
  EXPECT_EQ(aws_endpoint(options, "eu-west-1"), "http://ec2/");
  EXPECT_EQ(aws_endpoint("sts", "eu-west-1"), "http://all");
  options.endpoint = "https://vpce-1.ec2.{region}.vpce.amazonaws.com/";
  EXPECT_EQ(aws_endpoint(options, "eu-west-1"), "https://vpce-1.ec2.eu-west-1.vpce.amazonaws.com/");
  for (const char* name : {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_EC2"}) ::unsetenv(name);
}

TEST(AwsRequest, ATypeOfAGroupHasTheGroupsScore) {
  auto options = in({"eu-west-1"});
  options.groups = {{"gpu", {"g6.xlarge", "g5.xlarge", "g6e.xlarge"}}};
  const auto target = [&](std::string name, core::Labels labels = {}) {
    return aws_target(profile(std::move(name), std::move(labels)), options).value();
  };
  const AwsTarget grouped = target("g5.xlarge");
  EXPECT_EQ(grouped.group, "gpu");
  EXPECT_THAT(grouped.types, ElementsAre("g5.xlarge")) << "for its offerings and its price";
  EXPECT_THAT(grouped.configuration.types, ElementsAre("g5.xlarge", "g6.xlarge", "g6e.xlarge"));
  EXPECT_EQ(target("x", {{"types", "g6.xlarge"}}).configuration, grouped.configuration);
  EXPECT_NE(target("g5.xlarge", {{"zone", "euw1-az1"}}).configuration, grouped.configuration);
  EXPECT_EQ(target("c5.large").group, "");
  const AwsTarget several = target("x", {{"types", "g5.xlarge g6.xlarge"}});
  EXPECT_EQ(several.group, "");
  EXPECT_THAT(several.configuration.types, ElementsAre("g5.xlarge", "g6.xlarge"));
}

/// The figures of the documents: 300 types in 20 regions, every 15 minutes.
TEST(AwsRequest, ThreeHundredTypesInTwentyRegionsStayWithinHalfOfTheLimit) {
  config::ProbeConfig config{.name = "aws", .kind = "aws", .ttl = std::chrono::minutes{15}};
  for (int i = 0; i < 20; ++i) config.aws.regions.push_back(fmt::format("eu-west-{}", i));
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 6000; ++i)
    profiles.push_back(profile(fmt::format("c{}.large", i % 300),
                               {{"region", config.aws.regions.at(static_cast<std::size_t>(i / 300))}}));
  std::vector<const core::Profile*> pointers;
  for (const auto& each : profiles) pointers.push_back(&each);
  const DailyCalls daily = daily_calls(config, pointers);
  // 600 scores and 40 pages of prices a run, and the offerings of 20 regions a day.
  EXPECT_EQ(daily.calls, 96 * 640 + 20);
  EXPECT_EQ(daily.most, 1'728'000);
  EXPECT_LE(daily.calls, daily.most / 2);
  EXPECT_EQ(daily.configurations, 600);
  // In groups of twelve types.
  for (int i = 0; i < 300; ++i) config.aws.groups[fmt::format("g{}", i / 12)].push_back(fmt::format("c{}.large", i));
  const DailyCalls grouped = daily_calls(config, pointers);
  EXPECT_EQ(grouped.configurations, 50);
  EXPECT_EQ(grouped.calls, 96 * 90 + 20);
}

}  // namespace
}  // namespace probe
