#include "probe/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <stdexcept>

#include "base/text.hpp"
#include "probe/one_line.hpp"
#include "probe/probe.hpp"

namespace probe {
namespace {

constexpr long kMaxIdleSeconds = 30;
/// Answers with a lesser status announce another.
constexpr int kFinal = 200;

/// The connection ended within the answer, which may come from a proxy whose server died.
bool is_lost(CURLcode code) {
  return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

/// libcurl refuses more than fits into an int, 24 days.
long milliseconds_of(base::Duration limit) {
  return std::min<long>(std::chrono::ceil<std::chrono::milliseconds>(limit).count(), std::numeric_limits<int>::max());
}

/// A failed append leaves the list as it was.
void append(auto& list, const char* line) {
  curl_slist* const longer = curl_slist_append(list.get(), line);
  if (longer == nullptr) throw std::runtime_error("libcurl has no memory");
  static_cast<void>(list.release());
  list.reset(longer);
}

/// The longest that a server is waited for.
constexpr std::int64_t kLongestWait = 86'400;

/// `seconds` are libcurl's, who takes a number that it cannot hold for none.
base::Duration wait_of(const Response& response, curl_off_t seconds) {
  const std::string* text = response.header("Retry-After");
  const bool is_number =
      text != nullptr && !text->empty() && text->find_first_not_of("0123456789") == std::string::npos;
  const bool is_huge = is_number && !base::number_of<curl_off_t>(*text);
  return std::chrono::seconds{is_huge ? kLongestWait : std::clamp<curl_off_t>(seconds, 0, kLongestWait)};
}

}  // namespace

void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

const std::string* Response::header(std::string_view name) const {
  const auto same = [&](const auto& header) { return base::equals_ignoring_case(header.first, name); };
  const auto found = std::ranges::find_if(headers, same);
  return found != headers.end() ? &found->second : nullptr;
}

std::string no_certificates(const std::string& ca_file) {
  return fmt::format("ca_file '{}' is no file with certificates", ca_file);
}

Transfer::Transfer(const Request& request, base::Duration limit, base::Duration timeout)
    : request_(request), limit_(limit), timeout_(timeout), handle_(curl_easy_init()) {
  if (!handle_) throw std::runtime_error("libcurl has no memory");
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_URL, request.url.c_str());
  // The URL and each redirect: nothing but HTTP, so that no answer makes this process read a local file.
  set(CURLOPT_PROTOCOLS_STR, request.mail_to.empty() ? "http,https" : "smtp,smtps");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(CURLOPT_USERAGENT, "vacancy/" VACANCY_VERSION);
  if (!request.unix_socket.empty()) set(CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (request.direct) set(CURLOPT_PROXY, "");
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (request.mail_to.empty()) {
    set_method();
    set_headers();
  } else {
    set_mail();
  }
  set_trust();
  set_login();
  set_limits();
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, this);
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
  if (code != CURLE_OK)
    throw std::runtime_error(fmt::format("libcurl refuses the request: {}", curl_easy_strerror(code)));
}

void Transfer::set_method() {
  // A custom method would stay after a redirect that turns POST into GET, so it is the last resort.
  const bool body = !request_.body.empty();
  const bool post = request_.method == "POST";
  if (body || post) {
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  }
  if (request_.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else if (!post && (body || request_.method != "GET"))
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::set_mail() {
  for (const std::string& address : request_.mail_to) append(mail_to_, address.c_str());
  set(CURLOPT_MAIL_FROM, request_.mail_from.c_str());
  set(CURLOPT_MAIL_RCPT, mail_to_.get());
  // One wrong address does not keep the mail from the others.
  set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  if (!request_.plain_mail) set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  // A connection that was idle may be gone, and a mail cannot be rewound.
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(CURLOPT_READFUNCTION, &Transfer::on_upload);
  set(CURLOPT_READDATA, this);
}

void Transfer::set_headers() {
  const auto add = [this](const char* line) { append(headers_, line); };
  for (const auto* headers : {&request_.headers, &request_.secret_headers}) {
    for (const std::string& header : *headers) {
      // libcurl takes "Name:" for the wish to leave a header out, and "Name;" for one without a value.
      const auto colon = header.find(':');
      const bool empty = base::trim(std::string_view(header).substr(colon + 1)).empty();
      add(empty ? (header.substr(0, colon) + ";").c_str() : header.c_str());
    }
  }
  // libcurl signs also a header that it is told to leave out.
  if (!request_.sigv4.empty()) return set(CURLOPT_HTTPHEADER, headers_.get());
  // Unless it is given: libcurl would call the body a form. Without "Expect:", a large body waits for a 100 Continue.
  const auto is_type = [](const std::string& header) {
    return base::equals_ignoring_case(header.substr(0, header.find(':')), "Content-Type");
  };
  if (std::ranges::none_of(request_.headers, is_type)) add("Content-Type:");
  add("Expect:");
  set(CURLOPT_HTTPHEADER, headers_.get());
}

/// The request outlives the transfer.
void Transfer::set_text(CURLoption option, const std::string& text) {
  if (text.empty()) return;
  // libcurl does not write to it.
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};  // NOLINT(*-const-cast)
  set(option, &blob);
}

void Transfer::set_trust() {
  set_text(CURLOPT_CAINFO_BLOB, request_.ca);
  set_text(CURLOPT_SSLCERT_BLOB, request_.certificate);
  set_text(CURLOPT_SSLKEY_BLOB, request_.key);
  if (!request_.ca.empty()) set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (request_.ca_file.empty()) return;
  set(CURLOPT_CAINFO, request_.ca_file.c_str());
  // Debian's libcurl would trust the system's directory as well.
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  // A file that is replaced counts soon.
  set(CURLOPT_CA_CACHE_TIMEOUT, kMaxIdleSeconds);
}

void Transfer::set_login() {
  if (!request_.bearer.empty()) {
    // As an option, not as a header: libcurl keeps it from other hosts, ports and protocols on a redirect.
    set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    set(CURLOPT_XOAUTH2_BEARER, request_.bearer.c_str());
  }
  if (!request_.username.empty()) {
    set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    set(CURLOPT_USERNAME, request_.username.c_str());
    set(CURLOPT_PASSWORD, request_.password.c_str());
  }
  if (!request_.sigv4.empty()) set(CURLOPT_AWS_SIGV4, request_.sigv4.c_str());
}

void Transfer::set_limits() {
  set(CURLOPT_TIMEOUT_MS, milliseconds_of(limit_));
  set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(request_.connect.count() > 0 ? request_.connect : limit_));
  set(CURLOPT_NOSIGNAL, 1L);
  // Else the end of a call waits for the resolver, and all other calls of the thread with it.
  set(CURLOPT_QUICK_EXIT, 1L);
  if (!request_.head_is_enough) set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request_.max_bytes));
  set(CURLOPT_FOLLOWLOCATION, request_.max_redirects > 0 ? 1L : 0L);
  set(CURLOPT_MAXREDIRS, static_cast<long>(request_.max_redirects));
  set(CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
}

