#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/offload.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/http_request.hpp"
#include "probe/kinds.hpp"
#include "probe/kube_count.hpp"
#include "probe/kube_login.hpp"
#include "probe/program.hpp"
#include "probe/transfers.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, std::string>;
using std::chrono::steady_clock;

constexpr std::size_t kMaxPageBytes = 64 << 20;
/// Of all requests and pages, for people.
constexpr std::size_t kMaxTraceBytes = 16 << 10;
/// Objects of a page, and the most pages of a list: a million objects.
constexpr int kPageItems = 500;
constexpr std::size_t kMostPages = 2000;
/// A list begins anew when the server has forgotten where it was. More often than that it would never end.
constexpr int kMostRestarts = 3;
/// Logins that replace one which is refused, for the same page.
constexpr int kMostLogins = 3;
constexpr int kOk = 200;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kGone = 410;
constexpr int kTooManyRequests = 429;
constexpr int kUnavailable = 503;

/// One of the two lists.
struct List {
  std::string_view what;
  std::string_view query;
};
constexpr List kNodes{"nodes", ""};
constexpr List kPods{"pods", "&fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed"};

std::string path_of(const List& list, const std::string& from) {
  std::string path = fmt::format("/api/v1/{}?limit={}{}", list.what, kPageItems, list.query);
  if (!from.empty()) path += "&continue=" + base::percent_encode(from);
  return path;
}

void append(std::string& text, std::string_view more) {
  text += more.substr(0, kMaxTraceBytes - std::min(kMaxTraceBytes, text.size()));
}

/// "403 Forbidden". HTTP/2 has a number only.
std::string status_of(const Response& response, const Secrets& secrets) {
  const std::string_view line = response.status_line;
  const auto words = line.substr(std::min(line.find(' ') + 1, line.size()));
  return one_line(secrets.blotted(words));
}

std::string refused(const Response& response, const List& list, const std::string& source, const Secrets& secrets) {
  if (response.status == kUnauthorized)
    return fmt::format("answered 401 Unauthorized: the API server does not take the login of {}", source);
  if (response.status == kForbidden)
    return fmt::format(
        "answered 403 Forbidden: the account may not list the {} of {}; it needs a ClusterRole with get and list of "
        "nodes and pods",
        list.what, list.what == kPods.what ? "all namespaces" : "the cluster");
  return fmt::format("answered {} to the list of {}", status_of(response, secrets), list.what);
}

bool asks_to_wait(const Response& response) {
  return response.status == kTooManyRequests ||
         (response.status == kUnavailable && response.retry_after > base::Duration(0));
}

/// What a program that logs in may look at: what clouds' own programs do, and not the secrets of the service.
std::vector<std::string> environment(const config::LoginProgram& program) {
  constexpr std::string_view kPassedOn[] = {"PATH=", "HOME=", "AWS_", "AZURE_", "AAD_", "GOOGLE_", "CLOUDSDK_"};
  std::vector<std::string> all = program.environment;
  for (char** each = environ; *each != nullptr; ++each)
    if (std::ranges::any_of(kPassedOn,
                            [&](std::string_view start) { return std::string_view(*each).starts_with(start); }))
      all.emplace_back(*each);
  all.emplace_back("LC_ALL=C");
  return all;
}

