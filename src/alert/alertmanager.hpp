#pragma once

#include <string>
#include <vector>

#include "alert/post.hpp"

namespace alert {

/// How often Alertmanager hears what fires, and how long it believes it: a replica that takes over has time to go on.
inline constexpr base::Duration kAlertmanagerRepeat = std::chrono::minutes{1};
inline constexpr base::Duration kAlertmanagerBelieves = std::chrono::minutes{5};

/// The items of `messages` as Alertmanager's API v2 takes them: an array in JSON. Rule, severity and subject are
/// labels, and so are the labels of the profile.
std::string alerts_of(const std::vector<Message>& messages, base::Time now);

}  // namespace alert
