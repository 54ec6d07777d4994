#include "board/overview.hpp"

#include <unordered_map>

namespace board {
namespace {

void add_provider(Overview& overview, const std::string& provider) {
  if (overview.providers.empty() || overview.providers.back() != provider) overview.providers.push_back(provider);
}

}  // namespace

OverviewCache::ChunkOverview OverviewCache::overview_of(std::shared_ptr<const core::Snapshot::Chunk> chunk,
                                                        base::Time now) {
  ChunkOverview one{.chunk = std::move(chunk), .turns = {}, .overview = {}};
  one.turns = core::next_turn(*one.chunk, now);
  one.chunk->for_each([&](const core::RowPtr& row) {
    one.overview.counts.add(*row, now);
    add_provider(one.overview, row->profile.key.provider);
    if (const auto& reading = row->reading)
      for (const core::Number& number : core::kColumnNumbers)
        if (core::column_value(*reading, number)) one.overview.shown[number.value] = true;
    for (const auto& [label, value] : row->profile.labels) one.overview.labels.insert(label);
    if (row->failure) one.overview.failing_probes.insert(row->probe);
  });
  return one;
}

const Overview& OverviewCache::get(const State& state, base::Time now) {
  if (sequence_ == state.sequence) return overview_;
  std::unordered_map<const core::Snapshot::Chunk*, ChunkOverview> known;
  for (ChunkOverview& one : chunks_) known.emplace(one.chunk.get(), std::move(one));
  chunks_.clear();
  overview_ = {};
  for (const auto& chunk : state.snapshot.chunks()) {
    const auto found = known.find(chunk.get());
    const bool same = found != known.end() && (!found->second.turns || now < *found->second.turns);
    const Overview& one = chunks_.emplace_back(same ? std::move(found->second) : overview_of(chunk, now)).overview;
    overview_.counts.add(one.counts);
    for (const std::string& provider : one.providers) add_provider(overview_, provider);
    for (const core::Number& number : core::kColumnNumbers)
      if (one.shown[number.value]) overview_.shown[number.value] = true;
    overview_.labels.insert(one.labels.begin(), one.labels.end());
    overview_.failing_probes.insert(one.failing_probes.begin(), one.failing_probes.end());
  }
  sequence_ = state.sequence;
  return overview_;
}

}  // namespace board
