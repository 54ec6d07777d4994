#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probe/aws_answer.hpp"
#include "probe/aws_request.hpp"
#include "probe/renewed.hpp"

namespace probe {

/// Where a configuration is asked for: any region may tell about others, but refuses types that it has not itself.
struct AwsPlace {
  /// The region that is asked.
  std::string region;
  AwsConfiguration configuration;

  bool operator==(const AwsPlace&) const = default;
};

/// The types that regions, and their zones, have offered. What is unknown is never taken for a lack. Not thread-safe.
class AwsOfferings {
 public:
  /// Is its region to be asked, since nothing is known or what is known is a day old?
  bool due(const AwsTarget& target) const;

  /// Keeps the answer of its region. One without any type is not believed.
  void keep(const AwsTarget& target, const std::vector<AwsOffering>& offered);

  /// Is it known that its place does not offer this type, or any of its types?
  bool lacks(const AwsTarget& target, const std::string& type) const;
  bool lacks_all(const AwsTarget& target) const;

  /// A place that takes a configuration that `home` has refused: a region with all its types, asked about no region
  /// that is not known to have some of them. Nothing where there is none.
  std::optional<AwsPlace> place_for(const AwsConfiguration& refused, const std::string& home) const;

 private:
  /// A region; and whether its zones are meant.
  using Key = std::pair<std::string, bool>;
  /// Types with their places.
  using Offered = std::set<std::pair<std::string, std::string>>;

  bool offers(const Key& key, const std::string& type) const;

  std::map<Key, Lease<Offered>> offered_;
};

}  // namespace probe
