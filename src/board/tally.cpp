#include "board/tally.hpp"

namespace board {

void Tally::count(Names& names, const std::string& name, std::ptrdiff_t by) {
  const auto [place, is_new] = names.try_emplace(name, 0);
  place->second += by;
  if (is_new || place->second == 0) facets_.reset();
  if (place->second == 0) names.erase(place);
}

void Tally::count(const core::Row& row, base::Time now, std::ptrdiff_t by) {
  if (by > 0)
    counts_.add(row, now);
  else
    counts_.remove(row, now);
  count(providers_, row.profile.key.provider, by);
  for (const auto& [label, value] : row.profile.labels) count(labels_, label, by);
  if (row.failure) count(failing_probes_, row.probe, by);
  if (!row.reading) return;
  const auto show = [&](std::ptrdiff_t& shown) {
    if (shown == 0 || shown + by == 0) facets_.reset();
    shown += by;
  };
  for (const core::Number& number : core::kColumnNumbers)
    if (core::column_value(*row.reading, number)) show(shown_[number.value]);
  if (!row.reading->recent.empty()) show(recent_);
}

Overview Tally::overview() {
  if (!facets_) {
    auto facets = std::make_shared<Facets>();
    for (const auto& [name, rows] : providers_) facets->providers.push_back(name);
    for (const auto& [name, rows] : labels_) facets->labels.insert(name);
    for (const auto& [name, rows] : failing_probes_) facets->failing_probes.insert(name);
    for (const core::Number& number : core::kColumnNumbers) facets->shown[number.value] = shown_[number.value] > 0;
    facets->recent = recent_ > 0;
    facets_ = std::move(facets);
  }
  return {.counts = counts_, .facets = facets_};
}

}  // namespace board
