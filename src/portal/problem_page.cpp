#include "portal/problem_page.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "http/compress.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {
namespace {

/// From a page of this path to the portal's root: a proxy may serve that under any path.
std::string root_of(std::string_view path) {
  std::string root = "./";
  for (auto slashes = std::ranges::count(path, '/'); slashes > 1; --slashes) root += "../";
  return root;
}

}  // namespace

bool wants_html(const http::Request& request) {
  const std::string accept = request.list("Accept");
  return http::quality_of(accept, "text/html") > http::quality_of(accept, "application/problem+json");
}

http::Reply show_problem(const http::Request& request, int status, std::string_view detail) {
  http::Reply reply = http::problem(status, detail);
  reply.headers.emplace_back("Vary", "Accept");
  if (!wants_html(request)) return reply;
  kainjow::mustache::data page;
  page.set("title", "Vacancy: " + base::lower(http::reason_phrase(status)));
  page.set("kind", "problem");
  page.set("root", root_of(request.path));
  page.set("heading", std::string(http::reason_phrase(status)));
  page.set("detail", base::to_utf8(detail));
  reply.content_type = "text/html; charset=utf-8";
  reply.body = std::make_shared<const std::string>(load_template("problem").render(page));
  secure(reply);
  return reply;
}

http::Reply show_reply(const http::Request& request, const http::Reply& problem) {
  const auto json = base::parse_json(*problem.body);
  return show_problem(request, problem.status, json ? base::text_in(json->get_object(), "detail") : "");
}

}  // namespace portal
