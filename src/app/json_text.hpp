#pragma once

#include <boost/json/fwd.hpp>
#include <string>

namespace app {

/// `value` as JSON in one line. Numbers are as people write them, such as 1.64: Boost.JSON reads some of them a last
/// digit off, and writes all fractions with an exponent.
std::string to_json(const boost::json::value& value);

}  // namespace app
