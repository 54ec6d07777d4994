#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "probe/http_request.hpp"
#include "probe/json_answer.hpp"
#include "probe/kinds.hpp"
#include "probe/transfers.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, std::string>;

/// The part of a header that a sentence shows.
constexpr std::size_t kQuoted = 100;
/// Proxy Authentication Required.
constexpr int kProxyLogin = 407;

bool accepts(const config::HttpOptions& options, int status) {
  if (options.accept.empty()) return status >= 200 && status <= 299;
  return std::ranges::find(options.accept, status) != options.accept.end();
}

/// "answered 503 Service Unavailable (Retry-After: 7)". The body is for administrators.
std::string refused(const Response& response, const Secrets& secrets) {
  // HTTP/2 has a number only.
  const std::string_view line = response.status_line;
  const auto space = line.find(' ');
  const auto plain = [&](std::string_view words) { return one_line(secrets.blotted(words), kQuoted); };
  std::string text = "answered " + plain(space == std::string_view::npos ? line : line.substr(space + 1));
  if (const std::string* when = response.header("Retry-After")) text += fmt::format(" (Retry-After: {})", plain(*when));
  if (response.status / 100 == 3) text += " (a redirect that is not followed)";
  if (response.status == kProxyLogin) text += " (the proxy of the service's environment wants a login)";
  return text;
}

/// Is this an answer to the question at all?
Or<void> check(const Response& response, const config::HttpOptions& options, const Secrets& secrets) {
  for (const std::string& name : options.fail_if_header)
    if (response.header(name) != nullptr) return std::unexpected(fmt::format("answered with {}", name));
  if (!accepts(options, response.status)) return std::unexpected(refused(response, secrets));
  return {};
}

Answer read(const Response& response, const config::ProbeConfig& config, std::span<const core::Profile> profiles,
            const Secrets& secrets) {
  if (auto fine = check(response, config.http, secrets); !fine)
    return same_for_all(profiles.size(), std::unexpected(secrets.blotted(fine.error())));
  const Source source{.pointers = config.http.pointers, .secrets = secrets};
  if (config.http.batch) return read_json_list(response.body, source, profiles, config.levels);
  return same_for_all(profiles.size(), read_json(response.body, source, config.levels));
}

class HttpProbe final : public Probe {
 public:
  HttpProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), transfers_(std::move(executor), "http " + config.name, config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    const auto request = make_request(config_.http, profiles);
    if (!request) co_return failed(profiles.size(), {request.error(), false});
    if (call.trace != nullptr) call.trace->sent = shown(*request);
    const Secrets secrets = secrets_of(*request);
    const auto response = co_await transfers_.run(*request, call.deadline, call.stop);
    if (!response) co_return same_for_all(profiles.size(), std::unexpected(secrets.blotted(response.error())));
    if (call.trace != nullptr) call.trace->received = shown(*response, secrets);
    Answer answer = read(*response, config_, profiles, secrets);
    if (!answer.error.empty() && spdlog::should_log(spdlog::level::debug))
      spdlog::debug("{}: {}: {}", config_.name, answer.error, one_line(shown(*response, secrets)));
    co_return answer;
  }

 private:
  const config::ProbeConfig config_;
  Transfers transfers_;
};

}  // namespace

/// 64, which wait for others and cost little.
Kind kind_of(const config::HttpOptions&) {
  return {make<HttpProbe>, 64, kTransfersDescriptors, kTransferDescriptors};
}

}  // namespace probe
