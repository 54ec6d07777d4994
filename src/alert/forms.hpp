#pragma once

#include <string>

#include "alert/message.hpp"

/// The bodies that services read: JSON in their own forms. Names and reasons stand in them as they are: nothing in them
/// is markup, a link or a call of everybody. Pure; thread-safe.
namespace alert {

/// Slack's incoming webhooks: text with its markup switched off.
std::string slack_body(const Message& message);
/// Mattermost's incoming webhooks: Markdown.
std::string mattermost_body(const Message& message);
/// Microsoft Teams' workflow "when a webhook request is received": an adaptive card.
std::string teams_body(const Message& message);
/// What ntfy takes at the root of a server.
std::string ntfy_body(const Message& message, const std::string& topic);
/// Is there an event in it? An incident has none for what is over while more of its group fires.
bool is_for_pagerduty(const Message& message);
/// PagerDuty's Events API v2. Messages about one group are one incident, which ends when nothing of the group fires.
std::string pagerduty_body(const Message& message, const std::string& routing_key);

}  // namespace alert
