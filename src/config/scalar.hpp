#pragma once

#include <array>
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

/// The words of a type that has few values, in their order.
template <class T>
inline constexpr auto kNames = nullptr;
template <>
inline constexpr auto kNames<bool> = std::to_array<std::string_view>({"false", "true"});
template <>
inline constexpr auto kNames<Work> = std::to_array<std::string_view>({"sleep", "cpu"});
template <>
inline constexpr auto kNames<Unit> = std::to_array<std::string_view>({"cpus", "nodes"});
template <>
inline constexpr auto kNames<CapacityUnit> = std::to_array<std::string_view>({"instances", "vcpus", "mebibytes"});
template <>
inline constexpr auto kNames<Format> = std::to_array<std::string_view>({"auto", "json", "nagios"});
template <>
inline constexpr auto kNames<Shape> = std::to_array<std::string_view>({"any", "any_single_zone", "balanced"});
template <>
inline constexpr auto kNames<AnswerFormat> = std::to_array<std::string_view>({"json", "xml"});
template <>
inline constexpr auto kNames<ClientAuth> =
    std::to_array<std::string_view>({"client_secret_basic", "client_secret_post"});
template <>
inline constexpr auto kNames<TargetType> = std::to_array<std::string_view>({"AverageValue", "Value"});
template <>
inline constexpr auto kNames<PolicyType> = std::to_array<std::string_view>({"Pods", "Percent"});
template <>
inline constexpr auto kNames<SelectPolicy> = std::to_array<std::string_view>({"Max", "Min", "Disabled"});
template <>
inline constexpr auto kNames<Actuator> = std::to_array<std::string_view>({"swarm", "command"});
template <>
inline constexpr auto kNames<WebhookForm> =
    std::to_array<std::string_view>({"json", "slack", "mattermost", "teams", "ntfy", "pagerduty"});
template <>
inline constexpr auto kNames<Severity> = std::to_array<std::string_view>({"info", "warning", "error", "critical"});

template <class T>
concept Named = requires { kNames<T>.size(); };

/// The number of the name that `text` is. The error says what is right.
base::Result<std::size_t> index_of(std::string_view text, std::span<const std::string_view> names);

/// Sets `out` from its text. The error says what is wrong and what is right; `out` then keeps its value.
base::Result<void> assign(std::string& out, std::string_view text);
base::Result<void> assign(std::uint16_t& out, std::string_view text);
base::Result<void> assign(std::uint64_t& out, std::string_view text);
base::Result<void> assign(base::Duration& out, std::string_view text);
base::Result<void> assign(double& out, std::string_view text);
/// "60/1h".
base::Result<void> assign(Budget& out, std::string_view text);
/// "4G", "512M", as Slurm writes memory: 4G is 4 · 2^30 bytes.
base::Result<void> assign(Bytes& out, std::string_view text);
/// "800m", "2k", as Kubernetes writes numbers. What is finer than a thousandth is rounded up.
base::Result<void> assign(Quantity& out, std::string_view text);
/// "LOW", "medium", …: any case, but not UNKNOWN.
base::Result<void> assign(core::Level& out, std::string_view text);
/// "22:00-07:00", "Sat,Sun", "Mon-Fri 18:00-24:00".
base::Result<void> assign(QuietHours& out, std::string_view text);

/// The text that `assign` reads back.
std::string to_text(const std::string& value);
std::string to_text(std::uint16_t value);
std::string to_text(std::uint64_t value);
std::string to_text(base::Duration value);
std::string to_text(double value);
std::string to_text(Budget value);
std::string to_text(Bytes value);
std::string to_text(Quantity value);
std::string to_text(core::Level value);
std::string to_text(const QuietHours& value);

template <Named T>
base::Result<void> assign(T& out, std::string_view text) {
  const auto index = index_of(text, kNames<T>);
  if (!index) return std::unexpected(index.error());
  out = static_cast<T>(*index);
  return {};
}

template <Named T>
std::string to_text(T value) {
  return std::string(kNames<T>[static_cast<std::size_t>(value)]);
}

template <class T>
  requires requires(T& value, std::string_view text) { assign(value, text); }
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
