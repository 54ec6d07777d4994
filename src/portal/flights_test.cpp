#include "portal/flights.hpp"

#include <gtest/gtest.h>

#include "support/fed_board.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using Pointer = std::shared_ptr<const Document<int>>;

Pointer document(std::size_t bytes) {
  return std::make_shared<const Document<int>>(0,
                                               std::make_shared<http::Prepared>("text/plain", std::string(bytes, 'x')));
}

class FlightsTest : public testing::Test {
 protected:
  FlightsTest() { runtime_.start(); }

  /// Keeps a document for a while; what is left of it then.
  std::weak_ptr<const Document<int>> keep(const std::string& key, base::SteadyTime::duration length,
                                          std::size_t bytes = 1) {
    const Pointer kept = document(bytes);
    flights_.keep(key, kept, std::chrono::steady_clock::now() + length);
    return kept;
  }

  base::Runtime runtime_{1};
  Flights<int> flights_{runtime_.background().get_executor()};
};

TEST_F(FlightsTest, WhatIsTooOldIsDropped) {
  const auto old = keep("old", 0s), young = keep("young", 1h);
  EXPECT_TRUE(old.expired());
  keep("next", 1h);
  EXPECT_FALSE(young.expired());
}

TEST_F(FlightsTest, WhatIsTooMuchIsDroppedTheOldestFirst) {
  const auto first = keep("first", 1h, 6 << 20), second = keep("second", 1h, 6 << 20);
  EXPECT_FALSE(first.expired());
  const auto third = keep("third", 1h, 6 << 20);
  EXPECT_TRUE(first.expired());
  EXPECT_FALSE(second.expired());
  EXPECT_FALSE(third.expired());
  EXPECT_TRUE(keep("huge", 1h, 17 << 20).expired()) << "not even this one";
}

}  // namespace
}  // namespace portal
