#pragma once

#include <boost/asio/awaitable.hpp>

#include "http/message.hpp"

namespace support {

/// What `handler` answers. Its parameters outlive the await.
inline boost::asio::awaitable<http::Reply> reply_of(const std::function<http::Answer()>& handler) {
  http::Answer given = handler();
  if (auto* const ready = std::get_if<http::Reply>(&given)) co_return std::move(*ready);
  co_return co_await std::move(std::get<boost::asio::awaitable<http::Reply>>(given));
}

}  // namespace support
