#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/task_group.hpp"
#include "http/message.hpp"

namespace hardware {

/// Work on the background thread that takes seconds, and that requests wait for.
class LongWork {
 public:
  explicit LongWork(boost::asio::any_io_executor background) : background_(background), group_(background) {}

  /// Starts `work`, whose result is JSON, on the background thread, and answers with it; with 400 when the client does
  /// not wait for it: the work goes on then. No call in it throws base::Lost. On the request's core.
  boost::asio::awaitable<http::Reply> answer(const http::Request& request,
                                             boost::asio::awaitable<base::Result<std::string>> work);

  /// Returns when none is under way. On the background thread.
  boost::asio::awaitable<void> wait() { return group_.wait(); }

 private:
  struct Asked;
  static boost::asio::awaitable<void> run(boost::asio::awaitable<base::Result<std::string>> work,
                                          std::shared_ptr<Asked> asked);

  boost::asio::any_io_executor background_;
  /// On the background thread.
  base::TaskGroup group_;
};

}  // namespace hardware
