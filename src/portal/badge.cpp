#include "portal/badge.hpp"

#include <cmath>

#include "base/text.hpp"
#include "base/url.hpp"
#include "core/freshness.hpp"
#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/list_query.hpp"
#include "portal/need_query.hpp"
#include "portal/picture.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

constexpr std::string_view kEnding = ".svg";
/// A name always fits.
constexpr std::size_t kMostLabelBytes = core::kMaxNameBytes;

const auto kParameters = feed::selection_parameters({"label"});

/// White text on these has a contrast of at least 4.5:1.
std::string_view colour_of(core::Level level) {
  switch (level) {
    case core::Level::high:
      return "#0a6541";
    case core::Level::medium:
      return "#8a4a00";
    case core::Level::low:
      return "#ab261c";
    case core::Level::unknown:
      break;
  }
  return "#545d67";
}

/// About as wide as Verdana of 11 px; `textLength` makes the letters fit.
std::size_t width_of(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // the rest of a code point
    const auto is_of = [c](std::string_view letters) { return letters.contains(c); };
    width += is_of("ijl.,:;'|!I ()[]ftr-/") ? 4.5 : is_of("mwMWOQGHNUD@%") ? 9 : c >= 'A' && c <= 'Z' ? 7.5 : 6.9;
  }
  return static_cast<std::size_t>(std::ceil(width));
}

/// `word` beside `label`, on the colour of `level`.
http::Prepared render(std::string_view label, std::string_view word, core::Level level) {
  constexpr std::size_t kMargin = 8;
  const std::size_t left = width_of(label) + 2 * kMargin;
  const std::size_t right = width_of(word) + 2 * kMargin;
  const std::string text = escaped(label), said = escaped(word);
  std::string svg = fmt::format(
      R"svg(<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {word}">)svg"
      R"svg(<title>{label}: {word}</title><clipPath id="c"><rect width="{width}" height="20" rx="3"/></clipPath>)svg"
      R"svg(<g clip-path="url(#c)"><path fill="#3b434b" d="M0 0h{left}v20h-{left}z"/>)svg"
      R"svg(<path fill="{colour}" d="M{left} 0h{right}v20h-{right}z"/></g>)svg"
      R"svg(<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">)svg"
      R"svg(<text x="{margin}" y="14" textLength="{left_text}" lengthAdjust="spacingAndGlyphs">{label}</text>)svg"
      R"svg(<text x="{right_at}" y="14" textLength="{right_text}" lengthAdjust="spacingAndGlyphs">{word}</text></g></svg>)svg"
      "\n",
      fmt::arg("width", left + right), fmt::arg("label", text), fmt::arg("word", said), fmt::arg("left", left),
      fmt::arg("right", right), fmt::arg("colour", colour_of(level)), fmt::arg("margin", kMargin),
      fmt::arg("left_text", left - 2 * kMargin), fmt::arg("right_at", left + kMargin),
      fmt::arg("right_text", right - 2 * kMargin));
  return {"image/svg+xml", std::move(svg)};
}

http::Reply reply_with(const http::Request& request, http::Prepared& prepared) {
  // Opened by itself, a picture is a document.
  static constexpr http::FixedHeader kHeaders[] = {{"Content-Security-Policy", "default-src 'none'; sandbox"}};
  return http::answer(request, prepared, "", kHeaders);
}

/// The label that is asked for, or `usual`.
base::Result<std::string_view> label_of(const http::Request& request, std::string_view usual) {
  const std::string_view label = request.query.get("label").value_or(usual);
  if (label.empty() || label.size() > kMostLabelBytes || !base::is_printable_utf8(label))
    return base::fail(base::Errc::invalid,
                      fmt::format("label must be text of 1 to {} bytes in one line", kMostLabelBytes));
  return label;
}

/// "c5" of "c5.svg".
std::optional<std::string_view> stem_of(std::string_view file) {
  if (!file.ends_with(kEnding) || file.size() == kEnding.size()) return std::nullopt;
  return file.substr(0, file.size() - kEnding.size());
}

/// The best level that is available now.
core::Level best_of(const board::Counts& counts) {
  return counts.high > 0     ? core::Level::high
         : counts.medium > 0 ? core::Level::medium
         : counts.low > 0    ? core::Level::low
                             : core::Level::unknown;
}

}  // namespace

