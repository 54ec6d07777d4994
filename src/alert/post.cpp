#include "alert/post.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "probe/http_request.hpp"
#include "probe/one_line.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;

/// Answers that mean that these bytes will never be taken.
constexpr std::array kRefused{400, 413, 415, 422};
/// The part of an answer that an error shows, and the part that is read, in which secrets are looked for.
constexpr std::size_t kShown = 200;
constexpr std::size_t kLookedAt = 4 * 1024;

/// "answered 403 Forbidden: invalid_token".
std::string answer_of(const probe::Response& response, const probe::Secrets& secrets) {
  const std::string_view line = response.status_line;
  const auto blank = std::min(line.find(' '), line.size() - 1);
  std::string text = fmt::format("answered {}", line.substr(blank + 1));
  if (response.status / 100 == 3) text += ", a redirect, which is not followed; write the final URL";
  const std::string body = probe::one_line(secrets.blotted(response.body.substr(0, kLookedAt)), kShown);
  if (!body.empty()) text += fmt::format(": {}", body);
  return probe::one_line(secrets.blotted(text));
}

}  // namespace

std::expected<void, std::string> read_secret(std::string& out, const std::string& option, const std::string& file) {
  auto secret = probe::secret_from(option, file);
  if (!secret) return std::unexpected(std::move(secret.error()));
  out = std::move(*secret);
  return {};
}

std::expected<void, std::string> log_in(probe::Request& request, const Login& login) {
  if (!login.token_file.empty()) return read_secret(request.bearer, "token_file", login.token_file);
  if (login.username.empty()) return {};
  request.username = login.username;
  return read_secret(request.password, "password_file", login.password_file);
}

std::expected<void, std::string> check_ca_file(const std::string& ca_file) {
  std::error_code ignored;
  if (ca_file.empty() || std::filesystem::is_regular_file(ca_file, ignored)) return {};
  return std::unexpected(probe::no_certificates(ca_file));
}

Delivery judge(const std::expected<probe::Response, std::string>& answer, const probe::Secrets& secrets) {
  if (!answer) return {.outcome = Outcome::failed, .error = probe::one_line(secrets.blotted(answer.error()))};
  if (answer->status / 100 == 2) return {.answered = true};
  const bool refused = std::ranges::find(kRefused, answer->status) != kRefused.end();
  return {.outcome = refused ? Outcome::refused : Outcome::failed,
          .error = answer_of(*answer, secrets),
          .answered = true,
          .retry_after = answer->retry_after};
}

asio::awaitable<Delivery> post(Transport transport, std::expected<Call, std::string> call, Sending sending) {
  if (!call) co_return Delivery{.outcome = Outcome::failed, .error = call.error()};
  call->request.max_bytes = kLookedAt;
  call->request.head_is_enough = true;
  const auto answer = co_await transport(call->request, sending.deadline, sending.stop);
  co_return judge(answer, call->secrets);
}

std::string shortened(std::string_view text, std::size_t most) {
  constexpr std::string_view kMore = "…";
  if (text.size() <= most) return std::string(text);
  std::size_t end = most - kMore.size();
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; };
  while (end > 0 && continues(end)) --end;
  return std::string(text.substr(0, end)).append(kMore);
}

}  // namespace alert
