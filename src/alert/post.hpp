#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "alert/receiver.hpp"
#include "probe/secrets.hpp"

/// What all kinds of receivers do with a call: fill in secrets, and judge the answer.
namespace alert {

/// A call and the secrets in it, which an answer may repeat.
struct Call {
  probe::Request request;
  probe::Secrets secrets;
};

/// Reads the secret in a file, for the option of this name. Fails with a sentence.
std::expected<void, std::string> read_secret(std::string& out, const std::string& option, const std::string& file);

/// A token, or a user and a password; "" for none.
struct Login {
  std::string token_file{};
  std::string username{};
  std::string password_file{};
};
/// Puts it into `request`. Fails with a sentence.
std::expected<void, std::string> log_in(probe::Request& request, const Login& login);

/// Fails with a sentence when it is no file; "" is the system's authorities.
std::expected<void, std::string> check_ca_file(const std::string& ca_file);

/// Judges the answer to a POST: 2xx is delivered, and 400, 413, 415 and 422 refuse the message itself. Everything else
/// may pass or be repaired: a wrong token, a redirect, which is not followed, a server that is down.
Delivery judge(const std::expected<probe::Response, std::string>& answer, const probe::Secrets& secrets);

/// Makes the call and judges its answer. `call` may be a failure to make one.
boost::asio::awaitable<Delivery> post(Transport transport, std::expected<Call, std::string> call, Sending sending);

/// At most `most` bytes of `text`, in whole characters, with … at the end when there is more.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace alert
