#include "probe/kinds.hpp"

#include <cassert>

#include "probe/exec.hpp"
#include "probe/http.hpp"
#include "probe/simulated.hpp"
#include "probe/slurm.hpp"

namespace probe {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Probe> (*make)(const config::ProbeConfig&, boost::asio::any_io_executor);
  std::size_t (*default_concurrency)(const config::ProbeConfig&);
};

/// A new kind is a pair of files and a line here.
constexpr Kind kKinds[] = {
    {"simulated", make_simulated, simulated_concurrency},
    {"exec", make_exec, exec_concurrency},
    {"http", make_http, http_concurrency},
    {"slurm", make_slurm, slurm_concurrency},
};

const Kind& kind_of(const config::ProbeConfig& config) {
  for (const Kind& kind : kKinds)
    if (kind.name == config.kind) return kind;
  assert(false && "validated configuration has only known kinds");
  return kKinds[0];
}

}  // namespace

std::unique_ptr<Probe> make_probe(const config::ProbeConfig& config, boost::asio::any_io_executor executor) {
  return kind_of(config).make(config, std::move(executor));
}

std::size_t concurrency(const config::ProbeConfig& config) {
  return config.concurrency > 0 ? config.concurrency : kind_of(config).default_concurrency(config);
}

}  // namespace probe