class KubernetesProbe final : public Probe {
 public:
  KubernetesProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config),
        executor_(executor),
        programs_(executor, config.timeout),
        transfers_(std::move(executor), "kube " + config.name, config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    Run run{.call = call};
    auto login = co_await log_in(run);
    if (!login) co_return failed(profiles.size(), {login.error(), run.asked});
    run.login = std::move(*login);
    for (const List* list : {&kNodes, &kPods}) {
      const auto read = co_await read_list(*list, run);
      if (!read) co_return failed(profiles.size(), {read.error(), run.asked});
    }
    const auto count = [&] { return answer(run, profiles); };
    co_return co_await readers_.run(count);
  }

 private:
  struct Run {
    Call call;
    KubeLogin login{};
    KubeCluster cluster{};
    /// Has anybody else been asked?
    bool asked = false;
  };

  asio::awaitable<Or<KubeLogin>> log_in(Run& run) {
    auto login = find_login(config_.kubernetes);
    if (!login || !login->program) co_return login;
    Program program{.command = login->program->command, .environment = environment(*login->program)};
    note_sent(run, typed(program.command) + "\n");
    const auto exited = co_await programs_.run(std::move(program), run.call.deadline, run.call.stop);
    const std::string& name = login->program->command.front();
    if (!exited) co_return std::unexpected(exited.error().sentence);
    run.asked = true;
    if (run.call.trace != nullptr) append(run.call.trace->received, exited->errors);
    if (exited->code != 0)
      co_return std::unexpected(fmt::format("{}, which logs in, failed with exit code {}", name, exited->code));
    auto printed = read_login(exited->output);
    if (!printed) co_return std::unexpected(fmt::format("what {} printed {}", name, printed.error()));
    login->request.bearer = std::move(printed->token);
    if (!printed->certificate.empty()) {
      login->request.certificate = std::move(printed->certificate);
      login->request.key = std::move(printed->key);
    }
    co_return login;
  }

  /// Reads all pages of a list into the cluster.
  asio::awaitable<Or<void>> read_list(const List& list, Run& run) {
    std::string from;
    int restarts = 0;
    for (std::size_t pages = 0; pages < kMostPages; ++pages) {
      const auto page = co_await fetch(list, from, run);
      if (!page) co_return std::unexpected(page.error());
      if (page->status == kGone && !from.empty() && restarts++ < kMostRestarts) {
        from.clear();
        forget(list, run.cluster);
        continue;
      }
      if (page->status != kOk)
        co_return std::unexpected(refused(*page, list, run.login.source, secrets_of(run.login.request)));
      const auto parse = [&] { return parsed(list, *page, run); };
      auto next = co_await readers_.run(parse);
      if (!next) co_return std::unexpected(secrets_of(run.login.request).blotted(next.error()));
      if (next->empty()) co_return Or<void>();
      if (*next == from) co_return std::unexpected(fmt::format("the list of {} goes on where it was", list.what));
      from = std::move(*next);
    }
    co_return std::unexpected(fmt::format("the list of {} does not end after {} pages", list.what, kMostPages));
  }

  static void forget(const List& list, KubeCluster& cluster) {
    if (list.what == kPods.what)
      forget_pods(cluster);
    else
      cluster = {};
  }

  /// On a thread for readers.
  Or<std::string> parsed(const List& list, const Response& page, Run& run) const {
    const auto read = list.what == kPods.what ? read_pods : read_nodes;
    auto next = read(page.body, config_.kubernetes, run.cluster);
    if (run.call.trace != nullptr && next)
      append(run.call.trace->received,
             fmt::format("{} bytes; {} {} so far{}\n", page.body.size(),
                         list.what == kPods.what ? run.cluster.pods : run.cluster.nodes.size(), list.what,
                         next->empty() ? "" : "; more to come"));
    return next;
  }

  /// Asks for a page until it is answered: later when the server is busy, and once more when the login has changed.
  asio::awaitable<Or<Response>> fetch(const List& list, const std::string& from, Run& run) {
    for (int logins = 0;;) {
      Request request = run.login.request;
      request.url += path_of(list, from);
      request.max_bytes = kMaxPageBytes;
      // Packing costs the server more than the network of a cluster.
      request.headers = {"Accept: application/json", "Accept-Encoding: identity"};
      note_sent(run, fmt::format("GET {}\n", shown_url(request.url)));
      auto response = co_await transfers_.run(std::move(request), run.call.deadline, run.call.stop);
      run.asked = true;
      if (!response) co_return std::unexpected(secrets_of(run.login.request).blotted(response.error()));
      note_received(run, *response);
      if (response->status == kUnauthorized && logins++ < kMostLogins && co_await has_new_login(run)) continue;
      if (!asks_to_wait(*response)) co_return response;
      if (!co_await pause(response->retry_after, run.call)) co_return response;
    }
  }

  /// Tokens end, and are replaced while a list is read.
  asio::awaitable<bool> has_new_login(Run& run) {
    auto login = co_await log_in(run);
    if (!login) co_return false;
    const bool is_new = login->request.bearer != run.login.request.bearer ||
                        login->request.certificate != run.login.request.certificate;
    run.login = std::move(*login);
    co_return is_new;
  }

  /// Waits; false, and at once, when there is no time for that.
  asio::awaitable<bool> pause(base::Duration asked, Call call) {
    const auto until = steady_clock::now() + std::max<base::Duration>(asked, std::chrono::seconds{1});
    if (until >= call.deadline || call.stop.stop_requested()) co_return false;
    asio::steady_timer timer(executor_, until);
    const std::stop_callback on_stop(call.stop, [&] { timer.cancel(); });
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return !call.stop.stop_requested();
  }

  static void note_sent(const Run& run, std::string_view text) {
    if (run.call.trace != nullptr) append(run.call.trace->sent, text);
  }
  static void note_received(const Run& run, const Response& response) {
    if (run.call.trace == nullptr) return;
    const Secrets secrets = secrets_of(run.login.request);
    std::string line = status_of(response, secrets);
    // Objects may have secrets in them; words about a refusal have not.
    if (const std::string said = response.status == kOk ? "" : status_text(response.body); !said.empty())
      line += fmt::format(" ({})", secrets.blotted(said));
    append(run.call.trace->received, line + "\n");
  }

  Answer answer(const Run& run, std::span<const core::Profile> profiles) const {
    if (run.cluster.nodes.empty())
      return same_for_all(profiles.size(), std::unexpected(std::string("the cluster has no node")));
    if (run.call.trace != nullptr) append(run.call.trace->received, describe(run.cluster));
    const Secrets secrets = secrets_of(run.login.request);
    Answer answer;
    for (const core::Profile& profile : profiles) {
      auto seen = observe(run.cluster, profile.key.name, config_.kubernetes);
      if (seen) seen->reason = secrets.blotted(seen->reason);
      answer.results.push_back(seen ? judge(std::move(*seen), config_.levels)
                                    : Result(std::unexpected(secrets.blotted(seen.error()))));
    }
    if (config_.discovers()) answer.discovered = discovered(run.cluster, profiles);
    return answer;
  }

  std::vector<core::ProfileKey> discovered(const KubeCluster& cluster, std::span<const core::Profile> known) const {
    std::vector<core::ProfileKey> keys;
    for (const std::string& name : discovered_names(cluster, config_.kubernetes, known))
      if (base::glob_match(config_.match.name, name))
        if (auto key = core::checked_key(config_.match.provider, name)) keys.push_back(std::move(*key));
    return keys;
  }

  const config::ProbeConfig config_;
  const asio::any_io_executor executor_;
  Programs programs_;
  Transfers transfers_;
  base::OffloadPool readers_{"kube", 1, base::OffloadPool::Priority::low};
};

}  // namespace

/// One run answers for all.
Kind kind_of(const config::KubernetesOptions&) {
  return {make<KubernetesProbe>, 1, kTransfersDescriptors + kStartDescriptors,
          kTransferDescriptors + kProgramDescriptors};
}

}  // namespace probe
