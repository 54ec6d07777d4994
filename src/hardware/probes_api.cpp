#include "hardware/probes_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <map>

#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "hardware/admin_request.hpp"
#include "probe/kinds.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

/// A JSON object that is being written.
class Object {
 public:
  Object& add_text(std::string_view key, std::string_view value) {
    begin(key);
    base::append_json_string(text_, value);
    return *this;
  }
  Object& add(std::string_view key, std::string_view json) {
    begin(key);
    text_ += json;
    return *this;
  }
  std::string text() const { return text_ + "}"; }

 private:
  void begin(std::string_view key) {
    if (text_.size() > 1) text_ += ',';
    base::append_json_string(text_, key);
    text_ += ':';
  }

  std::string text_ = "{";
};

std::string list_of(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ","));
}

/// What the rows say about one probe.
struct Seen {
  /// In the rows of the snapshot.
  std::vector<const core::Profile*> profiles{};
  std::size_t failing = 0;
  core::RowPtr latest_failure;
};

std::map<std::string, Seen, std::less<>> seen_in(const core::Snapshot& snapshot) {
  std::map<std::string, Seen, std::less<>> seen;
  snapshot.for_each([&](const core::RowPtr& row) {
    Seen& one = seen[row->probe];
    one.profiles.push_back(&row->profile);
    if (!row->failure) return;
    ++one.failing;
    if (!one.latest_failure || one.latest_failure->failure->failed_at < row->failure->failed_at)
      one.latest_failure = row;
  });
  return seen;
}

std::string limits_json(const refresh::ProbeStatus& status) {
  std::vector<std::string> limits;
  const auto configured = status.config.limits();
  for (std::size_t i = 0; i < configured.size(); ++i) {
    Object limit;
    limit.add("calls", fmt::format("{}", configured[i].calls))
        .add_text("window", base::to_string(configured[i].window))
        .add("left", i < status.left.size() ? fmt::format("{}", status.left[i]) : "null");
    limits.push_back(limit.text());
  }
  return list_of(limits);
}

/// `row` shows the failure, unless there is none yet.
std::string failure_json(const core::Failure& failure, const core::RowPtr& row) {
  Object object;
  if (row) object.add_text("provider", row->profile.key.provider).add_text("name", row->profile.key.name);
  return object.add_text("error", failure.error).add_text("failed_at", base::to_rfc3339(failure.failed_at)).text();
}

std::string status_json(const refresh::ProbeStatus& status, const Seen& seen) {
  const config::ProbeConfig& config = status.config;
  Object match;
  match.add_text("provider", config.match.provider).add_text("name", config.match.name);
  const probe::DailyCalls daily = probe::daily_calls(config, seen.profiles);
  Object object;
  object.add_text("name", config.name)
      .add_text("kind", config.kind)
      .add("match", match.text())
      .add("calls_a_day", fmt::format("{:.0f}", daily.calls))
      .add_text("ttl", base::to_string(config.longest_period()))
      .add_text("timeout", base::to_string(config.timeout))
      .add("limits", limits_json(status))
      .add("running", fmt::format("{}", status.running))
      .add("profiles", fmt::format("{}", seen.profiles.size()))
      .add("failing", fmt::format("{}", seen.failing));
  if (daily.most > 0) object.add("most_calls_a_day", fmt::format("{:.0f}", daily.most));
  if (daily.configurations > 0) object.add("configurations", fmt::format("{}", daily.configurations));
  if (config.has_periods())
    object.add("refresh", Object()
                              .add_text("min", base::to_string(config.refresh.min))
                              .add_text("max", base::to_string(config.longest_period()))
                              .add("watched", fmt::format("{}", status.watched))
                              .add_text("watched_period", base::to_string(status.watched_period))
                              .text());
  if (status.slow_since) object.add_text("slow_since", base::to_rfc3339(*status.slow_since));
  const core::RowPtr& failing = seen.latest_failure;
  if (failing || status.failure)
    object.add("last_failure", failure_json(failing ? *failing->failure : *status.failure, failing));
  return object.text();
}

std::string test_json(const config::ProbeConfig& config, const refresh::TestRun& run) {
  Object object;
  object.add_text("probe", config.name)
      .add_text("kind", config.kind)
      .add("took_seconds", fmt::format("{:.6f}", std::chrono::duration<double>(run.took).count()))
      .add_text("sent", base::to_utf8(run.trace.sent))
      .add_text("received", base::to_utf8(run.trace.received));
  if (!run.trace.read.empty()) object.add_text("read", base::to_utf8(run.trace.read));
  if (!run.result) return object.add_text("error", run.result.error()).text();
  object.add_text("availability", core::to_string(run.result->level)).add_text("reason", run.result->reason);
  for (const core::Number& number : core::kNumbers)
    if (const auto& value = (*run.result).*number.value) object.add(number.name, base::number_text(*value));
  if (run.result->age > base::Duration{0})
    object.add("age_seconds", base::number_text(std::chrono::duration<double>(run.result->age).count()));
  return object.text();
}

}  // namespace

ProbesApi::ProbesApi(refresh::Refresher& refresher, store::Profiles& store, store::Caller& database,
                     board::Board& board, asio::any_io_executor background)
    : refresher_(refresher),
      store_(store),
      database_(database),
      board_(board),
      background_(std::move(background)),
      tests_(background_) {}

/// On the background thread.
asio::awaitable<std::string> ProbesApi::statuses() {
  co_await refresher_.look_at_budgets();
  const board::StatePtr state = board_.state();
  const auto seen = seen_in(state->snapshot);
  std::vector<std::string> probes;
  for (const refresh::ProbeStatus& status : refresher_.status()) {
    const auto found = seen.find(status.config.name);
    probes.push_back(status_json(status, found != seen.end() ? found->second : Seen()));
  }
  co_return list_of(probes);
}

asio::awaitable<http::Reply> ProbesApi::list(const http::Request&) {
  co_return http::json_reply(co_await asio::co_spawn(background_, statuses(), asio::use_awaitable));
}

asio::awaitable<http::Reply> ProbesApi::test(const http::Request& request) {
  const auto sent = profile_in(request);
  if (!sent) co_return http::problem(sent.error());
  if (sent->labels)
    co_return http::problem({base::Errc::invalid, "leave 'labels' out: the probe gets those of the profile"});
  auto job = [this, key = sent->key] { return store_.find(key); };
  const auto profile = co_await database_.run("profiles", std::move(job));
  if (!profile) co_return http::problem(profile.error());
  co_return co_await tests_.answer(request, measure(*profile));
}

/// On the background thread. The client may be gone; the run ends at the probe's timeout.
asio::awaitable<base::Result<std::string>> ProbesApi::measure(core::Profile profile) {
  const config::ProbeConfig* found = refresher_.probe_of(profile.key);
  const config::ProbeConfig config = found != nullptr ? *found : config::ProbeConfig();
  const auto done = co_await refresher_.test(std::move(profile));
  if (!done) co_return std::unexpected(done.error());
  co_return test_json(config, *done);
}

}  // namespace hardware
