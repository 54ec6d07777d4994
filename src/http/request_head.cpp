#include "http/request_head.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/chunked.hpp"

namespace http {
namespace {

constexpr Wrong kNoRequest{400, "this is not a valid HTTP/1.1 request"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Is this uri-host [ ":" port ] (RFC 3986, section 3.2)? A host must be named: these are no schemes without one.
bool is_host(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (!address.contains(':') || address.find_first_not_of("0123456789abcdefABCDEF:.vV") != std::string_view::npos)
      return false;
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    const auto allowed = [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) ||
             std::string_view("-._~!$&'()*+,;=%").contains(c);
    };
    if (colon == 0 || !std::ranges::all_of(text.substr(0, colon), allowed)) return false;
    port = text.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  return port.size() <= 5 && std::ranges::all_of(port, is_digit);
}

/// Does a list of tokens (RFC 9110, section 5.6.1) have this one?
bool lists(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::string_view element = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), element.size() + 1));
    if (base::equals_ignoring_case(base::trim(element), token)) return true;
  }
  return false;
}

std::optional<Wrong> check_request_line(std::string_view line) {
  const auto space = line.rfind(' ');
  if (space == std::string_view::npos) return kNoRequest;
  const std::string_view version = line.substr(space + 1);
  constexpr std::string_view kName = "HTTP/";
  if (version.size() != 8 || !version.starts_with(kName) || !is_digit(version[5]) || version[6] != '.' ||
      !is_digit(version[7]))
    return kNoRequest;
  if (version[5] != '1') return Wrong{505, "this server speaks HTTP/1.1"};
  if (line.find('#') != std::string_view::npos) return Wrong{400, "a request has no part after '#'"};
  return std::nullopt;
}

}  // namespace

std::size_t HeadScanner::look(std::string_view received) {
  // TLS, most likely: no line would ever end.
  if (!received.empty() && !is_token_char(received.front())) wrong_ = kNoRequest;
  while (!wrong_) {
    const auto end = received.find('\n', seen_);
    seen_ = std::min(end, received.size());
    if (end == std::string_view::npos || end >= kMaxHeaderBytes) break;
    if (end == line_ || received[end - 1] != '\r') {
      wrong_ = Wrong{400, "each line of the head must end with CR LF"};
      break;
    }
    const std::string_view line = received.substr(line_, end - 1 - line_);
    wrong_ = check_line(line);
    line_ = seen_ = end + 1;
    if (line.empty() && !wrong_) return line_;
  }
  if (!wrong_ && received.size() >= kMaxHeaderBytes)
    wrong_ = line_ == 0 ? Wrong{414, "the target is too long"} : Wrong{431, "the header is larger than 16 KiB"};
  return 0;
}

std::optional<Wrong> HeadScanner::check_line(std::string_view line) const {
  using namespace std::string_view_literals;
  if (line.find_first_of("\r\0"sv) != std::string_view::npos) return kNoRequest;
  if (line_ == 0) return check_request_line(line);
  if (line.starts_with(' ') || line.starts_with('\t')) return Wrong{400, "a header must not be folded"};
  return std::nullopt;
}

std::optional<Wrong> check_head(std::span<const Header> headers, unsigned version) {
  std::size_t hosts = 0, codings = 0;
  bool chunked = false, chunked_last = false;
  for (const auto& [name, value] : headers) {
    if (base::equals_ignoring_case(name, "Host")) {
      ++hosts;
      if (!is_host(value)) return Wrong{400, "Host must be HOST or HOST:PORT"};
    } else if (base::equals_ignoring_case(name, "Transfer-Encoding")) {
      ++codings;
      chunked = base::equals_ignoring_case(value, "chunked");
      chunked_last = lists(value, "chunked");
    }
  }
  if (hosts > 1) return Wrong{400, "there must be one Host"};
  if (hosts == 0 && version >= 11) return Wrong{400, "a request of HTTP/1.1 must have a Host"};
  if (codings == 0) return std::nullopt;
  if (version < 11) return Wrong{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (codings == 1 && chunked) return std::nullopt;
  return chunked_last || codings > 1 ? Wrong{400, "of Transfer-Encoding, this server knows chunked, and once"}
                                     : Wrong{501, "of Transfer-Encoding, this server knows chunked"};
}

bool wants_to_stay(const Request& request, unsigned version) {
  const std::string connection = request.list("Connection");
  return !lists(connection, "close") && (version >= 11 || lists(connection, "keep-alive"));
}

std::optional<Target> parse_target(std::string_view method, std::string_view text) {
  if (text == "*") return method == "OPTIONS" ? std::optional(Target{.path = "*"}) : std::nullopt;
  Target target;
  if (!text.starts_with('/')) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || !(base::equals_ignoring_case(text.substr(0, scheme), "http") ||
                                              base::equals_ignoring_case(text.substr(0, scheme), "https")))
      return std::nullopt;
    text.remove_prefix(scheme + 3);
    target.host = text.substr(0, text.find_first_of("/?"));
    if (!is_host(target.host)) return std::nullopt;
    text.remove_prefix(target.host.size());
  }
  target.path = text.substr(0, text.find('?'));
  text.remove_prefix(target.path.size());
  if (!text.empty()) target.query = text.substr(1);
  // Without a path it is that of the root, or the whole server (section 3.2.4).
  if (target.path.empty()) target.path = method == "OPTIONS" && target.query.empty() ? "*" : "/";
  return target;
}

}  // namespace http
