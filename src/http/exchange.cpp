#include "http/exchange.hpp"

#include <boost/beast/http/basic_parser.hpp>

namespace http {
namespace {

namespace beast = boost::beast;
using boost::system::error_code;

/// Beast's parser, whose fields stay where they were received.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  explicit HeadParser(Exchange& exchange) : exchange_(exchange) {
    header_limit(kMaxHeaderBytes + 1);
    body_limit(boost::none);
  }

 private:
  void on_request_impl(beast::http::verb /*method*/, beast::string_view method, beast::string_view target, int version,
                       error_code& /*error*/) override {
    exchange_.request.method = method;
    exchange_.target = target;
    exchange_.version = static_cast<unsigned>(version);
  }
  void on_field_impl(beast::http::field /*field*/, beast::string_view name, beast::string_view value,
                     error_code& /*error*/) override {
    exchange_.request.headers.push_back({name, value});
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view bytes, error_code&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, error_code&) override { return bytes.size(); }
  void on_finish_impl(error_code&) override {}

  Exchange& exchange_;
};

}  // namespace

std::optional<Wrong> read_head(std::string_view bytes, Exchange& exchange) {
  exchange.head = bytes;
  exchange.request.headers.clear();
  // A later version of HTTP/1 is read as the latest that is known (RFC 9110, section 2.5).
  char& minor = exchange.head[exchange.head.find('\r') - 1];
  minor = std::min(minor, '1');
  HeadParser parser(exchange);
  error_code error;
  parser.put(boost::asio::const_buffer(exchange.head.data(), exchange.head.size()), error);
  if (error || !parser.is_header_done()) return Wrong{400, "this is not a valid HTTP/1.1 request"};
  exchange.has_body = !parser.is_done();
  exchange.chunked = parser.chunked();
  const auto length = parser.content_length();
  exchange.length = length && !exchange.chunked ? std::optional<std::uint64_t>(*length) : std::nullopt;
  return std::nullopt;
}

}  // namespace http
