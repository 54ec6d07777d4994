#include "probe/transfers.hpp"

#include <pthread.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <clocale>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <vector>

#include "probe/probe.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// Idle connections that are kept while there are calls.
constexpr long kMaxIdleConnections = 64;
/// How long after its deadline a call whose head is enough has to tell what has come.
constexpr std::chrono::milliseconds kLastWord{200};

struct Cleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, Cleanup>;

base::Duration until(base::SteadyTime deadline) {
  return std::chrono::ceil<base::Duration>(deadline - steady_clock::now());
}

}  // namespace

/// The state of a call that two threads share. The worker writes `result` and then posts done(), which runs on the
/// executor; the rest of the time each thread keeps to its own.
struct Transfers::Exchange {
  void done() {
    over = true;
    if (waiter != nullptr) waiter->cancel();
  }

  const Request request;
  const base::SteadyTime deadline;
  std::expected<Response, std::string> result{};
  std::atomic<bool> given_up = false;
  // The executor's.
  asio::steady_timer* waiter = nullptr;
  bool over = false;
};

/// The thread, and libcurl's handles, which no other thread touches but to wake it.
class Transfers::Worker {
 public:
  Worker(asio::any_io_executor executor, const std::string& name, base::Duration timeout, base::Duration idle)
      : executor_(std::move(executor)), timeout_(timeout), idle_(idle), thread_([this, name] { work(name); }) {}

  ~Worker() {
    stop();
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void submit(std::shared_ptr<Exchange> call) {
    const std::lock_guard lock(mutex_);
    submitted_.push_back(std::move(call));
    wake();
  }

  /// Cuts off calls that were given up.
  void look() {
    const std::lock_guard lock(mutex_);
    wake();
  }

  /// Lets go of all calls, without a word to those who wait. Does not wait for the thread.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake();
  }

 private:
  struct Running {
    std::shared_ptr<Exchange> call;
    std::unique_ptr<Transfer> transfer;
  };

  /// REQUIRES: the mutex is held, so that the handle lives.
  void wake() {
    if (multi_ != nullptr) curl_multi_wakeup(multi_);
    awake_.notify_one();
  }

  void work(const std::string& name) {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    // A connection that the other side has closed must not end the process; other signals are for other threads.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    // libcurl takes names of hosts for what the locale says, which is ASCII by default.
    const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8 != nullptr) ::uselocale(utf8);
    while (wait_for_calls()) serve();
    ::uselocale(LC_GLOBAL_LOCALE);
    if (utf8 != nullptr) ::freelocale(utf8);
  }

  bool wait_for_calls() {
    std::unique_lock lock(mutex_);
    awake_.wait(lock, [this] { return stopping_ || !submitted_.empty(); });
    return !stopping_;
  }

  /// Makes calls until none came for a while. The connections live as long as this does.
  void serve() {
    const Multi multi(curl_multi_init());
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxIdleConnections);
    expose(multi.get());
    auto last_call = steady_clock::now();
    while (take_submitted(multi.get())) {
      int left = 0;
      drop_given_up(multi.get());
      curl_multi_perform(multi.get(), &left);
      end_finished(multi.get());
      const auto now = steady_clock::now();
      if (!running_.empty()) last_call = now;
      if (now - last_call >= idle_) break;
      const auto longest = std::chrono::ceil<std::chrono::milliseconds>(idle_);
      curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
    }
    expose(nullptr);
    for (const auto& [handle, running] : running_) curl_multi_remove_handle(multi.get(), handle);
    running_.clear();
  }

  void expose(CURLM* multi) {
    const std::lock_guard lock(mutex_);
    multi_ = multi;
  }

  bool take_submitted(CURLM* multi) {
    std::vector<std::shared_ptr<Exchange>> calls;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      calls.swap(submitted_);
    }
    for (auto& call : calls) begin(multi, std::move(call));
    return true;
  }

  void begin(CURLM* multi, std::shared_ptr<Exchange> call) {
    const base::Duration limit = until(call->deadline);
    // Whoever waited has given up.
    if (limit.count() <= 0 || call->given_up) return;
    try {
      auto transfer = std::make_unique<Transfer>(call->request, limit, timeout_);
      CURL* const handle = transfer->handle();
      if (const auto code = curl_multi_add_handle(multi, handle); code != CURLM_OK)
        throw std::runtime_error(curl_multi_strerror(code));
      running_.emplace(handle, Running{std::move(call), std::move(transfer)});
    } catch (const std::runtime_error& error) {
      finish(std::move(call), std::unexpected(std::string(error.what())));
    }
  }

  void drop_given_up(CURLM* multi) {
    std::erase_if(running_, [multi](const auto& each) {
      const bool given_up = each.second.call->given_up;
      if (given_up) curl_multi_remove_handle(multi, each.first);
      return given_up;
    });
  }

  void end_finished(CURLM* multi) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      // Removing the handle ends the message.
      const CURLcode code = message->data.result;
      CURL* const handle = message->easy_handle;
      curl_multi_remove_handle(multi, handle);
      auto ended = running_.extract(handle);
      finish(std::move(ended.mapped().call), ended.mapped().transfer->result(code));
    }
  }

  void finish(std::shared_ptr<Exchange> call, std::expected<Response, std::string> result) {
    call->result = std::move(result);
    asio::post(executor_, [call = std::move(call)] { call->done(); });
  }

  const asio::any_io_executor executor_;
  const base::Duration timeout_;
  const base::Duration idle_;
  std::unordered_map<CURL*, Running> running_;
  std::mutex mutex_;
  std::condition_variable awake_;
  std::vector<std::shared_ptr<Exchange>> submitted_;
  bool stopping_ = false;
  CURLM* multi_ = nullptr;
  std::thread thread_;
};

Transfers::Transfers(asio::any_io_executor executor, const std::string& name, base::Duration timeout,
                     base::Duration idle)
    : executor_(std::move(executor)), timeout_(timeout) {
  start_libcurl();
  worker_ = std::make_unique<Worker>(executor_, name, timeout, idle);
}

Transfers::~Transfers() = default;

asio::awaitable<std::expected<Response, std::string>> Transfers::run(Request request, base::SteadyTime deadline,
                                                                     std::stop_token stop) {
  if (stop.stop_requested()) co_return std::unexpected(std::string(kCancelled));
  if (until(deadline).count() <= 0) co_return std::unexpected(timed_out_after(timeout_));
  // The end of this wait does not depend on the worker, which may be held up.
  asio::steady_timer timer(executor_, deadline + (request.head_is_enough ? kLastWord : base::Duration{0}));
  const auto call = std::make_shared<Exchange>(std::move(request), deadline);
  call->waiter = &timer;
  worker_->submit(call);
  boost::system::error_code ignored;
  {
    const std::stop_callback on_stop(stop, [&] {
      call->given_up = true;
      worker_->look();
      timer.cancel();
    });
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  call->waiter = nullptr;
  if (call->given_up) co_return std::unexpected(std::string(kCancelled));
  if (call->over) co_return std::move(call->result);
  co_return std::unexpected(timed_out_after(timeout_));
}

}  // namespace probe
