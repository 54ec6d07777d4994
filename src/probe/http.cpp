#include "probe/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "probe/http_request.hpp"
#include "probe/observation.hpp"
#include "probe/transfers.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, std::string>;

/// As much of an answer as fits into a sentence.
constexpr std::size_t kQuoted = 200;

std::string quoted_start(std::string_view body) {
  const std::string start = one_line(body.substr(0, kQuoted));
  return start.empty() ? "" : ": " + start;
}

bool accepts(const config::HttpOptions& options, int status) {
  if (options.accept.empty()) return status >= 200 && status <= 299;
  return std::ranges::find(options.accept, status) != options.accept.end();
}

/// "answered 503 Service Unavailable (Retry-After: 7): busy"
std::string refused(const Response& response) {
  // HTTP/2 has a number only.
  const std::string_view line = response.status_line;
  const auto space = line.find(' ');
  std::string text = "answered " + one_line(space == std::string_view::npos ? line : line.substr(space + 1));
  if (const std::string* when = response.header("Retry-After"))
    text += fmt::format(" (Retry-After: {})", one_line(when->substr(0, kQuoted)));
  if (response.status / 100 == 3) text += " (a redirect that is not followed)";
  return text + quoted_start(response.body);
}

/// Is this an answer to the question at all?
Or<void> check(const Response& response, const config::HttpOptions& options) {
  for (const std::string& name : options.fail_if_header)
    if (const std::string* value = response.header(name))
      return std::unexpected(fmt::format("answered with {}: {}{}", name, one_line(value->substr(0, kQuoted)),
                                         quoted_start(response.body)));
  if (!accepts(options, response.status)) return std::unexpected(refused(response));
  return {};
}

/// Puts the subject before a sentence of observation.hpp, unless that is the place in the answer.
std::string about_answer(const std::string& error) {
  return error.starts_with('/') ? "in the answer, " + error : "the answer " + error;
}

Result read_one(const boost::json::value& value, const config::ProbeConfig& config) {
  auto seen = read_observation(value, config.http.pointers);
  if (!seen) return std::unexpected(about_answer(seen.error()));
  return judge(std::move(*seen), config.levels);
}

Answer read(const Response& response, const config::ProbeConfig& config, std::span<const core::Profile> profiles) {
  const auto all_failed = [&](std::string error) {
    return same_for_all(profiles.size(), std::unexpected(std::move(error)));
  };
  if (auto fine = check(response, config.http); !fine) return all_failed(std::move(fine.error()));
  const auto value = parse_json(response.body);
  if (!value) return all_failed(about_answer(value.error()));
  if (config.http.batch) return read_batch(*value, config.http.pointers, profiles, config.levels);
  return same_for_all(profiles.size(), read_one(*value, config));
}

class HttpProbe final : public Probe {
 public:
  HttpProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), transfers_(std::move(executor), "http " + config.name, config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, base::SteadyTime deadline,
                                  Trace* trace) override {
    const auto request = make_request(config_.http, profiles);
    if (!request) co_return same_for_all(profiles.size(), std::unexpected(request.error()));
    if (trace != nullptr) trace->sent = shown(*request);
    auto response = co_await transfers_.run(*request, deadline);
    if (!response) co_return same_for_all(profiles.size(), std::unexpected(std::move(response.error())));
    hide_secrets(*response, *request);
    if (trace != nullptr) trace->received = shown(*response);
    co_return read(*response, config_, profiles);
  }

  void cancel() override { transfers_.cancel(); }

 private:
  const config::ProbeConfig config_;
  Transfers transfers_;
};

}  // namespace

std::unique_ptr<Probe> make_http(const config::ProbeConfig& config, asio::any_io_executor executor) {
  return std::make_unique<HttpProbe>(config, std::move(executor));
}

std::size_t http_concurrency(const config::ProbeConfig&) {
  return 64;
}

}  // namespace probe