http::Reply Badge::profile(const http::Request& request) {
  if (auto known = request.query.only({"label"}); !known) return http::problem(known.error());
  const auto name = stem_of(request.parameters[1]);
  if (!name) return http::problem(404, "badges are at /badge/PROVIDER/NAME.svg");
  const auto label = label_of(request, *name);
  if (!label) return http::problem(label.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  const core::RowPtr row = state->snapshot.find({request.parameters[0], std::string(*name)});
  if (!row) return no_such_profile();
  const base::Time now = state->now(std::chrono::steady_clock::now());
  const core::Level level = core::effective_level(*row, now);
  const bool fresh = core::freshness(*row, now) == core::Freshness::fresh;
  const std::string word = fmt::format("{}{}", core::to_string(level), fresh || !row->reading ? "" : " (old)");
  http::Prepared prepared = render(*label, word, fresh ? level : core::Level::unknown);
  return reply_with(request, prepared);
}

http::Reply Badge::list(const http::Request& request) {
  return counts(request, "");
}

http::Reply Badge::provider(const http::Request& request) {
  const auto provider = stem_of(request.parameters[0]);
  if (!provider) return http::problem(404, "badges are at /badge/PROVIDER.svg");
  if (!base::is_printable_utf8(*provider)) return http::problem(400, "the provider must be UTF-8 in one line");
  if (request.query.get("provider")) return http::problem(400, "the provider is in the path already");
  return counts(request, *provider);
}

http::Reply Badge::set(const http::Request& request) {
  if (auto known = request.query.only({"label", "at_least", "free", "total_free", "max_age"}); !known)
    return http::problem(known.error());
  const auto need = read_need(request.query);
  if (!need) return http::problem(need.error());
  const auto label = label_of(request, request.parameters[0]);
  if (!label) return http::problem(label.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  const auto set = core::set_named(*state->sets, request.parameters[0]);
  if (!set) return http::problem(set.error());
  const auto draw = [&](const board::State& current) {
    const base::Time now = current.now(std::chrono::steady_clock::now());
    std::string word = "none now";
    core::Level level = core::Level::unknown;
    core::judge(current.snapshot, core::Choices(**set), *need, now, [&](const core::Judged& judged) {
      if (judged.objection != core::Objection::none) return true;
      level = judged.row->reading->level;
      const core::ProfileKey& key = judged.row->profile.key;
      word = fmt::format("{} {} {}", key.provider, key.name, core::to_string(level));
      return false;
    });
    return render(*label, word, level);
  };
  const std::string key =
      fmt::format("set/{}?{}&label={}", (*set)->name, to_query(*need), base::percent_encode(*label));
  return reply_with(request, cores_[request.core].cache.get(key, *state, draw));
}

http::Reply Badge::counts(const http::Request& request, std::string_view provider) {
  if (auto known = request.query.only(kParameters); !known) return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  auto parsed = feed::parse_selection(request.query, kRowsPerPage, kMostRowsPerPage, *state);
  if (!parsed) return http::problem(parsed.error());
  ListQuery view{.selection = badge_selection(*std::move(parsed))};
  if (!provider.empty()) view.selection.providers = {std::string(provider)};
  const std::string text = view.text();
  const bool fits = !text.empty() && text.size() <= kMostLabelBytes;
  const auto label = label_of(request, fits ? std::string_view(text) : "hardware");
  if (!label) return http::problem(label.error());
  if (!state->filled) return not_filled(*state);
  Core& core = cores_[request.core];
  const auto draw = [&](const board::State& current) {
    const base::Time now = current.now(std::chrono::steady_clock::now());
    const board::Counts found = board::select(current, view.selection, now, current.overview).counts;
    return render(*label, found.total == 0 ? "none" : counts_text(found), best_of(found));
  };
  const std::string key = fmt::format("{}&label={}", feed::to_query(view.selection, 0), base::percent_encode(*label));
  return reply_with(request, core.cache.get(key, *state, draw));
}

board::Selection badge_selection(board::Selection selection) {
  selection.order = board::Order::key;
  selection.descending = false;
  selection.grouped = false;
  selection.offset = 0;
  selection.limit = 0;
  return selection;
}

}  // namespace portal
