#include "hardware/long_work.hpp"

#include <boost/asio/post.hpp>
#include <optional>

#include "base/event.hpp"

namespace hardware {
namespace asio = boost::asio;

/// Touched on the request's core.
struct LongWork::Asked {
  explicit Asked(const asio::any_io_executor& core) : core(core), over(core) {}

  asio::any_io_executor core;
  base::Event over;
  std::optional<base::Result<std::string>> body;
};

asio::awaitable<http::Reply> LongWork::answer(const http::Request& request,
                                              asio::awaitable<base::Result<std::string>> work) {
  const auto asked = std::make_shared<Asked>(co_await asio::this_coro::executor);
  const http::Watching client(request.connection, [&asked] { asked->over.set(); });
  asio::post(background_, [this, work = std::move(work), asked]() mutable {
    group_.spawn("work of a request", run(std::move(work), asked));
  });
  co_await asked->over.wait();
  if (!asked->body) co_return http::problem(400, "keep the connection open, both ways, until the answer comes");
  if (!*asked->body) co_return http::problem(asked->body->error());
  co_return http::json_reply(**asked->body);
}

asio::awaitable<void> LongWork::run(asio::awaitable<base::Result<std::string>> work, std::shared_ptr<Asked> asked) {
  base::Result<std::string> body = co_await std::move(work);
  asio::post(asked->core, [asked, body = std::move(body)]() mutable {
    asked->body = std::move(body);
    asked->over.set();
  });
}

}  // namespace hardware
