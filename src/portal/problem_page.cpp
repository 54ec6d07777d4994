#include "portal/problem_page.hpp"

#include "base/text.hpp"
#include "http/compress.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {

http::Reply show_problem(const http::Request& request, int status, std::string_view detail) {
  http::Reply reply = http::problem(status, detail);
  reply.headers.emplace_back("Vary", "Accept");
  const std::string accept = request.list("Accept");
  if (http::quality_of(accept, "text/html") <= http::quality_of(accept, reply.content_type)) return reply;
  kainjow::mustache::data page;
  page.set("title", "Vacancy: " + lower(http::reason_phrase(status)));
  page.set("kind", "problem");
  page.set("heading", std::string(http::reason_phrase(status)));
  page.set("detail", base::to_utf8(detail));
  reply.content_type = "text/html; charset=utf-8";
  reply.body = std::make_shared<const std::string>(load_template("problem").render(page));
  secure(reply);
  return reply;
}

}  // namespace portal