std::string Transfer::effective_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(handle_.get(), CURLINFO_EFFECTIVE_URL, &url);
  return url != nullptr ? url : "";
}

std::expected<Response, std::string> Transfer::result(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  // libcurl takes an answer that ends within its head for a whole one.
  if (code == CURLE_OK && !has_head_ && request_.mail_to.empty()) code = CURLE_PARTIAL_FILE;
  const bool head_decides = request_.head_is_enough && has_head_ && !(is_lost(code) && status / 100 == 2);
  if (code != CURLE_OK && !head_decides) return std::unexpected(failure(code));
  response_.status = static_cast<int>(status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &seconds);
  response_.retry_after = wait_of(response_, seconds);
  response_.url = effective_url();
  return std::move(response_);
}

/// Each answer begins with its status line: those of redirects, and of 1xx, give way to the next.
std::size_t Transfer::take_header(std::string_view line) {
  if (!request_.mail_to.empty()) return take_reply(line);
  header_bytes_ += line.size();
  headers_too_large_ = header_bytes_ > kMaxHeaderBytes;
  if (headers_too_large_) return 0;
  const std::string_view text = base::trim(line);
  if (line.starts_with("HTTP/")) {
    has_head_ = false;
    response_ = {.status_line = std::string(text)};
    const auto blank = std::min(text.find(' '), text.size());
    std::from_chars(text.data() + std::min(blank + 1, text.size()), text.data() + text.size(), response_.status);
  } else if (text.empty()) {
    has_head_ = response_.status >= kFinal;
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace_back(text.substr(0, colon), base::trim(text.substr(colon + 1)));
  }
  return line.size();
}

std::size_t Transfer::take_body(std::string_view piece) {
  if (request_.on_piece) return request_.on_piece(response_, piece) ? piece.size() : 0;
  const std::size_t room = request_.max_bytes - response_.body.size();
  if (request_.head_is_enough && piece.size() > room) {
    response_.body += piece.substr(0, room);
    return 0;
  }
  body_too_large_ = piece.size() > room;
  if (body_too_large_) return 0;
  response_.body += piece;
  return piece.size();
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count});
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({data, size * count});
}

}  // namespace probe
