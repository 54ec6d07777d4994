#include "refresh/writer.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/task_group.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

/// Readings per transaction: larger ones keep other replicas waiting for the row locks.
constexpr std::size_t kBatch = 512;
constexpr std::chrono::milliseconds kRetry{200};

}  // namespace

Writer::Writer(const std::string& probe, Shared& shared, Meters& meters, Done done)
    : probe_(probe),
      shared_(shared),
      meters_(meters),
      done_(std::move(done)),
      added_(shared.executor),
      retry_(shared.executor) {}

void Writer::add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered) {
  ended_.push_back({std::move(outcome), std::chrono::steady_clock::now(), std::move(discovered)});
  added_.cancel();
}

bool Writer::is_full() const {
  return ended_.size() >= kBatch;
}

void Writer::close() {
  closed_ = true;
  added_.cancel();
}

void Writer::hurry() {
  hurried_ = true;
  retry_.cancel();
}

asio::awaitable<void> Writer::run() {
  while (!closed_ || !ended_.empty()) {
    if (ended_.empty()) {
      added_.expires_at(base::SteadyTime::max());
      boost::system::error_code ignored;
      co_await added_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      continue;
    }
    // What ends while this batch is written makes the next one: the batches grow with the load.
    const auto count = static_cast<std::ptrdiff_t>(std::min(ended_.size(), kBatch));
    std::vector<Ended> batch(std::make_move_iterator(ended_.begin()), std::make_move_iterator(ended_.begin() + count));
    ended_.erase(ended_.begin(), ended_.begin() + count);
    co_await write(std::move(batch));
  }
}

/// Writes until the database takes it. In a hurry, tries once.
asio::awaitable<void> Writer::write(std::vector<Ended> batch) {
  std::vector<store::Outcome> outcomes;
  for (Ended& ended : batch) outcomes.push_back(std::move(ended.outcome));
  std::set<store::TaskId> refused;
  bool written = false;
  do {
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < batch.size(); ++i)
      outcomes[i].ended_ago = std::chrono::duration_cast<base::Duration>(now - batch[i].at);
    written = co_await finish(outcomes, refused);
    if (!written && !hurried_) co_await base::sleep(retry_, kRetry);
  } while (!written && !hurried_);
  // After the run was finished: new profiles make the task due again. What came late is old.
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (written && batch[i].discovered && !refused.contains(outcomes[i].task))
      co_await discover(std::move(*batch[i].discovered));
  done_(outcomes);
}

/// False: the database is away. `refused` gets the tasks whose results came too late.
asio::awaitable<bool> Writer::finish(const std::vector<store::Outcome>& outcomes, std::set<store::TaskId>& refused) {
  auto job = [this, outcomes] { return shared_.store.finish(outcomes); };
  try {
    const auto late = co_await shared_.database.run(std::move(job));
    refused.insert(late.begin(), late.end());
    meters_.refused.Increment(static_cast<double>(refused.size()));
    if (!refused.empty())
      spdlog::warn("{}: {} late results were refused: their tasks were taken over, changed or removed", probe_,
                   refused.size());
    co_return true;
  } catch (const base::Lost& lost) {
    meters_.database_errors.Increment();
    spdlog::warn("{} cannot write {} readings, which wait: {}", probe_, outcomes.size(), lost.what());
  }
  co_return false;
}

asio::awaitable<void> Writer::discover(std::vector<core::ProfileKey> keys) {
  auto job = [this, keys = std::move(keys)] { shared_.store.discover(probe_, keys); };
  try {
    co_await shared_.database.run(std::move(job));
  } catch (const base::Lost& lost) {
    spdlog::warn("{} cannot write what it discovered: {}", probe_, lost.what());
  }
}

}  // namespace refresh
