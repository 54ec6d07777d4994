#include "portal/badge.hpp"

#include "base/text.hpp"
#include "core/freshness.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"

namespace portal {
namespace {

constexpr std::string_view kEnding = ".svg";
/// A name always fits.
constexpr std::size_t kMostLabelBytes = core::kMaxNameBytes;

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

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// Code points of UTF-8, each as wide as the other: `textLength` makes the letters fit.
std::size_t width_of(std::string_view text) {
  constexpr std::size_t kLetter = 7;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return kLetter * (text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues)));
}

std::string render(std::string_view label, const core::Row& row, base::Time now) {
  constexpr std::size_t kMargin = 8;
  const core::Level level = core::effective_level(row, now);
  const bool fresh = core::freshness(row, now) == core::Freshness::fresh;
  const std::string word = fmt::format("{}{}", core::to_string(level), fresh || !row.reading ? "" : " (old)");
  const std::size_t left = width_of(label) + 2 * kMargin;
  const std::size_t right = width_of(word) + 2 * kMargin;
  const std::string text = escaped(label);
  return fmt::format(
      R"svg(<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{label}: {word}">)svg"
      R"svg(<title>{label}: {word}</title><clipPath id="c"><rect width="{width}" height="20" rx="3"/></clipPath>)svg"
      R"svg(<g clip-path="url(#c)"><path fill="#3b434b" d="M0 0h{left}v20h-{left}z"/>)svg"
      R"svg(<path fill="{colour}" d="M{left} 0h{right}v20h-{right}z"/></g>)svg"
      R"svg(<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">)svg"
      R"svg(<text x="{margin}" y="14" textLength="{left_text}" lengthAdjust="spacingAndGlyphs">{label}</text>)svg"
      R"svg(<text x="{right_at}" y="14" textLength="{right_text}" lengthAdjust="spacingAndGlyphs">{word}</text></g></svg>)svg"
      "\n",
      fmt::arg("width", left + right), fmt::arg("label", text), fmt::arg("word", word), fmt::arg("left", left),
      fmt::arg("right", right), fmt::arg("colour", colour_of(fresh ? level : core::Level::unknown)),
      fmt::arg("margin", kMargin), fmt::arg("left_text", left - 2 * kMargin), fmt::arg("right_at", left + kMargin),
      fmt::arg("right_text", right - 2 * kMargin));
}

}  // namespace

boost::asio::awaitable<http::Reply> Badge::handle(const http::Request& request) {
  if (auto known = request.query.only({"label"}); !known) co_return http::problem(known.error());
  std::string_view name = request.parameters[1];
  if (!name.ends_with(kEnding)) co_return http::problem(404, "badges are at /badge/PROVIDER/NAME.svg");
  name.remove_suffix(kEnding.size());
  const std::string_view label = request.query.get("label").value_or(name);
  if (label.empty() || label.size() > kMostLabelBytes || !base::is_printable_utf8(label))
    co_return http::problem(400, fmt::format("label must be text of 1 to {} bytes in one line", kMostLabelBytes));
  const board::StatePtr state = board_.view(request.core).current();
  if (!state->filled) co_return not_filled(*state);
  const core::RowPtr row = state->snapshot.find({request.parameters[0], std::string(name)});
  if (!row) co_return no_such_profile();
  http::Prepared prepared("image/svg+xml", render(label, *row, state->now(std::chrono::steady_clock::now())));
  http::Reply reply = http::answer(request, prepared);
  // Opened by itself, a picture is a document.
  reply.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  co_return reply;
}

}  // namespace portal
