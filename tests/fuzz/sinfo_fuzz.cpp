// What sinfo prints, as text and as JSON. The length chooses the options.
#include "fuzz/check.hpp"
#include "probe/sinfo.hpp"
#include "probe/slurm_count.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const config::SlurmOptions options{.planned_is_free = (size & 1) != 0, .powered_down_is_free = (size & 2) != 0};
  const auto cluster = probe::read_sinfo(fuzz::text_of(data, size), options);
  if (!cluster) {
    fuzz::check(std::unexpected(cluster.error()));
    return 0;
  }
  for (const std::string& name : probe::profile_names(*cluster)) {
    for (const config::Unit unit : {config::Unit::cpus, config::Unit::nodes}) {
      const auto seen = probe::observe(*cluster, {}, name, unit);
      if (!seen) continue;
      fuzz::require(*seen->free >= 0 && *seen->free <= *seen->total);
      fuzz::check(probe::judge(*seen, {}));
    }
  }
  return 0;
}
