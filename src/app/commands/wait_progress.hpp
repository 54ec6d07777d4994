#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Messages of `vacancy wait` while it waits.
namespace app {

/// The condition that is waited for, in the words of the command line.
struct Wished {
  std::vector<std::string> profiles;
  /// Instead of them.
  std::string set;
  bool all = false;
  std::optional<std::uint32_t> free, total_free;
  std::string at_least;
  /// "" for a moment.
  std::string hold;
};

/// "Azure/* or Amazon/c5, HIGH, for 5m"; "one of cfd-large, MEDIUM or better".
std::string to_text(const Wished& wished);

/// The rows as they are, the best first: "Amazon/c5 MEDIUM, Azure/H16mr LOW and 3 more". "" when there is nothing.
std::string now_there(const boost::json::array& rows, bool more);

/// Why the wish can never come true as the rows are, in sentences; none when it can. `more`: these are not all rows.
std::vector<std::string> never(const Wished& wished, const boost::json::array& rows, bool more);

/// A line on standard error that is renewed on a terminal, and printed once elsewhere. Not thread-safe.
class WaitProgress {
 public:
  WaitProgress(const Wished& wished, bool quiet);
  ~WaitProgress() { clear(); }
  WaitProgress(const WaitProgress&) = delete;
  WaitProgress& operator=(const WaitProgress&) = delete;

  void tell(const boost::json::array& rows, bool more);
  /// Takes the line off the terminal, before anything else is printed.
  void clear();

 private:
  std::string wish_;
  bool quiet_;
  bool terminal_;
  bool told_ = false;
  bool shown_ = false;
};

}  // namespace app
