#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "config/config.hpp"
#include "probe/renewed.hpp"
#include "probe/secrets.hpp"
#include "probe/transfers.hpp"

/// Tokens of OAuth 2.0, by the client credentials grant (RFC 6749, section 4.4).
namespace probe {

/// What a server of tokens grants.
struct Token {
  std::string text;
  base::Duration lifetime;
};

/// The request for a token. Reads the file of the secret. Fails with a sentence.
std::expected<Request, std::string> token_request(const config::HttpOptions& options);

/// The token in the server's answer. Fails with a sentence, which has no words of the server but a code of its error,
/// without `secrets`. Pure.
std::expected<Token, std::string> read_token(const Response& response, const Secrets& secrets);

/// Asks for a token. `transfers` and `options` outlive the await.
boost::asio::awaitable<std::expected<Lease<std::string>, std::string>> fetch_token(Transfers& transfers,
                                                                                   const config::HttpOptions& options,
                                                                                   base::SteadyTime deadline,
                                                                                   std::stop_token stop);

}  // namespace probe
