#include "http/end_watch.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

namespace http {
namespace {

/// How often to look when unread bytes keep the socket readable.
constexpr std::chrono::seconds kLookPeriod{1};

bool is_open(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_ESTABLISHED;
}

}  // namespace

void EndWatch::begin(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  gone_ = false;
  self_ = std::make_shared<EndWatch*>(this);
  wait();
}

void EndWatch::end() {
  if (!self_) return;
  self_.reset();
  on_gone_ = nullptr;
  gone_ = false;
  timer_.cancel();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void EndWatch::tell() {
  if (!self_) return;
  gone_ = true;
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

void EndWatch::wait() {
  socket_.async_wait(boost::asio::socket_base::wait_read,
                     [self = std::weak_ptr(self_)](boost::system::error_code error) {
                       const auto watch = self.lock();
                       if (watch && !error) (*watch)->look();
                     });
}

void EndWatch::look() {
  if (!is_open(socket_.native_handle())) return tell();
  timer_.expires_after(kLookPeriod);
  timer_.async_wait([self = std::weak_ptr(self_)](boost::system::error_code error) {
    const auto watch = self.lock();
    if (watch && !error) (*watch)->look();
  });
}

}  // namespace http
