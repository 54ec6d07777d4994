#include "alert/alertmanager.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/task_group.hpp"
#include "base/text.hpp"
#include "config/scalar.hpp"
#include "probe/http_request.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// Of Prometheus: [a-zA-Z_][a-zA-Z0-9_]*.
std::string label_name(std::string_view key) {
  std::string name;
  for (const char c : key) name += (std::isalnum(static_cast<unsigned char>(c)) != 0) ? c : '_';
  if (!name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "_");
  return name;
}

/// They identify the alert, so they are the same from its begin to its end.
json::object labels_of(const Message& message, const Item& item) {
  json::object labels{{"alertname", message.rule}, {"severity", config::to_text(message.severity)}};
  if (item.about == Subject::profile) {
    labels["provider"] = item.profile.provider;
    labels["name"] = item.profile.name;
  } else {
    labels[to_string(item.about)] = item.subject;
  }
  for (const auto& [key, value] : item.labels)
    if (!value.empty()) labels.emplace(label_name(key), value);
  return labels;
}

json::object alert_of(const Message& message, const Item& item, base::Time now) {
  json::object annotations{{"summary", item.text}, {"message_id", message.id}};
  if (!item.reason.empty()) annotations["description"] = item.reason;
  json::object alert{
      {"labels", labels_of(message, item)},
      {"annotations", std::move(annotations)},
      {"startsAt", base::to_rfc3339(item.since)},
      {"endsAt", base::to_rfc3339(item.firing ? now + kAlertmanagerBelieves : std::max(item.at, item.since))}};
  if (!item.url.empty()) alert["generatorURL"] = item.url;
  return alert;
}

/// A test has no items: it is an alert that ends by itself.
json::object test_alert(const Message& message, base::Time now) {
  return {{"labels", json::object{{"alertname", "VacancyTest"}, {"severity", "info"}}},
          {"annotations", json::object{{"summary", message.title}, {"message_id", message.id}}},
          {"startsAt", base::to_rfc3339(message.at)},
          {"endsAt", base::to_rfc3339(now + kAlertmanagerRepeat)}};
}

/// Messages of this many items are one call.
constexpr std::size_t kItemsPerCall = 1'000;

class Alertmanager final : public Receiver {
 public:
  Alertmanager(const config::AlertmanagerOptions& options, Transport transport)
      : options_(options), transport_(std::move(transport)) {}

  asio::awaitable<Delivery> deliver(Message message, Sending sending) override {
    const std::vector<Message> messages{std::move(message)};
    co_return co_await tell(messages, sending);
  }

  base::Duration repeat_every() const override { return kAlertmanagerRepeat; }

  asio::awaitable<Delivery> repeat(std::vector<Message> firing, Sending sending) override {
    Delivery worst;
    while (!firing.empty()) {
      std::vector<Message> part;
      for (std::size_t items = 0; !firing.empty() && items < kItemsPerCall; firing.pop_back()) {
        items += firing.back().items.size();
        part.push_back(std::move(firing.back()));
      }
      if (Delivery delivery = co_await tell(part, sending); delivery.outcome != Outcome::delivered) worst = delivery;
    }
    co_return worst;
  }

 private:
  /// Tells all of a cluster, which do not tell one another. One that hears it is enough: the others hear what fires
  /// with the next repeat, and what is over ends there by itself.
  asio::awaitable<Delivery> tell(const std::vector<Message>& messages, Sending sending) {
    std::vector<Delivery> deliveries(options_.urls.size());
    base::TaskGroup calls(co_await asio::this_coro::executor);
    for (std::size_t i = 0; i < deliveries.size(); ++i)
      calls.spawn("alertmanager", tell_one(call(options_.urls[i], messages, sending.now), sending, deliveries[i]));
    co_await calls.wait();
    Delivery best = std::ranges::min(deliveries, {}, &Delivery::outcome);
    best.error.clear();
    for (std::size_t i = 0; i < deliveries.size(); ++i)
      if (const std::string& error = deliveries[i].error; !error.empty())
        best.error += fmt::format("{}{} {}", best.error.empty() ? "" : "; ", options_.urls[i], error);
    co_return best;
  }

  /// `delivery` outlives it.
  asio::awaitable<void> tell_one(std::expected<Call, std::string> call, Sending sending, Delivery& delivery) {
    delivery.outcome = Outcome::failed;
    delivery = co_await post(transport_, std::move(call), std::move(sending));
  }

  std::expected<Call, std::string> call(const std::string& url, const std::vector<Message>& messages, base::Time now) {
    probe::Request request{.method = "POST",
                           .url = url + (url.ends_with('/') ? "api/v2/alerts" : "/api/v2/alerts"),
                           .headers = {"Content-Type: application/json"},
                           .body = alerts_of(messages, now),
                           .ca_file = options_.ca_file};
    auto fine = check_ca_file(options_.ca_file);
    if (fine)
      fine = log_in(
          request,
          {.token_file = options_.token_file, .username = options_.username, .password_file = options_.password_file});
    if (!fine) return std::unexpected(std::move(fine.error()));
    probe::Secrets secrets = probe::secrets_of(request);
    return Call{std::move(request), std::move(secrets)};
  }

  const config::AlertmanagerOptions options_;
  const Transport transport_;
};

}  // namespace

std::string alerts_of(const std::vector<Message>& messages, base::Time now) {
  json::array alerts;
  for (const Message& message : messages) {
    if (message.kind == Kind::test) alerts.push_back(test_alert(message, now));
    for (const Item& item : message.items) alerts.push_back(alert_of(message, item, now));
  }
  return json::serialize(alerts);
}

std::unique_ptr<Receiver> receiver_of(const config::AlertmanagerOptions& options, Transport transport) {
  return std::make_unique<Alertmanager>(options, std::move(transport));
}

}  // namespace alert
