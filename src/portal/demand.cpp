#include "portal/demand.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "http/client.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPeriod{2};
/// The hardware service forgets after 45 s.
constexpr std::chrono::seconds kAgain{15};
/// The service refuses more.
constexpr std::size_t kMost = 256;
/// It is said again soon.
constexpr std::chrono::seconds kPatience{3};

}  // namespace

Demand::Demand(board::Board& board, const board::Attention& attention, http::Replicas& replicas,
               asio::any_io_executor executor, base::Metrics& metrics)
    : board_(board),
      attention_(attention),
      replicas_(replicas),
      executor_(executor),
      watched_(metrics.gauge("vacancy_watched_profiles",
                             "Profiles that readers watch or wait for, whose probes measure them more often")),
      stopped_(executor) {}

std::vector<core::ProfileId> Demand::wanted() const {
  std::vector<std::pair<std::uint64_t, core::ProfileId>> voices;
  const board::StatePtr state = board_.state();
  for (const auto& [key, voice] : attention_.watched())
    if (const core::RowPtr row = state->snapshot.find(key); row && row->next)
      voices.emplace_back(voice, row->profile.id);
  std::ranges::sort(voices, std::ranges::greater());
  voices.resize(std::min(voices.size(), kMost));
  std::vector<core::ProfileId> ids;
  for (const auto& [voice, id] : voices) ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

asio::awaitable<void> Demand::run() {
  std::vector<core::ProfileId> told;
  base::SteadyTime again{};
  do {
    const std::vector<core::ProfileId> ids = wanted();
    watched_.Set(static_cast<double>(ids.size()));
    // Without readers nothing is told: the service forgets by itself.
    if (ids.empty() || (steady_clock::now() < again && std::ranges::includes(told, ids))) continue;
    if (!co_await tell(ids)) continue;
    told = ids;
    again = steady_clock::now() + kAgain;
  } while (!co_await stopped_.wait_for(kPeriod));
}

asio::awaitable<bool> Demand::tell(const std::vector<core::ProfileId>& ids) {
  const auto first = co_await replicas_.pick();
  if (!first) co_return false;
  if (co_await tell(ids, *first)) co_return true;
  // It is dead, or of an older version.
  const auto other = co_await replicas_.pick(first.get());
  if (!other || other == first) co_return false;
  co_return co_await tell(ids, *other);
}

asio::awaitable<bool> Demand::tell(const std::vector<core::ProfileId>& ids, const http::Replica& replica) {
  http::Client client(executor_, {.connect = kPatience, .head = kPatience, .read = kPatience});
  const http::ClientRequest request{.method = "POST",
                                    .target = "/hardware/demand",
                                    .headers = {{"Content-Type", "application/json"}},
                                    .body = fmt::format("[{}]", fmt::join(ids, ","))};
  const auto head = co_await client.send(replica.url, request, replica.endpoints);
  co_return head && head->status == 204;
}

}  // namespace portal
