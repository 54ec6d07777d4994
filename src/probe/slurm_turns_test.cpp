// When jobs start and end, and the jobs of slurmrestd.
#include "probe/slurm_turns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/slurm_count.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

/// 2026-11-30T14:00:00Z
constexpr std::int64_t kNow = 1'796'047'200;
const Cluster kCluster = *read_sinfo(
    "n1|p|up|allocated|4/0/0/4|gpu:a:2|gpu:a:2|\nn2|p|up|allocated|4/0/0/4|||\nn3|q|up|allocated|4/0/0/4|||\n", {});

std::string text(std::string_view profile, const Turns& turns) {
  return expected_text(*find_counted(kCluster, profile, {}), turns, base::Time(std::chrono::seconds(kNow)));
}

std::string of_lines(std::string_view profile, std::string_view lines) {
  const auto turns = read_turns(lines);
  EXPECT_TRUE(turns) << turns.error();
  return turns ? text(profile, *turns) : "";
}

constexpr std::string_view kLines =
    "R|p|1|4|1|N/A|gres:gpu:a:2|N/A|1796040000|1796050800|n1|\n"
    "R|p|1|4|1|N/A|N/A|N/A|1796040000|1796049000|n2|\n"
    "R|q|1|4|1|N/A|N/A|N/A|1796040000|NONE|n3|\n"
    "PD|p|1|1|1|N/A|gres:gpu:1|N/A|1796054400|N/A||\n"
    "PD|p,q|1|1|1|N/A|N/A|N/A|1796051999|N/A||\n"
    "PD|p|1|1|1|N/A|N/A|N/A|N/A|N/A||\n";

TEST(Turns, SayWhenUnitsBecomeFree) {
  EXPECT_EQ(of_lines("p", kLines),
            "; by its time limit, a running job ends by 2026-11-30T14:30Z"
            "; Slurm expects a pending job to start at 2026-11-30T15:19Z");
  EXPECT_EQ(of_lines("p:a", kLines),
            "; by its time limit, a running job ends by 2026-11-30T15:00Z"
            "; Slurm expects a pending job to start at 2026-11-30T16:00Z");
  EXPECT_EQ(of_lines("q", kLines), "; Slurm expects a pending job to start at 2026-11-30T15:19Z");
  EXPECT_EQ(of_lines("p", ""), "");
}

TEST(Turns, OfJobsWithGpusPerSocketCount) {
  EXPECT_EQ(of_lines("p:a", "R|p|1|4|1|N/A|N/A|N/A|1796040000|1796050800|n1|gres:gpu:a:1|2|\n"),
            "; by its time limit, a running job ends by 2026-11-30T15:00Z");
}

TEST(Turns, ThatAreOverSayNothing) {
  EXPECT_EQ(of_lines("p", "R|p|1|4|1|N/A|N/A|N/A|1|1796047200|n2|\nPD|p|1|4|1|N/A|N/A|N/A|1796047199|N/A||\n"), "");
}

TEST(Turns, SayWhichLineIsWrong) {
  EXPECT_THAT(read_turns("R|p|x|4|1|N/A|N/A|N/A|1|2|n|").error(), StartsWith("squeue printed 'R|p|x|"));
  EXPECT_THAT(read_turns("R|p\n").error(),
              StartsWith("squeue printed 'R|p'; each line must have the fields StateCompact:|,"));
  for (const auto* time : {"", "Unknown", "2026-11-30T14:00:00", "-1", "0", "99999999999999999999", "253402300800"})
    EXPECT_THAT(*read_turns(std::string("PD|p|1|1|1|N/A|N/A|N/A|") + time + "|N/A||"), IsEmpty()) << time;
}

// --- slurmrestd

constexpr const char* kOldJobs = R"({"errors":[],"jobs":[
  {"job_state":"RUNNING","partition":"p","node_count":1,"cpus":4,"tasks":1,"tres_per_node":"gres:gpu:a:2","nodes":"n1",
   "start_time":1796040000,"end_time":1796050800,"time_limit":180,"state_reason":"None","array_task_string":""},
  {"job_state":"RUNNING","partition":"p","node_count":1,"cpus":4,"tasks":1,"tres_per_node":"gres:gpu:a:2","nodes":"n1",
   "end_time":1796047800,"time_limit":null},
  {"job_state":"RUNNING","partition":"p","node_count":1,"cpus":4,"tasks":1,"tres_per_node":"gres:gpu:a:2","nodes":"n1",
   "end_time":1796047800,"time_limit":4294967295},
  {"job_state":"PENDING","partition":"p,q","node_count":2,"cpus":8,"tasks":2,"tres_per_node":"gres:gpu:a:1","nodes":"",
   "start_time":1796054400,"end_time":0,"state_reason":"Resources","required_nodes":"n[1-2]","excluded_nodes":"n9",
   "features":"fast","resv_name":"","array_task_string":"1-3,7,10-20:5%2"},
  {"job_state":"PENDING","partition":"p","node_count":1,"cpus":1,"tasks":1,"start_time":0,"state_reason":"Dependency"},
  {"job_state":"COMPLETED","partition":"p","node_count":1,"cpus":1,"tasks":1,"end_time":1796050000,"nodes":"n2"}]})";

