// What Azure's answers say. Shapes: RecommenderRP 2025-06-05 and Skus 2021-07-01 of Azure's REST API specifications.
#include "probe/azure_answer.hpp"

#include <gmock/gmock.h>

#include "probe/azure_request.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

std::string score(const std::string& region, const std::string& zone, const std::string& word, bool quota = true) {
  return fmt::format(
      R"({{"sku":"Standard_D2_v2","region":"{}","availabilityZone":"{}","score":"{}","isQuotaAvailable":{}}})", region,
      zone, word, quota);
}

TEST(AzureAnswer, HasScoresOfZones) {
  const auto scores = read_azure_scores(R"({"desiredLocations":["eastus","eastus2"],"placementScores":[)" +
                                        score("eastus", "1", "High") + "," + score("eastus", "2", "Low", false) + "," +
                                        score("EastUS2", "1", "DataNotFoundOrStale") + "]}");
  ASSERT_TRUE(scores) << scores.error();
  EXPECT_THAT(*scores, ElementsAre(Pair(AzureCell{"standard_d2_v2", "eastus"},
                                        ElementsAre(AzureScore{"1", "High", true}, AzureScore{"2", "Low", false})),
                                   Pair(AzureCell{"standard_d2_v2", "eastus2"},
                                        ElementsAre(AzureScore{"1", "DataNotFoundOrStale", true}))));
  EXPECT_THAT(*read_azure_scores(R"({"placementScores":[]})"), IsEmpty());
}

TEST(AzureAnswer, OfAnotherShapeIsNeverAScore) {
  const auto error = [](const std::string& text) {
    const auto scores = read_azure_scores(text);
    return scores ? "none" : scores.error();
  };
  EXPECT_THAT(error("<html>sign in"), HasSubstr("the answer is not JSON"));
  EXPECT_EQ(error("{}"), "the answer is JSON, but has no list placementScores");
  EXPECT_EQ(error("[]"), "the answer is not a JSON object");
  EXPECT_EQ(error(R"({"placementScores":{}})"), "the answer is JSON, but has no list placementScores");
  EXPECT_EQ(error(R"({"placementScores":[7]})"), "the answer has a score that is no object");
  EXPECT_EQ(error(R"({"placementScores":[{"sku":"a","region":"b"}]})"),
            "the answer has a score without sku, region or score");
  EXPECT_NE(error(R"({"placementScores":[{"sku":"a","regi)"), "none");
}

std::string told(const std::vector<AzureSeen>& seen) {
  const core::Measurement measured = judge_azure(seen);
  return fmt::format("{}: {}", core::to_string(measured.level), measured.reason);
}

TEST(AzureAnswer, TheBestPlaceCounts) {
  EXPECT_EQ(told({{"eastus", "", {{"1", "Low", true}, {"2", "High", true}, {"3", "High", true}}}}),
            "HIGH: High in eastus 2, eastus 3; Low in eastus 1");
  EXPECT_EQ(told({{"westus", "", {{"", "Low", true}}}, {"eastus", "", {{"", "medium", true}}}}),
            "MEDIUM: medium in eastus; Low in westus");
}

TEST(AzureAnswer, NoQuotaAndRestrictionsAreLow) {
  EXPECT_EQ(told({{"eastus", "", {{"", "High", false}}}}), "LOW: no quota (High) in eastus");
  EXPECT_EQ(told({{"eastus", "", {{"", "DataNotFoundOrStale", false}}}}),
            "LOW: no quota (DataNotFoundOrStale) in eastus");
  EXPECT_EQ(told({{"eastus", "", {{"", "RestrictedSkuNotAvailable", true}}}}),
            "LOW: RestrictedSkuNotAvailable in eastus");
  EXPECT_EQ(told({{"eastus", "NotAvailableForSubscription", {{"", "High", true}}}}),
            "LOW: NotAvailableForSubscription in eastus");
}

TEST(AzureAnswer, WordsWithoutALevelAreUnknown) {
  EXPECT_EQ(told({{"eastus", "", {{"", "DataNotFoundOrStale", true}}}}), "UNKNOWN: DataNotFoundOrStale in eastus");
  EXPECT_EQ(told({{"eastus", "", {{"", "Splendid", true}}}}), "UNKNOWN: Splendid in eastus");
  // What is known counts before what is not.
  EXPECT_EQ(told({{"a", "", {{"", "DataNotFoundOrStale", true}}}, {"b", "", {{"", "Low", true}}}}),
            "LOW: Low in b; DataNotFoundOrStale in a");
}

TEST(AzureAnswer, HasTheSizesOfARegion) {
  const auto page = read_azure_skus(R"({"value":[
    {"resourceType":"disks","name":"Premium_LRS"},
    {"resourceType":"virtualMachines","name":"Standard_A0","capabilities":[{"name":"LowPriorityCapable","value":"False"}]},
    {"resourceType":"virtualMachines","name":"Standard_A1","restrictions":[]},
    {"resourceType":"virtualMachines","name":"Standard_A2",
     "restrictions":[{"type":"Location","values":["westus"],"reasonCode":"NotAvailableForSubscription"}]},
    {"resourceType":"virtualMachines","name":"Standard_A3","restrictions":[
     {"type":"Zone","restrictionInfo":{"zones":["2"]},"reasonCode":"NotAvailableForSubscription"}]}],
    "nextLink":"https://management.azure.com/next"})");
  ASSERT_TRUE(page) << page.error();
  EXPECT_EQ(page->items.size(), 4U);
  EXPECT_EQ(page->next, "https://management.azure.com/next");
  const auto why = [&](const std::string& size, const std::string& zone = "") {
    return why_not(page->items, size, zone);
  };
  EXPECT_EQ(why("Standard_A0"), "not offered as spot");
  EXPECT_EQ(why("STANDARD_A1"), "");
  EXPECT_EQ(why("Standard_A2"), "NotAvailableForSubscription");
  EXPECT_EQ(why("Standard_A3"), "");
  EXPECT_EQ(why("Standard_A3", "2"), "restricted in zone 2");
  EXPECT_EQ(why("Standard_H16mr"), "not offered");
  EXPECT_EQ(why_not({}, "Standard_H16mr", ""), "");
  EXPECT_EQ(read_azure_skus(R"({"value":[],"nextLink":null})")->next, "");
  EXPECT_EQ(read_azure_skus("{}").error(), "the answer is JSON, but has no list value");
}

