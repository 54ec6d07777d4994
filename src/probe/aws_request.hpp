#pragma once

#include <expected>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "core/profile.hpp"

/// The questions to Amazon EC2: forms of its Query API, version 2016-11-15. Pure; thread-safe.
namespace probe {

/// The question of a profile.
struct AwsTarget {
  /// In order, each once.
  std::vector<std::string> types;
  std::string region;
  /// The ID of a zone, or "" for the whole region.
  std::string zone;
  /// The form whose answer has its score. AWS calls it a configuration and limits the number of new ones in 24 hours:
  /// profiles of the same types share it, and it has nothing that changes from run to run.
  std::string score_form;
};

/// Fails with a sentence that names the label or option to correct.
std::expected<AwsTarget, std::string> aws_target(const core::Profile& profile, const config::AwsOptions& options);

/// Asks for all types that a region offers; with `zones`, for those of each of its zones.
std::string offerings_form(bool zones);

/// Asks for the current spot prices of these types in each zone of a region.
std::string prices_form(const std::set<std::string>& types, std::string_view product, base::Time now);

/// The question for the next page of an answer.
std::string next_form(std::string_view form, std::string_view token);

/// The region that is asked for scores, and the URL of EC2 there; the environment has the defaults.
std::string aws_home(const config::AwsOptions& options);
std::string aws_endpoint(const config::AwsOptions& options, std::string_view region);
/// The same for `service`, such as "sts", whose URL no option has.
std::string aws_endpoint(std::string_view service, std::string_view region);

/// The calls for scores and prices in a run that measures these profiles, and those for offerings once a day.
struct AwsCalls {
  double of_run = 0;
  double of_day = 0;
};
AwsCalls aws_calls(std::span<const core::Profile* const> profiles, const config::AwsOptions& options);

}  // namespace probe
