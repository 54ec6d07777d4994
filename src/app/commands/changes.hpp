#pragma once

#include <boost/json.hpp>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/pattern.hpp"
#include "http/sse.hpp"

namespace app {

/// One line of `vacancy watch`.
struct Change {
  enum class Kind {
    current,  ///< a row of the first snapshot
    added,
    changed,  ///< its level or freshness, or whether its latest attempt failed
    removed,  ///< `row` is how it was
  };

  Kind kind;
  /// The source's clock, as RFC 3339.
  std::string now;
  boost::json::object row;
  /// Where `changed`: the former value.
  boost::json::object before;
};

/// A line for people.
std::string to_line(const Change& change);
/// {"change":"changed","now":…,"before":{"availability","freshness","failed"},"row":{…}}
std::string to_json(const Change& change);

/// Makes lines of a portal's events. Remembers the rows that it has reported, so that a reconnection reports new
/// changes only.
class Changes {
 public:
  /// Without patterns, all profiles. `views`: how many the stream has, each with its own snapshot.
  explicit Changes(std::vector<core::Pattern> patterns, std::size_t views = 1)
      : patterns_(std::move(patterns)), views_(views) {}

  /// The lines of an event. Throws std::exception when it is no event of a portal.
  std::vector<Change> fold(const http::SseEvent& event);

  /// Has the first snapshot of each view come in?
  bool filled() const { return filled_.size() == views_; }
  /// The patterns that no profile matches now.
  std::vector<std::string> unmatched() const;

 private:
  struct Known {
    boost::json::object row;
    /// The view that has it.
    std::size_t view = 0;
    /// Was it in the snapshot that comes in now?
    bool seen = true;
  };

  void fold_snapshot(const boost::json::object& data);
  void note(const boost::json::object& row);
  void remove(std::int64_t id);
  bool wanted(const boost::json::object& row) const;

  std::vector<core::Pattern> patterns_;
  std::unordered_map<std::int64_t, Known> known_;
  std::size_t views_;
  /// That of the next events.
  std::size_t view_ = 0;
  std::set<std::size_t> filled_;
  std::string now_;
  std::vector<Change> out_;
};

}  // namespace app
