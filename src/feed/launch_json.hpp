#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/evidence.hpp"
#include "core/profile.hpp"

/// Launches as JSON.
namespace feed {

/// A launch as a client tells it.
struct SentLaunch {
  core::ProfileKey profile;
  core::Launch launch;
  /// When it ended; nothing: now.
  std::optional<base::Time> at{};
  /// "" for none.
  std::string id{};

  bool operator==(const SentLaunch&) const = default;
};

/// How many one request may tell: its transaction must not keep others waiting.
inline constexpr std::size_t kMostLaunches = 100;

/// Reads {"profile":"PROVIDER/NAME","outcome":"launched"|"failed","error":…,"took":"42s","at":TIME,"where":…,
/// "source":…,"id":…}, or an array of them, kMostLaunches at most. Instead of `profile` there may be `provider` and
/// `name`. Further keys are refused, and so is a body with any mistake, of which the error names the element, counted
/// from 0. Texts are made fit for one line. Pure; takes any bytes.
base::Result<std::vector<SentLaunch>> parse_launches(std::string_view json);

/// Appends {"HIGH":{"launched":41,"failed":2},"MEDIUM":…,"LOW":…,"UNKNOWN":…}.
void append_calibration(std::string& out, const core::Calibration& calibration);

}  // namespace feed
