// The probe, with scripts in place of Slurm's commands.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/runtime.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

constexpr std::string_view kNodes =
    "cpu1|batch|up|mixed|1/3/0/4|(null)|gpu:0|\n"
    "cpu2|batch|up|idle+drain|0/0/4/4|(null)|gpu:0|\n"
    "gpu1|gpu|up|mixed|2/6/0/8|gpu:a100:4|gpu:a100:3(IDX:0-2)|\n"
    "old1|old|down|idle|0/8/0/8|gpu:4|gpu:0|\n";

constexpr std::string_view kPartitions =
    "PartitionName=batch Hidden=NO State=UP TotalNodes=2\n"
    "PartitionName=gpu Hidden=NO State=UP TotalNodes=1\n"
    "PartitionName=old Hidden=NO State=DOWN TotalNodes=1\n";

class SlurmTest : public testing::Test {
 protected:
  SlurmTest() {
    runtime_.start();
    ::setenv("PATH", (directory_.path().string() + ":" + path_).c_str(), 1);
    config_.slurm.conf = "/etc/test/slurm.conf";
    script("sinfo", "cat <<'END'\n" + std::string(kNodes) + "END");
    script("scontrol", "[ $5 = node ] || cat <<'END'\n" + std::string(kPartitions) + "END");
  }
  ~SlurmTest() override { ::setenv("PATH", path_.c_str(), 1); }

  /// Puts a command in front of Slurm's own.
  void script(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << "#!/bin/sh\n" << text << '\n';
    std::filesystem::permissions(directory_ / name, std::filesystem::perms::owner_all);
  }
  std::string content(const std::string& name) {
    std::ifstream file(directory_ / name);
    return (std::stringstream() << file.rdbuf()).str();
  }
  void make() { probe_ = make_probe(config_, runtime_.background().get_executor()); }
  std::future<Answer> start(base::Duration timeout = 10s) {
    return support::start(runtime_.background(),
                          probe_->measure(profiles_, {steady_clock::now() + timeout, stop_.get_token(), &trace_}));
  }
  Answer measure() {
    make();
    return start().get();
  }
  std::string errors() {
    std::string text;
    for (const Result& result : measure().results) text += result ? "none\n" : result.error() + "\n";
    return text;
  }

  base::Runtime runtime_{1};
  support::TempDir directory_;
  std::string path_ = std::getenv("PATH");
  config::ProbeConfig config_{.name = "test", .kind = "slurm", .match = {.provider = "HPC"}};
  std::vector<core::Profile> profiles_ = {{.id = 1, .key = {"HPC", "batch"}}, {.id = 2, .key = {"HPC", "gpu:a100"}}};
  Trace trace_;
  std::stop_source stop_;
  std::unique_ptr<Probe> probe_;
};

TEST_F(SlurmTest, TheSourceIsAskedWhenItsFirstCommandRuns) {
  config_.slurm.scontrol = {"/no/such/scontrol"};
  EXPECT_TRUE(measure().asked);
  config_.slurm.command = {"/no/such/sinfo"};
  EXPECT_FALSE(measure().asked);
}

TEST_F(SlurmTest, OneCallMeasuresAllProfiles) {
  profiles_.push_back({.id = 3, .key = {"HPC", "nowhere"}});
  profiles_.push_back({.id = 4, .key = {"HPC", "old"}});
  script("sinfo", "echo run >>'" + directory_ / "runs" + "'\ncat <<'END'\n" + std::string(kNodes) + "END");
  const Answer answer = measure();
  ASSERT_EQ(answer.results.size(), 4U);
  EXPECT_EQ(answer.results[0]->level, core::Level::high);
  EXPECT_THAT(answer.results[0]->reason, StartsWith("3 of 8 CPUs free on 1 of 2 nodes; 1 drained (HIGH: "));
  EXPECT_THAT(answer.results[1]->free, Optional(1));
  EXPECT_THAT(answer.results[1]->total, Optional(4));
  EXPECT_EQ(answer.results[2].error(), "the cluster has no partition 'nowhere'; it has: batch, gpu, old");
  EXPECT_EQ(answer.results[3]->level, core::Level::low);
  EXPECT_EQ(answer.results[3]->reason, "the partition is down");
  EXPECT_FALSE(answer.discovered);
  EXPECT_EQ(content("runs"), "run\n");
  EXPECT_EQ(concurrency(config_), 1U);
}

