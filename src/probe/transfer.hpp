#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace probe {

/// Starts libcurl, once for the process. Throws std::runtime_error. Thread-safe.
void start_libcurl();

struct Response;

/// One HTTP call, or one mail. Of bearer, username and sigv4, at most one is given.
struct Request {
  std::string method = "GET";
  std::string url;
  /// "Name: value" each.
  std::vector<std::string> headers{};
  /// More of them, whose values nobody should see.
  std::vector<std::string> secret_headers{};
  std::string body{};
  /// A token, sent as "Authorization: Bearer …", to the host of `url` only.
  std::string bearer{};
  /// Basic authentication or, with sigv4, the access key and its secret.
  std::string username{};
  std::string password{};
  /// The scope of libcurl's signatures: "aws:amz:REGION:SERVICE".
  std::string sigv4{};
  /// PEM; "" for the system's authorities.
  std::string ca_file{};
  /// The same as text instead of a file. Then the client's certificate and its key, PEM too; "" for none.
  std::string ca{};
  std::string certificate{};
  std::string key{};
  std::uint16_t max_redirects = 0;
  /// Of the answer's body, unpacked. A larger one is a failure.
  std::size_t max_bytes = 1 << 20;
  /// The status of the answer decides. The part of the body that comes in time is kept, up to max_bytes. After the head
  /// only one failure counts: the loss of the connection within an answer 2xx.
  bool head_is_enough = false;
  /// Connects to this socket of the machine instead of the URL's host.
  std::string unix_socket{};
  /// Through no proxy, whatever the environment says.
  bool direct = false;
  /// To connect; 0 for as long as the call may take.
  base::Duration connect{0};
  /// Of a mail, whose `url` is smtp:// or smtps://, and whose `body` is the mail in lines with CRLF: the addresses of
  /// its sender and of those who get it.
  std::string mail_from{};
  std::vector<std::string> mail_to{};
  /// smtp:// may stay in plain text. A user name then travels in it, too.
  bool plain_mail = false;
  /// Gets the body as it comes, with the head of the answer, instead of Response::body; false ends the call.
  std::function<bool(const Response& head, std::string_view piece)> on_piece{};
};

/// The last answer, after redirects.
struct Response {
  int status = 0;
  /// Where it came from.
  std::string url{};
  /// "HTTP/1.1 200 OK"
  std::string status_line{};
  /// Name and value as they came. Of a mail: the code and the last line of each reply of the server.
  std::vector<std::pair<std::string, std::string>> headers{};
  /// Of a mail: the lines in which the server refused some of its addresses.
  std::string body{};
  /// How long its Retry-After asks to wait, as a number or a date; 0 without one.
  base::Duration retry_after{0};

  /// The value of the first header of this name, or null.
  const std::string* header(std::string_view name) const;
};

/// The error for a ca_file without certificates.
std::string no_certificates(const std::string& ca_file);

/// One call of libcurl: an easy handle with its options, and the response so far. Used on one thread.
class Transfer {
 public:
  /// `request` outlives the transfer. It must be over within `limit`, which is positive; a failure names `timeout`,
  /// from which the limit comes. Throws std::runtime_error when libcurl does not take an option.
  Transfer(const Request& request, base::Duration limit, base::Duration timeout);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  /// The result of the transfer, when libcurl says that it is over. Fails with a sentence.
  std::expected<Response, std::string> result(CURLcode code);

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_text(CURLoption option, const std::string& text);
  void set_method();
  void set_mail();
  void set_headers();
  void set_trust();
  void set_login();
  void set_limits();
  std::string effective_url() const;
  std::string failure(CURLcode code) const;
  std::string proxy_failure() const;
  bool names_host_of_url(std::string_view detail) const;
  std::string mail_failure(std::string_view detail) const;
  std::size_t take_header(std::string_view line);
  std::size_t take_reply(std::string_view line);
  std::size_t take_body(std::string_view piece);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self);

  static constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;

  struct Cleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  const Request& request_;
  const base::Duration limit_;
  const base::Duration timeout_;
  Response response_;
  std::size_t header_bytes_ = 0;
  bool headers_too_large_ = false;
  bool body_too_large_ = false;
  /// The head of the last answer is complete.
  bool has_head_ = false;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, Cleanup> headers_;
  std::unique_ptr<curl_slist, Cleanup> mail_to_;
  std::size_t uploaded_ = 0;
  std::unique_ptr<CURL, Cleanup> handle_;
};

}  // namespace probe
