// What squeue prints about pending jobs.
#include "fuzz/check.hpp"
#include "probe/squeue.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto demands = probe::read_squeue(fuzz::text_of(data, size));
  if (!demands) {
    fuzz::check(std::unexpected(demands.error()));
    return 0;
  }
  for (const auto& [partition, demand] : *demands) {
    fuzz::require(demand.cpus >= 0 && demand.nodes >= 0);
    for (const auto& [type, count] : demand.gpus) fuzz::require(count >= 0);
  }
  return 0;
}
