#include "feed/event_stream.hpp"

#include "feed/events.hpp"
#include "feed/selection_query.hpp"
#include "feed/stream.hpp"

namespace feed {
namespace {

constexpr std::size_t kMostViewRows = 1000;
/// Windows of one browser.
constexpr std::size_t kMostViews = 32;

const auto kParameters = selection_parameters({"since"});

}  // namespace

EventStream::EventStream(board::Board& board, std::size_t cores, base::Metrics& metrics, const std::string& server,
                         base::Duration heartbeat, board::Attention* attention) {
  auto& streams = metrics.gauge("vacancy_event_streams", "Open event streams", {{"server", server}});
  for (std::size_t i = 0; i < cores; ++i)
    cores_.push_back(std::make_shared<StreamCore>(board.of_core(i), streams, heartbeat, attention));
}

EventStream::~EventStream() = default;

namespace {

base::Result<Wish> parse_wish(const http::Query& query, std::string_view last_event_id, const board::State& state) {
  if (auto known = query.only(kParameters); !known) return std::unexpected(known.error());
  auto selection = parse_selection(query, kMostViewRows, kMostViewRows, state);
  if (!selection) return std::unexpected(selection.error());
  // Without a limit, and nothing else that a view needs, a client follows everything.
  const bool whole = selection->is_window() && query.get("limit").value_or("").empty();
  if (whole && selection->offset > 0)
    return base::fail(base::Errc::invalid, "offset goes with limit: they name the rows to follow");
  const std::string_view since = query.get("since").value_or("");
  if (!since.empty() && !core::parse_version(since)) return base::fail(base::Errc::invalid, std::string(kSinceForm));
  // A reconnecting client sends its version in the header; `since` is where it began.
  Wish wish{.selection = {}, .seen = core::parse_version(last_event_id.empty() ? since : last_event_id)};
  if (!whole) wish.selection = std::move(*selection);
  return wish;
}

/// Each value of `view` is the query of a stream of its own.
base::Result<std::vector<Wish>> parse_views(const http::Query& query, const board::State& state) {
  if (auto known = query.only({"view"}); !known) return std::unexpected(known.error());
  std::vector<Wish> wishes;
  for (const std::string_view text : query.all("view")) {
    const auto view = http::Query::parse(text);
    if (!view) return std::unexpected(view.error());
    auto wish = parse_wish(*view, "", state);
    if (!wish) return std::unexpected(wish.error());
    if (!wish->selection) return base::fail(base::Errc::invalid, fmt::format("view='{}' has no limit", text));
    wishes.push_back(std::move(*wish));
  }
  if (wishes.size() > kMostViews) return base::fail(base::Errc::invalid, fmt::format("more than {} views", kMostViews));
  return wishes;
}

}  // namespace

http::Reply EventStream::handle(const http::Request& request) {
  const bool several = request.query.get("view").has_value();
  const board::StatePtr state = cores_[request.core]->board.current();
  std::vector<Wish> wishes;
  if (several) {
    auto views = parse_views(request.query, *state);
    if (!views) return http::problem(views.error());
    wishes = std::move(*views);
  } else {
    auto wish = parse_wish(request.query, request.header("Last-Event-ID"), *state);
    if (!wish) return http::problem(wish.error());
    wishes.push_back(std::move(*wish));
  }
  http::Reply reply;
  reply.content_type = "text/event-stream";
  http::pass_through(reply);
  // Caddy of Debian 12 compresses, and thus holds back, answers without a coding.
  reply.headers.emplace_back("Content-Encoding", "identity");
  reply.push = [core = cores_[request.core], wishes = std::move(wishes), several](http::PushWriter& out) {
    return std::make_unique<Stream>(core, out, wishes, several);
  };
  return reply;
}

}  // namespace feed
