#include "probe/cloud_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "probe/http_request.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
template <class T>
using Or = std::expected<T, std::string>;

constexpr int kUnauthorized = 401;
constexpr std::size_t kMaxTokenBytes = 1 << 20;
constexpr std::size_t kMaxTraceBytes = 16 << 10;
constexpr std::size_t kQuoted = 100;
/// Clouds that say no time count by the minute.
constexpr base::Duration kShortWait = std::chrono::minutes{1};

bool is_success(const Response& response) {
  return response.status / 100 == 2;
}

void note(Trace* trace, const Request& request, std::string_view received) {
  if (trace == nullptr) return;
  trace->sent += shown(request) + '\n';
  trace->received += received.substr(0, kMaxTraceBytes - std::min(kMaxTraceBytes, trace->received.size()));
  trace->received += '\n';
}

/// An answer of a server of tokens.
std::string without_token(Response response, const Secrets& secrets) {
  if (is_success(response)) response.body = "(not shown: a token)";
  return shown(response, secrets);
}

/// "answered 403 Forbidden: AuthorizationFailed (Retry-After: 7)"
std::string refused(const Response& response, const CloudError& error, const Secrets& secrets) {
  const std::string_view line = response.status_line;
  const auto space = std::min(line.find(' ') + 1, line.size());
  std::string text = "answered " + one_line(secrets.blotted(line.substr(space)), kQuoted);
  if (!error.word.empty()) text += ": " + secrets.blotted(error.word);
  if (error.throttled && response.retry_after.count() > 0)
    text += fmt::format(" (Retry-After: {})", base::to_string(response.retry_after));
  return text;
}

CloudFailure failure_of(const Response& response, const Secrets& secrets) {
  CloudFailure failure{.status = response.status, .error = read_cloud_error(response.status, response.body)};
  failure.sentence = refused(response, failure.error, secrets);
  // An overloaded server that says when to come back is to be left alone until then, too.
  if (failure.error.throttled || response.retry_after.count() > 0)
    failure.wait = std::max(response.retry_after, failure.error.wait);
  if (failure.error.throttled && failure.wait.count() == 0) failure.wait = kShortWait;
  return failure;
}

}  // namespace

asio::awaitable<Or<std::string>> ask_for_token(TokenCall& call, Request request, std::string* date) {
  request.max_bytes = kMaxTokenBytes;
  const Secrets secrets = secrets_of(request);
  auto response = co_await call.transfers.run(request, call.deadline, call.stop);
  note(call.trace, request, response ? without_token(*response, secrets) : secrets.blotted(response.error()));
  if (!response) co_return std::unexpected(secrets.blotted(response.error()));
  if (const std::string* value = response->header("Date"); date != nullptr && value != nullptr) *date = *value;
  if (is_success(*response)) co_return std::move(response->body);
  CloudFailure failure = failure_of(*response, secrets);
  call.wait = failure.wait;
  co_return std::unexpected(std::move(failure.sentence));
}

Renewed<std::string>::Fetch renewal(Transfers& transfers, TokenSource source, Trace* trace) {
  using Result = std::expected<Lease<std::string>, RenewalFailure>;
  return [&transfers, source = std::move(source), trace](base::SteadyTime deadline,
                                                         std::stop_token stop) -> asio::awaitable<Result> {
    TokenCall call{.transfers = transfers, .deadline = deadline, .stop = std::move(stop), .trace = trace};
    auto token = co_await source(call);
    if (!token) co_return std::unexpected(RenewalFailure{std::move(token.error()), call.wait});
    co_return Lease<std::string>{std::move(token->token), steady_clock::now() + token->lifetime};
  };
}

CloudCalls::CloudCalls(asio::any_io_executor executor, const std::string& name, base::Duration timeout,
                       TokenSource token_source)
    : transfers_(executor, name, timeout), tokens_(executor, renewal(transfers_, std::move(token_source))) {}

asio::awaitable<CloudCalls::Called> CloudCalls::ask(Request request, const Call& call) {
  for (bool again = true;; again = false) {
    auto token = co_await tokens_.get(call.deadline, call.stop);
    if (!token)
      co_return std::unexpected(CloudFailure{
          .sentence = "no access token: " + token.error().sentence, .asked = false, .wait = token.error().wait});
    request.bearer = *token;
    const Secrets secrets = secrets_of(request);
    secrets_ = secrets;
    auto response = co_await transfers_.run(request, call.deadline, call.stop);
    if (!response) {
      note(call.trace, request, secrets.blotted(response.error()));
      co_return std::unexpected(CloudFailure{.sentence = secrets.blotted(response.error())});
    }
    note(call.trace, request, shown(*response, secrets));
    if (response->status != kUnauthorized) tokens_.accept(*token);
    if (is_success(*response)) co_return std::move(*response);
    const bool retry = response->status == kUnauthorized && again && tokens_.refuse(*token);
    if (!retry) co_return std::unexpected(failure_of(*response, secrets));
  }
}

}  // namespace probe