TEST_F(SlurmTest, TheCommandsAreAskedInASmallEnvironment) {
  script("sinfo", "echo \"$@\" >'" + directory_ / "arguments" + "'\nenv >'" + directory_ / "environment" +
                      "'\ncat <<'END'\n" + std::string(kNodes) + "END");
  ::setenv("SINFO_FORMAT", "%N", 1);
  measure();
  ::unsetenv("SINFO_FORMAT");
  EXPECT_EQ(
      content("arguments"),
      "--local -h -a -N --noconvert --Format=NodeList:|,PartitionName:|,Available:|,StateComplete:|,CPUsState:|,Gres:|,"
      "GresUsed:|,Features_act:|,StateLong:|\n");
  EXPECT_THAT(content("environment"), HasSubstr("SLURM_CONF=/etc/test/slurm.conf\n"));
  EXPECT_THAT(content("environment"), HasSubstr("LC_ALL=C\n"));
  EXPECT_THAT(content("environment"), testing::Not(HasSubstr("SINFO_FORMAT")));
  EXPECT_THAT(trace_.sent, StartsWith("SLURM_CONF=/etc/test/slurm.conf sinfo --local -h -a -N --noconvert '--Format="));
  EXPECT_THAT(trace_.sent, HasSubstr("\nSLURM_CONF=/etc/test/slurm.conf scontrol --local -a -o show partition\n"));
  EXPECT_THAT(trace_.sent, testing::EndsWith(" scontrol --local -a -o show node"));
  EXPECT_EQ(trace_.received, std::string(kNodes) + std::string(kPartitions));
}

TEST_F(SlurmTest, TheServicesSlurmConfIsPassedOn) {
  script("sinfo", "echo \"$SLURM_CONF\" >'" + directory_ / "conf" + "'\ncat <<'END'\n" + std::string(kNodes) + "END");
  ::setenv("SLURM_CONF", "/srv/slurm.conf", 1);
  measure();
  EXPECT_EQ(content("conf"), "/etc/test/slurm.conf\n") << "what is configured comes first";
  config_.slurm.conf.clear();
  measure();
  ::unsetenv("SLURM_CONF");
  EXPECT_EQ(content("conf"), "/srv/slurm.conf\n");
  measure();
  EXPECT_EQ(content("conf"), "\n");
}

TEST_F(SlurmTest, ScontrolSaysWhatSinfoDoesNot) {
  profiles_ = {
      {.id = 1, .key = {"HPC", "batch"}}, {.id = 2, .key = {"HPC", "empty"}}, {.id = 3, .key = {"HPC", "gone"}}};
  script("scontrol", "[ $5 = node ] && echo NodeName=cpu1 CPUEfctv=3 CPUTot=4 || echo PartitionName=empty State=UP");
  const Answer answer = measure();
  EXPECT_THAT(answer.results[0]->free, Optional(2));
  EXPECT_THAT(answer.results[0]->total, Optional(7));
  EXPECT_THAT(answer.results[0]->largest, Optional(2));
  EXPECT_EQ(answer.results[1]->level, core::Level::low);
  EXPECT_THAT(answer.results[1]->total, Optional(0));
  EXPECT_EQ(answer.results[1]->reason, "no node in service");
  EXPECT_EQ(answer.results[2].error(), "the cluster has no partition 'gone'; it has: batch, empty, gpu, old");
  script("scontrol", "echo 'slurm_load_partitions error: Unable to contact slurm controller' >&2; exit 1");
  EXPECT_THAT(errors(),
              StartsWith("scontrol failed: slurm_load_partitions error: Unable to contact slurm controller\n"));
}

TEST_F(SlurmTest, ScontrolIsNotAskedForNodesFromElsewhere) {
  script("scontrol", "exit 1");
  script("remote",
         "[ $1 = sinfo ] && cat <<'END' || echo PartitionName=empty State=UP CPUTot=1\n" + std::string(kNodes) + "END");
  config_.slurm.command = {directory_ / "remote", "sinfo"};
  EXPECT_TRUE(measure().results[0]);
  config_.slurm.scontrol = {directory_ / "remote"};
  EXPECT_THAT(errors(), StartsWith("scontrol printed 'PartitionName=empty State=UP CPUTot=1'"));
  EXPECT_THAT(trace_.sent, HasSubstr("/remote -a -o show node"));
}

