#include "probe/aws_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/backoff.hpp"
#include "base/duration.hpp"
#include "base/event.hpp"
#include "probe/aws_request.hpp"
#include "probe/http_request.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// Of a page of offerings: 1,000 of them are 200 KB.
constexpr std::size_t kMostBytes = 16 << 20;
/// A signature is good for five minutes.
constexpr std::chrono::minutes kMostSkew{4};
/// Credentials that were replaced again while a question was under way are rare.
constexpr int kMostLogins = 3;
/// Questions in all. What AWS fails to answer holds up others.
constexpr int kMostThrottled = 6;
constexpr int kMostFailed = 3;
constexpr std::chrono::seconds kFirstPause{1};
constexpr std::chrono::seconds kLongestPause{20};

std::string_view action_of(std::string_view form) {
  form.remove_prefix(form.find('=') + 1);
  return form.substr(0, form.find('&'));
}

std::string explained(AwsFault fault, std::string_view code, std::string_view action, std::string_view region) {
  if (code.contains("OptInRequired")) return fmt::format("the account may not use EC2 in {}: enable it", region);
  if (code.contains("ExpiredToken")) return "the credentials have ended; renew them where they come from";
  switch (fault) {
    case AwsFault::throttled:
      return "AWS throttles the calls of this account";
    case AwsFault::failed:
      return "AWS failed";
    case AwsFault::configurations:
      return "the account has used up its new configurations of 24 hours";
    case AwsFault::quota:
      return "no quota";
    case AwsFault::credentials:
      return fmt::format("AWS rejects the credentials in {}; are they right, and is the region enabled", region);
    case AwsFault::denied:
      return fmt::format("the credentials may not use ec2:{}", action);
    default:
      return "AWS answered";
  }
}

/// "503 Service Unavailable"; of HTTP/2 a number only.
std::string status_of(const Response& response, const Secrets& secrets) {
  const std::string_view line = response.status_line;
  return one_line(secrets.blotted(line.substr(std::min(line.find(' '), line.size() - 1) + 1)));
}

AwsFailure failure_of(const Response& response, std::string_view form, std::string_view region,
                      const Secrets& secrets) {
  const AwsError error = read_aws_error(response.body);
  AwsFailure failure{.fault = aws_fault(error.code, response.status)};
  if (error.code.empty()) {
    failure.sentence = "AWS answered " + status_of(response, secrets);
    return failure;
  }
  failure.sentence = fmt::format("{} ({})", explained(failure.fault, error.code, action_of(form), region), error.code);
  if (failure.fault == AwsFault::values) failure.sentence += ": " + secrets.blotted(error.message);
  const std::string* date = response.header("Date");
  if (failure.fault != AwsFault::credentials || date == nullptr) return failure;
  const std::string clock = clock_error(*date, base::system_clock().wall_now());
  if (clock.empty()) return failure;
  failure.of_all = true;
  failure.sentence =
      fmt::format("this machine's clock is {} that of AWS, which takes no signature of it ({}); set it, or run NTP",
                  clock, error.code);
  return failure;
}

void note(Trace* trace, const Request& request) {
  if (trace != nullptr) trace->sent += (trace->sent.empty() ? "" : "\n") + shown(request);
}
void note(Trace* trace, const std::string& received) {
  if (trace != nullptr) trace->received += (trace->received.empty() ? "" : "\n") + received;
}

}  // namespace

/// A question, and what went wrong with it so far.
struct AwsClient::Attempt {
  const std::string region;
  const std::string form;
  AwsFailure failure{};
  std::optional<AwsKeys> rejected{};
  int logins = 0;
  int pauses = 0;
  base::Backoff backoff{kFirstPause, kLongestPause};
};

