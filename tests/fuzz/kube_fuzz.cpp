// Pages of Kubernetes' lists: nodes, and pods behind a line "--". The length chooses the options.
#include "fuzz/check.hpp"
#include "probe/kube_count.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  config::KubernetesOptions options{.subtract_pending = (size & 1) != 0, .discover = {{"*"}}};
  if ((size & 2) != 0) options.tolerations = {"a*"};
  if ((size & 4) != 0) options.unit_needs = {"cpu=1"};
  const std::string_view text = fuzz::text_of(data, size);
  const auto end = text.find("\n--\n");
  const auto pods = end == std::string_view::npos ? std::string_view() : text.substr(end + 4);
  probe::KubeCluster cluster;
  // What is there after a failure can be counted, too.
  if (const auto next = probe::read_nodes(text.substr(0, end), options, cluster); !next)
    fuzz::check(std::unexpected(next.error()));
  if (const auto next = probe::read_pods(pods, options, cluster); !next) fuzz::check(std::unexpected(next.error()));
  const std::string status = probe::status_text(text);
  fuzz::require(status.empty() || base::is_printable_utf8(status));
  for (const std::string& name : probe::discovered_names(cluster, options, {})) {
    const auto seen = probe::observe(cluster, name, options);
    if (!seen) {
      fuzz::check(std::unexpected(seen.error()));
      continue;
    }
    fuzz::require(*seen->free >= 0 && *seen->free <= *seen->total);
    fuzz::require(*seen->largest >= 0 && *seen->largest <= *seen->free);
    fuzz::check(probe::judge(*seen, {}));
  }
  const std::string described = probe::describe(cluster);
  fuzz::require(base::to_utf8(described) == described);
  return 0;
}
