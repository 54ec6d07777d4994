#pragma once

#include <optional>
#include <string>

#include "config/azure_options.hpp"
#include "probe/azure_plan.hpp"
#include "probe/transfer.hpp"

/// Calls of Azure's API, without their tokens. Pure; thread-safe.
namespace probe {

/// For the scores of `ask`, at `place`, one of its regions.
Request azure_scores_request(const config::AzureOptions& options, const std::string& subscription, const AzureAsk& ask,
                             const std::string& place);

/// For the first page of the sizes of `region`.
Request azure_skus_request(const config::AzureOptions& options, const std::string& subscription,
                           const std::string& region);

/// For the first page of the quotas of `region`, and how much of them is used.
Request azure_usages_request(const config::AzureOptions& options, const std::string& subscription,
                             const std::string& region);

/// For a further page; nothing when `next` leads to another server, which must not get the token.
std::optional<Request> azure_next_request(const config::AzureOptions& options, const std::string& next);

}  // namespace probe
