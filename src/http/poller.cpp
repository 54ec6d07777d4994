#include "http/poller.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace http {
namespace {

/// Of one round, after which other work of the core has its turn.
constexpr std::size_t kMostEvents = 256;

int make_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return made;
}

}  // namespace

Poller::Poller(boost::asio::io_context& context) : all_(context, make_epoll()) {}

Poller::~Poller() {
  *stopped_ = true;
}

void Poller::set(int socket, std::uint32_t before, std::uint32_t events, Pollee& pollee) {
  if (before == events) return;
  epoll_event event{.events = events, .data = {.ptr = &pollee}};
  const int change = events == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(all_.native_handle(), change, socket, &event) != 0 && change != EPOLL_CTL_DEL)
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  if (!waits_) wait();
}

void Poller::stop() {
  *stopped_ = true;
  boost::system::error_code ignored;
  all_.close(ignored);
}

void Poller::wait() {
  waits_ = true;
  all_.async_wait(decltype(all_)::wait_read, [this, stopped = stopped_](boost::system::error_code error) {
    if (error || *stopped) return;
    tell();
    if (!*stopped) wait();
  });
}

void Poller::tell() {
  std::array<epoll_event, kMostEvents> events;
  const int count = ::epoll_wait(all_.native_handle(), events.data(), events.size(), 0);
  for (int i = 0; i < count; ++i)
    static_cast<Pollee*>(events[static_cast<std::size_t>(i)].data.ptr)
        ->happened(events[static_cast<std::size_t>(i)].events);
}

}  // namespace http
