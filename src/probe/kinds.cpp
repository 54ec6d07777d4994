#include "probe/kinds.hpp"

#include <algorithm>

namespace probe {
namespace {

Kind kind_of(const config::ProbeConfig& config) {
  return config::with_options(config, [](const auto& options) { return probe::kind_of(options); });
}

/// Runs of each task in a day. With more than one period: as many as there may be.
double daily_runs(const config::ProbeConfig& config, std::size_t tasks) {
  constexpr std::chrono::duration<double> kDay = std::chrono::days{1};
  const double runs = kDay / std::chrono::duration<double>(config.shortest_period());
  if (!config.has_periods()) return runs;
  return std::min(runs, config.most_runs() * kDay.count() / static_cast<double>(std::max<std::size_t>(tasks, 1)));
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
  const std::size_t tasks = config.batched() ? config.discovers() || !profiles.empty() : profiles.size();
  const double runs = daily_runs(config, tasks);
  if (const auto daily = kind_of(config).daily) return daily(config, profiles, runs);
  return {.calls = runs * static_cast<double>(tasks)};
}

}  // namespace probe