constexpr const char* kNewJobs = R"({"warnings":[],"jobs":[
  {"job_state":["RUNNING"],"partition":"p","node_count":{"set":true,"infinite":false,"number":1},
   "cpus":{"set":true,"infinite":false,"number":4},"tasks":{"set":true,"infinite":false,"number":1},
   "tres_per_node":"gres/gpu:a:2","nodes":"n1","end_time":{"set":true,"infinite":false,"number":1796050800},
   "time_limit":{"set":true,"infinite":false,"number":180}},
  {"job_state":["RUNNING"],"partition":"p","node_count":{"set":true,"infinite":false,"number":1},
   "cpus":{"set":true,"infinite":false,"number":4},"tasks":{"set":true,"infinite":false,"number":1},
   "tres_per_node":"gres/gpu:a:2","nodes":"n1","end_time":{"set":true,"infinite":false,"number":1796047800},
   "time_limit":{"set":false,"infinite":true,"number":0}},
  {"job_state":["PENDING"],"partition":"p,q","node_count":{"set":true,"infinite":false,"number":2},
   "cpus":{"set":true,"infinite":false,"number":8},"tasks":{"set":true,"infinite":false,"number":2},
   "tres_per_node":"gres/gpu:a:1","start_time":{"set":true,"infinite":false,"number":1796054400},
   "state_reason":"Resources","required_nodes":"n[1-2]","excluded_nodes":"n9","features":"fast","resv_name":"",
   "array_task_string":"1-3,7,10-20:5%2"},
  {"job_state":["PENDING"],"partition":"p","start_time":{"set":false,"infinite":false,"number":0},
   "state_reason":"Dependency"}]})";

TEST(JobsJson, OfEveryVersionSayTheSame) {
  for (const char* answer : {kOldJobs, kNewJobs}) {
    const auto queue = read_jobs_json(answer);
    ASSERT_TRUE(queue) << queue.error();
    ASSERT_THAT(queue->pending, SizeIs(1));
    const Job& job = queue->pending[0];
    EXPECT_THAT(job.partitions, ElementsAre("p", "q"));
    EXPECT_EQ(job.count, 7) << "1, 2, 3, 7, 10, 15, 20";
    EXPECT_EQ(job.nodes, 2);
    EXPECT_EQ(job.cpus, 8);
    EXPECT_THAT(job.gres.at("gpu"), ElementsAre(Pair("a", 2)));
    EXPECT_THAT(job.required, ElementsAre("n1", "n2"));
    EXPECT_THAT(job.excluded, ElementsAre("n9"));
    EXPECT_THAT(job.features, ElementsAre(ElementsAre("fast")));
    EXPECT_EQ(text("p:a", queue->turns),
              "; by its time limit, a running job ends by 2026-11-30T15:00Z"
              "; Slurm expects a pending job to start at 2026-11-30T16:00Z");
  }
}

TEST(JobsJson, HaveGpusPerSocket) {
  for (const char* sockets : {"2", R"({"set":true,"infinite":false,"number":2})"}) {
    auto queue =
        read_jobs_json(R"({"jobs":[{"job_state":"PENDING","state_reason":"Resources","partition":"p","node_count":3,)"
                       R"("tres_per_socket":"gres:gpu:a:2","sockets_per_node":)" +
                       std::string(sockets) + "}]}");
    ASSERT_TRUE(queue && queue->pending.size() == 1);
    EXPECT_THAT(queue->pending[0].gres["gpu"], ElementsAre(Pair("a", 12)));
    EXPECT_THAT(queue->pending[0].gres_per_node["gpu"], ElementsAre(Pair("a", 4)));
  }
}

TEST(JobsJson, ThatAreNoneAreAFailure) {
  EXPECT_THAT(read_jobs_json("").error(), StartsWith("slurmrestd's list of jobs is not JSON"));
  EXPECT_EQ(read_jobs_json("[]").error(), "slurmrestd's list of jobs is not a JSON object");
  EXPECT_EQ(read_jobs_json(R"({"errors":[{"error":"no"}],"jobs":[]})").error(),
            "Slurm's controller does not answer: no");
  EXPECT_THAT(read_jobs_json(R"({"jobs":[1,{},{"job_state":7}]})")->pending, IsEmpty());
}

TEST(JobsJson, ArraysWithoutARangeAreOneJob) {
  const auto count = [](const std::string& tasks) {
    return read_jobs_json(R"({"jobs":[{"job_state":"PENDING","state_reason":"Priority","array_task_string":")" + tasks +
                          "\"}]}")
        ->pending.at(0)
        .count;
  };
  EXPECT_EQ(count(""), 1);
  EXPECT_EQ(count("4"), 1);
  EXPECT_EQ(count("5-1"), 1);
  EXPECT_EQ(count("0-9:3,x,12,..."), 5);
  EXPECT_EQ(count("0-99999999999"), kMostUnits);
}

}  // namespace
}  // namespace probe
