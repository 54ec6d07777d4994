#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "base/error.hpp"
#include "config/config.hpp"

/// The values that are one piece of text, and that text. The same for YAML, the environment and printing.
namespace config {

/// Sets `out` from its text. The error says what is wrong and what is right; `out` then keeps its value.
base::Result<void> assign(std::string& out, std::string_view text);
base::Result<void> assign(std::uint16_t& out, std::string_view text);
base::Result<void> assign(std::uint64_t& out, std::string_view text);
base::Result<void> assign(base::Duration& out, std::string_view text);
base::Result<void> assign(Work& out, std::string_view text);
base::Result<void> assign(Unit& out, std::string_view text);
base::Result<void> assign(Format& out, std::string_view text);
base::Result<void> assign(bool& out, std::string_view text);
base::Result<void> assign(double& out, std::string_view text);
/// "60/1h".
base::Result<void> assign(Budget& out, std::string_view text);
/// "800m", "2k", as Kubernetes writes numbers. What is finer than a thousandth is rounded up.
base::Result<void> assign(Quantity& out, std::string_view text);
base::Result<void> assign(TargetType& out, std::string_view text);
base::Result<void> assign(PolicyType& out, std::string_view text);
base::Result<void> assign(SelectPolicy& out, std::string_view text);
base::Result<void> assign(Actuator& out, std::string_view text);

/// The text that `assign` reads back.
std::string to_text(const std::string& value);
std::string to_text(std::uint16_t value);
std::string to_text(std::uint64_t value);
std::string to_text(base::Duration value);
std::string to_text(Work value);
std::string to_text(Unit value);
std::string to_text(Format value);
std::string to_text(bool value);
std::string to_text(double value);
std::string to_text(Budget value);
std::string to_text(Quantity value);
std::string to_text(TargetType value);
std::string to_text(PolicyType value);
std::string to_text(SelectPolicy value);
std::string to_text(Actuator value);

template <class T>
base::Result<void> assign(std::optional<T>& out, std::string_view text) {
  T value{};
  auto done = assign(value, text);
  if (done) out = value;
  return done;
}

template <class T>
concept Scalar = requires(T& value, std::string_view text) { assign(value, text); };

/// "; did you mean X?" for a likely misspelling of one of `known`, else "; use one of X, Y, Z".
std::string suggestion(std::string_view word, std::span<const std::string_view> known);

}  // namespace config
