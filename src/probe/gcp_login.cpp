#include "probe/gcp_login.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/gcp_credentials.hpp"
#include "probe/jwt.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using std::chrono::seconds;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::size_t kMaxFileBytes = 256 << 10;
/// Outside of Google's machines nothing may refuse the connection.
constexpr base::Duration kMetadataConnect = seconds{3};
/// As long as a request for a token may be valid.
constexpr seconds kClaimed{3600};
/// Google takes a clock that is this wrong.
constexpr base::Duration kSmallSkew = seconds{30};

Request form(std::string url, const std::vector<std::pair<std::string_view, std::string>>& fields) {
  Request request{
      .method = "POST", .url = std::move(url), .headers = {"Content-Type: application/x-www-form-urlencoded"}};
  for (const auto& [name, value] : fields)
    request.body += fmt::format("{}{}={}", request.body.empty() ? "" : "&", name, base::percent_encode(value));
  return request;
}

/// Gets tokens; one object for all renewals, of which one is under way at a time.
class Login {
 public:
  Login(config::GcpOptions options, Variables variables)
      : options_(std::move(options)), variables_(std::move(variables)) {}

  asio::awaitable<Or<AccessToken>> token(TokenCall& asking) {
    const std::string file =
        options_.credentials_file.empty() ? variables_("GOOGLE_APPLICATION_CREDENTIALS") : options_.credentials_file;
    if (file.empty()) co_return co_await by_metadata(asking);
    const auto content = base::read_file(file, kMaxFileBytes);
    if (!content) co_return std::unexpected(fmt::format("the credentials '{}': {}", file, content.error()));
    const auto credentials = read_gcp_credentials(*content);
    if (!credentials) co_return std::unexpected(fmt::format("the credentials '{}': {}", file, credentials.error()));
    if (const auto* key = std::get_if<GcpKey>(&*credentials)) co_return co_await by_key(*key, asking);
    if (const auto* user = std::get_if<GcpUser>(&*credentials)) co_return co_await by_user(*user, asking);
    co_return co_await by_federation(std::get<GcpFederation>(*credentials), asking);
  }

 private:
  asio::awaitable<Or<std::string>> ask(Request request, TokenCall& asking, std::string* date = nullptr) const {
    if (request.url.starts_with("https:")) request.ca_file = options_.ca_file;
    return ask_for_token(asking, std::move(request), date);
  }

  asio::awaitable<Or<AccessToken>> ask_token(Request request, TokenCall& asking) const {
    const auto answer = co_await ask(std::move(request), asking);
    if (!answer) co_return std::unexpected(answer.error());
    co_return read_access_token(*answer, now());
  }

  static base::Time now() { return base::system_clock().wall_now(); }

  asio::awaitable<Or<AccessToken>> by_metadata(TokenCall& asking) const {
    std::string host = variables_("GCE_METADATA_HOST");
    if (host.empty()) host = "metadata.google.internal";
    Request request{.url = fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/token", host),
                    .headers = {"Metadata-Flavor: Google"},
                    .direct = true,
                    .connect = kMetadataConnect};
    auto token = co_await ask_token(std::move(request), asking);
    if (!token)
      token = std::unexpected(
          "neither credentials_file nor GOOGLE_APPLICATION_CREDENTIALS is set, and the metadata "
          "server gives no token: " +
          token.error());
    co_return token;
  }

  /// Google refuses a request from another time than its own: its answer has the right one for a second request.
  asio::awaitable<Or<AccessToken>> by_key(const GcpKey& key, TokenCall& asking) {
    for (bool again = true;; again = false) {
      const auto jwt = signed_jwt(gcp_claims(key.email, key.token_uri, now() + skew_), key.key_id, key.private_key);
      if (!jwt) co_return std::unexpected(jwt.error());
      std::string date;
      Request request =
          form(key.token_uri, {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *jwt}});
      const auto answer = co_await ask(std::move(request), asking, &date);
      if (answer) co_return read_access_token(*answer, now());
      if (!again || !learn_time(date)) co_return std::unexpected(answer.error());
    }
  }

  /// Was the clock of this machine taken for right, and is it wrong?
  bool learn_time(const std::string& date) {
    const auto there = curl_getdate(date.c_str(), nullptr);
    if (there < 0) return false;
    const base::Duration skew = base::Time(seconds{there}) - now();
    const bool wrong = std::chrono::abs(skew - skew_) > kSmallSkew;
    if (wrong) skew_ = skew;
    return wrong;
  }

  asio::awaitable<Or<AccessToken>> by_user(const GcpUser& user, TokenCall& asking) const {
    return ask_token(form(user.token_uri, {{"grant_type", "refresh_token"},
                                           {"client_id", user.client_id},
                                           {"client_secret", user.client_secret},
                                           {"refresh_token", user.refresh_token}}),
                     asking);
  }

  asio::awaitable<Or<std::string>> subject_token(const GcpFederation& federation, TokenCall& asking) const {
    if (!federation.file.empty()) {
      const auto content = base::read_file(federation.file, kMaxFileBytes);
      if (!content)
        co_return std::unexpected(fmt::format("the subject token '{}': {}", federation.file, content.error()));
      co_return read_subject_token(*content, federation.field);
    }
    Request request{.url = federation.url, .secret_headers = federation.headers};
    const auto answer = co_await ask(std::move(request), asking);
    if (!answer) co_return std::unexpected("the subject token: " + answer.error());
    co_return read_subject_token(*answer, federation.field);
  }

  asio::awaitable<Or<AccessToken>> by_federation(const GcpFederation& federation, TokenCall& asking) const {
    const auto subject = co_await subject_token(federation, asking);
    if (!subject) co_return std::unexpected(subject.error());
    Request exchange =
        form(federation.token_url, {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                                    {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                                    {"audience", federation.audience},
                                    {"scope", std::string(kScope)},
                                    {"subject_token", *subject},
                                    {"subject_token_type", federation.subject_token_type}});
    auto token = co_await ask_token(std::move(exchange), asking);
    if (!token || federation.impersonation_url.empty()) co_return token;
    Request request{.method = "POST",
                    .url = federation.impersonation_url,
                    .headers = {"Content-Type: application/json"},
                    .body = json::serialize(json::object{{"scope", json::array{std::string(kScope)}}}),
                    .bearer = token->token};
    co_return co_await ask_token(std::move(request), asking);
  }

  const config::GcpOptions options_;
  const Variables variables_;
  /// How far Google's clock is ahead of this machine's.
  base::Duration skew_{0};
};

}  // namespace

std::string gcp_claims(const std::string& email, const std::string& token_uri, base::Time now) {
  const auto issued = std::chrono::floor<seconds>(now.time_since_epoch());
  return json::serialize(json::object{{"iss", email},
                                      {"scope", kScope},
                                      {"aud", token_uri},
                                      {"iat", issued.count()},
                                      {"exp", (issued + kClaimed).count()}});
}

TokenSource gcp_tokens(config::GcpOptions options, Variables variables) {
  const auto login = std::make_shared<Login>(std::move(options), std::move(variables));
  return [login](TokenCall& call) { return login->token(call); };
}

}  // namespace probe
