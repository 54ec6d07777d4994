#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/history.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

/// The numbers of readings in spans of time, and their text in the database. Pure values, no I/O.
///
/// A row of table `summary` is a block: a run of spans, with the buckets of all numbers. ";free 5:12:14:65 - 5:7 =2"
/// says for each span from the block's begin: five readings from 12 to 14 with the sum 65; none; five of 7; the same
/// twice more. A section for each number follows.
namespace store {

/// The length of a block: an hour, a day, 32 days.
constexpr base::Duration block_length(core::Span span) {
  constexpr std::array<int, 3> kSpans{12, 24, 32};
  return length_of(span) * kSpans[static_cast<std::size_t>(span)];
}

/// The begin of the span that contains `time`.
constexpr base::Time begin_of(core::Span span, base::Time time) {
  const auto since = time.time_since_epoch(), length = length_of(span);
  return base::Time{since - ((since % length) + length) % length};
}

/// The begin of the block that contains `time`. Blocks of five minutes end at another time for each profile, so that
/// not all are written at the same time.
base::Time block_of(core::Span span, core::ProfileId profile, base::Time time);

/// Buckets of one span, by number and begin.
using Buckets = core::PerNumber<std::map<base::Time, core::Bucket>>;

/// Counts what another bucket has counted.
void add(core::Bucket& bucket, const core::Bucket& other);
/// Adds the buckets of `span` in the text of a block to those of `to`, which is the same span or a longer one. Skips
/// what is no text of a block.
void add_block(Buckets& buckets, core::Span to, std::string_view text, core::Span span, base::Time begins);
/// The same for one number alone.
void add_block(std::map<base::Time, core::Bucket>& buckets, core::NumberOf number, core::Span to, std::string_view text,
               core::Span span, base::Time begins);
/// The text of the block that begins at `begins`; "" when there is none of its buckets.
std::string block_text(const Buckets& buckets, core::Span span, base::Time begins);

/// The block of five minutes that is under way, as reading.numbers has it: its begin, counted in five minutes since
/// 1970, and its text without "=".
struct UnderWay {
  base::Time begins;
  std::string_view text;
};
std::optional<UnderWay> under_way(std::string_view numbers);

/// A block that is over.
struct Block {
  base::Time begins;
  std::string text;
};
/// Counts a reading in the block under way, `numbers`. Returns that one when the reading is the first of another block.
std::optional<Block> count_reading(std::string& numbers, core::ProfileId profile, const core::Reading& reading);

}  // namespace store
