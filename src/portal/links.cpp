#include "portal/links.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace portal {

Links links_of(const http::Request& request, const std::string& public_url) {
  if (!public_url.empty()) return {public_url, false};
  const std::string_view host = request.header("Host");
  const std::string_view scheme = request.header("X-Forwarded-Proto") == "https" ? "https" : "http";
  return {fmt::format("{}://{}", scheme, host.empty() ? "HOST:5000" : host), true};
}

void set_links(kainjow::mustache::data& page, const Links& links) {
  page.set("base", links.url);
  page.set("base_quoted", base::shell_quoted(links.url));
  page.set("guessed", links.guessed);
}

}  // namespace portal
