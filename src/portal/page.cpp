#include "portal/page.hpp"

#include <kainjow/mustache.hpp>

#include "portal/api.hpp"
#include "portal/embedded.hpp"
#include "portal/text_page.hpp"

namespace portal {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

constexpr std::size_t kRowsPerPage = 100;
constexpr std::size_t kMostRowsPerPage = 1000;

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

struct Window {
  std::size_t offset;
  std::size_t limit;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// "3 of 8 free", "3 free", or "".
std::string numbers_text(const core::Measurement& measurement) {
  if (!measurement.free) return "";
  if (!measurement.total) return fmt::format("{} free", *measurement.free);
  return fmt::format("{} of {} free", *measurement.free, *measurement.total);
}

std::string page_url(std::size_t offset, std::size_t limit) {
  std::string url = fmt::format("/?offset={}", offset);
  if (limit != kRowsPerPage) url += fmt::format("&limit={}", limit);
  return url;
}

/// A text that a section of the template can test: this library takes an empty text for true.
void set_if_any(data& out, const std::string& key, const std::string& text) {
  if (!text.empty()) out.set(key, text);
}

data row_data(const core::Row& row, base::Time now) {
  const auto& [provider, name] = row.profile.key;
  const core::Freshness freshness = core::freshness(row, now);
  const std::string level(core::to_string(core::effective_level(row, now)));
  data out;
  out.set("id", std::to_string(row.profile.id));
  out.set("provider", provider);
  out.set("name", name);
  out.set("url", fmt::format("/api/v1/hardware/{}/{}", http::percent_encode(provider), http::percent_encode(name)));
  out.set("level", level);
  out.set("level_class", lower(level));
  out.set("freshness", std::string(core::to_string(freshness)));
  out.set("freshness_class", lower(core::to_string(freshness)));
  if (row.failure) set_if_any(out, "error", row.failure->error);
  if (!row.reading) {
    const bool measurable = row.probe != core::kNoProbe;
    out.set("measured_text", measurable ? "measuring…" : "never");
    if (!measurable) out.set("reason", "no probe configured");
    return out;
  }
  const core::Reading& reading = *row.reading;
  out.set("measured_at", base::to_rfc3339(reading.measured_at));
  out.set("measured_text", base::to_rfc3339(reading.measured_at).substr(11, 8) + " UTC");
  out.set("stale_at", base::to_rfc3339(reading.stale_at));
  out.set("expires_at", base::to_rfc3339(reading.expires_at));
  set_if_any(out, "numbers", numbers_text(reading));
  set_if_any(out, "reason", reading.reason);
  if (freshness == core::Freshness::expired) out.set("was", std::string(core::to_string(reading.level)));
  return out;
}

data page_data(const board::State& state, const board::Counts& counts, Window window) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  const auto rows = state.snapshot.slice(window.offset, window.limit);
  const std::size_t end = window.offset + rows.size();
  data page;
  page.set("version", state.filled ? core::to_string(state.version) : "");
  page.set("now", base::to_rfc3339(now));
  page.set("waiting", !state.filled);
  page.set("empty", state.filled && counts.total == 0);
  page.set("total", std::to_string(counts.total));
  page.set("first", std::to_string(rows.empty() ? 0 : window.offset + 1));
  page.set("last", std::to_string(end));
  page.set("limit", std::to_string(window.limit));
  page.set("offset", std::to_string(window.offset));
  page.set("paged", counts.total > window.limit || window.offset > 0);
  if (window.offset > 0)
    page.set("previous_url", page_url(window.offset - std::min(window.offset, window.limit), window.limit));
  if (end < counts.total && !rows.empty()) page.set("next_url", page_url(end, window.limit));
  page.set("count_high", std::to_string(counts.high));
  page.set("count_medium", std::to_string(counts.medium));
  page.set("count_low", std::to_string(counts.low));
  page.set("count_unknown", std::to_string(counts.unknown));
  page.set("count_fresh", std::to_string(counts.fresh));
  data list{data::type::list};
  for (const core::RowPtr& row : rows) list << row_data(*row, now);
  page.set("rows", list);
  return page;
}

std::string template_text() {
  for (const base::EmbeddedFile& file : embedded_files())
    if (file.name == "index.mustache") return std::string(file.content);
  throw std::logic_error("the page's template is not in the program");
}

}  // namespace

struct Page::Core {
  mustache page{template_text()};
  feed::Cache cache;
  feed::CountsCache counts;

  http::Prepared render(const board::State& state, Window window) {
    return {"text/html; charset=utf-8", page.render(page_data(state, counts.get(state), window))};
  }
};

Page::Page(board::Board& board, std::size_t cores) : board_(board), text_(cores, render_text) {
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>());
}

Page::~Page() = default;

boost::asio::awaitable<http::Reply> Page::handle(const http::Request& request) {
  const auto offset = request.query.number("offset", 0, 0, SIZE_MAX / 2);
  if (!offset) co_return http::problem(offset.error());
  const auto limit = request.query.number("limit", kRowsPerPage, 1, kMostRowsPerPage);
  if (!limit) co_return http::problem(limit.error());
  Core& core = *cores_[request.core];
  const board::StatePtr state = board_.view(request.core).current();
  constexpr std::string_view kVary = "Accept, User-Agent";
  // A script that reads lines must not take the lack of an answer for a lack of profiles.
  if (wants_text(request) && !state->filled) co_return not_filled();
  if (wants_text(request)) co_return co_await text_.answer(request, state, false, kVary);
  const Window window{*offset, *limit};
  const auto render = [&](const board::State& current) { return core.render(current, window); };
  http::Prepared& prepared = core.cache.get(fmt::format("{}:{}", window.offset, window.limit), *state, render);
  http::Reply reply = http::answer(request, prepared, kVary);
  reply.headers.emplace_back("Content-Security-Policy", std::string(kContentSecurityPolicy));
  reply.headers.emplace_back("Referrer-Policy", "same-origin");
  co_return reply;
}

}  // namespace portal
