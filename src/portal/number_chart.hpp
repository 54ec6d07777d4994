#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/history.hpp"

namespace portal {

/// One number over a time.
struct NumberChart {
  /// "Free, GPUs".
  std::string_view title;
  /// It counts: its axis has no fractions.
  bool whole = false;
  /// In order.
  std::span<const core::Bucket> buckets;
  /// How long each of them is.
  base::Duration width;
  base::Time from;
  base::Time to;
};

/// A line of the means over bars from the least to the greatest value, each with its figures as a tooltip. The line
/// ends where buckets are missing, and a bucket that stays alone is a dot. REQUIRES: buckets.
std::string number_chart(const NumberChart& chart);

/// Its mean, rounded to four digits.
double rounded_mean(const core::Bucket& bucket);
std::string mean_text(const core::Bucket& bucket);

/// Buckets of `width`, a multiple of that of `buckets`, which are in order.
std::vector<core::Bucket> merged(std::span<const core::Bucket> buckets, base::Duration width);

}  // namespace portal
