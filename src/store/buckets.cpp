#include "store/buckets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.hpp"

namespace store {
namespace {

using core::Bucket;
using core::Span;

constexpr std::string_view kNone = "-";

std::int64_t index_of(base::Time time) {
  return time.time_since_epoch() / length_of(Span::five_minutes);
}

/// Takes what is in front of `end`, or all, off the front of `text`, with `end`.
std::string_view take_until(std::string_view& text, char end) {
  const auto size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

/// A sum is rounded: its last digits are the errors of its additions.
std::string text_of(const Bucket& bucket) {
  if (bucket.least == bucket.most) return fmt::format("{}:{}", bucket.count, bucket.least);
  return fmt::format("{}:{}:{}:{}", bucket.count, bucket.least, bucket.most, base::number_text(bucket.sum));
}

std::optional<Bucket> bucket_of(std::string_view text, base::Time begin) {
  const auto count = base::number_of<std::int64_t>(take_until(text, ':'));
  const auto least = base::number_of<double>(take_until(text, ':'));
  if (!count || *count <= 0 || !least) return std::nullopt;
  if (text.empty()) return Bucket{begin, *count, *least, *least, *least * static_cast<double>(*count)};
  const auto most = base::number_of<double>(take_until(text, ':'));
  const auto sum = base::number_of<double>(text);
  if (!most || !sum) return std::nullopt;
  return Bucket{begin, *count, *least, *most, *sum};
}

/// Calls `visit` with each bucket in a section: " 5:12 - …".
template <class Visit>
void for_each_bucket(std::string_view section, base::Duration length, base::Time begin, Visit visit) {
  std::optional<Bucket> bucket;
  while (!section.empty()) {
    std::string_view word = take_until(section, ' ');
    std::int64_t times = 1;
    if (word.starts_with('=')) {
      word.remove_prefix(1);
      constexpr std::int64_t kMost = 100;  // no block has more
      if (!word.empty()) times = std::min(base::number_of<std::int64_t>(word).value_or(0), kMost);
    } else {
      bucket = bucket_of(word, begin);
    }
    for (; times > 0; --times, begin += length) {
      if (!bucket) continue;
      bucket->begin = begin;
      visit(*bucket);
    }
  }
}

/// The words of one number.
std::string section_of(const std::map<base::Time, Bucket>& buckets, base::Duration length, base::Time begins,
                       base::Time ends) {
  std::string section, word;
  int repeated = 0;
  const auto end_run = [&] {
    if (repeated == 1) section += " =";
    if (repeated > 1) section += fmt::format(" ={}", repeated);
    repeated = 0;
  };
  base::Time at = begins;
  for (auto bucket = buckets.lower_bound(begins); bucket != buckets.end() && bucket->first < ends; ++bucket) {
    for (; at < bucket->first; at += length) {
      end_run();
      section.append(" ").append(word = kNone);
    }
    std::string next = text_of(bucket->second);
    at += length;
    if (next == word) {
      ++repeated;
      continue;
    }
    end_run();
    section.append(" ").append(word = std::move(next));
  }
  end_run();
  return section;
}

/// Counts `value` in the span with this position in the block `text`, or in the latest where time went back.
void count(std::string& text, std::string_view name, double value, std::int64_t position) {
  const Bucket one{{}, 1, value, value, value};
  const std::string head = fmt::format(";{} ", name);
  std::size_t begin = text.find(head);
  if (begin == std::string::npos) {
    begin = text.size();
    text += std::string_view(head).substr(0, head.size() - 1);
  }
  const std::size_t end = std::min(text.find(';', begin + 1), text.size());
  const auto words = std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
  if (words > position) {
    const std::size_t last = text.rfind(' ', end - 1) + 1;
    auto bucket = bucket_of(std::string_view(text).substr(last, end - last), {});
    if (bucket) add(*bucket, one);
    text.replace(last, end - last, text_of(bucket.value_or(one)));
    return;
  }
  std::string more;
  for (std::int64_t gap = words; gap < position; ++gap) more.append(" ").append(kNone);
  text.insert(end, more.append(" ").append(text_of(one)));
}

}  // namespace

base::Time block_of(Span span, core::ProfileId profile, base::Time time) {
  const base::Duration length = block_length(span);
  const base::Duration shift =
      span == Span::five_minutes ? length_of(span) * (profile % (length / length_of(span))) : base::Duration{0};
  const auto since = time.time_since_epoch() + shift;
  return base::Time{since - ((since % length) + length) % length - shift};
}

void add(Bucket& bucket, const Bucket& other) {
  constexpr double kMost = std::numeric_limits<double>::max();
  bucket.least = bucket.count == 0 ? other.least : std::min(bucket.least, other.least);
  bucket.most = bucket.count == 0 ? other.most : std::max(bucket.most, other.most);
  bucket.sum = std::clamp(bucket.sum + other.sum, -kMost, kMost);
  bucket.count += other.count;
}

void add_block(Buckets& buckets, Span to, std::string_view text, Span span, base::Time begins) {
  for (const core::Number& number : core::kNumbers)
    add_block(buckets[number.value], number.value, to, text, span, begins);
}

void add_block(std::map<base::Time, Bucket>& buckets, core::NumberOf number, Span to, std::string_view text, Span span,
               base::Time begins) {
  const std::string_view name = core::kNumbers[core::index_of(number)].name;
  while (!text.empty()) {
    std::string_view section = take_until(text, ';');
    if (take_until(section, ' ') != name) continue;
    for_each_bucket(section, length_of(span), begins, [&](const Bucket& bucket) {
      const base::Time begin = begin_of(to, bucket.begin);
      Bucket& sum = buckets[begin];
      sum.begin = begin;
      add(sum, bucket);
    });
  }
}

std::string block_text(const Buckets& buckets, Span span, base::Time begins) {
  std::string text;
  for (const core::Number& number : core::kNumbers)
    if (const std::string section =
            section_of(buckets[number.value], length_of(span), begins, begins + block_length(span));
        !section.empty())
      text.append(";").append(number.name).append(section);
  return text;
}

std::optional<UnderWay> under_way(std::string_view numbers) {
  const auto index = base::number_of<std::int64_t>(take_until(numbers, ';'));
  if (!index || numbers.empty()) return std::nullopt;
  return UnderWay{base::Time{length_of(Span::five_minutes) * *index}, numbers};
}

std::optional<Block> count_reading(std::string& numbers, core::ProfileId profile, const core::Reading& reading) {
  const bool has_numbers = std::ranges::any_of(
      core::kNumbers, [&](const core::Number& number) { return (reading.*number.value).has_value(); });
  const base::Time ours = block_of(Span::five_minutes, profile, reading.measured_at);
  const auto before = under_way(numbers);
  std::int64_t position = index_of(reading.measured_at) - index_of(ours);
  std::optional<Block> over;
  // Times of readings may go back a little: that is no reason for another block.
  if (before && index_of(reading.measured_at) + 1 == index_of(before->begins)) {
    position = 0;
  } else if (!before || before->begins != ours) {
    if (before) {
      Buckets buckets;
      add_block(buckets, Span::five_minutes, before->text, Span::five_minutes, before->begins);
      over = Block{before->begins, block_text(buckets, Span::five_minutes, before->begins)};
    }
    numbers = has_numbers ? fmt::format("{}", index_of(ours)) : "";
  }
  for (const core::Number& number : core::kNumbers)
    if (const auto value = reading.*number.value; value && std::isfinite(*value))
      count(numbers, number.name, *value, position);
  return over;
}

}  // namespace store