TEST_F(SlurmTest, WhatPendingJobsAskForIsTakenOff) {
  config_.slurm.subtract_pending = true;
  script("squeue",
         "[ $7 = '%F|%x|' ] || echo 'gpu,batch|1|2|2|N/A|gres:gpu:a100:1|N/A|Resources|7||(null)|N/A|*|(null)|'");
  const Answer answer = measure();
  // Nodes of batch have no GPUs.
  EXPECT_THAT(answer.results.at(0)->free, Optional(3));
  EXPECT_THAT(answer.results.at(1)->free, Optional(0));
  EXPECT_THAT(answer.results.at(1)->reason, HasSubstr("; pending jobs take 1"));
  EXPECT_THAT(trace_.sent, HasSubstr("\nSLURM_CONF=/etc/test/slurm.conf squeue --local -h -a -r -t PD "));
  script("squeue", "echo 'squeue: error: no queue' >&2; exit 1");
  EXPECT_EQ(errors(), "squeue failed: squeue: error: no queue\nsqueue failed: squeue: error: no queue\n");
  script(
      "squeue",
      "[ $7 = '%F|%x|' ] && echo '7|gpu1|' || echo 'gpu|1|2|2|N/A|gres:gpu:1|N/A|Resources|7||(null)|N/A|*|(null)|'");
  EXPECT_THAT(measure().results.at(1)->free, Optional(1)) << "it excludes the node";
}

TEST_F(SlurmTest, AnotherClusterIsAskedByItsName) {
  config_.slurm.cluster = "west";
  config_.slurm.subtract_pending = true;
  config_.slurm.expected_start = true;
  for (const auto* name : {"sinfo", "squeue", "scontrol"})
    script(name, std::string("echo ") + name + " \"$1 $2\" >>'" + directory_ / "asked" + "'\n[ " + name +
                     " = sinfo ] && cat <<'END' || true\n" + std::string(kNodes) + "END");
  EXPECT_TRUE(measure().results.at(0));
  EXPECT_EQ(content("asked"),
            "sinfo -M west\nscontrol -M west\nscontrol -M west\nsqueue -M west\nsqueue -M west\nsqueue -M west\n");
}

TEST_F(SlurmTest, OfAFederationOnlyThisClusterIsAsked) {
  config_.slurm.subtract_pending = true;
  config_.slurm.expected_start = true;
  for (const auto* name : {"sinfo", "squeue", "scontrol"})
    script(name, std::string("echo ") + name + " \"$1\" >>'" + directory_ / "asked" + "'\n[ " + name +
                     " = sinfo ] && cat <<'END' || true\n" + std::string(kNodes) + "END");
  EXPECT_TRUE(measure().results.at(0));
  EXPECT_EQ(content("asked"),
            "sinfo --local\nscontrol --local\nscontrol --local\nsqueue --local\nsqueue --local\nsqueue --local\n");
}

TEST_F(SlurmTest, TheReasonSaysWhenJobsAreExpectedToEndAndToStart) {
  config_.slurm.expected_start = true;
  script("scontrol", "true");
  script(
      "sinfo",
      "cat "
      "<<'END'\ncpu1|batch|up|allocated|4/0/0/4|(null)|gpu:0|\ngpu1|gpu|up|mixed|2/6/0/8|gpu:a100:4|gpu:a100:3|\nEND");
  script("squeue", "echo \"$SLURM_TIME_FORMAT\" >'" + directory_ / "format" +
                       "'\necho 'R|batch|1|4|1|N/A|N/A|N/A|1796040000|4102444800|cpu1|'\n"
                       "echo 'R|gpu|1|2|1|N/A|gres:gpu:a100:3|N/A|1796040000|4102444800|gpu1|'");
  const Answer answer = measure();
  EXPECT_EQ(content("format"), "%s\n");
  EXPECT_THAT(answer.results[0]->reason,
              StartsWith("0 of 4 CPUs free; by its time limit, a running job ends by 2100-01-01T00:00Z (LOW: "));
  EXPECT_THAT(answer.results[1]->reason, StartsWith("1 of 4 a100 GPUs free on 1 of 1 nodes (")) << "something is free";
  EXPECT_THAT(trace_.sent,
              HasSubstr("\nSLURM_CONF=/etc/test/slurm.conf SLURM_TIME_FORMAT=%s squeue --local -h -a -t PD,R "));
}

TEST_F(SlurmTest, MemoryCountsWhenAUnitNeedsIt) {
  config_.slurm.memory_per_unit = {std::uint64_t{2} << 30};
  script("scontrol", "[ $5 = node ] && echo NodeName=cpu1 CPUTot=4 RealMemory=8192 AllocMem=4095 || cat <<'END'\n" +
                         std::string(kPartitions) + "END");
  const Answer answer = measure();
  EXPECT_THAT(answer.results[0]->free, Optional(2));
  EXPECT_THAT(answer.results[0]->reason,
              StartsWith("2 of 8 CPUs free on 1 of 2 nodes; 1 more without memory; 1 drained"));
  EXPECT_THAT(answer.results[1].error(), StartsWith("memory_per_unit needs the free memory of each node"));
}

