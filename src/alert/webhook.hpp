#pragma once

#include "alert/post.hpp"

namespace alert {

/// The request that a webhook gets, with the secrets that are in its files now. `now` is its time stamp. Fails with a
/// sentence that names the file that is missing.
std::expected<Call, std::string> webhook_call(const config::WebhookOptions& options, const Message& message,
                                              base::Time now);

}  // namespace alert
