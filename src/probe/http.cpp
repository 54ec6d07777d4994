#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "base/offload.hpp"
#include "base/url.hpp"
#include "probe/discovery.hpp"
#include "probe/http_request.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/kinds.hpp"
#include "probe/oauth.hpp"
#include "probe/pages.hpp"
#include "probe/url.hpp"
#include "probe/xml.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

/// The part of a header that a sentence shows.
constexpr std::size_t kQuoted = 100;
/// The part of an answer in another format that a person reads.
constexpr std::size_t kNoted = 1000;
constexpr int kUnauthorized = 401;
/// Proxy Authentication Required.
constexpr int kProxyLogin = 407;
constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

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

Or<json::value> parse(std::string_view body, const config::HttpOptions& options) {
  auto value = options.format == config::AnswerFormat::xml ? parse_xml(body) : parse_json(body);
  if (!value) return std::unexpected("the answer " + value.error());
  return value;
}

/// What the whole answer says about the profiles.
Answer read(const json::value& value, const config::ProbeConfig& config, std::span<const core::Profile> profiles,
            const Secrets& secrets, const Call& call) {
  const config::HttpOptions& options = config.http;
  Source source{.rules = options.rules,
                .secrets = secrets,
                .untyped = options.format == config::AnswerFormat::xml,
                .notes = call.trace != nullptr ? &call.trace->read : nullptr};
  if (source.untyped) source.note([&] { return "the XML as JSON is " + words_of(value, secrets, kNoted); });
  Answer answer;
  if (options.batch && !options.rules.by_profile()) {
    answer = read_list(value, source, profiles, config.levels);
  } else {
    for (const core::Profile& profile : profiles) {
      // A path that searches a long list for each of many profiles takes a while.
      if (call.stop.stop_requested() || std::chrono::steady_clock::now() >= call.deadline)
        return same_for_all(profiles.size(), std::unexpected(timed_out_after(config.timeout)));
      source.profile = &profile;
      answer.results.push_back(read_part(value, source, config.levels));
    }
  }
  if (options.discover.empty()) return answer;
  auto listed = listed_profiles(value, options.discover, config.match, {source.untyped, reads_plain_members(options)});
  if (!listed) return same_for_all(profiles.size(), std::unexpected("the answer " + listed.error()));
  source.note([&] {
    const auto name = [&](const core::ProfileKey& key) { return one_line(secrets.blotted(key.name)); };
    return fmt::format("{} lists {} profiles: {}", options.discover.list, listed->size(), probe::listed(*listed, name));
  });
  answer.discovered = std::move(*listed);
  return answer;
}

/// Adds a block of text to one that a person reads.
void add_block(std::string& text, std::string_view block) {
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += block;
}

