#include "feed/event_stream.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

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

/// Heartbeats come this part of their period early, several together.
constexpr int kHeartbeatSlack = 8;
/// Between two looks at all streams that nothing but the time asks for.
constexpr std::chrono::milliseconds kLeastPause{5};
/// Of looking at streams, before other work of the core has its turn.
constexpr std::chrono::milliseconds kLongestRound{2};

const auto kParameters = selection_parameters({"since"});

http::Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

}  // namespace

class Stream;

/// The streams of one core, and what they share. Touched on that core only.
class StreamCore : public std::enable_shared_from_this<StreamCore> {
 public:
  StreamCore(board::CoreBoard& board, prometheus::Gauge& streams, base::Duration heartbeat)
      : board(board), heartbeat(heartbeat), streams_(streams), timer_(board.executor()) {}

  board::CoreBoard& board;
  const base::Duration heartbeat;
  Finder finder;

  std::list<Stream*>::iterator add(Stream& stream);
  void remove(std::list<Stream*>::iterator place);

  /// A stream must be looked at then, whatever happens until then.
  void look_at(base::SteadyTime due);

  /// The text of an update for streams of everything, made once for all streams of the core.
  const http::Text& text_of(const board::Update& update, base::Time now) {
    if (text_sequence_ != update.sequence) {
      std::string out;
      append_change(out, update.change, update.aged ? nullptr : &update.version, now);
      update_text_ = text(std::move(out));
      text_sequence_ = update.sequence;
    }
    return update_text_;
  }

 private:
  void look_at_all();
  void go_on();

  prometheus::Gauge& streams_;
  std::list<Stream*> all_;
  bool listens_ = false;
  /// The next of a round through all streams.
  std::optional<std::list<Stream*>::iterator> next_;
  /// Something happened since the round began.
  bool again_ = false;
  asio::steady_timer timer_;
  base::SteadyTime due_ = base::SteadyTime::max();
  std::uint64_t text_sequence_ = 0;
  http::Text update_text_;
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

}  // namespace

/// One client's stream. It sends one thing after the other, and skips to the current state when its client is slow.
class Stream final : public http::PushSource {
 public:
  /// `labelled`: an event that names the view precedes its events.
  Stream(std::shared_ptr<StreamCore> core, http::PushWriter& out, const std::vector<Wish>& wishes, bool labelled)
      : core_(std::move(core)), out_(out), labelled_(labelled) {
    for (const Wish& wish : wishes) {
      if (wish.seen && (!resume_ || resume_->revision < wish.seen->revision)) resume_ = wish.seen;
      if (wish.selection) views_.push_back({View(core_->finder, *wish.selection), wish.seen});
    }
    place_ = core_->add(*this);
    push(text(std::string(kRetry)));
    look();
  }
  ~Stream() override { core_->remove(place_); }

  void sent() override { look(); }

  /// Sends what there is to send now.
  void look() {
    const board::StatePtr state = core_->board.current();
    while (!out_.busy() && step(state)) {
    }
    // One that is busy is looked at when all is sent.
    if (!out_.busy()) core_->look_at(due(*state));
  }

  /// When it must be looked at although nothing happens.
  base::SteadyTime due(const board::State& state) const {
    base::SteadyTime due = last_ + core_->heartbeat;
    if (is_ahead_of(state) && last_ < began_ + kCatchUpTime) due = std::min(due, began_ + kCatchUpTime);
    for (const Followed& one : views_)
      if (one.sequence != state.sequence && one.sequence != 0) due = std::min(due, one.view.next_look());
    return due;
  }

 private:
  /// The rest of a snapshot that is being sent.
  struct Filling {
    Stream& stream;
    board::StatePtr state;
    std::size_t chunk = 0;
  };

  base::Time now_of(const board::State& state) const { return state.now(std::chrono::steady_clock::now()); }

  void push(http::Text one) { push(std::vector<http::Text>(1, std::move(one))); }
  void push(std::vector<http::Text> parts) {
    last_ = std::chrono::steady_clock::now();
    out_.push(std::move(parts));
  }

  /// One step towards `state`; false when there is none now.
  bool step(const board::StatePtr& state) {
    if (filling_) return send_rows();
    if (core_->board.closed()) {
      out_.finish();
      return false;
    }
    if (state->outage != told_) {
      tell_status(*state);
      return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!state->filled || state->sequence == sequence_ || (is_ahead_of(*state) && now < began_ + kCatchUpTime)) {
      // Those that are due soon go with those that are due now.
      if (now - last_ >= core_->heartbeat - core_->heartbeat / kHeartbeatSlack) push(text(heartbeat_event(*state)));
      return false;
    }
    if (views_.empty()) return advance(state);
    advance_views(*state);
    return false;
  }

  /// Has the client seen a later revision than `state`'s?
  bool is_ahead_of(const board::State& state) const {
    return !begun_ && resume_ && resume_->epoch == state.version.epoch && resume_->revision > state.version.revision;
  }

  void tell_status(const board::State& state) {
    told_ = state.outage;
    std::string out;
    http::append_event(out, "status", "", status_json(state));
    push(text(std::move(out)));
  }

