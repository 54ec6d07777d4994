#pragma once

#include <boost/asio/awaitable.hpp>

#include "http/message.hpp"

namespace support {

/// What `handler` answers. Its parameters outlive the await.
inline boost::asio::awaitable<http::Reply> reply_of(const std::function<http::Answer()>& handler) {
  co_return co_await http::reply_of(handler());
}

}  // namespace support
