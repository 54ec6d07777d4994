#include "probe/kinds.hpp"

namespace probe {
namespace {

Kind kind_of(const config::ProbeConfig& config) {
  return config::with_options(config, [](const auto& options) { return probe::kind_of(options); });
}

}  // namespace

std::unique_ptr<Probe> make_probe(const config::ProbeConfig& config, boost::asio::any_io_executor executor) {
  return kind_of(config).make(config, std::move(executor));
}

std::size_t concurrency(const config::ProbeConfig& config) {
  return config.concurrency > 0 ? config.concurrency : kind_of(config).concurrency;
}

std::size_t descriptors(const config::ProbeConfig& config) {
  const Kind kind = kind_of(config);
  return kind.descriptors + kind.descriptors_of_each * concurrency(config);
}

DailyCalls daily_calls(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles) {
  const double runs = std::chrono::duration<double>(std::chrono::days{1}) / std::chrono::duration<double>(config.ttl);
  if (const auto daily = kind_of(config).daily) return daily(config, profiles, runs);
  const bool shared = config.batched() && (config.discovers() || !profiles.empty());
  return {.calls = runs * (shared ? 1.0 : static_cast<double>(profiles.size()))};
}

}  // namespace probe
