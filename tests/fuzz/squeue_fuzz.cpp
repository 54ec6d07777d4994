// The output of squeue about pending jobs, and, behind a line "--", about nodes that they exclude.
#include "fuzz/check.hpp"
#include "probe/scontrol.hpp"
#include "probe/slurm_count.hpp"

namespace {

/// One partition shares its nodes, the other one does not.
probe::Cluster two_partitions() {
  auto cluster =
      probe::read_sinfo("n1|gpu|up|mixed|1/7/0/8|gpu:a100:4|gpu:a100:1(IDX:0)|big|\nn2|batch|up|idle|0/8/0/8|||\n", {})
          .value();
  fuzz::require(probe::add_partitions(cluster, "PartitionName=batch State=UP OverSubscribe=EXCLUSIVE\n").has_value());
  return cluster;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const probe::Cluster cluster = two_partitions();
  const std::string_view text = fuzz::text_of(data, size);
  const auto end = text.find("\n--\n");
  const auto excluded = end == std::string_view::npos ? std::string_view() : text.substr(end + 4);
  const auto jobs = probe::read_squeue(text.substr(0, end), excluded);
  if (!jobs) {
    fuzz::check(std::unexpected(jobs.error()));
    return 0;
  }
  for (const probe::Job& job : *jobs) {
    fuzz::require(job.cpus >= 0 && job.nodes >= 0 && job.count > 0);
    for (const auto& [name, types] : job.gres)
      for (const auto& [type, count] : types) fuzz::require(count >= 0);
  }
  for (const std::string& name : probe::profile_names(cluster)) {
    const auto seen = probe::observe(cluster, *jobs, name, {});
    fuzz::require(seen && *seen->free >= 0 && *seen->largest <= *seen->free);
  }
  return 0;
}
