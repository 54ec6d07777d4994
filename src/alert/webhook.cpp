#include "alert/webhook.hpp"

#include <fmt/format.h>

#include "alert/forms.hpp"
#include "alert/sign.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "config/ntfy.hpp"
#include "probe/http_request.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;
using config::WebhookForm;
using Fine = std::expected<void, std::string>;

/// A request in the making.
struct Draft {
  probe::Request request;
  /// Secrets that do not stand where probe::secrets_of() looks for them.
  std::vector<std::string> hidden{};
};

constexpr std::string_view kPagerDuty = "https://events.pagerduty.com/v2/enqueue";

/// ntfy takes JSON at the URL above that of a topic.
Fine split_topic(std::string& url, std::string& topic) {
  const base::UrlParts parts = base::split_url(url);
  const auto name = parts.path.substr(parts.path.rfind('/') + 1);
  if (!config::is_ntfy_topic(name))
    return std::unexpected(
        "the URL has no topic; write one such as https://ntfy.sh/TOPIC, of 1 to 64 of A-Z a-z 0-9 _ -");
  topic = name;
  url = fmt::format("{}://{}{}{}{}", parts.scheme, parts.host, parts.port,
                    parts.path.substr(0, parts.path.size() - topic.size()), parts.query);
  return {};
}

/// Sets the body, and the URL where the form says it.
Fine fill(Draft& draft, const config::WebhookOptions& options, const Message& message) {
  probe::Request& request = draft.request;
  switch (options.form) {
    case WebhookForm::json:
      request.body = to_json(message);
      return {};
    case WebhookForm::slack:
      request.body = slack_body(message);
      return {};
    case WebhookForm::mattermost:
      request.body = mattermost_body(message);
      return {};
    case WebhookForm::teams:
      request.body = teams_body(message);
      return {};
    case WebhookForm::ntfy: {
      std::string topic;
      if (auto fine = split_topic(request.url, topic); !fine) return fine;
      request.body = ntfy_body(message, topic);
      return {};
    }
    case WebhookForm::pagerduty: {
      std::string key;
      if (auto fine = read_secret(key, "routing_key_file", options.routing_key_file); !fine) return fine;
      request.body = pagerduty_body(message, draft.hidden.emplace_back(std::move(key)));
      return {};
    }
  }
  return {};
}

Fine set_url(Draft& draft, const config::WebhookOptions& options) {
  probe::Request& request = draft.request;
  request.url = options.url;
  if (options.url.empty() && options.url_file.empty()) request.url = kPagerDuty;
  if (options.url_file.empty()) return {};
  if (auto fine = read_secret(request.url, "url_file", options.url_file); !fine) return fine;
  const base::UrlParts parts = base::split_url(request.url);
  for (const std::string_view part : {parts.user, base::without_brackets(parts.host), parts.path, parts.query})
    draft.hidden.emplace_back(part);
  if (parts.is_web() && base::wrong_authority(request.url).empty()) return {};
  return std::unexpected(fmt::format("the file '{}' of url_file holds no URL", options.url_file));
}

Fine add_headers(probe::Request& request, const config::WebhookOptions& options) {
  for (const std::string& entry : options.header_files) {
    const auto colon = std::min(entry.find(':'), entry.size() - 1);
    std::string value;
    const std::string file(base::trim(std::string_view(entry).substr(colon + 1)));
    if (auto fine = read_secret(value, "header_files", file); !fine) return fine;
    request.secret_headers.push_back(
        fmt::format("{}: {}", base::trim(std::string_view(entry).substr(0, colon)), value));
  }
  return {};
}

Fine sign(Draft& draft, const config::WebhookOptions& options, base::Time now) {
  probe::Request& request = draft.request;
  const std::string timestamp =
      fmt::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  request.headers.push_back("Vacancy-Timestamp: " + timestamp);
  if (options.secret_file.empty()) return {};
  std::string key;
  if (auto fine = read_secret(key, "secret_file", options.secret_file); !fine) return fine;
  request.headers.push_back("Vacancy-Signature: " + signature(key, timestamp, request.body));
  draft.hidden.push_back(std::move(key));
  return {};
}

class Webhook final : public Receiver {
 public:
  Webhook(const config::WebhookOptions& options, Transport transport)
      : options_(options), transport_(std::move(transport)) {}

  asio::awaitable<Delivery> deliver(Message message, Sending sending) override {
    if (options_.form == WebhookForm::pagerduty && !is_for_pagerduty(message)) co_return Delivery{};
    co_return co_await post(transport_, webhook_call(options_, message, sending.now), sending);
  }

 private:
  const config::WebhookOptions options_;
  const Transport transport_;
};

}  // namespace

std::expected<Call, std::string> webhook_call(const config::WebhookOptions& options, const Message& message,
                                              base::Time now) {
  Draft draft{.request = {.method = "POST",
                          .headers = {"Content-Type: application/json", "Vacancy-Id: " + message.id},
                          .ca_file = options.ca_file}};
  Fine fine = check_ca_file(options.ca_file);
  if (fine) fine = set_url(draft, options);
  if (fine) fine = fill(draft, options, message);
  if (fine) fine = add_headers(draft.request, options);
  if (fine) fine = log_in(draft.request, {.token_file = options.token_file});
  if (fine) fine = sign(draft, options, now);
  if (!fine) return std::unexpected(std::move(fine.error()));
  probe::Secrets secrets = probe::secrets_of(draft.request);
  for (const std::string& secret : draft.hidden) secrets.add(secret);
  return Call{std::move(draft.request), std::move(secrets)};
}

std::unique_ptr<Receiver> receiver_of(const config::WebhookOptions& options, Transport transport) {
  return std::make_unique<Webhook>(options, std::move(transport));
}

}  // namespace alert
