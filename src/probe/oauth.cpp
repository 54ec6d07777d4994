#include "probe/oauth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/http_request.hpp"
#include "probe/json.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kMostBytes = 64 << 10;
constexpr std::size_t kQuoted = 80;
/// Of a token whose server does not say.
constexpr std::chrono::minutes kLifetime{5};
constexpr std::chrono::hours kLongestLifetime{24};

/// In seconds; some servers write them as a text.
base::Duration lifetime_of(const json::object& answer) {
  const json::value* given = answer.if_contains("expires_in");
  double seconds = 0;
  if (given != nullptr && given->is_number()) seconds = given->to_number<double>();
  if (given != nullptr && given->is_string())
    seconds = base::number_of<double>(base::text_in(answer, "expires_in")).value_or(0);
  if (!(seconds > 0)) return kLifetime;
  const std::chrono::duration<double> lifetime(seconds);
  return lifetime < kLongestLifetime ? std::chrono::duration_cast<base::Duration>(lifetime) : kLongestLifetime;
}

std::string refusal(const Response& response, const Secrets& secrets) {
  const auto answer = parse_json(response.body);
  const json::object* object = answer ? answer->if_object() : nullptr;
  const std::string code = object != nullptr ? std::string(base::text_in(*object, "error")) : "";
  return one_line(secrets.blotted(fmt::format("answered {}{}{}", response.status, code.empty() ? "" : ": ", code)),
                  kQuoted);
}

}  // namespace

Or<Request> token_request(const config::HttpOptions& options) {
  const config::OAuth& oauth = options.oauth;
  auto secret = secret_from("oauth.client_secret_file", oauth.client_secret_file);
  if (!secret) return std::unexpected(std::move(secret.error()));
  std::string form = "grant_type=client_credentials";
  for (const auto& [name, value] : {std::pair("scope", &oauth.scope), {"audience", &oauth.audience}})
    if (!value->empty()) form += fmt::format("&{}={}", name, base::percent_encode(*value));
  // Both parts are encoded as in a form before they become basic authentication: RFC 6749, section 2.3.1.
  return Request{.method = "POST",
                 .url = oauth.token_url,
                 .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
                 .body = std::move(form),
                 .username = base::percent_encode(oauth.client_id),
                 .password = base::percent_encode(*secret),
                 .ca_file = options.ca_file,
                 .max_bytes = kMostBytes};
}

Or<Token> read_token(const Response& response, const Secrets& secrets) {
  if (response.status != 200) return std::unexpected(refusal(response, secrets));
  const auto answer = parse_json(response.body);
  const json::object* object = answer ? answer->if_object() : nullptr;
  if (object == nullptr) return std::unexpected("answered something other than a JSON object");
  const std::string_view token = base::text_in(*object, "access_token");
  const auto visible = [](char c) { return c > ' ' && c <= '~'; };
  if (token.empty() || !std::ranges::all_of(token, visible)) return std::unexpected("answered without an access_token");
  if (const auto type = base::text_in(*object, "token_type"); !base::equals_ignoring_case(type, "Bearer"))
    return std::unexpected("answered with a token that is no bearer token");
  return Token{std::string(token), lifetime_of(*object)};
}

asio::awaitable<Or<Lease<std::string>>> fetch_token(Transfers& transfers, const config::HttpOptions& options,
                                                    base::SteadyTime deadline, std::stop_token stop) {
  const auto asked = std::chrono::steady_clock::now();
  auto request = token_request(options);
  if (!request) co_return std::unexpected(request.error());
  Secrets secrets = secrets_of(*request);
  secrets.add(base::percent_decode_loosely(request->password, false));
  const std::string failed = fmt::format("the token server of {} ", base::split_url(options.oauth.token_url).host);
  const auto response = co_await transfers.run(*request, deadline, std::move(stop));
  if (!response) co_return std::unexpected(failed + "does not answer: " + secrets.blotted(response.error()));
  auto token = read_token(*response, secrets);
  if (!token) co_return std::unexpected(failed + token.error());
  co_return Lease<std::string>{std::move(token->text), asked + token->lifetime};
}

}  // namespace probe
