#include "board/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace board {
namespace {

using core::RowPtr;

/// In a form that compilers turn into vector instructions.
void to_lower(std::span<char> text) {
  for (char& c : text) c = static_cast<char>(c + (c >= 'A' && c <= 'Z' ? 'a' - 'A' : 0));
}

template <class T>
bool wants(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

/// The value of a row without one.
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

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

/// Matches rows, keeping what all of them need.
class Filter {
 public:
  Filter(const Selection& selection, base::Time now) : selection_(selection), now_(now) {
    for (std::string word : selection.words) {
      to_lower(word);
      words_.push_back(std::move(word));
    }
  }

  /// Does the row match all filters but those of level, freshness and failure?
  bool may_match(const core::Row& row) {
    return wants(selection_.providers, row.profile.key.provider) && wants(selection_.names, row.profile.key.name) &&
           has_labels(row.profile.labels) &&
           std::ranges::all_of(selection_.bounds, [&](const Bound& bound) { return is_within(row, bound); }) &&
           holds_words(row.profile.key);
  }
  /// REQUIRES: may_match(row).
  bool matches(const core::Row& row) const {
    return (!selection_.failing || row.failure) && wants(selection_.levels, core::effective_level(row, now_)) &&
           wants(selection_.freshness, core::freshness(row, now_));
  }
  /// Are there filters beyond those of may_match()?
  bool chooses() const { return selection_.failing || !selection_.levels.empty() || !selection_.freshness.empty(); }

 private:
  bool has_labels(const core::Labels& labels) const {
    return std::ranges::all_of(selection_.labels, [&](const auto& wanted) {
      const auto label = labels.find(wanted.first);
      return label != labels.end() && wants(wanted.second, label->second);
    });
  }
  bool is_within(const core::Row& row, const Bound& bound) const {
    const auto number = row.reading ? (*row.reading).*bound.number : std::nullopt;
    return number && *number >= bound.least.value_or(*number) && *number <= bound.most.value_or(*number) &&
           core::freshness(row, now_) != core::Freshness::expired;
  }
  bool holds_words(const core::ProfileKey& key) {
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

  const Selection& selection_;
  base::Time now_;
  std::vector<std::string> words_;
  std::string text_;
};

/// A row with its sort keys; `place` grows with provider and name.
struct Ranked {
  const RowPtr* row;
  double number;
  std::size_t place;
};

class Before {
 public:
  explicit Before(const Selection& selection) : selection_(selection) {}

  bool operator()(const Ranked& a, const Ranked& b) const {
    const core::ProfileKey& left = (*a.row)->profile.key;
    const core::ProfileKey& right = (*b.row)->profile.key;
    if (selection_.grouped)
      if (const int way = left.provider.compare(right.provider); way != 0) return way < 0;
    if (selection_.order == Order::provider || selection_.order == Order::name) {
      const bool by_name = selection_.order == Order::name;
      const int way = by_name ? left.name.compare(right.name) : left.provider.compare(right.provider);
      return way != 0 ? (way < 0) != selection_.descending : a.place < b.place;
    }
    if (selection_.order == Order::key) return (a.place < b.place) != selection_.descending;
    const bool has = !std::isnan(a.number);
    if (has == std::isnan(b.number)) return has;
    return !has || a.number == b.number ? a.place < b.place : (a.number < b.number) != selection_.descending;
  }

 private:
  const Selection& selection_;
};

/// Takes off the rows up to the place `after`, and returns how many they were. So many precede the wanted part by their
/// keys.
std::size_t cut_before(std::vector<Ranked>& rows, const Selection& selection, std::size_t in_front) {
  if (!selection.after) return 0;
  core::Row row;
  row.profile.key = selection.after->key;
  const RowPtr last(RowPtr(), &row);
  // Between the rows: theirs are even.
  const Ranked place{&last, selection.after->number.value_or(kNone), 2 * in_front + 1};
  const Before before(selection);
  const auto count = rows.size();
  std::erase_if(rows, [&](const Ranked& each) { return !before(place, each); });
  return count - rows.size();
}

constexpr std::size_t kNear = 2000;

/// Part [offset, offset + limit) of `rows`, sorted no further than needed.
std::vector<RowPtr> part_of(std::vector<Ranked>& rows, const Selection& selection) {
  const std::size_t begin = std::min(selection.offset, rows.size());
  const std::size_t end = begin + std::min(selection.limit, rows.size() - begin);
  const auto at = [&](std::size_t place) { return rows.begin() + static_cast<std::ptrdiff_t>(place); };
  const bool sorted = selection.order == Order::key && !selection.descending;
  if (!sorted && begin < end) {
    // Near the front, one look at each row is enough.
    const bool near = end <= kNear;
    if (!near) std::nth_element(rows.begin(), at(begin), rows.end(), Before(selection));
    std::partial_sort(near ? rows.begin() : at(begin), at(end), rows.end(), Before(selection));
  }
  std::vector<RowPtr> part;
  for (const Ranked& ranked : std::span(at(begin), at(end))) part.push_back(*ranked.row);
  return part;
}

/// How many rows have a key up to this one.
std::size_t position_after(const core::Snapshot& snapshot, const core::ProfileKey& key) {
  std::size_t position = 0;
  const auto is_up_to = [&](const RowPtr& row) { return row->profile.key <= key; };
  for (const auto& chunk : snapshot.chunks()) {
    const auto& rows = chunk->rows;
    if (!is_up_to(rows.back()))
      return position + static_cast<std::size_t>(std::ranges::partition_point(rows, is_up_to) - rows.begin());
    position += rows.size();
  }
  return position;
}

}  // namespace

bool Selection::is_window() const {
  Selection window;
  window.offset = offset;
  window.limit = limit;
  return *this == window;
}

Place place_of(const core::Row& row, const Selection& selection, base::Time now) {
  const double number = value_of(row, selection.order, now);
  return {.number = std::isnan(number) ? std::nullopt : std::optional(number), .key = row.profile.key};
}

Selected select(const State& state, const Selection& selection, base::Time now) {
  Filter filter(selection, now);
  std::vector<Ranked> matching;
  matching.reserve(state.snapshot.size());
  std::size_t in_front = 0;
  const bool backwards = selection.order == Order::key && selection.descending;
  Selected selected;
  state.snapshot.for_each([&](const RowPtr& row) {
    if (!filter.may_match(*row)) return;
    if (filter.chooses()) selected.choice.add(*row, now);
    if (!filter.matches(*row)) return;
    selected.counts.add(*row, now);
    if (selection.grouped) selected.groups[row->profile.key.provider].add(*row, now);
    if (selection.after) {
      const auto way = row->profile.key <=> selection.after->key;
      // The place's own row is among them in the direction of the keys.
      if (backwards ? way < 0 : way <= 0) in_front = matching.size() + 1;
    }
    matching.push_back({&row, value_of(*row, selection.order, now), 2 * matching.size() + 2});
  });
  if (!filter.chooses()) selected.choice = selected.counts;
  const std::size_t cut = cut_before(matching, selection, in_front);
  selected.before = selection.after ? cut : selection.offset;
  selected.rows = part_of(matching, selection);
  return selected;
}

Selected select(const State& state, const Selection& selection, base::Time now, const Overview& overview) {
  Selection window = selection;
  window.after.reset();
  if (!window.is_window()) return select(state, selection, now);
  const std::size_t offset = selection.after ? position_after(state.snapshot, selection.after->key) : selection.offset;
  return {.rows = state.snapshot.slice(offset, selection.limit),
          .counts = overview.counts,
          .before = offset,
          .choice = overview.counts,
          .groups = {}};
}

}  // namespace board
