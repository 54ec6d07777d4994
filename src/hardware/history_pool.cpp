#include "hardware/history_pool.hpp"

#include <exception>

#include "base/duration.hpp"
#include "base/event.hpp"
#include "base/task_group.hpp"

namespace hardware {
namespace asio = boost::asio;

/// A request that waits for its reply. Touched on its core, but for the deadline.
struct HistoryPool::Asked {
  Asked(asio::any_io_executor core, base::SteadyTime until) : until(until), over(std::move(core)) {}

  const base::SteadyTime until;
  base::Event over;
  http::Reply reply;
  std::exception_ptr error;
};

asio::awaitable<http::Reply> HistoryPool::run(std::function<http::Reply()> job,
                                              std::optional<base::Duration> deadline) {
  if (under_way_.fetch_add(1) >= limits_.most) {
    --under_way_;
    meters_.count(feed::HistoryOutcome::refused);
    co_return http::problem(503, "too many questions about history are under way; try again in a second");
  }
  const auto begin = std::chrono::steady_clock::now();
  const base::Duration longest = deadline.value_or(limits_.deadline);
  const auto core = co_await asio::this_coro::executor;
  const auto asked = std::make_shared<Asked>(core, begin + longest);
  base::spawn_logged(core, "history", work(asked, std::move(job)));
  const bool over = co_await asked->over.wait(asked->until);
  meters_.finished(!over ? 504 : asked->error ? 503 : asked->reply.status, begin);
  if (!over)
    co_return http::problem(504, fmt::format("the database took longer than {}; try again in a moment, or ask for less",
                                             base::to_string(longest)));
  if (asked->error) std::rethrow_exception(asked->error);
  co_return std::move(asked->reply);
}

asio::awaitable<void> HistoryPool::work(std::shared_ptr<Asked> asked, std::function<http::Reply()> job) {
  // One that nobody waits for any more leaves the thread to the others.
  auto in_time = [until = asked->until, job = std::move(job)] {
    return std::chrono::steady_clock::now() < until ? job() : http::Reply{};
  };
  try {
    asked->reply = co_await pool_.run(std::move(in_time));
  } catch (...) {
    asked->error = std::current_exception();
  }
  --under_way_;
  asked->over.set();
}

}  // namespace hardware
