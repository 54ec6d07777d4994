#pragma once

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "store/history.hpp"
#include "support/gated_store.hpp"

namespace support {

/// History that is what the test says. Calls wait at the gate while it is closed. Thread-safe, but for the content.
class FakeHistory final : public store::History {
 public:
  std::vector<core::Transition> transitions(core::ProfileId profile, const store::Between& between,
                                            std::size_t limit) override {
    enter();
    std::vector<core::Transition> found;
    for (const core::Transition& one : past[profile]) {
      if (one.at >= between.to) break;
      if (one.at <= between.from) found.clear();
      found.push_back(one);
    }
    if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
    return found;
  }
  std::vector<core::Bucket> numbers(core::ProfileId /*profile*/, core::NumberOf number, core::Span span,
                                    const store::Between& between, std::size_t limit) override {
    enter();
    std::vector<core::Bucket> found;
    if (span == of_span)
      std::ranges::copy_if(buckets[number], std::back_inserter(found), [&](const core::Bucket& bucket) {
        return bucket.begin >= between.from && bucket.begin < between.to;
      });
    found.resize(std::min(found.size(), limit));
    return found;
  }
  std::vector<store::PastRow> board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) override {
    enter();
    std::vector<store::PastRow> rows;
    for (const core::Profile& profile : profiles) {
      if (profile.key <= after || rows.size() == limit) continue;
      rows.push_back({profile, {}});
      for (const core::Transition& one : past[profile.id])
        if (one.at <= time) rows.back().state = one;
    }
    return rows;
  }
  std::vector<core::LoggedTransition> transitions_after(core::Revision /*seen*/, std::size_t /*limit*/) override {
    return {};
  }
  std::vector<core::LoggedTransition> latest_transitions(std::size_t limit) override {
    enter();
    std::vector<core::LoggedTransition> found = logged;
    found.resize(std::min(found.size(), limit));
    return found;
  }
  std::vector<core::LoggedTransition> latest_transitions_of(std::span<const core::ProfileId> profiles,
                                                            std::size_t limit) override {
    enter();
    std::vector<core::LoggedTransition> found;
    for (const core::ProfileId id : profiles)
      for (const core::Transition& one : past[id]) found.push_back({.revision = 1, .profile = id, .transition = one});
    std::ranges::sort(found, std::greater(),
                      [](const auto& one) { return std::tuple(one.transition.at, one.profile); });
    found.resize(std::min(found.size(), limit));
    return found;
  }
  std::map<core::ProfileId, core::Calibration> calibration(const store::Between& /*between*/,
                                                           std::optional<core::ProfileId> profile) override {
    enter();
    auto found = launches;
    if (profile) std::erase_if(found, [&](const auto& one) { return one.first != *profile; });
    return found;
  }
  void keep(const core::Retention& /*retention*/) override {}
  bool take_turn(base::Duration /*period*/) override { return false; }
  store::Pruned prune() override { return {}; }

  /// Oldest first.
  std::map<core::ProfileId, std::vector<core::Transition>> past;
  core::PerNumber<std::vector<core::Bucket>> buckets;
  core::Span of_span = core::Span::hour;
  /// In the order of their keys.
  std::vector<core::Profile> profiles;
  std::vector<core::LoggedTransition> logged;
  std::map<core::ProfileId, core::Calibration> launches;
  std::atomic<bool> lost = false;
  Gate gate;

 private:
  void enter() {
    gate.pass();
    if (lost) throw base::Lost("the database is away");
  }
};

}  // namespace support