TEST(AzureAnswer, LeadsToPagesOfTheSameServerAlone) {
  const auto url = [](const std::string& next) {
    const auto request = azure_next_request(config::AzureOptions{}, next);
    return request ? request->url : "none";
  };
  const std::string right = "https://management.azure.com:443/x?$skiptoken=a%20b";
  EXPECT_EQ(url("https://management.azure.com/x?$skiptoken=a%20b"), right);
  EXPECT_EQ(url("https://management.azure.com:443/x?$skiptoken=a%20b"), right);
  EXPECT_EQ(url("HTTPS://Management.Azure.COM/x?$skiptoken=a%20b"), right);
  for (const char* other : {"http://management.azure.com/x", "https://management.azure.com:444/x", "/x", "",
                            "https://management.azure.com.evil/x", "https://management.azure.com@evil/x",
                            "https://user@management.azure.com/x", "https://management.azure.com", "https://evil/x"})
    EXPECT_EQ(url(other), "none") << other;
}

TEST(AzureAnswer, HasTheQuotasOfARegion) {
  const auto page = read_azure_usages(R"({"value":[
    {"unit":"Count","currentValue":17,"limit":19,"name":{"value":"lowPriorityCores","localizedValue":"x"}},
    {"unit":"Count","currentValue":5000000000,"limit":1,"name":{"value":"cores"}},
    {"unit":"Count","currentValue":0,"limit":-1,"name":{"value":"unlimited"}},
    {"unit":"Count","currentValue":"0","limit":1,"name":{"value":"text"}},
    {"unit":"Count","currentValue":0,"limit":1}, 7],
    "nextLink":"https://management.azure.com/next"})");
  ASSERT_TRUE(page) << page.error();
  EXPECT_THAT(page->items,
              ElementsAre(Pair("cores", AzureUsage{5'000'000'000, 1}), Pair("lowprioritycores", AzureUsage{17, 19})));
  EXPECT_EQ(page->next, "https://management.azure.com/next");
  EXPECT_EQ(read_azure_usages("{}").error(), "the answer is JSON, but has no list value");
}

TEST(AzureAnswer, ComparesTheQuotaOfSpotMachinesWithASize) {
  const auto skus = read_azure_skus(R"({"value":[
    {"resourceType":"virtualMachines","name":"Standard_D2","capabilities":[{"name":"vCPUs","value":"2"}]},
    {"resourceType":"virtualMachines","name":"Standard_X","capabilities":[{"name":"vCPUs","value":"many"}]},
    {"resourceType":"virtualMachines","name":"Standard_Q","restrictions":[{"type":"Location","reasonCode":"QuotaId"}]}]})");
  ASSERT_TRUE(skus) << skus.error();
  const auto told = [&](const AzureUsages& usages, const std::string& size, std::uint16_t count) {
    return no_quota(usages, skus->items, size, count);
  };
  const AzureUsages usages{{"lowprioritycores", {17, 19}}};
  EXPECT_EQ(told(usages, "STANDARD_D2", 1), "");
  EXPECT_EQ(told(usages, "Standard_D2", 2), "no quota (2 of 19 vCPUs left)");
  EXPECT_EQ(told(usages, "Standard_X", 1000), "") << "nobody knows how many it has";
  EXPECT_EQ(told(usages, "Standard_Y", 1000), "");
  EXPECT_EQ(told({{"cores", {17, 17}}}, "Standard_D2", 1), "");
  EXPECT_EQ(told({{"lowprioritycores", {5'000'000'000, 1}}}, "Standard_D2", 1), "no quota (0 of 1 vCPUs left)");
  EXPECT_EQ(why_not(skus->items, "Standard_Q", ""), "no quota (QuotaId)");
}

}  // namespace
}  // namespace probe
