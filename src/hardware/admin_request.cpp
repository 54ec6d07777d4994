#include "hardware/admin_request.hpp"

#include "base/text.hpp"

namespace hardware {
namespace {

boost::asio::awaitable<http::Reply> explain(const http::Handler& handler, const http::Request& request) {
  if (auto known = request.query.only({}); !known) co_return http::problem(known.error());
  std::string lost;
  try {
    co_return co_await http::reply_of(handler(request));
  } catch (const base::Lost& error) {
    lost = error.what();
  }
  co_return http::problem({base::Errc::unavailable, lost});
}

}  // namespace

http::Handler explained(http::Handler handler) {
  return [handler = std::move(handler)](const http::Request& request) { return explain(handler, request); };
}

base::Result<void> check_json(const http::Request& request, std::string_view what) {
  const std::string_view type = request.header("Content-Type");
  if (!base::equals_ignoring_case(base::trim(type.substr(0, type.find(';'))), "application/json"))
    return base::fail(base::Errc::invalid, fmt::format("send {} as Content-Type: application/json", what));
  return {};
}

base::Result<feed::SentProfile> profile_in(const http::Request& request) {
  if (auto checked = check_json(request, "the profile"); !checked) return std::unexpected(checked.error());
  return feed::parse_profile(request.body);
}

base::Result<std::vector<feed::SentProfile>> profiles_in(const http::Request& request) {
  if (auto checked = check_json(request, "the profile"); !checked) return std::unexpected(checked.error());
  return feed::parse_profiles(request.body);
}

}  // namespace hardware
