#include "board/matching.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace board {
namespace {

/// In a form that compilers turn into vector instructions.
void to_lower(std::span<char> text) {
  for (char& c : text) c = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
}

bool is_within(const core::Row& row, const Bound& bound, base::Time now) {
  const auto number = row.reading ? (*row.reading).*bound.number : core::Quantity();
  return number && *number >= bound.least.value_or(*number) && *number <= bound.most.value_or(*number) &&
         core::freshness(row, now) != core::Freshness::expired;
}

/// In the order of provider and name.
bool stands_before(const Ranked& a, const Ranked& b) {
  return a.place != b.place ? a.place < b.place : (*a.row)->profile.key < (*b.row)->profile.key;
}

}  // namespace

double value_of(const core::Row& row, Order order, base::Time now) {
  if (order == Order::level) return static_cast<double>(core::effective_level(row, now));
  if (order == Order::freshness) return static_cast<double>(core::freshness(row, now));
  if (!row.reading) return kNone;
  const core::Reading& reading = *row.reading;
  const auto time = [](base::Time at) { return static_cast<double>(at.time_since_epoch().count()); };
  if (order == Order::measured) return time(reading.measured_at);
  if (order == Order::changed) return reading.changed ? time(reading.changed->at) : kNone;
  if (order < Order::number) return kNone;
  const auto place = static_cast<std::size_t>(order) - static_cast<std::size_t>(Order::number);
  return (reading.*core::kNumbers[place].value).value_or(kNone);
}

Filter::Filter(const Selection& selection, const core::Sets& sets) : selection_(selection) {
  if (!selection.set.empty()) {
    const core::Set* const set = core::find_set(sets, selection.set);
    set_.emplace(set != nullptr ? *set : core::Set());
  }
  for (std::string word : selection.words) {
    to_lower(word);
    words_.push_back(std::move(word));
  }
}

bool Filter::may_match(const core::Row& row, base::Time now) {
  return wants(selection_.providers, row.profile.key.provider) && wants(selection_.names, row.profile.key.name) &&
         has_labels(row.profile.labels) && (!set_ || set_->place_of(row.profile.key)) &&
         std::ranges::all_of(selection_.bounds, [&](const Bound& bound) { return is_within(row, bound, now); }) &&
         holds_words(row.profile.key);
}

bool Filter::matches(const core::Row& row, base::Time now) const {
  return (!selection_.failing || row.failure) && wants(selection_.levels, core::effective_level(row, now)) &&
         wants(selection_.freshness, core::freshness(row, now));
}

bool Filter::has_labels(const core::Labels& labels) const {
  return std::ranges::all_of(selection_.labels, [&](const auto& wanted) {
    const auto label = labels.find(wanted.first);
    return label != labels.end() && wants(wanted.second, label->second);
  });
}

bool Filter::holds_words(const core::ProfileKey& key) {
  if (words_.empty()) return true;
  const std::size_t slash = key.provider.size();
  const std::size_t size = slash + 1 + key.name.size();
  text_.resize(std::max(text_.size(), size));
  key.provider.copy(text_.data(), slash);
  text_[slash] = '/';
  key.name.copy(text_.data() + slash + 1, key.name.size());
  to_lower(std::span(text_).first(size));
  const std::string_view text(text_.data(), size);
  return std::ranges::all_of(words_, [&](const std::string& word) { return text.contains(word); });
}

bool Before::operator()(const Ranked& a, const Ranked& b) const {
  const core::ProfileKey& left = (*a.row)->profile.key;
  const core::ProfileKey& right = (*b.row)->profile.key;
  if (selection_.grouped)
    if (const int way = left.provider.compare(right.provider); way != 0) return way < 0;
  if (selection_.order == Order::provider || selection_.order == Order::name) {
    const bool by_name = selection_.order == Order::name;
    const int way = by_name ? left.name.compare(right.name) : left.provider.compare(right.provider);
    return way != 0 ? (way < 0) != selection_.descending : stands_before(a, b);
  }
  if (selection_.order == Order::key) return selection_.descending ? stands_before(b, a) : stands_before(a, b);
  const bool has = !std::isnan(a.number);
  if (has == std::isnan(b.number)) return has;
  return !has || a.number == b.number ? stands_before(a, b) : (a.number < b.number) != selection_.descending;
}

}  // namespace board
