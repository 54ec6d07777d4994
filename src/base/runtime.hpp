#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace base {

/// The threads of a process: one per core that serves requests, and one in the background that probes, polls and
/// folds changes. An object that belongs to a context is touched on that context's thread only.
///
/// An exception that leaves a context ends the process: it is a bug, and a restart is the cure.
class Runtime {
 public:
  /// `cores` of 0 means as many as the machine has.
  explicit Runtime(std::size_t cores = 0);
  /// Stops and joins.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  std::size_t cores() const { return cores_.size(); }
  boost::asio::io_context& core(std::size_t index) { return *cores_[index]; }
  boost::asio::io_context& background() { return *background_; }

  /// Starts the threads.
  void start();
  /// Stops the contexts, also with work under way, and joins the threads.
  void stop();

 private:
  std::vector<std::unique_ptr<boost::asio::io_context>> cores_;
  std::unique_ptr<boost::asio::io_context> background_;
  std::vector<std::thread> threads_;
};

/// Runs `task` on `context`'s thread and waits for it from outside. Rethrows its exception. For main and tests.
void run_on(boost::asio::io_context& context, boost::asio::awaitable<void> task);

}  // namespace base
