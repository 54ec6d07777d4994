#include "http/channel.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

namespace http {
namespace asio = boost::asio;
namespace {

/// Of one call.
constexpr std::size_t kMostParts = 64;

bool would_wait() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS;
}

}  // namespace

Channel::Channel(asio::ip::tcp::socket socket, Poller& poller) : socket_(-1), poller_(poller) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.native_non_blocking(true, ignored);
  socket_ = socket.release();
}

Channel::~Channel() {
  if (!closed()) ::close(socket_);
}

std::optional<std::size_t> Channel::read(std::span<char> into) {
  const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
  if (count < 0 && would_wait()) return std::nullopt;
  return static_cast<std::size_t>(std::max<ssize_t>(count, 0));
}

std::optional<std::size_t> Channel::write(std::span<const asio::const_buffer> parts) {
  std::array<iovec, kMostParts> vectors;
  const std::size_t count = std::min(parts.size(), kMostParts);
  for (std::size_t i = 0; i < count; ++i)
    vectors[i] = {.iov_base = const_cast<void*>(parts[i].data()), .iov_len = parts[i].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  if (sent < 0) return would_wait() ? std::optional<std::size_t>(0) : std::nullopt;
  return static_cast<std::size_t>(sent);
}

bool Channel::has_unread_bytes() const {
  int count = 0;
  return ::ioctl(socket_, FIONREAD, &count) == 0 && count > 0;
}

void Channel::shut_down_writing() {
  ::shutdown(socket_, SHUT_WR);
}

asio::awaitable<bool> Channel::wait(std::uint32_t event) {
  if (closed()) co_return false;
  const auto begin = [this, event](auto handler) {
    resume_ = [handler = std::move(handler)](bool ready) mutable { std::move(handler)(ready); };
    expect(event);
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(bool)>(begin, asio::use_awaitable);
}

void Channel::watch(std::function<void()> on_gone) {
  on_gone_ = std::move(on_gone);
  watched_ = true;
  gone_ = false;
  listen_to(told_of_ | EPOLLRDHUP);
}

void Channel::unwatch() {
  watched_ = gone_ = false;
  on_gone_ = nullptr;
}

void Channel::close() {
  if (closed()) return;
  unset();
  listen_to(0);
  ::close(std::exchange(socket_, -1));
  wanted_ = 0;
  tell();
  resume(false);
}

void Channel::overdue() {
  if (resume_)
    resume(false);
  else
    on_overdue();
}

void Channel::expect(std::uint32_t events) {
  wanted_ = events;
  if (!closed()) listen_to(told_of_ | events);
}

void Channel::happened(std::uint32_t events) {
  if (closed()) return;
  // Reading or writing finds the error.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) events |= EPOLLIN | EPOLLOUT | EPOLLRDHUP;
  if ((events & EPOLLRDHUP) != 0 && watched_ && !gone_) return tell();
  if ((events & wanted_) == 0)
    // Nobody wants to hear of it, over and over.
    listen_to(told_of_ & ~events);
  else if (resume_)
    resume(true);
  else
    on_ready();
}

void Channel::listen_to(std::uint32_t events) {
  if (closed()) return;
  poller_.set(socket_, told_of_, events, *this);
  told_of_ = events;
}

void Channel::resume(bool ready) {
  if (!resume_) return;
  wanted_ = 0;
  // It may wait again at once.
  std::exchange(resume_, nullptr)(ready);
}

void Channel::tell() {
  if (!watched_) return;
  gone_ = true;
  if (on_gone_) std::exchange(on_gone_, nullptr)();
}

}  // namespace http
