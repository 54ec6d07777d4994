#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "core/evidence.hpp"
#include "core/history.hpp"
#include "core/reading.hpp"

namespace portal {

/// What the hardware service says of a profile's past: its answer to `GET /hardware/{id}/history`.
struct HistoryAnswer {
  core::Profile profile;
  base::Time from;
  base::Time to;
  /// The service's clock.
  base::Time now;
  /// Oldest first; the first one may be before `from`.
  std::vector<core::Transition> transitions;
  /// Of the numbers; nothing when none were asked for.
  std::optional<core::Span> span;
  /// Oldest first.
  core::PerNumber<std::vector<core::Bucket>> numbers;
  /// Of `from` to `to`.
  core::Calibration calibration{};
};

/// A profile as it was at a past time.
struct PastHardware {
  core::Profile profile;
  /// Nothing when no state of it is known.
  std::optional<core::Transition> state;
};

/// A page of the board at a past time: the answer to `GET /hardware/at`.
struct PastBoard {
  base::Time time;
  base::Time now;
  /// There are further rows after the profile `last`.
  bool more = false;
  core::ProfileKey last;
  std::vector<PastHardware> rows;
};

/// The latest transitions, the newest first: the answer to `GET /hardware/transitions`.
struct LatestTransitions {
  base::Time now;
  std::vector<core::LoggedTransition> transitions;
};

/// They read the answer of a service of any version: further keys are left alone, and texts are made printable. An
/// error (unavailable) says what is wrong with it. Pure; thread-safe.
base::Result<HistoryAnswer> parse_history(std::string_view json);
base::Result<PastBoard> parse_past_board(std::string_view json);
/// Is it an answer to `GET /hardware/calibration`?
base::Result<void> check_calibration(std::string_view json);
base::Result<LatestTransitions> parse_latest_transitions(std::string_view json);

}  // namespace portal
