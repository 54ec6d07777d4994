#include "feed/profile_metrics.hpp"

#include <fmt/format.h>

#include <functional>
#include <optional>

#include "base/text.hpp"
#include "core/freshness.hpp"
#include "feed/row_stream.hpp"
#include "feed/selection_query.hpp"
#include "http/gzip_stream.hpp"

namespace feed {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMostRows = 1'000'000;

struct Family {
  std::string_view name;
  std::string_view help;
  /// Nothing: this row has no such sample.
  std::function<std::optional<double>(const core::Row& row, base::Time now)> value;
};

const std::vector<Family> kFamilies = [] {
  std::vector<Family> families{
      {"vacancy_profile_level", "Availability of the profile: 3 HIGH, 2 MEDIUM, 1 LOW, 0 UNKNOWN.",
       [](const core::Row& row, base::Time now) {
         return std::optional(static_cast<double>(core::effective_level(row, now)));
       }},
      {"vacancy_profile_fresh", "1 while the reading is FRESH.",
       [](const core::Row& row, base::Time now) {
         return std::optional(core::freshness(row, now) == core::Freshness::fresh ? 1.0 : 0.0);
       }},
      {"vacancy_profile_failing", "1 while the latest attempt to measure the profile has failed.",
       [](const core::Row& row, base::Time) { return std::optional(row.failure ? 1.0 : 0.0); }},
      {"vacancy_profile_measured_timestamp_seconds", "When the reading was measured.",
       [](const core::Row& row, base::Time) -> std::optional<double> {
         if (!row.reading) return std::nullopt;
         return std::chrono::duration<double>(row.reading->measured_at.time_since_epoch()).count();
       }},
  };
  for (const core::Number& number : core::kNumbers)
    families.push_back({number.metric, number.help, [&number](const core::Row& row, base::Time now) {
                          const bool known = row.reading && core::freshness(row, now) < core::Freshness::expired;
                          return known ? (*row.reading).*number.value : core::Quantity();
                        }});
  return families;
}();

/// https://prometheus.io/docs/instrumenting/exposition_formats/
void append_label(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

void append_sample(std::string& out, const Family& family, const core::Row& row, base::Time now) {
  const auto value = family.value(row, now);
  if (!value) return;
  out.append(family.name).append("{provider=\"");
  append_label(out, row.profile.key.provider);
  out += "\",name=\"";
  append_label(out, row.profile.key.name);
  fmt::format_to(std::back_inserter(out), "\"}} {}\n", base::number_text(*value));
}

asio::awaitable<void> write(http::StreamWriter& out, base::Time now, std::vector<core::RowPtr> rows) {
  for (const Family& family : kFamilies) {
    std::string head = fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n", family.name, family.help);
    const AppendRow append = [&](std::string& text, const core::Row& row) { append_sample(text, family, row, now); };
    if (!co_await write_rows(out, std::move(head), rows, append)) co_return;
  }
}

}  // namespace

http::Reply ProfileMetrics::handle(const http::Request& request) {
  if (auto known = request.query.only(selection_parameters()); !known) return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  const auto selection = parse_selection(request.query, kMostRows, kMostRows, *state);
  if (!selection) return http::problem(selection.error());
  if (!state->filled) return http::problem(503, "there are no profiles yet; try again in a moment");
  const base::Time now = state->now(std::chrono::steady_clock::now());
  http::Reply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  const auto stream = [now, rows = board::select(*state, *selection, now).rows](http::StreamWriter& out) {
    return write(out, now, rows);
  };
  http::stream_compressed(request, reply, stream);
  return reply;
}

}  // namespace feed
