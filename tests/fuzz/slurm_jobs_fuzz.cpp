// The jobs of slurmrestd, and squeue's lines about when jobs start and end.
#include "fuzz/check.hpp"
#include "probe/slurm_count.hpp"
#include "probe/slurm_turns.hpp"

namespace {

void check_queue(const probe::Queue& queue) {
  static const probe::Cluster cluster =
      probe::read_sinfo("n1|p|up|mixed|1/7/0/8|gpu:a100:4,shard:8|gpu:a100:1(IDX:0)|big|\n", {}).value();
  for (const probe::Job& job : queue.pending) fuzz::require(job.cpus >= 0 && job.nodes >= 0 && job.count > 0);
  for (const std::string& name : probe::profile_names(cluster)) {
    const auto seen = probe::observe(cluster, queue.pending, name, {});
    fuzz::require(seen && *seen->free >= 0 && *seen->largest <= *seen->free);
    const std::string text = probe::expected_text(*probe::find_counted(cluster, name, {}), queue.turns, {});
    fuzz::require(base::is_printable_utf8(text) && text.size() < 200);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto queue = probe::read_jobs_json(text))
    check_queue(*queue);
  else
    fuzz::check(std::unexpected(queue.error()));
  if (auto turns = probe::read_turns(text))
    check_queue({.turns = std::move(*turns)});
  else
    fuzz::check(std::unexpected(turns.error()));
  return 0;
}
