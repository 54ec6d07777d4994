#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

/// Credentials of AWS, in the forms in which places keep them: any bytes may come. Sentences have none of their values.
/// Pure; thread-safe.
namespace probe {

struct AwsKeys {
  std::string id;
  std::string secret;
  /// Of credentials that end.
  std::string token{};
  std::optional<base::Time> ends{};

  bool operator==(const AwsKeys&) const = default;
};

/// Of a container, of a machine's metadata, or of a program: {"AccessKeyId": …, "SecretAccessKey": …, "Token": … or
/// "SessionToken": …, "Expiration": …}. Fails with a sentence that begins with `what`.
std::expected<AwsKeys, std::string> read_aws_keys(std::string_view json, std::string_view what);

/// STS's answer to AssumeRoleWithWebIdentity.
std::expected<AwsKeys, std::string> read_assumed_role(std::string_view xml);

/// A section of ~/.aws/credentials or ~/.aws/config: its settings, by their names in lower case.
using AwsSettings = std::map<std::string, std::string, std::less<>>;

/// The section of a profile, "[NAME]" or "[profile NAME]"; nothing where there is none. The later one of equal settings
/// counts. Lines of another form are passed over, as are those that belong to a setting with settings of its own.
std::optional<AwsSettings> read_aws_settings(std::string_view text, std::string_view profile);

/// Keys among settings; nothing where there are none. Fails with a sentence where one of two is missing.
std::expected<std::optional<AwsKeys>, std::string> keys_in(const AwsSettings& settings);

}  // namespace probe
