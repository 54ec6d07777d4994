#pragma once

#include <functional>
#include <string>

#include "http/router.hpp"
#include "store/caller.hpp"
#include "store/profiles.hpp"

namespace hardware {

/// Profile administration: GET /hardware/profiles, with labels, POST /hardware/, of one or many, PUT and DELETE
/// /hardware/{id}, with a bearer token. Called on every core; the references outlive it.
class ProfilesApi {
 public:
  /// `changed` is called after each change, on the thread of the request.
  ProfilesApi(store::Profiles& store, store::Caller& database, std::string token, std::function<void()> changed);

  void add_routes(http::Router& router);

 private:
  boost::asio::awaitable<http::Reply> list();
  boost::asio::awaitable<http::Reply> add(const http::Request& request);
  boost::asio::awaitable<http::Reply> add_many(const http::Request& request);
  boost::asio::awaitable<http::Reply> replace(const http::Request& request);
  boost::asio::awaitable<http::Reply> remove(const http::Request& request);

  store::Profiles& store_;
  store::Caller& database_;
  std::string token_;
  std::function<void()> changed_;
};

}  // namespace hardware
