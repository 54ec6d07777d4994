#include "feed/event_stream.hpp"

#include "feed/events.hpp"
#include "feed/selection_query.hpp"
#include "feed/view.hpp"

namespace feed {
namespace asio = boost::asio;
namespace {

/// The time that browsers wait after the loss of a stream, so that they do not reconnect at once after a restart.
constexpr std::string_view kRetry = "retry: 1000\n\n";
constexpr std::size_t kMostViewRows = 1000;
/// Windows of one browser.
constexpr std::size_t kMostViews = 32;
/// Replicas poll the database one after the other, so a reader of another one may know more than this one's board. The
/// stream waits so long for the board to catch up, since older rows would take the reader back in time.
constexpr std::chrono::seconds kCatchUpTime{3};

const auto kParameters = selection_parameters({"since"});

http::Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

asio::awaitable<bool> write_one(http::StreamWriter& out, std::string value) {
  std::vector<http::Text> parts(1, text(std::move(value)));
  co_return co_await out.write(std::move(parts));
}

}  // namespace

/// The state that the streams of one core share.
struct StreamCore {
  board::CoreBoard& board;
  prometheus::Gauge& streams;
  base::Duration heartbeat;
  Finder finder;
  /// The text of an update for streams of everything, made once for all streams of the core.
  std::uint64_t text_sequence = 0;
  http::Text update_text;

  const http::Text& text_of(const board::Update& update, base::Time now) {
    if (text_sequence != update.sequence) {
      std::string out;
      append_change(out, update.change, update.aged ? nullptr : &update.version, now);
      update_text = text(std::move(out));
      text_sequence = update.sequence;
    }
    return update_text;
  }
};

namespace {

/// A client's request. `selection`: nothing for everything.
struct Wish {
  std::optional<board::Selection> selection;
  /// The version that the client has.
  std::optional<core::Version> seen;
};

/// One of the views that a client follows.
struct Followed {
  View view;
  std::optional<core::Version> seen;
  /// The state that the client has of it.
  std::uint64_t sequence = 0;
};

/// One client's stream.
class Stream {
 public:
  /// `labelled`: an event that names the view precedes its events.
  Stream(StreamCore& core, http::StreamWriter& out, std::vector<Wish> wishes, bool labelled)
      : core_(core), out_(out), labelled_(labelled) {
    for (Wish& wish : wishes) {
      if (wish.seen && (!resume_ || resume_->revision < wish.seen->revision)) resume_ = wish.seen;
      if (wish.selection) views_.push_back({View(core.finder, std::move(*wish.selection)), std::move(wish.seen)});
    }
  }

  asio::awaitable<void> run() {
    core_.streams.Increment();
    board::CoreBoard::Subscription subscription(core_.board);
    out_.watch([&subscription] { subscription.wake(); });
    const auto began = std::chrono::steady_clock::now();
    bool open = co_await write_one(out_, std::string(kRetry));
    while (open && !core_.board.closed() && !out_.gone()) {
      const board::StatePtr state = core_.board.current();
      if (state->outage != told_) {
        open = co_await tell_status(*state);
        continue;
      }
      const auto before = std::chrono::steady_clock::now();
      const bool ahead = is_ahead_of(*state) && before < began + kCatchUpTime;
      if (!state->filled || state->sequence == sequence_ || ahead) {
        co_await subscription.wait(state->sequence, ahead ? began + kCatchUpTime : before + core_.heartbeat);
        const bool quiet = std::chrono::steady_clock::now() - before >= core_.heartbeat;
        if (quiet && core_.board.current()->sequence == state->sequence)
          open = co_await write_one(out_, heartbeat_event(*state));
        continue;
      }
      open = co_await advance(state);
      if (open && !views_.empty()) co_await pause(subscription, *state);
    }
    core_.streams.Decrement();
  }

 private:
  base::Time now_of(const board::State& state) const { return state.now(std::chrono::steady_clock::now()); }

  /// Has the client seen a later revision than `state`'s?
  bool is_ahead_of(const board::State& state) const {
    return !begun_ && resume_ && resume_->epoch == state.version.epoch && resume_->revision > state.version.revision;
  }

  asio::awaitable<bool> tell_status(const board::State& state) {
    told_ = state.outage;
    std::string out;
    http::append_event(out, "status", "", status_json(state));
    co_return co_await write_one(out_, std::move(out));
  }

  /// Waits until a view that is behind `state` may be looked at.
  asio::awaitable<void> pause(board::CoreBoard::Subscription& subscription, const board::State& state) {
    std::optional<base::SteadyTime> next;
    for (const Followed& one : views_)
      if (one.sequence != state.sequence) next = std::min(next.value_or(one.view.next_look()), one.view.next_look());
    while (next && std::chrono::steady_clock::now() < *next && !core_.board.closed() && !out_.gone())
      co_await subscription.wait(core_.board.current()->sequence, *next);
  }

  /// Brings the views that may be looked at now to `state`.
  asio::awaitable<bool> advance_views(const board::State& state) {
    std::string events;
    bool all = true;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      Followed& one = views_[i];
      if (one.sequence == state.sequence) continue;
      if (std::chrono::steady_clock::now() < one.view.next_look()) {
        all = false;
        continue;
      }
      const auto updates = one.sequence > 0 ? core_.board.updates_after(one.sequence) : std::nullopt;
      // Everything may have been replaced since the updates that are kept.
      const bool resumes = updates ? !std::ranges::any_of(*updates, [](const auto& update) { return update->reset; })
                                   : one.seen && state.since(*one.seen).has_value();
      if (labelled_) http::append_event(events, "for", "", std::to_string(i));
      events += one.view.advance(state, one.seen, resumes);
      one.sequence = state.sequence;
      one.seen = state.version;
    }
    begun_ = true;
    if (all) arrive(state);
    co_return events.empty() || co_await write_one(out_, std::move(events));
  }

