#include "portal/text_page.hpp"

#include "http/compress.hpp"

namespace portal {

bool wants_text(const http::Request& request) {
  const std::string accept = request.list("Accept");
  const double text = http::quality_of(accept, "text/plain");
  const double html = http::quality_of(accept, "text/html");
  const std::string_view agent = request.header("User-Agent");
  const bool terminal = agent.starts_with("curl/") || agent.starts_with("Wget/");
  return text > html || (text == html && terminal);
}

http::Prepared render_text(const board::State& state) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  std::string body;
  state.snapshot.for_each([&](const core::RowPtr& row) {
    const auto& key = row->profile.key;
    const bool stale = core::freshness(*row, now) == core::Freshness::stale;
    fmt::format_to(std::back_inserter(body), "{} - {}: {}{}\n", key.provider, key.name,
                   core::to_string(core::effective_level(*row, now)), stale ? " (old)" : "");
  });
  return {"text/plain; charset=utf-8", std::move(body)};
}

}  // namespace portal
