#include "hardware/demand.hpp"

#include <algorithm>
#include <utility>

#include "feed/row_json.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

/// A portal says what it wants every 15 s. A tab that was closed counts for less than a minute.
constexpr std::chrono::seconds kCounts{45};
constexpr std::chrono::seconds kPeriod{2};

/// The profiles of `ids` that can run more often: others would take their places. REQUIRES: sorted ids.
std::vector<core::ProfileId> paced_of(const std::vector<core::ProfileId>& ids, const core::Snapshot& rows) {
  std::vector<core::ProfileId> paced;
  if (ids.empty()) return paced;
  rows.for_each([&](const core::RowPtr& row) {
    if (row->next && std::ranges::binary_search(ids, row->profile.id)) paced.push_back(row->profile.id);
  });
  return paced;
}

}  // namespace

Demand::Demand(store::Demand& store, refresh::Database& database, board::Board& board, refresh::Refresher& refresher,
               asio::any_io_executor background)
    : store_(store),
      database_(database),
      board_(board),
      refresher_(refresher),
      background_(std::move(background)),
      stopped_(background_) {}

http::Reply Demand::take(const http::Request& request) {
  const auto ids = feed::parse_ids(request.body, kMostOfPortal);
  if (!ids) return http::problem(ids.error());
  const std::lock_guard lock(mutex_);
  for (const core::ProfileId id : *ids)
    if (taken_.size() < store::kMostWanted) taken_.insert(id);
  return {.status = 204};
}

std::vector<core::ProfileId> Demand::taken() {
  const std::lock_guard lock(mutex_);
  const auto taken = std::exchange(taken_, {});
  return {taken.begin(), taken.end()};
}

asio::awaitable<void> Demand::run() {
  do {
    auto wanted = taken();
    auto probes = refresher_.paced_probes();
    if (!probes.empty() && board_.filled()) co_await look(std::move(probes), std::move(wanted));
  } while (!co_await stopped_.wait_for(kPeriod));
}

/// Requests may be lost with the database's connection: portals repeat them soon.
asio::awaitable<void> Demand::look(std::vector<config::ProbeConfig> probes, std::vector<core::ProfileId> taken) {
  // A look at a million rows takes 20 ms, so it is not done on this thread.
  auto job = [this, probes = std::move(probes), taken = std::move(taken), state = board_.state()] {
    if (const auto paced = paced_of(taken, state->snapshot); !paced.empty()) store_.want(paced, kCounts);
    const auto wanted = store_.wanted();
    return refresh::demanded_of(probes, state->snapshot,
                                std::make_shared<const refresh::Watched>(wanted.begin(), wanted.end()),
                                state->now(std::chrono::steady_clock::now()));
  };
  const auto all = co_await database_.attempt_once("demand", "demand cannot be followed", std::move(job));
  if (all) co_await refresher_.follow(*all);
}

}  // namespace hardware
