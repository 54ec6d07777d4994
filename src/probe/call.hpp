#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "probe/transfer.hpp"

/// HTTP calls that block their thread, for the command line.
namespace probe {

/// The failure of a call.
struct CallFailure {
  std::string message;
  /// Another attempt would fail, too: an untrusted certificate, or no URL.
  bool lasting = false;
};

using Called = std::expected<Response, CallFailure>;

/// Makes one call, which is over within `limit`. Follows no redirects unless the request says so.
Called call(const Request& request, base::Duration limit);

/// Makes a call whose answer has no end. It ends with an error when nothing came for `silence`, and without one when
/// `go_on`, which is asked about once a second, or Request::on_piece says false.
Called stream(const Request& request, base::Duration silence, const std::function<bool()>& go_on);

/// A URL in its parts; the login is decoded.
struct CallUrl {
  std::string user, password;
  /// "https://host:8443": scheme, host and, unless it is the scheme's, port.
  std::string origin;
  /// Begins with '/'; with its query.
  std::string path;
  bool has_query = false;
  /// The host is this machine, by a name or an address of the loopback.
  bool local = false;
};

/// Nothing when `text` is no http or https URL.
std::optional<CallUrl> parse_call_url(const std::string& text);

/// Where `reference`, such as a Location or a link, leads from `base`; "" when it is none.
std::string resolve(const std::string& base, const std::string& reference);

}  // namespace probe
