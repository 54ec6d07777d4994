#include "refresh/writer.hpp"

#include <algorithm>

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
      hurried_(shared.executor) {}

void Writer::add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered) {
  waiting_.push_back({std::move(outcome), std::chrono::steady_clock::now(), std::move(discovered)});
  added_.set();
}

bool Writer::is_full() const {
  return waiting_.size() >= kBatch;
}

void Writer::close() {
  closed_ = true;
  added_.set();
}

void Writer::hurry() {
  hurried_.set();
}

asio::awaitable<void> Writer::run() {
  while (!closed_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      co_await added_.take();
      continue;
    }
    // Results that come while this batch is written make the next one: the batches grow with the load.
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kBatch));
    std::vector<Waiting> batch(std::make_move_iterator(waiting_.begin()),
                               std::make_move_iterator(waiting_.begin() + count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    co_await write(std::move(batch));
  }
}

/// The log's text while finish() fails.
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
  } while (!written && !co_await hurried_.wait_for(backoff_.next()));
  backoff_.reset();
  if (!written) shared_.database.watch.forget(cannot_write());
  // Only after the run was finished, since new profiles make the task due again; and not of a refused run, which is
  // old.
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (written && batch[i].discovered && !refused.contains(outcomes[i].task))
      co_await discover(std::move(*batch[i].discovered));
  done_(outcomes);
}

/// False: the database is away. `refused` gets the tasks whose results came too late.
asio::awaitable<bool> Writer::finish(const std::vector<store::Outcome>& outcomes, std::set<store::TaskId>& refused) {
  auto job = [this, outcomes] { return shared_.tasks.finish(outcomes); };
  const auto late = co_await shared_.database.attempt("finish", cannot_write(), std::move(job));
  if (!late) co_return false;
  refused.insert(late->begin(), late->end());
  meters_.refused.Increment(static_cast<double>(refused.size()));
  if (!refused.empty())
    shared_.database.watch.interfered(fmt::format("{}: {} late results were refused", probe_, refused.size()),
                                      "their tasks were taken over, changed or removed");
  co_return true;
}

asio::awaitable<void> Writer::discover(std::vector<core::ProfileKey> keys) {
  auto job = [this, keys = std::move(keys)] { shared_.tasks.discover(probe_, keys); };
  co_await shared_.database.attempt_once("finish", probe_ + " cannot write its discovered profiles", std::move(job));
}

}  // namespace refresh
