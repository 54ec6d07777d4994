// What Google's answers say. Shapes: advice.capacity and reservations.list of the Compute Engine API.
#include "probe/gcp_answer.hpp"

#include <gmock/gmock.h>

#include "probe/gcp_request.hpp"

namespace probe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(GcpAnswer, HasTheBestRecommendation) {
  const auto advice = read_gcp_advice(R"({"recommendations":[{"scores":{"obtainability":0.2}},
      {"scores":{"obtainability":0.9,"estimatedUptime":"3600s"},"shards":[
       {"zone":"https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-c","machineType":"a3-highgpu-8g",
        "instanceCount":60,"provisioningModel":"SPOT"},
       {"zone":"zones/us-central1-a","instanceCount":20},{"zone":"zones/us-central1-c","instanceCount":20}]}]})");
  ASSERT_TRUE(advice) << advice.error();
  EXPECT_EQ(*advice, (GcpAdvice{0.9, "3600s", {"us-central1-c", "us-central1-a"}, ""}));
}

TEST(GcpAnswer, WithoutARecommendationHasNoAdvice) {
  for (const char* text : {"{}", R"({"recommendations":[]})", R"({"recommendations":[{}]})",
                           R"({"recommendations":[{"scores":{}}]})", R"({"recommendations":[{"scores":[]}, 7]})"}) {
    const auto advice = read_gcp_advice(text);
    ASSERT_TRUE(advice) << text << advice.error();
    EXPECT_EQ(*advice, GcpAdvice{}) << text;
  }
}

