#include "refresh/writer.hpp"

#include <algorithm>

#include "base/task_group.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

/// Readings per transaction: larger ones keep other replicas waiting for the row locks.
constexpr std::size_t kBatch = 512;

}  // namespace

Writer::Writer(const std::string& probe, Shared& shared, Meters& meters, Done done)
    : probe_(probe),
      shared_(shared),
      meters_(meters),
      done_(std::move(done)),
      added_(shared.executor),
      retry_(shared.executor) {}

void Writer::add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered) {
  waiting_.push_back({std::move(outcome), std::chrono::steady_clock::now(), std::move(discovered)});
  added_.cancel();
}

bool Writer::is_full() const {
  return waiting_.size() >= kBatch;
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
  while (!closed_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      added_.expires_at(base::SteadyTime::max());
      boost::system::error_code ignored;
      co_await added_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      continue;
    }
    // What ends while this batch is written makes the next one: the batches grow with the load.
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
    std::vector<Waiting> batch(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    co_await write(std::move(batch));
  }
}

/// What is not done while finish() fails.
std::string Writer::cannot_write() const {
  return probe_ + " cannot write readings, which wait";
}

/// Writes until the database takes it. In a hurry, tries once.
asio::awaitable<void> Writer::write(std::vector<Waiting> batch) {
  std::vector<store::Outcome> outcomes;
  for (Waiting& waiting : batch) outcomes.push_back(std::move(waiting.outcome));
  std::set<store::TaskId> refused;
  bool written = false;
  do {
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < batch.size(); ++i)
      outcomes[i].ended_ago = std::chrono::duration_cast<base::Duration>(now - batch[i].at);
    written = co_await finish(outcomes, refused);
    if (!written && !hurried_) co_await base::sleep(retry_, backoff_.next());
  } while (!written && !hurried_);
  backoff_.reset();
  if (!written) shared_.watch.forget(cannot_write());
  // After the run was finished: new profiles make the task due again. What came late is old.
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (written && batch[i].discovered && !refused.contains(outcomes[i].task))
      co_await discover(std::move(*batch[i].discovered));
  done_(outcomes);
}

/// False: the database is away. `refused` gets the tasks whose results came too late.
asio::awaitable<bool> Writer::finish(const std::vector<store::Outcome>& outcomes, std::set<store::TaskId>& refused) {
  auto call = [this, outcomes] { return shared_.store.finish(outcomes); };
  const auto late = co_await attempt(shared_, cannot_write(), std::move(call));
  if (!late) {
    meters_.database_errors.Increment();
    co_return false;
  }
  refused.insert(late->begin(), late->end());
  meters_.refused.Increment(static_cast<double>(refused.size()));
  if (!refused.empty())
    shared_.watch.interfered(fmt::format("{}: {} late results were refused", probe_, refused.size()),
                             "their tasks were taken over, changed or removed");
  co_return true;
}

asio::awaitable<void> Writer::discover(std::vector<core::ProfileKey> keys) {
  auto call = [this, keys = std::move(keys)] {
    shared_.store.discover(probe_, keys);
    return true;
  };
  co_await attempt_once(shared_, probe_ + " cannot write what it discovered", std::move(call));
}

}  // namespace refresh
