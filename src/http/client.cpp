#include "http/client.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

namespace http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

struct Client::Impl {
  Impl(const asio::any_io_executor& executor, ClientTimeouts given)
      : timeouts(given), resolver(executor), stream(executor), piece(64 * 1024) {
    // No limit on the answer: streams have no end, and callers limit the bytes that they keep.
    parser.body_limit(boost::none);
  }

  std::unexpected<base::Error> failed(std::string_view doing, const error_code& error) const {
    const std::string why = cancelled ? "cancelled" : error.message();
    return base::fail(base::Errc::unavailable, fmt::format("{} http://{}: {}", doing, authority, why));
  }

  ClientTimeouts timeouts;
  asio::ip::tcp::resolver resolver;
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::buffer_body> parser;
  std::vector<char> piece;
  std::string authority;
  bool cancelled = false;
};

Client::Client(asio::any_io_executor executor, ClientTimeouts timeouts)
    : impl_(std::make_unique<Impl>(executor, timeouts)) {}

Client::~Client() = default;

asio::awaitable<base::Result<void>> Client::connect(const base::Url& url,
                                                    std::vector<asio::ip::tcp::endpoint> endpoints) {
  Impl& impl = *impl_;
  error_code error;
  if (endpoints.empty()) {
    const auto service = std::to_string(url.port);
    const auto found = co_await impl.resolver.async_resolve(url.host, service, redirect_error(use_awaitable, error));
    if (error || impl.cancelled) co_return impl.failed("cannot resolve", error);
    endpoints.assign(found.begin(), found.end());
  }
  impl.stream.expires_after(impl.timeouts.connect);
  co_await impl.stream.async_connect(endpoints, redirect_error(use_awaitable, error));
  if (error || impl.cancelled) co_return impl.failed("cannot connect to", error);
  impl.stream.socket().set_option(asio::ip::tcp::no_delay(true), error);
  co_return base::Result<void>();
}

asio::awaitable<base::Result<ClientHead>> Client::send(const base::Url& url, const ClientRequest& request,
                                                       const std::vector<asio::ip::tcp::endpoint>& endpoints) {
  Impl& impl = *impl_;
  impl.authority = url.authority();
  if (const auto connected = co_await connect(url, endpoints); !connected) co_return std::unexpected(connected.error());
  error_code error;
  std::string text = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: vacancy\r\nConnection: close\r\n",
                                 request.method, url.prefix, request.target, impl.authority);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty() || request.method != "GET")
    text += fmt::format("Content-Length: {}\r\n", request.body.size());
  text += "\r\n" + request.body;
  impl.stream.expires_after(impl.timeouts.head);
  co_await asio::async_write(impl.stream, asio::buffer(text), redirect_error(use_awaitable, error));
  if (error) co_return impl.failed("cannot send to", error);
  co_await beast::http::async_read_header(impl.stream, impl.buffer, impl.parser, redirect_error(use_awaitable, error));
  if (error) co_return impl.failed("no answer from", error);
  const auto& head = impl.parser.get();
  co_return ClientHead{static_cast<int>(head.result_int()), std::string(head[beast::http::field::content_type])};
}

asio::awaitable<base::Result<std::string_view>> Client::read_some() {
  Impl& impl = *impl_;
  while (!impl.parser.is_done()) {
    auto& body = impl.parser.get().body();
    body.data = impl.piece.data();
    body.size = impl.piece.size();
    error_code error;
    impl.stream.expires_after(impl.timeouts.read);
    co_await beast::http::async_read_some(impl.stream, impl.buffer, impl.parser, redirect_error(use_awaitable, error));
    // The piece is full: not an error of the connection.
    if (error == beast::http::error::need_buffer) error = {};
    if (error) co_return impl.failed("lost the answer of", error);
    const std::size_t count = impl.piece.size() - body.size;
    if (count > 0) co_return std::string_view(impl.piece.data(), count);
  }
  co_return std::string_view();
}

asio::awaitable<base::Result<std::string>> Client::read_all(std::size_t max_bytes) {
  std::string body;
  for (;;) {
    const auto piece = co_await read_some();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return body;
    if (body.size() + piece->size() > max_bytes)
      co_return base::fail(base::Errc::too_large,
                           fmt::format("the answer of http://{} has more than {} bytes", impl_->authority, max_bytes));
    body.append(*piece);
  }
}

void Client::cancel() {
  impl_->cancelled = true;
  impl_->resolver.cancel();
  impl_->stream.close();
}

}  // namespace http
