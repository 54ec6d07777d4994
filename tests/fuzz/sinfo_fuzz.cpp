// The output of sinfo, as text and as JSON, and scontrol or slurmrestd's partitions behind a line "--". The length
// chooses the options.
#include "fuzz/check.hpp"
#include "probe/scontrol.hpp"
#include "probe/sinfo.hpp"
#include "probe/slurm_count.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const config::SlurmOptions options{.planned_is_free = (size & 1) != 0, .powered_down_is_free = (size & 2) != 0};
  const std::string_view text = fuzz::text_of(data, size);
  const auto end = text.find("\n--\n");
  auto cluster = probe::read_sinfo(text.substr(0, end), options);
  const auto scontrol = end == std::string_view::npos ? std::string_view() : text.substr(end + 4);
  if (!cluster) {
    fuzz::check(std::unexpected(cluster.error()));
    return 0;
  }
  for (const auto add : {probe::add_partitions, probe::add_node_details, probe::add_partitions_json})
    if (const auto added = add(*cluster, scontrol); !added) fuzz::check(std::unexpected(added.error()));
  for (const std::string& name : probe::profile_names(*cluster)) {
    for (const config::Unit unit : {config::Unit::cpus, config::Unit::nodes}) {
      const config::Bytes memory{(size & 4) != 0 ? std::uint64_t{1} << 30 : 0};
      const auto seen = probe::observe(*cluster, {}, name, {.unit = unit, .memory_per_unit = memory});
      if (!seen) continue;
      fuzz::require(*seen->free >= 0 && *seen->free <= *seen->total);
      fuzz::require(*seen->largest >= 0 && *seen->largest <= *seen->free);
      fuzz::check(probe::judge(*seen, {}));
    }
  }
  return 0;
}
