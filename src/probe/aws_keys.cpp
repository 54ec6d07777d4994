#include "probe/aws_keys.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

/// Keys and tokens become parts of headers.
Or<AwsKeys> checked(AwsKeys keys, std::string_view what, std::string_view ends) {
  if (keys.id.empty() || keys.secret.empty())
    return std::unexpected(fmt::format("{} has no AccessKeyId or no SecretAccessKey", what));
  for (const std::string* text : {&keys.id, &keys.secret, &keys.token})
    if (!text->empty() && !base::is_printable_utf8(*text))
      return std::unexpected(fmt::format("{} has a key that is not one line of text", what));
  if (ends.empty()) return keys;
  keys.ends = base::parse_rfc3339(ends);
  if (!keys.ends) return std::unexpected(fmt::format("{} has an Expiration that is no time", what));
  return keys;
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : "";
}

/// "NAME" of "[NAME]" and "[profile NAME]".
std::string_view name_of_section(std::string_view line) {
  line = base::trim(line.substr(1, line.find(']') - 1));
  constexpr std::string_view kProfile = "profile";
  if (line.starts_with(kProfile) && line.size() > kProfile.size() &&
      (line[kProfile.size()] == ' ' || line[kProfile.size()] == '\t'))
    line = base::trim(line.substr(kProfile.size()));
  const bool quoted = line.size() >= 2 && line.front() == line.back() && (line.front() == '"' || line.front() == '\'');
  return quoted ? line.substr(1, line.size() - 2) : line;
}

}  // namespace

Or<AwsKeys> read_aws_keys(std::string_view json, std::string_view what) {
  const auto object = parse_object(json, what);
  if (!object) return std::unexpected(object.error());
  AwsKeys keys{text_at(*object, "AccessKeyId"), text_at(*object, "SecretAccessKey"), text_at(*object, "Token")};
  if (keys.token.empty()) keys.token = text_at(*object, "SessionToken");
  return checked(std::move(keys), what, text_at(*object, "Expiration"));
}

Or<AwsKeys> read_assumed_role(std::string_view xml) {
  pugi::xml_document document;
  constexpr std::string_view kWhat = "the answer of STS";
  if (!document.load_buffer(xml.data(), xml.size())) return std::unexpected(fmt::format("{} is not whole XML", kWhat));
  const auto given =
      document.child("AssumeRoleWithWebIdentityResponse").child("AssumeRoleWithWebIdentityResult").child("Credentials");
  const auto text = [&](const char* name) { return given.child(name).child_value(); };
  return checked({text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")}, kWhat, text("Expiration"));
}

std::optional<AwsSettings> read_aws_settings(std::string_view text, std::string_view profile) {
  std::optional<AwsSettings> settings;
  bool within = false;
  text = without_bom(text);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view words = base::trim(line);
    if (words.empty() || words.front() == '#' || words.front() == ';') continue;
    if (line.front() == '[') {
      within = name_of_section(words) == profile;
      if (within && !settings) settings.emplace();
      continue;
    }
    const auto equals = words.find('=');
    if (!within || equals == std::string_view::npos || line.front() == ' ' || line.front() == '\t') continue;
    settings->insert_or_assign(base::lower(base::trim(words.substr(0, equals))),
                               std::string(base::trim(words.substr(equals + 1))));
  }
  return settings;
}

Or<std::optional<AwsKeys>> keys_in(const AwsSettings& settings) {
  const auto text = [&](std::string_view name) {
    const auto found = settings.find(name);
    return found != settings.end() ? found->second : std::string();
  };
  AwsKeys keys{text("aws_access_key_id"), text("aws_secret_access_key"), text("aws_session_token")};
  if (keys.id.empty() && keys.secret.empty()) return std::nullopt;
  if (keys.id.empty()) return std::unexpected(std::string("it has aws_secret_access_key without aws_access_key_id"));
  if (keys.secret.empty())
    return std::unexpected(std::string("it has aws_access_key_id without aws_secret_access_key"));
  auto fine = checked(std::move(keys), "it", "");
  if (!fine) return std::unexpected(std::move(fine.error()));
  return std::optional(std::move(*fine));
}

}  // namespace probe
