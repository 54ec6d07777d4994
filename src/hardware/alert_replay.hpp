#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "board/state.hpp"
#include "config/config.hpp"
#include "store/history.hpp"

namespace hardware {

/// What to replay, as a request asks for it.
struct ReplayRequest {
  /// One rule; "" is all.
  std::string rule{};
  /// Other rules than the configured ones: text for config::with_alerts().
  std::optional<std::string> rules{};
  base::Time from;
  base::Time to;
};

/// Reads {"rule":…,"rules":…,"from":…,"to":…}; each may be missing. Until now, and the last day, by themselves.
/// invalid: the body is something else.
base::Result<ReplayRequest> parse_replay(std::string_view body, base::Time now);

/// The messages that rules would have sent over stored history, as JSON: {"from","to","messages":[…],"more":false}.
/// Blocks: it asks the store. invalid: rules that make no sense, no such rule, or more history than is looked at.
base::Result<std::string> replay(const ReplayRequest& request, const config::Config& config, const board::State& board,
                                 store::History& history, base::Time now);

}  // namespace hardware
