#pragma once

#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "board/selection.hpp"
#include "board/state.hpp"
#include "feed/stream_core.hpp"
#include "feed/view.hpp"
#include "http/message.hpp"

namespace feed {

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

/// One client's stream. It sends one thing after the other, and skips to the current state when its client is slow.
class Stream final : public http::PushSource {
 public:
  /// `labelled`: an event that names the view precedes its events.
  Stream(std::shared_ptr<StreamCore> core, http::PushWriter& out, const std::vector<Wish>& wishes, bool labelled);
  ~Stream() override { core_->remove(place_); }

  void sent() override { look(); }

  /// Sends what there is to send now.
  void look();

  /// When it must be looked at although nothing happens.
  base::SteadyTime due(const board::State& state) const;

 private:
  /// The rest of a snapshot that is being sent.
  struct Filling {
    Stream& stream;
    board::StatePtr state;
    std::size_t chunk = 0;
  };

  base::Time now_of(const board::State& state) const { return state.now(std::chrono::steady_clock::now()); }

  void push(const http::Text& one) { push(std::vector<http::Text>(1, one)); }
  void push(std::vector<http::Text> parts);

  /// One step towards `state`; false when there is none now.
  bool step(const board::StatePtr& state);

  /// Has the client seen a later revision than `state`'s?
  bool is_ahead_of(const board::State& state) const;

  void tell_status(const board::State& state);
  void tell_sets(const board::State& state);

  /// Brings the views that may be looked at now to `state`.
  void advance_views(const board::State& state);

  /// Brings the client from where it is to `state`.
  bool advance(const board::StatePtr& state);
  void send_updates(const board::State& state, const std::vector<board::UpdatePtr>& updates);
  void send_catch_up(const board::State& state, core::Change change);
  void begin_snapshot(const board::StatePtr& state);

  /// Goes on with a snapshot. False: the core has other work first.
  bool send_rows();

  void arrive(const board::State& state);

  std::shared_ptr<StreamCore> core_;
  http::PushWriter& out_;
  std::list<Stream*>::iterator place_;
  std::optional<core::Version> resume_;
  const bool labelled_;
  /// None: it sees everything.
  std::vector<Followed> views_;
  board::Attention::Watch watch_;
  const base::SteadyTime began_ = std::chrono::steady_clock::now();
  /// When something was sent.
  base::SteadyTime last_ = began_;
  bool begun_ = false;
  /// The state that the client has.
  std::uint64_t sequence_ = 0;
  core::Version version_;
  /// The outage that the client knows of.
  std::optional<board::Outage> told_;
  /// The sets that the client knows of; null before it was told.
  std::shared_ptr<const core::Sets> told_sets_;
  std::size_t told_dead_letters_ = 0;
  std::shared_ptr<Filling> filling_;
};

}  // namespace feed
