#include "alert/email.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>

#include "alert/sign.hpp"
#include "base/text.hpp"
#include "probe/http_request.hpp"
#include "probe/one_line.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;

/// A line of base64 (RFC 2045), and the bytes in it.
constexpr std::size_t kLine = 76;
/// The bytes in an encoded word, so that a line with the header's name has at most 76 characters.
constexpr std::size_t kWord = 36;
/// A longer text in a header is folded.
constexpr std::size_t kShortHeader = 60;
/// Mails that came to some of their addresses.
constexpr std::size_t kMostRemembered = 1'000;
/// libcurl's sentence when the server refuses all addresses, the last one for good.
constexpr std::string_view kRefusedForGood = "RCPT failed: 5";

std::string base64_lines(std::string_view text) {
  const std::string digits = probe::base64(text);
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += kLine) out.append(digits, at, kLine).append("\r\n");
  return out;
}

/// Names the thread of the message's group.
std::string thread_of(const Message& message) {
  std::string group = message.rule;
  for (const auto& [name, value] : message.group) group += fmt::format("\n{}={}", name, value);
  return hmac_sha256("", group).substr(0, 32);
}

class Email final : public Receiver {
 public:
  Email(const config::EmailOptions& options, Transport transport)
      : options_(options), transport_(std::move(transport)) {}

  asio::awaitable<Delivery> deliver(Message message, Sending sending) override {
    auto call = email_call(options_, message, sending.now);
    if (!call) co_return Delivery{.outcome = Outcome::failed, .error = call.error()};
    const auto before = missing_.find(message.id);
    const bool others_have_it = before != missing_.end();
    if (others_have_it) call->request.mail_to = before->second;
    const auto answer = co_await transport_(call->request, sending.deadline, sending.stop);
    Delivery delivery = judge(answer, call->secrets);
    // A server that refuses one mail may take others.
    delivery.answered = true;
    const std::vector<std::string>& mail_to = call->request.mail_to;
    // Mails after this one must not wait for an address that is wrong.
    if (!answer && others_have_it && mail_to.size() == 1 && answer.error().contains(kRefusedForGood))
      delivery.outcome = Outcome::delivered;
    if (answer && !answer->body.empty()) {
      const auto missing = put_off(mail_to, answer->headers);
      if (!missing.empty()) delivery.outcome = Outcome::failed;
      delivery.error = fmt::format("the mail server refuses an address{}: {}", missing.empty() ? "" : " for now",
                                   probe::one_line(call->secrets.blotted(answer->body)));
      if (!missing.empty()) remember(message.id, missing);
    }
    if (delivery.outcome == Outcome::delivered) missing_.erase(message.id);
    co_return delivery;
  }

 private:
  void remember(const std::string& id, const std::vector<std::string>& missing) {
    if (missing_.size() >= kMostRemembered) missing_.clear();
    missing_[id] = missing;
  }

  const config::EmailOptions options_;
  const Transport transport_;
  /// Of mails that came to some of their addresses: the others, by the message's id. Who forgets them, as a process
  /// that ends, sends to all again.
  std::map<std::string, std::vector<std::string>> missing_;
};

}  // namespace

std::string header_text(std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~'; };
  if (text.size() <= kShortHeader && std::ranges::all_of(text, plain) && !text.contains("=?")) return std::string(text);
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(kWord, text.size());
    // Words hold whole characters.
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    out += fmt::format("{}=?utf-8?B?{}?=", out.empty() ? "" : "\r\n ", probe::base64(text.substr(0, end)));
    text.remove_prefix(end);
  }
  return out;
}

std::string mail_of(const config::EmailOptions& options, const Message& message, base::Time now) {
  const std::string domain = options.from.substr(options.from.find('@') + 1);
  std::string text = message.title + "\n";
  if (!message.text.empty()) text += "\n" + message.text + "\n";
  const auto pages = pages_of(message);
  if (!pages.empty()) text += fmt::format("\n{}\n", fmt::join(pages, "\n"));
  std::string lines;
  for (const char c : text) lines += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
  return fmt::format(
      "Date: {:%a, %d %b %Y %H:%M:%S +0000}\r\n"
      "From: Vacancy <{}>\r\n"
      "To: {}\r\n"
      "Subject: {}\r\n"
      "Message-ID: <{}@{}>\r\n"
      "References: <{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "\r\n"
      "{}",
      fmt::gmtime(seconds), options.from, fmt::join(options.to, ",\r\n "), header_text(base::to_line(message.title)),
      message.id, domain, thread_of(message), domain, base64_lines(lines));
}

std::vector<std::string> put_off(const std::vector<std::string>& mail_to,
                                 const std::vector<std::pair<std::string, std::string>>& replies) {
  // The replies about the addresses are those before "354 send it".
  const auto data = std::ranges::find(replies, "354", &std::pair<std::string, std::string>::first);
  const auto count = static_cast<std::ptrdiff_t>(mail_to.size());
  if (data == replies.end() || data - replies.begin() < count) return {};
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < mail_to.size(); ++i)
    if ((data - count + static_cast<std::ptrdiff_t>(i))->first.starts_with('4')) addresses.push_back(mail_to[i]);
  return addresses;
}

std::expected<Call, std::string> email_call(const config::EmailOptions& options, const Message& message,
                                            base::Time now) {
  probe::Request request{.method = "",
                         .url = options.server,
                         .body = mail_of(options, message, now),
                         .ca_file = options.ca_file,
                         .direct = true,
                         .mail_from = options.from,
                         .mail_to = options.to,
                         .plain_mail = !options.tls};
  auto fine = check_ca_file(options.ca_file);
  if (fine) fine = log_in(request, {.username = options.username, .password_file = options.password_file});
  if (!fine) return std::unexpected(std::move(fine.error()));
  probe::Secrets secrets = probe::secrets_of(request);
  return Call{std::move(request), std::move(secrets)};
}

std::unique_ptr<Receiver> receiver_of(const config::EmailOptions& options, Transport transport) {
  return std::make_unique<Email>(options, std::move(transport));
}

}  // namespace alert
