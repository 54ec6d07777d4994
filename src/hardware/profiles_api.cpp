#include "hardware/profiles_api.hpp"

#include <charconv>

#include "base/text.hpp"
#include "hardware/admin_request.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

base::Result<core::ProfileId> id_in(const http::Request& request) {
  const std::string& text = request.parameters.front();
  core::ProfileId id = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (ec != std::errc{} || end != text.data() + text.size())
    return base::fail(base::Errc::not_found, "no profile has this id; ids are whole numbers");
  return id;
}

}  // namespace

ProfilesApi::ProfilesApi(store::Store& store, base::OffloadPool& database, std::string token,
                         std::function<void()> changed)
    : store_(store), database_(database), token_(std::move(token)), changed_(std::move(changed)) {}

void ProfilesApi::add_routes(http::Router& router) {
  const auto with_body = for_administrators(token_, http::kAnyBody);
  router.add("POST", "/hardware/", [this](const http::Request& request) { return add(request); }, with_body);
  router.add("PUT", "/hardware/{id}", [this](const http::Request& request) { return replace(request); }, with_body);
  router.add(
      "DELETE", "/hardware/{id}", [this](const http::Request& request) { return remove(request); },
      for_administrators(token_));
}

http::Reply ProfilesApi::reply_with(int status, const core::Profile& profile) const {
  std::string body = fmt::format("{{\"id\":{},\"provider\":", profile.id);
  base::append_json_string(body, profile.key.provider);
  body += ",\"name\":";
  base::append_json_string(body, profile.key.name);
  body += "}\n";
  http::Reply reply;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

asio::awaitable<http::Reply> ProfilesApi::add(const http::Request& request) {
  const auto sent = profile_in(request);
  if (!sent) co_return http::problem(sent.error());
  auto job = [this, sent = *sent] {
    auto added = store_.add(sent.key);
    if (added && sent.attributes) (void)store_.set_attributes(added->id, *sent.attributes);
    return added;
  };
  const auto added = co_await database_.run(std::move(job));
  if (!added) co_return http::problem(added.error());
  changed_();
  http::Reply reply = reply_with(201, *added);
  reply.headers.emplace_back("Location", fmt::format("/hardware/{}", added->id));
  co_return reply;
}

asio::awaitable<http::Reply> ProfilesApi::replace(const http::Request& request) {
  const auto id = id_in(request);
  if (!id) co_return http::problem(id.error());
  const auto sent = profile_in(request);
  if (!sent) co_return http::problem(sent.error());
  auto job = [this, id = *id, sent = *sent] {
    auto replaced = store_.replace(id, sent.key);
    if (replaced && sent.attributes) (void)store_.set_attributes(id, *sent.attributes);
    return replaced;
  };
  const auto replaced = co_await database_.run(std::move(job));
  if (!replaced) co_return http::problem(replaced.error());
  changed_();
  co_return reply_with(200, *replaced);
}

asio::awaitable<http::Reply> ProfilesApi::remove(const http::Request& request) {
  const auto id = id_in(request);
  if (!id) co_return http::problem(id.error());
  auto job = [this, id = *id] { return store_.remove(id); };
  const auto removed = co_await database_.run(std::move(job));
  if (!removed) co_return http::problem(removed.error());
  changed_();
  http::Reply reply;
  reply.status = 204;
  co_return reply;
}

}  // namespace hardware
