#pragma once

#include <bit>
#include <cstdint>
#include <optional>

namespace core {

/// A number that may be missing: as std::optional<double>, in half the memory.
class Quantity {
 public:
  using value_type = double;

  constexpr Quantity() = default;
  constexpr Quantity(double value) : value_(value) {}
  constexpr Quantity(std::nullopt_t) {}
  constexpr Quantity(std::optional<double> value) : value_(value.value_or(kNone)) {}

  constexpr bool has_value() const { return std::bit_cast<std::uint64_t>(value_) != kNoneBits; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr double operator*() const { return value_; }
  constexpr double value_or(double otherwise) const { return has_value() ? value_ : otherwise; }
  constexpr operator std::optional<double>() const { return has_value() ? std::optional(value_) : std::nullopt; }
  constexpr void reset() { value_ = kNone; }

  friend constexpr bool operator==(Quantity a, Quantity b) {
    return a.has_value() == b.has_value() && (!a || *a == *b);
  }

 private:
  /// A NaN that no calculation gives. Another NaN is a value, which its readers refuse.
  static constexpr std::uint64_t kNoneBits = 0x7FF8'0000'6E6F'6E65;
  static constexpr double kNone = std::bit_cast<double>(kNoneBits);

  double value_ = kNone;
};

}  // namespace core