TEST_F(SlurmTest, SaysWhyTheCommandFailed) {
  profiles_.resize(1);
  script("sinfo",
         "echo 'sinfo: one' >&2; echo 'slurm_load_partitions: Unable to contact slurm controller' >&2; exit 1");
  EXPECT_EQ(errors(), "sinfo failed: slurm_load_partitions: Unable to contact slurm controller\n");
  script("sinfo", "exit 3");
  EXPECT_EQ(errors(), "sinfo failed with exit code 3\n");
  script("sinfo", "kill -9 $$");
  EXPECT_EQ(errors(), "sinfo was killed by signal 9\n");
  script("sinfo", "echo 'slurm_load_node error: Socket timed out on send/recv operation' >&2");
  EXPECT_EQ(errors(), "sinfo failed: slurm_load_node error: Socket timed out on send/recv operation\n");
  script("sinfo", "");
  script("scontrol", "");
  EXPECT_EQ(errors(), "sinfo names no node\n");
  config_.slurm.command = {directory_ / "other", "--json"};
  script("other", R"(echo '{"errors":[{"error":"Unspecified error","errno":-1}],"nodes":[]}')");
  EXPECT_EQ(errors(), "Slurm's controller does not answer: Unspecified error\n");
}

TEST_F(SlurmTest, DiscoversPartitionsAndTypesOfGpus) {
  config_.slurm.discover.patterns = {"*"};
  profiles_.clear();
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& [provider, name] : *measure().discovered) out.push_back(provider + " " + name);
    return out;
  };
  EXPECT_THAT(names(), ElementsAre("HPC batch", "HPC gpu", "HPC gpu:a100", "HPC old", "HPC old:gpu"));
  config_.match.name = "gpu*";
  EXPECT_THAT(names(), ElementsAre("HPC gpu", "HPC gpu:a100"));
  config_.slurm.discover.patterns = {"old", "gpu:*"};
  EXPECT_THAT(names(), ElementsAre("HPC gpu:a100"));
  config_.match.name = "*";
  EXPECT_THAT(names(), ElementsAre("HPC gpu:a100", "HPC old", "HPC old:gpu"));
  // No answer is not an empty cluster.
  script("sinfo", "exit 1");
  EXPECT_FALSE(measure().discovered);
}

TEST_F(SlurmTest, DiscoversHiddenPartitionsWhenAskedTo) {
  config_.slurm.discover.patterns = {"*"};
  const auto names = [&] {
    std::vector<std::string> out;
    for (const auto& key : *measure().discovered) out.push_back(key.name);
    return out;
  };
  profiles_.clear();
  script("scontrol",
         "[ $5 = node ] || { echo PartitionName=old State=UP Hidden=YES; echo PartitionName=cloud State=UP "
         "TotalNodes=3; }");
  EXPECT_THAT(names(), ElementsAre("batch", "cloud", "gpu", "gpu:a100"));
  // An existing partition stays, whether it or its nodes are hidden.
  profiles_ = {
      {.id = 1, .key = {"HPC", "old"}}, {.id = 2, .key = {"HPC", "cloud:h100"}}, {.id = 3, .key = {"HPC", "gpu:v100"}}};
  EXPECT_THAT(names(), ElementsAre("batch", "cloud", "cloud:h100", "gpu", "gpu:a100", "old"));
  config_.slurm.discover_hidden = true;
  EXPECT_THAT(names(), ElementsAre("batch", "cloud", "cloud:h100", "gpu", "gpu:a100", "old", "old:gpu"));
}

TEST_F(SlurmTest, GivesUpAtTheDeadline) {
  script("sinfo", "exec sleep 60");
  make();
  auto answer = start(30ms);
  ASSERT_TRUE(support::ready(answer));
  EXPECT_EQ(answer.get().results.at(1).error(), "timed out after 30s");
}

TEST_F(SlurmTest, AStopEndsWhatRunsAndWhatComes) {
  script("sinfo", "touch '" + directory_ / "started" + "'\nexec sleep 60");
  make();
  auto under_way = start(60s);
  ASSERT_TRUE(support::eventually([&] { return std::filesystem::exists(directory_ / "started"); }));
  support::on(runtime_.background(), [&] { stop_.request_stop(); });
  ASSERT_TRUE(support::ready(under_way));
  EXPECT_EQ(under_way.get().results.at(0).error(), "cancelled");
  auto later = start(60s);
  ASSERT_TRUE(support::ready(later));
  EXPECT_EQ(later.get().results.at(0).error(), "cancelled");
}

}  // namespace
}  // namespace probe
