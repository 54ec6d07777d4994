#include "hardware/alerts_api.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "alert/report.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "hardware/alert_replay.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kShownDead = 20;
constexpr std::chrono::seconds kReplayDeadline{30};

/// The text under `key`, the only one that the body may have.
base::Result<std::string> text_in(std::string_view body, const char* key) {
  const auto value = base::parse_json(body.empty() ? "{}" : body);
  const auto wrong = [&] {
    return base::fail(base::Errc::invalid, fmt::format("send a JSON object with '{}', a text, and nothing else", key));
  };
  if (!value && value.error().repeats) return base::fail(base::Errc::invalid, "the body " + value.error().message);
  if (!value || !value->is_object()) return wrong();
  const auto& object = value->get_object();
  if (object.empty()) return std::string();
  if (object.size() > 1 || !object.contains(key) || !object.at(key).is_string()) return wrong();
  return std::string(base::text_in(object, key));
}

/// As it is for this answer alone.
http::Reply reply_with(std::string body) {
  http::Reply reply = http::json_reply(std::move(body));
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

}  // namespace

AlertsApi::AlertsApi(Alerts& alerts, store::Store& store, store::Caller& database, store::History& history,
                     HistoryApi& past, board::Board& board, asio::any_io_executor background)
    : alerts_(alerts),
      store_(store),
      database_(database),
      history_(history),
      past_(past),
      board_(board),
      background_(background),
      tests_(background) {}

/// On the background thread.
asio::awaitable<AlertsApi::Present> AlertsApi::present() {
  co_return Present{alerts_.plan(), alerts_.config()};
}

asio::awaitable<http::Reply> AlertsApi::list(const http::Request&) {
  const Present now = co_await asio::co_spawn(background_, present(), asio::use_awaitable);
  auto job = [this, &now] {
    const auto dead = store_.messages(store::MessageState::dead, kShownDead);
    return alert::report(now.plan, now.config.alerts.receivers, store_.alert_memory(), store_.outbox(), dead);
  };
  co_return reply_with(co_await database_.run("alert_report", std::move(job)));
}

asio::awaitable<http::Reply> AlertsApi::test(const http::Request& request) {
  const auto receiver = text_in(request.body, "receiver");
  if (!receiver) co_return http::problem(receiver.error());
  if (receiver->empty())
    co_return http::problem({base::Errc::invalid, "send the receiver to test as {\"receiver\":\"NAME\"}"});
  co_return co_await tests_.answer(request, send_test(*receiver));
}

/// On the background thread.
asio::awaitable<base::Result<std::string>> AlertsApi::send_test(std::string receiver) {
  const auto sent = co_await alerts_.test(receiver);
  if (!sent) co_return std::unexpected(sent.error());
  co_return fmt::format("{{\"receiver\":{},\"delivered\":true}}", base::json_string(receiver));
}

asio::awaitable<http::Reply> AlertsApi::replay(const http::Request& request) {
  const board::StatePtr state = board_.of_core(request.core).current();
  if (auto why = past_.objection(*state)) co_return std::move(*why);
  const base::Time time = state->now(std::chrono::steady_clock::now());
  const auto wanted = parse_replay(request.body, time);
  if (!wanted) co_return http::problem(wanted.error());
  const Present now = co_await asio::co_spawn(background_, present(), asio::use_awaitable);
  if (replays_->exchange(true))
    co_return http::problem(503, "another replay is under way; try again when it has ended");
  const std::shared_ptr<void> until_its_end(nullptr, [replays = replays_](void*) { *replays = false; });
  auto job = [&history = history_, wanted = *wanted, config = now.config, state, time, until_its_end] {
    const auto answer = hardware::replay(wanted, config, *state, history, time);
    return answer ? reply_with(*answer) : http::problem(answer.error());
  };
  co_return co_await past_.pool().run(std::move(job), kReplayDeadline);
}

asio::awaitable<http::Reply> AlertsApi::retry(const http::Request& request) {
  const auto id = text_in(request.body, "id");
  if (!id) co_return http::problem(id.error());
  auto job = [this, id = *id] { return store_.revive_messages(id); };
  const store::Revived revived = co_await database_.run("alert_retry", std::move(job));
  if (revived == store::Revived{} && !id->empty())
    co_return http::problem({base::Errc::not_found, fmt::format("no dead letter has the id '{}'", base::to_line(*id))});
  if (revived.waiting == 0 && !id->empty())
    co_return http::problem({base::Errc::conflict,
                             "a later message about the same group has arrived; this one would come out of order, and "
                             "is not sent again"});
  asio::post(background_, [this] { alerts_.send(); });
  co_return reply_with(fmt::format("{{\"retried\":{},\"overtaken\":{}}}", revived.waiting, revived.overtaken));
}

}  // namespace hardware
