// What went wrong with a call, in words.
#include <fmt/format.h>

#include <memory>

#include "probe/one_line.hpp"
#include "probe/probe.hpp"
#include "probe/transfer.hpp"

namespace probe {
namespace {

constexpr std::string_view kNotHttp1 =
    "the server does not answer in HTTP/1.1; it may want https, speak HTTP/2 only, or HTTP/0.9";

}  // namespace

std::string Transfer::failure(CURLcode code) const {
  const std::string detail = one_line(error_[0] != '\0' ? error_.data() : curl_easy_strerror(code));
  if (headers_too_large_) return fmt::format("the answer's headers are larger than {} bytes", kMaxHeaderBytes);
  if (body_too_large_ || code == CURLE_FILESIZE_EXCEEDED)
    return fmt::format("the answer is larger than max_bytes, {}", request_.max_bytes);
  if (!request_.mail_to.empty() && !response_.body.empty()) return mail_failure(detail);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return timed_out_after(timeout_);
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("cannot find the host: {}", detail);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return fmt::format("cannot find the proxy of the service's environment: {}", detail);
    case CURLE_PROXY:
      return fmt::format("the proxy of the service's environment does not connect: {}", detail);
    case CURLE_COULDNT_CONNECT:
      return fmt::format("cannot connect{}: {}", names_host_of_url(detail) ? "" : " to the proxy", detail);
    case CURLE_PEER_FAILED_VERIFICATION:
      return fmt::format("certificate not trusted: {}", detail);
    case CURLE_SSL_CACERT_BADFILE:
      return request_.ca.empty() ? no_certificates(request_.ca_file)
                                 : "there is no certificate of an authority to trust";
    case CURLE_SSL_CERTPROBLEM:
      return fmt::format("the client's certificate or its key cannot be used: {}", detail);
    case CURLE_SSL_CONNECT_ERROR:
      return fmt::format("cannot encrypt the connection: {}", detail);
    case CURLE_USE_SSL_FAILED:
      return fmt::format("the mail server offers no encryption: {}", detail);
    case CURLE_TOO_MANY_REDIRECTS:
      return fmt::format("redirected more than {} times", request_.max_redirects);
    case CURLE_UNSUPPORTED_PROTOCOL:
      // libcurl takes every other protocol for this one, and its detail may be that of an error before.
      if (const std::string* place = response_.header("Location"); place != nullptr && !detail.contains("HTTP"))
        return fmt::format("redirected to '{}', which is neither http nor https", one_line(*place));
      return std::string(kNotHttp1);
    case CURLE_URL_MALFORMAT:
      return fmt::format(
          "{}: {}", response_.status / 100 == 3 ? "redirected to a place that is no URL" : "the URL is wrong", detail);
    case CURLE_BAD_CONTENT_ENCODING:
      return fmt::format("the answer cannot be unpacked: {}", detail);
    case CURLE_PARTIAL_FILE:
      return fmt::format("the answer was cut off: {}", detail);
    case CURLE_GOT_NOTHING:
      return "the connection was closed without an answer";
    case CURLE_WEIRD_SERVER_REPLY:
      return std::string(kNotHttp1);
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return fmt::format("the server breaks off HTTP/2: {}", detail);
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (std::string refused = proxy_failure(); !refused.empty()) return refused;
      if (detail.contains("chunk")) return fmt::format("the answer's chunks are malformed: {}", detail);
      return fmt::format("the connection was lost: {}", detail);
    default:
      return detail;
  }
}

/// Why the proxy gave no connection, when it answered at all.
std::string Transfer::proxy_failure() const {
  long code = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_HTTP_CONNECTCODE, &code);
  if (code == 0 || code / 100 == 2) return {};
  constexpr long kProxyLogin = 407;
  return fmt::format("the proxy of the service's environment {}: it answered {} to CONNECT",
                     code == kProxyLogin ? "wants a login" : "refuses the connection", code);
}

/// libcurl names the host and port that it did not reach. Another than the URL's is the proxy.
bool Transfer::names_host_of_url(std::string_view detail) const {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, effective_url().c_str(), 0) != CURLUE_OK) return true;
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    const bool found = curl_url_get(url.get(), which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK;
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return std::string(found ? text : "");
  };
  std::string host = part(CURLUPART_HOST);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return detail.contains(fmt::format("{} port {}", host, part(CURLUPART_PORT)));
}

}  // namespace probe
