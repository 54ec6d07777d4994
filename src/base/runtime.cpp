#include "base/runtime.hpp"

#include <pthread.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <future>

#include "base/log.hpp"

namespace base {
namespace asio = boost::asio;
namespace {

void run_thread(asio::io_context& context, const std::string& name) {
  pthread_setname_np(pthread_self(), name.c_str());
  const auto work = asio::make_work_guard(context);
  try {
    context.run();
  } catch (const std::exception& e) {
    spdlog::critical("thread {} ends the process: {}", name, e.what());
    std::abort();
  }
}

}  // namespace

Runtime::Runtime(std::size_t cores) {
  if (cores == 0) cores = std::max(1U, std::thread::hardware_concurrency());
  // A concurrency hint of 1: each context has one thread, so it needs no locks around its queue's hot path.
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<asio::io_context>(1));
  background_ = std::make_unique<asio::io_context>(1);
}

Runtime::~Runtime() {
  stop();
}

void Runtime::start() {
  for (std::size_t i = 0; i < cores_.size(); ++i)
    threads_.emplace_back([this, i] { run_thread(*cores_[i], fmt::format("core-{}", i)); });
  threads_.emplace_back([this] { run_thread(*background_, "background"); });
}

void Runtime::stop() {
  for (auto& core : cores_) core->stop();
  background_->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void run_on(asio::io_context& context, asio::awaitable<void> task) {
  asio::co_spawn(context, std::move(task), asio::use_future).get();
}

}  // namespace base
