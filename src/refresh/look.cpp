#include "refresh/look.hpp"

#include <algorithm>

namespace refresh {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kPeriod{1};
/// Between looks at leases, which cost more; at most the time between renewals, which the look must see.
constexpr std::chrono::seconds kLeasesPeriod{5};
const std::string kCannotLook = "the refresh cannot look how late tasks are";

using std::chrono::steady_clock;

}  // namespace

asio::awaitable<void> look_loop(Shared& shared, base::Event& stopped, std::function<std::vector<std::string>()> probes,
                                std::function<void(const Look&)> told) {
  const base::Duration leases_period = std::min<base::Duration>(kLeasesPeriod, shared.lease / 3);
  const base::Duration period = std::min<base::Duration>(kPeriod, leases_period);
  base::SteadyTime leases_at;
  do {
    Look look{.found = {}, .leases = leases_at <= steady_clock::now(), .sent = steady_clock::now()};
    auto job = [&tasks = shared.tasks, probes = probes(), leases = look.leases] {
      return tasks.backlogs(probes, leases);
    };
    auto found = co_await shared.database.attempt("look", kCannotLook, std::move(job));
    if (!found || stopped.is_set()) continue;
    if (look.leases) leases_at = look.sent + leases_period;
    look.found = std::move(*found);
    told(look);
  } while (!co_await stopped.wait_for(period));
  shared.database.watch.forget(kCannotLook);
}

}  // namespace refresh
