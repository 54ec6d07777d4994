#pragma once

#include <gtest/gtest.h>

#include "portal/api.hpp"
#include "portal/assets.hpp"
#include "portal/badge.hpp"
#include "portal/page.hpp"
#include "portal/profile_page.hpp"
#include "portal/set_page.hpp"
#include "portal/sets_api.hpp"
#include "support/fed_board.hpp"
#include "support/reply_of.hpp"

namespace portal {

/// The portal's handlers without a server, and the board that they show.
class PortalTest : public testing::Test {
 protected:
  PortalTest() { runtime_.start(); }

  template <class Target, class Given>
  http::Reply ask(Given (Target::*handle)(const http::Request&), Target& target, std::string_view query = "",
                  std::vector<std::string> parameters = {}) {
    http::Request request;
    request.method = "GET";
    request.headers = headers_;
    request.query = http::Query::parse(query).value();
    request.query_text = query;
    request.parameters = std::move(parameters);
    const std::function<http::Answer()> answer = [&] { return (target.*handle)(request); };
    return support::start(runtime_.core(0), support::reply_of(answer)).get();
  }
  std::string page(std::string_view query = "") { return *ask(&Page::handle, page_, query).body; }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  Page page_{*board_, 1};
  Api api_{*board_, 1};
  Assets assets_{1};
  ProfilePage profile_page_{*board_, 1};
  SetPage set_page_{*board_, 1};
  SetsApi sets_{*board_, 1};
  Badge badge_{*board_, 1};
  std::vector<http::Header> headers_{{"Accept", "text/html"}};
};

}  // namespace portal