  /// Brings the client from where it is to `state`.
  asio::awaitable<bool> advance(const board::StatePtr& state) {
    if (!views_.empty()) co_return co_await advance_views(*state);
    const auto updates = begun_ ? core_.board.updates_after(sequence_) : std::nullopt;
    const bool reset = updates && std::ranges::any_of(*updates, [](const auto& update) { return update->reset; });
    if (updates && !reset) co_return co_await send_updates(*state, *updates);
    const auto seen = begun_ ? std::optional(version_) : resume_;
    if (const auto change = seen ? state->since(*seen) : std::nullopt)
      co_return co_await send_catch_up(*state, *change);
    co_return co_await send_snapshot(state);
  }

  asio::awaitable<bool> send_updates(const board::State& state, const std::vector<board::UpdatePtr>& updates) {
    std::vector<http::Text> parts;
    for (const board::UpdatePtr& update : updates)
      if (!update->change.empty()) parts.push_back(core_.text_of(*update, now_of(state)));
    arrive(state);
    co_return parts.empty() || co_await out_.write(std::move(parts));
  }

  asio::awaitable<bool> send_catch_up(const board::State& state, core::Change change) {
    const base::Time now = now_of(state);
    const core::Revision seen = begun_ ? version_.revision : resume_->revision;
    state.snapshot.for_each([&](const core::RowPtr& row) {
      const auto freshness = core::freshness(*row, now);
      const bool old = freshness == core::Freshness::stale || freshness == core::Freshness::expired;
      if (old && row->revision <= seen) change.rows.push_back(row);
    });
    arrive(state);
    std::string out;
    append_change(out, change, &state.version, now);
    co_return co_await write_one(out_, std::move(out));
  }

  asio::awaitable<bool> send_snapshot(board::StatePtr state) {
    arrive(*state);
    std::string begin;
    append_snapshot_begin(begin, *state, now_of(*state));
    if (!co_await write_one(out_, std::move(begin))) co_return false;
    for (const auto& chunk : state->snapshot.chunks()) {
      std::string rows;
      append_snapshot_rows(rows, chunk->rows, now_of(*state));
      if (!co_await write_one(out_, std::move(rows))) co_return false;
    }
    std::string end;
    append_snapshot_end(end, state->version);
    co_return co_await write_one(out_, std::move(end));
  }

  void arrive(const board::State& state) {
    begun_ = true;
    sequence_ = state.sequence;
    version_ = state.version;
  }

  StreamCore& core_;
  http::StreamWriter& out_;
  std::optional<core::Version> resume_;
  bool labelled_;
  /// None: it sees everything.
  std::vector<Followed> views_;
  bool begun_ = false;
  /// The state that the client has.
  std::uint64_t sequence_ = 0;
  core::Version version_;
  /// The outage that the client knows of.
  std::optional<board::Outage> told_;
};

asio::awaitable<void> write(StreamCore& core, http::StreamWriter& out, std::vector<Wish> wishes, bool labelled) {
  Stream stream(core, out, std::move(wishes), labelled);
  co_await stream.run();
}

}  // namespace

EventStream::EventStream(board::Board& board, std::size_t cores, base::Metrics& metrics, const std::string& server,
                         base::Duration heartbeat) {
  auto& streams = metrics.gauge("vacancy_event_streams", "Open event streams", {{"server", server}});
  for (std::size_t i = 0; i < cores; ++i)
    cores_.push_back(std::make_unique<StreamCore>(
        StreamCore{.board = board.of_core(i), .streams = streams, .heartbeat = heartbeat}));
}

EventStream::~EventStream() = default;

namespace {

base::Result<Wish> parse_wish(const http::Query& query, std::string_view last_event_id) {
  if (auto known = query.only(kParameters); !known) return std::unexpected(known.error());
  auto selection = parse_selection(query, kMostViewRows, kMostViewRows);
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
base::Result<std::vector<Wish>> parse_views(const http::Query& query) {
  if (auto known = query.only({"view"}); !known) return std::unexpected(known.error());
  std::vector<Wish> wishes;
  for (const std::string_view text : query.all("view")) {
    const auto view = http::Query::parse(text);
    if (!view) return std::unexpected(view.error());
    auto wish = parse_wish(*view, "");
    if (!wish) return std::unexpected(wish.error());
    if (!wish->selection) return base::fail(base::Errc::invalid, fmt::format("view='{}' has no limit", text));
    wishes.push_back(std::move(*wish));
  }
  if (wishes.size() > kMostViews) return base::fail(base::Errc::invalid, fmt::format("more than {} views", kMostViews));
  return wishes;
}

}  // namespace

asio::awaitable<http::Reply> EventStream::handle(const http::Request& request) {
  const bool several = request.query.get("view").has_value();
  std::vector<Wish> wishes;
  if (several) {
    auto views = parse_views(request.query);
    if (!views) co_return http::problem(views.error());
    wishes = std::move(*views);
  } else {
    auto wish = parse_wish(request.query, request.header("Last-Event-ID"));
    if (!wish) co_return http::problem(wish.error());
    wishes.push_back(std::move(*wish));
  }
  http::Reply reply;
  reply.content_type = "text/event-stream";
  http::pass_through(reply);
  // Caddy of Debian 12 compresses, and thus holds back, answers without a coding.
  reply.headers.emplace_back("Content-Encoding", "identity");
  reply.stream = [core = cores_[request.core].get(), wishes = std::move(wishes), several](http::StreamWriter& out) {
    return write(*core, out, wishes, several);
  };
  co_return reply;
}

}  // namespace feed