std::string clock_error(std::string_view date, base::Time now) {
  const std::time_t seconds = curl_getdate(std::string(date).c_str(), nullptr);
  if (seconds < 0) return "";
  const base::Duration ahead = now - base::Time(std::chrono::seconds(seconds));
  if (std::chrono::abs(ahead) < kMostSkew) return "";
  const auto minutes = std::chrono::round<std::chrono::minutes>(std::chrono::abs(ahead));
  return fmt::format("{} {}", base::to_string(minutes), ahead.count() > 0 ? "ahead of" : "behind");
}

AwsClient::AwsClient(asio::any_io_executor executor, const config::ProbeConfig& config)
    : executor_(executor),
      config_(config),
      transfers_(executor, "aws " + config.name, config.timeout),
      login_(executor, transfers_, config),
      keys_(executor,
            [this](base::SteadyTime deadline,
                   std::stop_token stop) -> asio::awaitable<std::expected<Lease<AwsKeys>, RenewalFailure>> {
              auto found = co_await login_.find(deadline, std::move(stop));
              if (!found) co_return std::unexpected(RenewalFailure{std::move(found.error())});
              co_return std::move(*found);
            },
            // A file may have others at any time.
            {.doubt = base::Duration{0}}) {}

Request AwsClient::signed_request(const Attempt& attempt, const AwsKeys& keys) const {
  Request request{.method = "POST",
                  .url = aws_endpoint(config_.aws, attempt.region),
                  .headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"},
                  .body = attempt.form,
                  .username = keys.id,
                  .password = keys.secret,
                  .sigv4 = fmt::format("aws:amz:{}:ec2", attempt.region),
                  .max_bytes = kMostBytes};
  if (!keys.token.empty()) request.secret_headers.push_back("X-Amz-Security-Token: " + keys.token);
  return request;
}

asio::awaitable<AwsAnswer<std::string>> AwsClient::ask(std::string region, std::string form, Call call) {
  Attempt attempt{std::move(region), std::move(form)};
  while (true) {
    const auto keys = co_await keys_.get(call.deadline, call.stop);
    if (!keys) co_return std::unexpected(AwsFailure{AwsFault::credentials, keys.error().sentence, true});
    // All places give the same again.
    if (attempt.rejected == *keys) co_return std::unexpected(std::move(attempt.failure));
    const Request request = signed_request(attempt, *keys);
    const Secrets secrets = secrets_of(request);
    note(call.trace, request);
    ++sent_;
    auto response = co_await transfers_.run(request, call.deadline, call.stop);
    if (!response) co_return std::unexpected(AwsFailure{.sentence = secrets.blotted(response.error())});
    note(call.trace, shown(*response, secrets));
    if (response->status == 200) co_return std::move(response->body);
    attempt.failure = failure_of(*response, attempt.form, attempt.region, secrets);
    const bool again = co_await may_repeat(attempt, *keys, response->retry_after, call);
    if (!again) co_return std::unexpected(std::move(attempt.failure));
  }
}

asio::awaitable<bool> AwsClient::may_repeat(Attempt& attempt, const AwsKeys& keys, base::Duration retry_after,
                                            Call call) {
  const AwsFailure& failure = attempt.failure;
  const int most = failure.fault == AwsFault::throttled ? kMostThrottled
                   : failure.fault == AwsFault::failed  ? kMostFailed
                                                        : 0;
  if (most > 0 && ++attempt.pauses < most)
    co_return co_await pause(std::max(attempt.backoff.next(), retry_after), call);
  if (failure.fault != AwsFault::credentials || failure.of_all || ++attempt.logins >= kMostLogins) co_return false;
  attempt.rejected = keys;
  co_return keys_.refuse(keys);
}

/// False when that is too long, or it is stopped.
asio::awaitable<bool> AwsClient::pause(base::Duration pause, Call call) {
  const auto until = steady_clock::now() + pause;
  if (until >= call.deadline) co_return false;
  base::Event stopped(executor_);
  const std::stop_callback on_stop(call.stop, [&] { stopped.set(); });
  co_return !co_await stopped.wait(until);
}

}  // namespace probe
