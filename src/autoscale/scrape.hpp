#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "autoscale/actuator.hpp"
#include "autoscale/sampler.hpp"

namespace autoscale {

/// Asks all places for their metrics at the same time, and gives up after `timeout`. In their order. `places` outlives
/// the await.
boost::asio::awaitable<std::vector<Scraped>> scrape(const std::vector<Place>& places, base::Duration timeout);

}  // namespace autoscale