TEST(GcpAnswer, OfAnotherShapeIsNeverALevel) {
  const auto error = [](const std::string& text) {
    const auto advice = read_gcp_advice(text);
    return advice ? "none" : advice.error();
  };
  EXPECT_THAT(error("<html>"), StartsWith("the answer is not JSON"));
  EXPECT_EQ(error("[]"), "the answer is not a JSON object");
  EXPECT_EQ(error(R"({"recommendations":{}})"), "in the answer, recommendations is no list");
  for (const char* number : {"1.5", "-0.1", "\"0.9\"", "true"})
    EXPECT_EQ(error(fmt::format(R"({{"recommendations":[{{"scores":{{"obtainability":{}}}}}]}})", number)),
              "in the answer, obtainability is not from 0 to 1");
  EXPECT_EQ(error(R"({"recommendations":[{"scores":{"obtainability":1},"shards":7}]})"),
            "in the answer, shards is no list");
  EXPECT_EQ(error(R"({"error":{"code":503,"message":"backend"}})"), "the answer is an error");
  EXPECT_EQ(error(R"({"error":{"errors":[{"reason":"rateLimitExceeded"}]},"recommendations":[]})"),
            "the answer is an error: rateLimitExceeded");
  EXPECT_EQ(error(R"({"kind":"compute#welcome","data":[1,2]})"), "the answer has no recommendations");
}

std::string told(const std::vector<GcpAdvised>& advised, const config::Levels& levels = {}) {
  const Result result = judge_gcp(advised, levels);
  return result ? fmt::format("{}: {}", core::to_string(result->level), result->reason) : result.error();
}

TEST(GcpAnswer, GooglesOwnBandsGiveTheLevel) {
  const auto level = [](double obtainability) { return judge_gcp({{"r", {obtainability, "", {}, ""}}}, {})->level; };
  EXPECT_EQ(level(1), core::Level::high);
  EXPECT_EQ(level(0.7), core::Level::high);
  EXPECT_EQ(level(0.69), core::Level::medium);
  EXPECT_EQ(level(0.4), core::Level::medium);
  EXPECT_EQ(level(0.39), core::Level::low);
  EXPECT_EQ(level(0), core::Level::low);
}

TEST(GcpAnswer, TheBestPlaceCounts) {
  const std::vector<GcpAdvised> all = {{"us-east1", {0.2, "60s", {}, ""}},
                                       {"us-west1", {}},
                                       {"us-east4", {std::nullopt, "", {}, "no quota: CPUS"}},
                                       {"us-central1", {0.9, "3600s", {"us-central1-c"}, ""}}};
  EXPECT_EQ(told(all),
            "HIGH: obtainability 0.9 in us-central1 (us-central1-c, up 3600s); 0.2 in us-east1 (up 60s); "
            "no quota: CPUS in us-east4; no advice in us-west1 (HIGH: score >= 0.7)");
  EXPECT_EQ(judge_gcp(all, {})->score, 0.9);
  EXPECT_EQ(told({all[1]}), "UNKNOWN: no advice in us-west1");
  EXPECT_EQ(told({all[1], all[2]}), "LOW: no quota: CPUS in us-east4; no advice in us-west1");
  config::Levels strict;
  strict.high.score = 0.95;
  EXPECT_THAT(told(all, strict), HasSubstr("(LOW: not score >= 0.95)"));
  EXPECT_EQ(told({}), "no place to ask for");
}

std::string reservation(const std::string& name, const std::string& type, const std::string& counts,
                        const std::string& status = "READY") {
  return fmt::format(R"({{"name":"{}","status":"{}","zone":"https://g/zones/z","specificReservation":{{{},)"
                     R"("instanceProperties":{{"machineType":"{}"}}}}}})",
                     name, status, counts, type);
}

TEST(GcpAnswer, SumsReservations) {
  const std::string list = R"({"kind":"compute#reservationList","nextPageToken":"p2","items":[)" +
                           reservation("a", "a3-highgpu-8g", R"("count":"16","inUseCount":"10")") + "," +
                           reservation("b", "https://g/machineTypes/a3-highgpu-8g", R"("count":4)") + "," +
                           reservation("c", "e2-medium", R"("count":"7","inUseCount":"0")") + "," +
                           reservation("d", "a3-highgpu-8g", R"("count":"8")", "CREATING") + "," +
                           reservation("e", "a3-highgpu-8g", R"("count":"1","inUseCount":"2")") +
                           R"(,{"name":"f","aggregateReservation":{}}]})";
  const auto sum = [&](const std::string& name) {
    return read_gcp_reservations(list, "a3-highgpu-8g", {.name = name})->reserved;
  };
  EXPECT_EQ(sum("*"), (GcpReserved{3, 21, 11}));
  EXPECT_EQ(sum("a"), (GcpReserved{1, 16, 10}));
  EXPECT_EQ(sum("c"), GcpReserved{});
  EXPECT_EQ(read_gcp_reservations(list, "a3-highgpu-8g", {.name = "*"})->next, "p2");
  for (const char* none : {"{}", R"({"kind":"compute#reservationList","warning":{"code":"NO_RESULTS_ON_PAGE"}})"})
    EXPECT_EQ(read_gcp_reservations(none, "a3-highgpu-8g", {.name = "*"})->reserved, GcpReserved{});
}

GcpReserved reserved(const std::string& items, const std::string& machine_type, const GcpReservation& wanted) {
  const auto page = read_gcp_reservations(R"({"items":[)" + items + "]}", machine_type, wanted);
  EXPECT_TRUE(page) << page.error();
  return page ? page->reserved : GcpReserved{};
}

TEST(GcpAnswer, AResizedReservationCountsAndOneThatIsNotReadyDoesNot) {
  const auto of = [](const std::string& status) {
    return reserved(reservation("a", "m", R"("count":"8","inUseCount":"2")", status), "m", {.name = "*"});
  };
  EXPECT_EQ(of("READY"), (GcpReserved{1, 8, 2}));
  EXPECT_EQ(of("UPDATING"), (GcpReserved{1, 8, 2}));
  for (const char* status : {"CREATING", "DELETING", "INVALID"}) EXPECT_EQ(of(status), GcpReserved{}) << status;
}

TEST(GcpAnswer, MachinesThatAreNotAssuredAreNotThere) {
  const auto of = [](const std::string& counts) { return reserved(reservation("a", "m", counts), "m", {.name = "*"}); };
  EXPECT_EQ(of(R"("count":"8","inUseCount":"2","assuredCount":"2")"), (GcpReserved{1, 2, 2}));
  EXPECT_EQ(of(R"("count":"8","inUseCount":"2","assuredCount":"8")"), (GcpReserved{1, 8, 2}));
  EXPECT_EQ(of(R"("count":"8","inUseCount":"2","assuredCount":"9")"), (GcpReserved{1, 8, 2}));
}

TEST(GcpAnswer, AcceleratorsMakeOtherMachines) {
  const auto with = [](const std::string& type, const std::string& count, const std::string& accelerators) {
    return fmt::format(R"({{"name":"r","status":"READY","specificReservation":{{"count":"{}","instanceProperties":)"
                       R"({{"machineType":"{}","guestAccelerators":{}}}}}}})",
                       count, type, accelerators);
  };
  const std::string t4 = R"([{"acceleratorType":"https://g/zones/z/acceleratorTypes/nvidia-tesla-t4",)"
                         R"("acceleratorCount":1}])";
  const std::string four = R"([{"acceleratorType":"nvidia-tesla-t4","acceleratorCount":4}])";
  const std::string all = with("n1-standard-8", "1", "[]") + "," + with("n1-standard-8", "2", t4) + "," +
                          with("n1-standard-8", "4", four) + "," +
                          with("n1-standard-8", "8", R"([{"acceleratorType":"nvidia-tesla-v100"},7])");
  const auto total = [&](const GcpReservation& wanted) { return reserved(all, "n1-standard-8", wanted).total; };
  EXPECT_EQ(total({.name = "*"}), 1) << "a machine without accelerators gets no other reservation";
  EXPECT_EQ(total({.name = "*", .accelerator = "nvidia-tesla-t4"}), 6);
  EXPECT_EQ(total({.name = "*", .accelerator = "nvidia-tesla-t4", .accelerators = 4}), 4);
  EXPECT_EQ(total({.name = "*", .accelerator = "nvidia-tesla-p4"}), 0);
  const std::string own =
      with("a3-highgpu-8g", "3", R"([{"acceleratorType":"nvidia-h100-80gb","acceleratorCount":8}])");
  EXPECT_EQ(reserved(own, "a3-highgpu-8g", {.name = "*"}).total, 3) << "its type has them";
  EXPECT_EQ(read_gcp_reservations(R"({"items":[)" + with("m", "1", "{}") + "]}", "m", {.name = "*"}).error(),
            "in the answer, guestAccelerators is no list");
}

TEST(GcpAnswer, CountsOfReservationsAreNumbers) {
  const auto error = [](const std::string& counts) {
    const auto page = read_gcp_reservations(R"({"items":[)" + reservation("a", "m", counts) + "]}", "m", {.name = "*"});
    return page ? "none" : page.error();
  };
  for (const char* count : {"-1", "\"-1\"", "\"many\"", "1.5", "1e300", "null", "[]"})
    EXPECT_EQ(error(fmt::format(R"("count":{})", count)), "in the answer, count is no count") << count;
  EXPECT_EQ(error(R"("count":"1","inUseCount":"x")"), "in the answer, inUseCount is no count");
  EXPECT_EQ(error(R"("count":"1","assuredCount":"x")"), "in the answer, assuredCount is no count");
}

TEST(GcpAnswer, AListThatIsNotCompleteIsAFailure) {
  const auto error = [](const std::string& text) {
    const auto page = read_gcp_reservations(text, "m", {.name = "*"});
    return page ? "none" : page.error();
  };
  EXPECT_EQ(error(R"({"items":{}})"), "in the answer, items is no list");
  EXPECT_EQ(error(R"({"items":[7]})"), "in the answer, items has one that is no object");
  EXPECT_EQ(error(R"({"kind":"compute#reservationList","warning":{"code":"UNREACHABLE"},"items":[]})"),
            "the list of reservations is not complete (UNREACHABLE)");
  EXPECT_EQ(error(R"({"error":{"code":403,"errors":[{"reason":"forbidden"}]}})"), "the answer is an error: forbidden");
  EXPECT_EQ(error(R"({"kind":"compute#welcome"})"), "the answer is no list of reservations");
}

TEST(GcpRequest, HasRegionOrZone) {
  EXPECT_EQ(gcp_place("us-central1"), (GcpPlace{"us-central1", ""}));
  EXPECT_EQ(gcp_place("us-central1-a"), (GcpPlace{"us-central1", "us-central1-a"}));
  const config::GcpOptions options{.regions = {"us-central1", "europe-west4-b"}, .count = 10};
  const auto places = [&](const std::string& name, const core::Labels& labels = {}) {
    return gcp_want(options, {.id = 1, .key = {"Google", name}, .labels = labels})->places;
  };
  EXPECT_THAT(places("n2-standard-4"),
              testing::ElementsAre(GcpPlace{"us-central1", ""}, GcpPlace{"europe-west4", "europe-west4-b"}));
  EXPECT_THAT(places("n2-standard-4@us-east1"), testing::ElementsAre(GcpPlace{"us-east1", ""}));
  EXPECT_THAT(places("n2-standard-4", {{"region", "us-east1"}, {"zone", "us-east1-d"}}),
              testing::ElementsAre(GcpPlace{"us-east1", "us-east1-d"}));
  EXPECT_EQ(gcp_advice_request(options, "p", "m", {"us-east1", ""}).body,
            R"({"instanceProperties":{"scheduling":{"provisioningModel":"SPOT"}},"instanceFlexibilityPolicy":)"
            R"({"instanceSelections":{"vacancy":{"machineTypes":["m"]}}},"distributionPolicy":{"targetShape":"ANY"},)"
            R"("size":10})");
  EXPECT_THAT(gcp_advice_request(options, "p", "m", {"us-east1", "us-east1-d"}).body,
              HasSubstr(R"({"targetShape":"ANY_SINGLE_ZONE","zones":[{"zone":"zones/us-east1-d"}]})"));
}

TEST(GcpRequest, HasTheReservationOfTheLabels) {
  const auto read = [](const core::Labels& labels) -> std::string {
    const auto want = gcp_want({}, {.id = 1, .key = {"Google", "m@us-east1-b"}, .labels = labels});
    if (!want) return want.error();
    if (!want->reservation) return "none";
    return fmt::format("{}|{}|{}|{}", want->reservation->project, want->reservation->name,
                       want->reservation->accelerator, want->reservation->accelerators);
  };
  EXPECT_EQ(read({}), "none");
  EXPECT_EQ(read({{"accelerator", "H100"}}), "none") << "a label of the user's own";
  EXPECT_EQ(read({{"reservation", "*"}}), "|*||0");
  EXPECT_EQ(read({{"reservation", "r1"}, {"accelerator", "nvidia-tesla-t4"}}), "|r1|nvidia-tesla-t4|0");
  EXPECT_EQ(read({{"reservation", "r1"}, {"accelerator", "nvidia-tesla-t4:2"}}), "|r1|nvidia-tesla-t4|2");
  EXPECT_EQ(read({{"reservation", "projects/owner/reservations/r1"}}), "owner|r1||0");
  EXPECT_EQ(read({{"reservation", "projects/owner/reservations/*"}}), "owner|*||0");
  for (const char* wrong : {"projects/owner", "projects//reservations/r1", "projects/reservations/r1", "a/r1",
                            "projects/owner/reservations/", "projects/o/zones/z/reservations/r1", "/reservations/r1",
                            "projects/owner/reservations/r1/x"})
    EXPECT_EQ(read({{"reservation", wrong}}),
              fmt::format("the label 'reservation' is '{}'; give a name, or * for all, or "
                          "projects/OWNER/reservations/NAME",
                          wrong));
  for (const char* wrong : {":1", "nvidia-tesla-t4:", "nvidia-tesla-t4:x", "nvidia-tesla-t4:0", "nvidia-tesla-t4:-1"})
    EXPECT_EQ(
        read({{"reservation", "*"}, {"accelerator", wrong}}),
        fmt::format("the label 'accelerator' is '{}'; give one such as nvidia-tesla-t4 or nvidia-tesla-t4:2", wrong));
}

}  // namespace
}  // namespace probe
