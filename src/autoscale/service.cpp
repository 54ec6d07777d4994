#include "autoscale/service.hpp"

#include "autoscale/scrape.hpp"
#include "autoscale/state_file.hpp"
#include "base/log.hpp"

namespace autoscale {
namespace asio = boost::asio;
using std::chrono::steady_clock;

struct Service::Scaled {
  Scaled(const config::ScaledService& service, const config::AutoscalerConfig& config,
         const asio::any_io_executor& executor, base::Metrics& metrics)
      : service(service),
        scaler(service.spec),
        meters(metrics, service.scaled_name()),
        fault("scaling " + service.scaled_name()),
        timer(executor) {
    for (const config::MetricSpec& metric : service.spec.metrics)
      samplers.emplace_back(metric.source.metric, config.rate_window);
  }

  const std::string& name() const { return service.scaled_name(); }
  std::string cannot_scale() const { return "cannot scale " + name(); }

  const config::ScaledService& service;
  Scaler scaler;
  /// In the order of spec.metrics.
  std::vector<Sampler> samplers;
  Meters meters;
  base::Fault fault;
  asio::steady_timer timer;
};

Service::Service(const config::AutoscalerConfig& config, asio::any_io_executor executor, base::Metrics& metrics,
                 std::unique_ptr<Actuator> actuator, bool dry_run)
    : config_(config),
      executor_(std::move(executor)),
      actuator_(std::move(actuator)),
      dry_run_(dry_run),
      loops_(executor_) {
  for (const config::ScaledService& service : config.services)
    scaled_.push_back(std::make_unique<Scaled>(service, config, executor_, metrics));
  restore();
}

Service::~Service() = default;

asio::awaitable<void> Service::run() {
  for (const auto& scaled : scaled_) loops_.spawn("scaling of " + scaled->name(), keep(*scaled));
  co_await loops_.wait();
}

void Service::stop() {
  stopping_ = true;
  actuator_->stop_looking();
  for (const auto& scaled : scaled_) scaled->timer.cancel();
}

asio::awaitable<void> Service::keep(Scaled& scaled) {
  while (!stopping_) {
    const auto next = steady_clock::now() + config_.interval;
    co_await tick(scaled);
    if (!stopping_) co_await base::sleep(scaled.timer, next - steady_clock::now());
  }
}

asio::awaitable<void> Service::tick(Scaled& scaled) {
  const std::string job = "cannot look at " + scaled.name();
  // A step counts from here, so that a period of policies has passed when the tick after it begins.
  const auto now = steady_clock::now();
  const auto found = co_await actuator_->look(scaled.service);
  if (stopping_) co_return;
  if (!found) {
    scaled.meters.show_lost();
    scaled.fault.failed(job, found.error().message);
    co_return;
  }
  scaled.fault.succeeded(job);
  const auto scraped = co_await scrape(found->places, config_.timeout);
  if (stopping_) co_return;
  Seen seen{.current = found->current, .busy = found->busy};
  for (Sampler& sampler : scaled.samplers) seen.metrics.push_back(sampler.take(scraped, found->current));
  Decision decision = scaled.scaler.decide(seen, now);
  if (decision.steps())
    co_await carry_out(scaled, decision, now);
  else
    scaled.fault.forget(scaled.cannot_scale());
  spdlog::info("{}", to_text(scaled.name(), decision));
  scaled.meters.show(decision);
  save();
}

asio::awaitable<void> Service::carry_out(Scaled& scaled, Decision& decision, base::SteadyTime now) {
  if (dry_run_) {
    decision.reasons.insert(decision.reasons.begin(), "DryRun");
    co_return;
  }
  const std::string job = scaled.cannot_scale();
  const auto done = co_await actuator_->scale(scaled.service, decision.desired);
  decision.reasons.insert(decision.reasons.begin(), done ? kRescaled : kNotRescaled);
  if (done) {
    scaled.fault.succeeded(job);
    scaled.scaler.stepped(decision, now);
  } else {
    scaled.fault.failed(job, done.error().message);
  }
}

void Service::restore() {
  if (config_.state_file.empty()) return;
  auto histories = load(config_.state_file, steady_clock::now(), base::system_clock().wall_now());
  if (!histories) {
    spdlog::warn("{}; recommendations begin again", histories.error());
    return;
  }
  for (const auto& scaled : scaled_)
    if (const auto found = histories->find(scaled->name()); found != histories->end())
      scaled->scaler.restore(std::move(found->second));
}

void Service::save() {
  if (config_.state_file.empty() || dry_run_) return;
  const std::string job = "cannot keep recommendations";
  Histories histories;
  for (const auto& scaled : scaled_) histories[scaled->name()] = scaled->scaler.history();
  const auto saved =
      autoscale::save(config_.state_file, histories, steady_clock::now(), base::system_clock().wall_now());
  if (saved)
    saving_.succeeded(job);
  else
    saving_.failed(job, saved.error());
}

}  // namespace autoscale