  /// Brings the views that may be looked at now to `state`.
  void advance_views(const board::State& state) {
    std::string events;
    bool all = true;
    for (std::size_t i = 0; i < views_.size(); ++i) {
      Followed& one = views_[i];
      if (one.sequence == state.sequence) continue;
      if (std::chrono::steady_clock::now() < one.view.next_look()) {
        all = false;
        continue;
      }
      const auto updates = one.sequence > 0 ? core_->board.updates_after(one.sequence) : std::nullopt;
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
    if (!events.empty()) push(text(std::move(events)));
  }

  /// Brings the client from where it is to `state`.
  bool advance(const board::StatePtr& state) {
    const auto updates = begun_ ? core_->board.updates_after(sequence_) : std::nullopt;
    const bool reset = updates && std::ranges::any_of(*updates, [](const auto& update) { return update->reset; });
    if (updates && !reset) {
      send_updates(*state, *updates);
      return true;
    }
    const auto seen = begun_ ? std::optional(version_) : resume_;
    if (auto change = seen ? state->since(*seen) : std::nullopt) {
      send_catch_up(*state, std::move(*change));
      return true;
    }
    begin_snapshot(state);
    return true;
  }

  void send_updates(const board::State& state, const std::vector<board::UpdatePtr>& updates) {
    std::vector<http::Text> parts;
    for (const board::UpdatePtr& update : updates)
      if (!update->change.empty()) parts.push_back(core_->text_of(*update, now_of(state)));
    arrive(state);
    if (!parts.empty()) push(std::move(parts));
  }

  void send_catch_up(const board::State& state, core::Change change) {
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
    push(text(std::move(out)));
  }

  void begin_snapshot(const board::StatePtr& state) {
    arrive(*state);
    filling_ = std::make_shared<Filling>(Filling{*this, state});
    std::string begin;
    append_snapshot_begin(begin, *state, now_of(*state));
    push(text(std::move(begin)));
  }

  /// Goes on with a snapshot. False: the core has other work first.
  bool send_rows() {
    Filling& filling = *filling_;
    const board::State& state = *filling.state;
    std::string out;
    const bool more = filling.chunk < state.snapshot.chunks().size();
    if (more)
      append_snapshot_rows(out, state.snapshot.chunks()[filling.chunk++]->rows, now_of(state));
    else
      append_snapshot_end(out, state.version);
    push(text(std::move(out)));
    if (!more) {
      filling_.reset();
      return true;
    }
    if (out_.busy()) return false;
    asio::post(core_->board.executor(), [weak = std::weak_ptr(filling_)] {
      if (const auto filling = weak.lock(); filling && !filling->stream.out_.busy()) filling->stream.look();
    });
    return false;
  }

  void arrive(const board::State& state) {
    begun_ = true;
    sequence_ = state.sequence;
    version_ = state.version;
  }

  std::shared_ptr<StreamCore> core_;
  http::PushWriter& out_;
  std::list<Stream*>::iterator place_;
  std::optional<core::Version> resume_;
  const bool labelled_;
  /// None: it sees everything.
  std::vector<Followed> views_;
  const base::SteadyTime began_ = std::chrono::steady_clock::now();
  /// When something was sent.
  base::SteadyTime last_ = began_;
  bool begun_ = false;
  /// The state that the client has.
  std::uint64_t sequence_ = 0;
  core::Version version_;
  /// The outage that the client knows of.
  std::optional<board::Outage> told_;
  std::shared_ptr<Filling> filling_;
};

std::list<Stream*>::iterator StreamCore::add(Stream& stream) {
  streams_.Increment();
  if (!std::exchange(listens_, true))
    board.listen([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->look_at_all();
    });
  return all_.insert(all_.end(), &stream);
}

void StreamCore::remove(std::list<Stream*>::iterator place) {
  streams_.Decrement();
  if (next_ == place) ++*next_;
  all_.erase(place);
}

void StreamCore::look_at(base::SteadyTime due) {
  due = std::max(due, std::chrono::steady_clock::now() + kLeastPause);
  if (due >= due_) return;
  due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->due_ = base::SteadyTime::max();
    self->look_at_all();
  });
}

void StreamCore::look_at_all() {
  again_ = next_.has_value();
  if (again_) return;
  next_ = all_.begin();
  go_on();
}

/// Looks at streams for a while, and at the others after other work of the core.
void StreamCore::go_on() {
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t looked = 1; *next_ != all_.end(); ++looked) {
    Stream& stream = ***next_;
    ++*next_;
    stream.look();
    if (looked % 16 == 0 && std::chrono::steady_clock::now() - begin > kLongestRound) break;
  }
  if (*next_ == all_.end()) {
    next_.reset();
    if (!again_) return;
    again_ = false;
    next_ = all_.begin();
  }
  asio::post(board.executor(), [self = shared_from_this()] {
    if (self->next_) self->go_on();
  });
}

EventStream::EventStream(board::Board& board, std::size_t cores, base::Metrics& metrics, const std::string& server,
                         base::Duration heartbeat) {
  auto& streams = metrics.gauge("vacancy_event_streams", "Open event streams", {{"server", server}});
  for (std::size_t i = 0; i < cores; ++i)
    cores_.push_back(std::make_shared<StreamCore>(board.of_core(i), streams, heartbeat));
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

http::Reply EventStream::handle(const http::Request& request) {
  const bool several = request.query.get("view").has_value();
  std::vector<Wish> wishes;
  if (several) {
    auto views = parse_views(request.query);
    if (!views) return http::problem(views.error());
    wishes = std::move(*views);
  } else {
    auto wish = parse_wish(request.query, request.header("Last-Event-ID"));
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
