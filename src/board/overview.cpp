#include "board/overview.hpp"

#include <unordered_map>

namespace board {
namespace {

void add_provider(Overview& overview, const std::string& provider) {
  if (overview.providers.empty() || overview.providers.back() != provider) overview.providers.push_back(provider);
}

}  // namespace

OverviewCache::Part OverviewCache::part_of(std::shared_ptr<const core::Snapshot::Chunk> chunk, base::Time now) {
  Part part{.chunk = std::move(chunk), .turns = {}, .overview = {}};
  part.turns = core::next_turn(*part.chunk, now);
  part.chunk->for_each([&](const core::RowPtr& row) {
    part.overview.counts.add(*row, now);
    add_provider(part.overview, row->profile.key.provider);
    if (const auto& reading = row->reading)
      for (const core::Number& number : core::kColumnNumbers)
        if (core::column_value(*reading, number)) part.overview.shown[number.value] = true;
    for (const auto& [label, value] : row->profile.labels) part.overview.labels.insert(label);
    if (row->failure) part.overview.failing_probes.insert(row->probe);
  });
  return part;
}

const Overview& OverviewCache::get(const State& state, base::Time now) {
  if (sequence_ == state.sequence) return overview_;
  std::unordered_map<const core::Snapshot::Chunk*, Part> known;
  for (Part& part : parts_) known.emplace(part.chunk.get(), std::move(part));
  parts_.clear();
  overview_ = {};
  for (const auto& chunk : state.snapshot.chunks()) {
    const auto found = known.find(chunk.get());
    const bool same = found != known.end() && (!found->second.turns || now < *found->second.turns);
    const Overview& part = parts_.emplace_back(same ? std::move(found->second) : part_of(chunk, now)).overview;
    overview_.counts.add(part.counts);
    for (const std::string& provider : part.providers) add_provider(overview_, provider);
    for (const core::Number& number : core::kColumnNumbers)
      if (part.shown[number.value]) overview_.shown[number.value] = true;
    overview_.labels.insert(part.labels.begin(), part.labels.end());
    overview_.failing_probes.insert(part.failing_probes.begin(), part.failing_probes.end());
  }
  sequence_ = state.sequence;
  return overview_;
}

}  // namespace board
