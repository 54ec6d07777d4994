#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "core/profile.hpp"

/// The questions to Amazon EC2: forms of its Query API, version 2016-11-15. Pure; thread-safe.
namespace probe {

/// A question for scores, as AWS calls it: the number of new ones in 24 hours is limited. Profiles of the same types
/// share it, and it has nothing that changes from run to run. Lists are in order, with each item once.
struct AwsConfiguration {
  std::vector<std::string> types;
  std::vector<std::string> regions;
  /// Scores of zones, rather than of whole regions.
  bool zones = false;

  auto operator<=>(const AwsConfiguration&) const = default;
};

/// The types and the place of a profile.
struct AwsTarget {
  /// In order, each once.
  std::vector<std::string> types;
  std::string region;
  /// The ID of a zone, or "" for the whole region.
  std::string zone;
  /// The group of its only type, whose score counts; "" for a score of its own types.
  std::string group;
  /// Its answer has the score.
  AwsConfiguration configuration;

  const std::string& place() const { return zone.empty() ? region : zone; }
};

/// Fails with a sentence that names the label or option to correct.
std::expected<AwsTarget, std::string> aws_target(const core::Profile& profile, const config::AwsOptions& options);

/// Asks for the scores.
std::string scores_form(const AwsConfiguration& configuration, const config::AwsOptions& options);

/// Asks for all types that a region offers; with `zones`, for those of each of its zones.
std::string offerings_form(bool zones);

/// Asks for the current spot prices of these types in each zone of a region.
std::string prices_form(std::span<const std::string> types, std::string_view product, base::Time now);

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
  std::size_t configurations = 0;
};
AwsCalls aws_calls(std::span<const core::Profile* const> profiles, const config::AwsOptions& options);

}  // namespace probe
