#pragma once

#include <span>
#include <string>

#include "alert/plan.hpp"
#include "store/alerts.hpp"

namespace alert {

/// The most alerts of a rule that a report has.
inline constexpr std::size_t kMostReported = 100;

/// What alerts are at work, as JSON: each rule with its alerts, each receiver with what waits for it, and dead letters.
/// `dead`: the latest ones. Pure.
std::string report(const Plan& plan, std::span<const config::AlertReceiver> receivers, const store::AlertMemory& memory,
                   const store::OutboxCounts& outbox, std::span<const store::Message> dead);

/// Messages as a JSON list, of which `most` are written, and whether there are more: {"messages":[…],"more":false}.
std::string messages_json(std::span<const Message> messages, bool more);

}  // namespace alert
