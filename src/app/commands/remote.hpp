#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "app/commands/access.hpp"
#include "app/request.hpp"
#include "base/clock.hpp"
#include "probe/transfer.hpp"

/// A service that the command line calls over http or https, with its credentials.
namespace app {

struct Ask {
  std::string method = "GET";
  /// Path and query below the URL.
  std::string target;
  std::vector<std::string> headers{};
  /// JSON.
  std::string body{};
  /// To connect, and for the whole.
  base::Duration connect = std::chrono::seconds{5};
  base::Duration limit = std::chrono::seconds{60};
};

/// One service with its logins. Nothing that it throws or says holds a secret. Used on one thread.
class Remote {
 public:
  /// Reads the files, and the configuration of named servers. Throws base::UsageError for a URL, a server or a file
  /// that is none.
  explicit Remote(const Access& access);

  /// Without its login.
  const std::string& url() const { return url_; }

  /// Sends a request and waits for the answer, whatever its status. Follows redirects within the origin. Throws
  /// base::Lost when the service is not reached, base::UsageError for what no second attempt changes: a redirect
  /// elsewhere, a server that is not trusted.
  Answer send(const Ask& ask) const;
  /// The answer to GET of what must be there. Throws base::Lost with what another answer says, base::UsageError when
  /// that is a refusal.
  Answer get(const std::string& target) const;

  /// Follows a stream: `on_piece` gets the status, the type and the pieces of a body; false ends it. Returns "" when it
  /// ended, or what was wrong.
  std::string follow(const Ask& ask, base::Duration silence, const std::function<bool()>& go_on,
                     const std::function<bool(const Answer& head, std::string_view piece)>& on_piece,
                     int& status) const;

  /// The target that a link in the answer to `target` leads to. Throws base::UsageError when that is elsewhere.
  std::string linked(const std::string& target, const std::string& link) const;

  /// Why the service refused the login, or is another one, with advice.
  std::string refusal(const Answer& answer) const;

 private:
  probe::Request request_for(const Ask& ask) const;
  /// The target of a redirect. Throws base::UsageError when it leads elsewhere.
  std::string redirected(const std::string& from, const std::string& location) const;

  std::string url_, origin_, prefix_;
  bool administration_ = false;
  bool has_login_ = false;
  bool local_ = false;
  probe::Request login_;
};

}  // namespace app
