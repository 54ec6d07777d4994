#include "probe/oauth.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/url.hpp"
#include "probe/http_request.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, std::string>;

}  // namespace

Or<Request> token_request(const config::HttpOptions& options) {
  const config::OAuth& oauth = options.oauth;
  auto secret = secret_from("oauth.client_secret_file", oauth.client_secret_file);
  if (!secret) return std::unexpected(std::move(secret.error()));
  Request request{.method = "POST",
                  .url = oauth.token_url,
                  .headers = {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"},
                  .ca_file = options.ca_file};
  std::vector<std::pair<std::string_view, std::string>> form = {{"grant_type", "client_credentials"}};
  if (oauth.auth_method == config::ClientAuth::client_secret_post) {
    form.insert(form.end(), {{"client_id", oauth.client_id}, {"client_secret", *secret}});
  } else {
    // Both parts are encoded as in a form before they become basic authentication: RFC 6749, section 2.3.1.
    request.username = base::percent_encode(oauth.client_id);
    request.password = base::percent_encode(*secret);
  }
  if (!oauth.scope.empty()) form.emplace_back("scope", oauth.scope);
  if (!oauth.audience.empty()) form.emplace_back("audience", oauth.audience);
  request.body = form_of(form);
  return request;
}

TokenSource oauth_tokens(config::HttpOptions options) {
  return [options = std::move(options)](TokenCall& call) -> asio::awaitable<Or<AccessToken>> {
    auto request = token_request(options);
    if (!request) co_return std::unexpected(std::move(request.error()));
    const auto answer = co_await ask_for_token(call, std::move(*request));
    if (!answer) co_return std::unexpected(answer.error());
    co_return read_access_token(*answer, base::system_clock().wall_now());
  };
}

}  // namespace probe
