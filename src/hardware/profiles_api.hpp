#pragma once

#include <functional>

#include "http/message.hpp"
#include "store/caller.hpp"
#include "store/profiles.hpp"

namespace hardware {

/// Profile administration, for those with the token. Called on every core; the references outlive it.
class ProfilesApi {
 public:
  /// `changed` is called after each change, on the thread of the request.
  ProfilesApi(store::Profiles& store, store::Caller& database, std::function<void()> changed);

  /// GET /hardware/profiles: all, with their labels.
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  /// POST /hardware/: one or many.
  boost::asio::awaitable<http::Reply> add(const http::Request& request);
  /// PUT and DELETE /hardware/{id}.
  boost::asio::awaitable<http::Reply> replace(const http::Request& request);
  boost::asio::awaitable<http::Reply> remove(const http::Request& request);

 private:
  boost::asio::awaitable<http::Reply> add_many(const http::Request& request);

  store::Profiles& store_;
  store::Caller& database_;
  std::function<void()> changed_;
};

}  // namespace hardware
