#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Google's files of credentials. Pure; thread-safe.
namespace probe {

/// A service account's key.
struct GcpKey {
  std::string email{};
  /// PEM.
  std::string private_key{};
  std::string key_id{};
  std::string token_uri{};
};

/// The login of a person, as gcloud keeps it.
struct GcpUser {
  std::string client_id{};
  std::string client_secret{};
  std::string refresh_token{};
  std::string token_uri{};
};

/// Workload identity federation: another system's token, which Google exchanges for its own.
struct GcpFederation {
  std::string audience{};
  std::string subject_token_type{};
  std::string token_url{};
  /// Turns the token into that of a service account; "" for none.
  std::string impersonation_url{};
  /// Where the other system's token is: one of both.
  std::string file{};
  std::string url{};
  /// For the URL: "Name: value" each.
  std::vector<std::string> headers{};
  /// The member that it is in JSON; "" for text.
  std::string field{};
};

using GcpCredentials = std::variant<GcpKey, GcpUser, GcpFederation>;

/// Reads such a file, by its "type". Fails with a sentence that names what is missing, and has no part of a secret.
std::expected<GcpCredentials, std::string> read_gcp_credentials(std::string_view text);

/// The other system's token in what its file or URL has. Fails with a sentence.
std::expected<std::string, std::string> read_subject_token(std::string_view text, const std::string& field);

}  // namespace probe
