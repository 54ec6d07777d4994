#include "probe/call.hpp"

#include <csignal>
#include <memory>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace probe {
namespace {

/// Ignores SIGPIPE during a call, since libcurl writes to connections that may be closed.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~WithoutPipeSignal() { std::signal(SIGPIPE, before_); }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  void (*before_)(int);
};

bool is_lasting(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_URL_MALFORMAT ||
         code == CURLE_UNSUPPORTED_PROTOCOL;
}

Called perform(Transfer& transfer) {
  const WithoutPipeSignal ignored;
  const CURLcode code = curl_easy_perform(transfer.handle());
  auto result = transfer.result(code);
  if (!result) return std::unexpected(CallFailure{std::move(result.error()), is_lasting(code)});
  return std::move(*result);
}

/// The watch of a stream, on the thread that makes the call.
struct Watched {
  const std::function<bool()>& go_on;
  base::Duration silence;
  base::SteadyTime latest = std::chrono::steady_clock::now();
  bool silent = false;
  bool ended = false;
};

int on_progress(void* of, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Watched& watched = *static_cast<Watched*>(of);
  watched.silent = std::chrono::steady_clock::now() - watched.latest > watched.silence;
  watched.ended = watched.ended || !watched.go_on();
  return watched.silent || watched.ended ? 1 : 0;
}

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return text;
}

bool is_local(std::string_view host) {
  return base::equals_ignoring_case(host, "localhost") || host.ends_with(".localhost") || host.starts_with("127.") ||
         host == "[::1]";
}

}  // namespace

Called call(const Request& request, base::Duration limit) {
  start_libcurl();
  Transfer transfer(request, limit, limit);
  return perform(transfer);
}

Called stream(const Request& request, base::Duration silence, const std::function<bool()>& go_on) {
  start_libcurl();
  // Not by libcurl's lowest speed: a comment now and then is slower than any that it knows.
  Watched watched{go_on, silence};
  Request watching = request;
  watching.on_piece = [&](const Response& head, std::string_view piece) {
    watched.latest = std::chrono::steady_clock::now();
    watched.ended = !request.on_piece(head, piece);
    return !watched.ended;
  };
  Transfer transfer(watching, silence, silence);
  CURL* const handle = transfer.handle();
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 0L);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &watched);
  Called called = perform(transfer);
  if (watched.ended) return Response();
  if (watched.silent) return std::unexpected(CallFailure{"nothing came for " + base::to_string(silence)});
  return called;
}

std::optional<CallUrl> parse_call_url(const std::string& text) {
  const Url url(curl_url(), &curl_url_cleanup);
  // Without a scheme, libcurl would take it for a URL of a kind of its own.
  if (!base::is_printable_utf8(text) || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return std::nullopt;
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  const std::string host = part_of(url, CURLUPART_HOST);
  if ((scheme != "http" && scheme != "https") || host.empty()) return std::nullopt;
  CallUrl parts{.user = part_of(url, CURLUPART_USER, CURLU_URLDECODE),
                .password = part_of(url, CURLUPART_PASSWORD, CURLU_URLDECODE),
                .origin = fmt::format("{}://{}", scheme, host),
                .path = part_of(url, CURLUPART_PATH),
                .local = is_local(host)};
  if (const std::string port = part_of(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT); !port.empty())
    parts.origin += ":" + port;
  const std::string query = part_of(url, CURLUPART_QUERY);
  parts.has_query = !query.empty() || !part_of(url, CURLUPART_FRAGMENT).empty();
  if (!query.empty()) parts.path += "?" + query;
  return parts;
}

std::string resolve(const std::string& base, const std::string& reference) {
  const Url url(curl_url(), &curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK)
    return "";
  return part_of(url, CURLUPART_URL);
}

}  // namespace probe