class HttpProbe final : public Probe {
 public:
  HttpProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config),
        transfers_(executor, "http " + config.name, config.timeout),
        tokens_(executor, renewal(transfers_, oauth_tokens(config.http), &token_calls_)) {
    if (config.http.batch) readers_.emplace("http", 1, base::OffloadPool::Priority::low);
  }

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    auto request = make_request(config_.http, profiles);
    if (!request) co_return failed(profiles.size(), {request.error(), false});
    Run run{.call = std::move(call), .request = std::move(*request), .secrets = {}};
    run.secrets = secrets_of(run.request);
    const auto value = co_await ask(run);
    auto reading = [&] { return read(*value, config_, profiles, run.secrets, run.call); };
    Answer answer = value ? co_await aside(reading) : failed(profiles.size(), value.error());
    if (!answer.error.empty() && !run.last.empty()) spdlog::debug("{}: {}: {}", config_.name, answer.error, run.last);
    co_return answer;
  }

 private:
  template <class T>
  using OrFailure = std::expected<T, Failure>;

  struct Run {
    Call call;
    Request request;
    Secrets secrets;
    bool asked = false;
    /// Of all pages.
    std::size_t bytes = 0;
    /// The last answer, if it is for the log.
    std::string last{};
  };

  /// An answer about thousands takes a while to read.
  template <class Job>
  asio::awaitable<std::invoke_result_t<Job&>> aside(Job job) {
    if (!readers_) co_return job();
    co_return co_await readers_->run(std::move(job));
  }

  /// The answer, of as many pages as it has.
  asio::awaitable<OrFailure<json::value>> ask(Run& run) {
    std::set<std::string> seen;
    json::value whole;
    for (std::size_t page = 1;; ++page) {
      seen.insert(run.request.url);
      const auto response = co_await send_logged_in(run);
      if (!response) co_return std::unexpected(response.error());
      auto parsing = [&] { return parse(response->body, config_.http); };
      auto value = co_await aside(parsing);
      if (!value) co_return std::unexpected(Failure{run.secrets.blotted(value.error())});
      auto next = next_page(run.request.url, *value, response->headers, config_.http, response->url);
      if (page == 1 && !config_.http.next.empty() && next && next->empty())
        note(run, fmt::format("next ({}) names no page: this is the only one", config_.http.next));
      if (page == 1 && next && next->empty()) co_return std::move(*value);
      if (!is_page(*value, config_.http))
        co_return std::unexpected(Failure{fmt::format("page {} of the answer has another shape", page)});
      make_lists(*value, config_.http);
      add_page(whole, std::move(*value));
      if (!next) co_return std::unexpected(Failure{"the answer " + next.error()});
      if (next->empty()) co_return whole;
      if (auto fine = turn_to(run, std::move(*next), page, seen); !fine)
        co_return std::unexpected(Failure{fine.error()});
    }
  }

  Or<void> turn_to(Run& run, std::string url, std::size_t page, const std::set<std::string>& seen) const {
    if (page >= config_.http.max_pages)
      return std::unexpected(fmt::format("the answer has more than max_pages, {}", config_.http.max_pages));
    if (!run.request.sigv4.empty()) {
      auto signable = signable_url(url);
      if (!signable) return std::unexpected(std::move(signable.error()));
      url = std::move(*signable);
    }
    if (seen.contains(url)) return std::unexpected("the answer's pages name one that was read before");
    run.request.url = std::move(url);
    add_url_secrets(run.secrets, run.request.url);
    note(run, fmt::format("next ({}) leads to {}", config_.http.next, shown_url(run.request.url)));
    return {};
  }

  /// A token that the server refuses is replaced once.
  asio::awaitable<OrFailure<Response>> send_logged_in(Run& run) {
    const bool by_token = !config_.http.oauth.token_url.empty();
    for (int attempt = 1;; ++attempt) {
      if (by_token) {
        auto token = co_await tokens_.get(run.call.deadline, run.call.stop);
        note_token_calls(run);
        if (!token)
          co_return std::unexpected(
              Failure{"no access token: " + token.error().sentence, run.asked, token.error().wait});
        take_token(run, std::move(*token));
      }
      auto response = co_await send(run);
      const bool is_refused = by_token && response && response->status == kUnauthorized;
      if (by_token && response && !is_refused) tokens_.accept(run.request.bearer);
      const bool again = is_refused && attempt == 1 && tokens_.refuse(run.request.bearer);
      if (!again) co_return checked(std::move(response), run);
    }
  }

  /// Those since the last run.
  void note_token_calls(Run& run) {
    const Trace calls = std::exchange(token_calls_, {});
    if (run.call.trace == nullptr || calls.sent.empty()) return;
    add_block(run.call.trace->sent, calls.sent);
    add_block(run.call.trace->received, calls.received);
  }

  static void note(const Run& run, const std::string& line) {
    if (run.call.trace != nullptr) add_block(run.call.trace->read, line + '\n');
  }

  void take_token(Run& run, std::string token) const {
    run.secrets.add_header(token);
    note(run, fmt::format("a token of {} is sent", shown_url(config_.http.oauth.token_url)));
    run.request.bearer = std::move(token);
  }

  asio::awaitable<Or<Response>> send(Run& run) {
    Trace* const trace = run.call.trace;
    if (trace != nullptr) add_block(trace->sent, shown(run.request));
    run.asked = true;
    auto response = co_await transfers_.run(run.request, run.call.deadline, run.call.stop);
    if (!response) co_return response;
    if (trace != nullptr) add_block(trace->received, shown(*response, run.secrets));
    if (spdlog::should_log(spdlog::level::debug)) run.last = one_line(shown(*response, run.secrets));
    run.bytes += response->body.size();
    if (run.bytes <= run.request.max_bytes) co_return response;
    co_return std::unexpected(fmt::format("the answer is larger than max_bytes, {}", run.request.max_bytes));
  }

  OrFailure<Response> checked(Or<Response> response, const Run& run) const {
    if (!response) return std::unexpected(Failure{run.secrets.blotted(response.error())});
    const auto fine = check(*response, config_.http, run.secrets);
    if (fine) return std::move(*response);
    // Where each profile has a host of its own, one of them says nothing about the others.
    const bool is_one_host = !base::split_url(config_.http.url).host.contains('{');
    const bool busy = is_one_host && (response->status == kTooManyRequests || response->status == kUnavailable);
    return std::unexpected(Failure{.sentence = run.secrets.blotted(fine.error()),
                                   .retry_after = busy ? response->retry_after : base::Duration{0}});
  }

  const config::ProbeConfig config_;
  Transfers transfers_;
  Trace token_calls_{};
  Renewed<std::string> tokens_;
  /// Of a batch.
  std::optional<base::OffloadPool> readers_;
};

}  // namespace

/// 64, which wait for others and cost little.
Kind kind_of(const config::HttpOptions&) {
  return {make<HttpProbe>, 64, kTransfersDescriptors, kTransferDescriptors};
}

}  // namespace probe
