// A quantity of Kubernetes.
#include "base/quantity.hpp"
#include "fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto whole = base::parse_quantity(text);
  const auto parts = base::parse_quantity(text, 1000);
  fuzz::require(whole.has_value() == parts.has_value());
  if (!whole) return 0;
  // Of a thousand parts there are at least as many as of the whole, and fewer than of one more.
  fuzz::require(*whole >= 0 && *parts >= *whole);
  if (*whole < INT64_MAX / 1000)
    fuzz::require(*parts <= *whole * 1000 && (*whole == 0 || *parts > (*whole - 1) * 1000));
  return 0;
}
