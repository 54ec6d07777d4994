#include "probe/gcp_credentials.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";

/// Takes texts from an object, and remembers the first that is missing.
class Taker {
 public:
  explicit Taker(const json::object& object) : object_(object) {}

  std::string text(std::string_view key) {
    std::string value = optional(key);
    if (value.empty() && missing_.empty()) missing_ = key;
    return value;
  }
  std::string optional(std::string_view key, std::string_view otherwise = "") const {
    const std::string_view value = base::text_in(object_, key);
    return std::string(value.empty() ? otherwise : value);
  }
  std::string url(std::string_view key, std::string_view otherwise = "") {
    std::string value = optional(key, otherwise);
    if ((!base::split_url(value).is_web() || !base::is_printable_utf8(value)) && missing_.empty()) missing_ = key;
    return value;
  }

  template <class T>
  Or<GcpCredentials> finish(T credentials) const {
    if (missing_.empty()) return GcpCredentials(std::move(credentials));
    return std::unexpected(fmt::format("the file has no {}, or not in the right form", missing_));
  }

 private:
  const json::object& object_;
  std::string missing_{};
};

Or<GcpCredentials> key_in(Taker file) {
  GcpKey key{.email = file.text("client_email"),
             .private_key = file.text("private_key"),
             .key_id = file.optional("private_key_id"),
             .token_uri = file.url("token_uri", kTokenUri)};
  return file.finish(std::move(key));
}

Or<GcpCredentials> user_in(Taker file) {
  GcpUser user{.client_id = file.text("client_id"),
               .client_secret = file.text("client_secret"),
               .refresh_token = file.text("refresh_token"),
               .token_uri = file.url("token_uri", kTokenUri)};
  return file.finish(std::move(user));
}

/// An empty value would be one that libcurl leaves out.
std::vector<std::string> headers_in(const json::object& source) {
  std::vector<std::string> headers;
  const json::value* found = source.if_contains("headers");
  if (found == nullptr || !found->is_object()) return headers;
  for (const auto& [name, value] : found->get_object())
    if (const json::string* text = value.if_string()) {
      std::string header = fmt::format("{}: {}", std::string_view(name), std::string_view(*text));
      if (base::is_printable_utf8(header)) headers.push_back(std::move(header));
    }
  return headers;
}

Or<GcpCredentials> federation_in(Taker file, const json::object& object) {
  GcpFederation out{.audience = file.text("audience"),
                    .subject_token_type = file.text("subject_token_type"),
                    .token_url = file.url("token_url"),
                    .impersonation_url = file.optional("service_account_impersonation_url")};
  if (!out.impersonation_url.empty()) file.url("service_account_impersonation_url");
  const json::value* source = object.if_contains("credential_source");
  if (source == nullptr || !source->is_object()) return std::unexpected("the file has no credential_source");
  const json::object& from = source->get_object();
  out.file = base::text_in(from, "file");
  out.url = base::text_in(from, "url");
  out.headers = headers_in(from);
  const bool aws = from.contains("environment_id");
  if (aws || (out.file.empty() && !base::split_url(out.url).is_web()))
    return std::unexpected("its credential_source has neither file nor url, the two that are known here");
  if (const json::value* format = from.if_contains("format"); format != nullptr && format->is_object())
    if (base::text_in(format->get_object(), "type") == "json")
      out.field = base::text_in(format->get_object(), "subject_token_field_name");
  return file.finish(std::move(out));
}

}  // namespace

Or<GcpCredentials> read_gcp_credentials(std::string_view text) {
  const auto object = parse_object(text, "the file");
  if (!object) return std::unexpected(object.error());
  const std::string_view type = base::text_in(*object, "type");
  if (type == "service_account") return key_in(Taker(*object));
  if (type == "authorized_user") return user_in(Taker(*object));
  if (type == "external_account") return federation_in(Taker(*object), *object);
  return std::unexpected("its type is not service_account, external_account or authorized_user");
}

Or<std::string> read_subject_token(std::string_view text, const std::string& field) {
  std::string token(base::trim(text));
  if (!field.empty()) {
    const auto object = parse_object(text, "");
    token = object ? std::string(base::text_in(*object, field)) : std::string();
  }
  if (!token.empty() && base::is_printable_utf8(token)) return token;
  return std::unexpected(field.empty() ? "there is no token of one line"
                                       : "there is no token under the name of 'format'");
}

}  // namespace probe
