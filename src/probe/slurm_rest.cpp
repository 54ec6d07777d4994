#include <fmt/format.h>

#include "probe/http_request.hpp"
#include "probe/json.hpp"
#include "probe/one_line.hpp"
#include "probe/scontrol.hpp"
#include "probe/slurm_json.hpp"
#include "probe/slurm_source.hpp"
#include "probe/transfers.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, Failure>;

/// Slurm 22.05 has v0.0.38 and 25.11 has v0.0.44; each one has some four of them.
constexpr int kNewest = 44;
constexpr int kOldest = 38;
constexpr std::string_view kUnix = "unix:";
constexpr int kFine = 200;
constexpr int kNotFound = 404;

using Called = std::expected<Response, std::string>;

/// "slurmrestd answered 401 Unauthorized: …", with the error in its body.
std::string refused(const Response& response) {
  const std::string_view line = response.status_line;
  std::string text =
      fmt::format("slurmrestd answered {}", one_line(line.substr(std::min(line.find(' '), line.size()) + 1)));
  if (const auto body = parse_json(response.body); body && body->is_object())
    if (const std::string error = error_in(body->get_object()); !error.empty()) text += ": " + error;
  return text;
}

class SlurmRest final : public SlurmSource {
 public:
  SlurmRest(const config::ProbeConfig& config, asio::any_io_executor executor)
      : options_(config.slurm), transfers_(std::move(executor), "slurm " + config.name, config.timeout) {}

  asio::awaitable<Or<Heard>> ask(Call call) override {
    const auto request = first_request();
    if (!request) co_return std::unexpected(Failure{request.error(), false});
    Heard heard{.secrets = secrets_of(*request)};
    auto failed = co_await ask_all(heard, *request, call);
    if (!failed.empty()) co_return std::unexpected(Failure{heard.secrets.blotted(failed)});
    co_return heard;
  }

  std::expected<Seen, std::string> read(const Heard& heard) const override {
    auto cluster = read_sinfo_json(heard.nodes, options_, "slurmrestd's list of nodes");
    if (!cluster) return std::unexpected(cluster.error());
    if (auto added = add_partitions_json(*cluster, heard.partitions); !added) return std::unexpected(added.error());
    if (cluster->empty()) return std::unexpected(std::string("slurmrestd names no node"));
    Seen seen{.cluster = std::move(*cluster)};
    if (heard.jobs.empty()) return seen;
    auto queue = read_jobs_json(heard.jobs);
    if (!queue) return std::unexpected(queue.error());
    seen.queue = std::move(*queue);
    if (!options_.subtract_pending) seen.queue.pending.clear();
    return seen;
  }

 private:
  /// All but the rest of the path. The token is read anew: it is replaced before it ends.
  std::expected<Request, std::string> first_request() const {
    Request request{.url = options_.url,
                    .headers = {"Accept: application/json"},
                    .ca_file = options_.ca_file,
                    .max_bytes = kMaxSlurmBytes};
    if (auto wrong = wrong_ca_file(options_.ca_file); !wrong.empty()) return std::unexpected(std::move(wrong));
    if (options_.url.starts_with(kUnix)) {
      request.unix_socket = options_.url.substr(kUnix.size());
      request.url = "http://localhost";
    }
    while (request.url.ends_with('/')) request.url.pop_back();
    if (!options_.user.empty()) request.headers.push_back("X-SLURM-USER-NAME: " + options_.user);
    if (options_.jwt_file.empty()) return request;
    auto token = secret_from("jwt_file", options_.jwt_file);
    if (!token) return std::unexpected(std::move(token.error()));
    // `scontrol token` prints it so.
    const std::string_view text = *token;
    request.secret_headers.push_back(
        fmt::format("X-SLURM-USER-TOKEN: {}", text.starts_with("SLURM_JWT=") ? text.substr(10) : text));
    return request;
  }

  /// What failed, or "".
  asio::awaitable<std::string> ask_all(Heard& heard, const Request& request, Call call) {
    std::vector<std::pair<std::string_view, std::string*>> asked = {{"partitions", &heard.partitions}};
    if (options_.subtract_pending || options_.expected_start) asked.emplace_back("jobs", &heard.jobs);
    std::string failed = take(co_await ask_nodes(request, call), heard.nodes);
    for (const auto& [what, text] : asked)
      if (failed.empty()) failed = take(co_await send(request, what, call), *text);
    co_return failed;
  }

  /// The nodes, in the configured version or in the newest one that slurmrestd has, which is remembered.
  asio::awaitable<Called> ask_nodes(const Request& request, Call call) {
    if (!version_.empty()) {
      auto known = co_await send(request, "nodes", call);
      if (!options_.api_version.empty() || !known || known->status != kNotFound) co_return known;
    }
    for (int version = kNewest; version >= kOldest; --version) {
      version_ = fmt::format("v0.0.{}", version);
      auto response = co_await send(request, "nodes", call);
      if (!response || response->status != kNotFound) co_return response;
    }
    version_.clear();
    co_return std::unexpected(
        fmt::format("slurmrestd has none of the versions v0.0.{} to v0.0.{}; give its api_version", kOldest, kNewest));
  }

  asio::awaitable<Called> send(Request request, std::string_view what, Call call) {
    request.url += fmt::format("/slurm/{}/{}", version_, what);
    auto response = co_await transfers_.run(request, call.deadline, call.stop);
    note(call.trace, shown(request), response ? shown(*response, secrets_of(request)) + "\n" : "");
    co_return response;
  }

  /// Takes the answer; what failed, or "".
  static std::string take(Called response, std::string& text) {
    if (!response) return std::move(response.error());
    if (response->status != kFine) return refused(*response);
    text = std::move(response->body);
    return "";
  }

  const config::SlurmOptions options_;
  Transfers transfers_;
  /// "v0.0.38"; "" until it is known.
  std::string version_ = options_.api_version;
};

}  // namespace

std::unique_ptr<SlurmSource> slurm_rest(const config::ProbeConfig& config, asio::any_io_executor executor) {
  return std::make_unique<SlurmRest>(config, std::move(executor));
}

}  // namespace probe
