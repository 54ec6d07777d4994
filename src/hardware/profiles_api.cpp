#include "hardware/profiles_api.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "hardware/admin_request.hpp"
#include "sql/error.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

base::Result<core::ProfileId> id_in(const http::Request& request) {
  if (const auto id = base::number_of<core::ProfileId>(request.parameters.front())) return *id;
  return base::fail(base::Errc::not_found, "no profile has this id; ids are whole numbers");
}

/// The same job, which throws base::Lost for a database that is away only, not for one that refuses a statement.
template <class F>
auto told_apart(F job) {
  return [job = std::move(job)] {
    try {
      return job();
    } catch (const sql::Error& error) {
      if (error.kind() == sql::ErrorKind::lost || error.kind() == sql::ErrorKind::busy) throw;
      throw std::runtime_error(error.what());
    }
  };
}

/// Without its end.
std::string profile_json(core::ProfileId id, const core::ProfileKey& key) {
  std::string json = fmt::format("{{\"id\":{},\"provider\":", id);
  base::append_json_string(json, key.provider);
  json += ",\"name\":";
  base::append_json_string(json, key.name);
  return json;
}

}  // namespace

ProfilesApi::ProfilesApi(store::Profiles& store, store::Caller& database, std::function<void()> changed)
    : store_(store), database_(database), changed_(std::move(changed)) {}

asio::awaitable<http::Reply> ProfilesApi::list(const http::Request&) {
  auto job = [this] { return store_.profiles(); };
  const std::vector<core::Profile> profiles = co_await database_.run("profiles", told_apart(std::move(job)));
  std::string body = "[";
  for (const core::Profile& profile : profiles) {
    body += (body.size() > 1 ? ",\n" : "\n") + profile_json(profile.id, profile.key) + ",\"labels\":";
    base::append_json_object(body, profile.labels);
    body += '}';
  }
  http::Reply reply = http::json_reply(body + "\n]");
  reply.headers.emplace_back("Cache-Control", "no-store");
  co_return reply;
}

asio::awaitable<http::Reply> ProfilesApi::add(const http::Request& request) {
  if (base::trim(request.body).starts_with('[')) co_return co_await add_many(request);
  const auto sent = profile_in(request);
  if (!sent) co_return http::problem(sent.error());
  auto job = [this, sent = *sent] { return store_.add(sent.key, sent.labels.value_or(core::Labels())); };
  const auto added = co_await database_.run("profiles", told_apart(std::move(job)));
  if (!added) co_return http::problem(added.error());
  changed_();
  http::Reply reply = http::json_reply(profile_json(added->id, added->key) + "}", 201);
  reply.headers.emplace_back("Location", fmt::format("/hardware/{}", added->id));
  co_return reply;
}

asio::awaitable<http::Reply> ProfilesApi::add_many(const http::Request& request) {
  const auto sent = profiles_in(request);
  if (!sent) co_return http::problem(sent.error());
  std::vector<core::NewProfile> profiles;
  for (const feed::SentProfile& one : *sent) profiles.push_back({one.key, one.labels.value_or(core::Labels())});
  auto job = [this, profiles] { return store_.add_all(profiles); };
  const std::vector<store::Added> added = co_await database_.run("profiles", told_apart(std::move(job)));
  const auto existed = std::ranges::count_if(added, &store::Added::existed);
  if (added.size() > static_cast<std::size_t>(existed)) changed_();
  std::string body = fmt::format("{{\"added\":{},\"existed\":{},\"profiles\":[",
                                 added.size() - static_cast<std::size_t>(existed), existed);
  for (std::size_t i = 0; i < added.size(); ++i) {
    body += i > 0 ? ",\n" : "\n";
    body += profile_json(added[i].id, profiles[i].key) + fmt::format(",\"existed\":{}}}", added[i].existed);
  }
  co_return http::json_reply(body + "]}");
}

asio::awaitable<http::Reply> ProfilesApi::replace(const http::Request& request) {
  const auto id = id_in(request);
  if (!id) co_return http::problem(id.error());
  const auto sent = profile_in(request);
  if (!sent) co_return http::problem(sent.error());
  auto job = [this, id = *id, sent = *sent] { return store_.change(id, sent.key, sent.labels); };
  const auto replaced = co_await database_.run("profiles", told_apart(std::move(job)));
  if (!replaced) co_return http::problem(replaced.error());
  changed_();
  co_return http::json_reply(profile_json(replaced->id, replaced->key) + "}");
}

asio::awaitable<http::Reply> ProfilesApi::remove(const http::Request& request) {
  const auto id = id_in(request);
  if (!id) co_return http::problem(id.error());
  auto job = [this, id = *id] { return store_.remove(id); };
  const auto removed = co_await database_.run("profiles", told_apart(std::move(job)));
  if (!removed) co_return http::problem(removed.error());
  changed_();
  co_return http::Reply{.status = 204};
}

}  // namespace hardware
