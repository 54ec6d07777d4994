#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

/// Rows of the API's JSON as lines for people.
namespace app {

/// A page of the list that `url` sent. Throws base::Lost when it is none.
boost::json::object page_of(const std::string& url, std::string_view body);

/// A string member in one line that a terminal can show, or "".
std::string text_of(const boost::json::object& row, std::string_view key);

/// "PROVIDER/NAME".
std::string name_of(const boost::json::object& row);

/// "3 of 8 GPUs free, 2 in one piece", "3 free", or "" where the probe does not know.
std::string numbers_of(const boost::json::object& row);

/// The sentence behind a level: what failed, what it was, or why; "simulated" before that of a row that is.
std::string note_of(const boost::json::object& row);

/// Says on standard error which side is away, when `answer` has an outage.
void tell_outage(const boost::json::object& answer);

/// "3 of 8 GPUs", "3", or "-" where the probe does not know.
std::string capacity_of(const boost::json::object& row);

struct Shown {
  bool heading = false;
  /// Every column, and nothing is cut.
  bool wide = false;
  bool color = false;
  /// Rows of a board of the past, as they were at `now`.
  bool past = false;
};

/// Prints one line for each row, in columns that fit the terminal. `now` is the source's clock.
void print_rows(const boost::json::array& rows, base::Time now, const Shown& shown);

}  // namespace app
