#include "refresh/probe_budget.hpp"

#include <fmt/format.h>

namespace refresh {
namespace asio = boost::asio;
namespace {

std::vector<store::Limit> limits_of(const config::ProbeConfig& config) {
  std::vector<store::Limit> limits;
  for (const config::Budget& budget : config.limits()) limits.push_back({budget.calls, budget.window});
  return limits;
}

}  // namespace

ProbeBudget::ProbeBudget(const config::ProbeConfig& config, Shared& shared, Meters& meters)
    : probe_(config.name), shared_(shared), meters_(meters), limits_(limits_of(config)) {}

void ProbeBudget::show(std::vector<std::uint64_t> left) {
  left_ = std::move(left);
  for (std::size_t i = 0; i < left_.size(); ++i) meters_.left[i]->Set(static_cast<double>(left_[i]));
}

asio::awaitable<void> ProbeBudget::look() {
  if (!limited()) co_return;
  auto job = [this] { return shared_.budgets.left(probe_, limits_); };
  auto left = co_await shared_.database.attempt_once("claim", probe_ + " cannot look at its budget", std::move(job));
  if (left) show(std::move(*left));
}

asio::awaitable<base::Result<std::optional<base::Time>>> ProbeBudget::spend() {
  if (!limited()) co_return std::nullopt;
  auto job = [this] { return shared_.budgets.spend(probe_, limits_); };
  const auto counted = co_await shared_.database.attempt_once("claim", probe_ + " cannot count a run", std::move(job));
  if (!counted) co_return base::fail(base::Errc::unavailable, "the database is not reachable; try again later");
  if (!*counted)
    co_return base::fail(base::Errc::conflict,
                         fmt::format("the budget of probe {} is used up; wait, or raise it", probe_));
  co_return *counted;
}

asio::awaitable<void> ProbeBudget::refund(std::optional<base::Time> counted) {
  if (!counted) co_return;
  auto job = [this, run = *counted] { shared_.budgets.refund(probe_, limits_, {&run, 1}); };
  co_await shared_.database.attempt_once("claim", probe_ + " cannot take back a run that asked nobody", std::move(job));
}

}  // namespace refresh
