#include "probe/gcp_quota.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;

/// No machine has more CPUs.
constexpr int kMostOfOne = 10'000;

struct Gpus {
  std::string_view machines;
  std::string_view metric;
};

/// docs.cloud.google.com/compute/docs/gpus
constexpr std::array kGpus = {
    Gpus{"a2-highgpu", "NVIDIA_A100_GPUS"},       Gpus{"a2-megagpu", "NVIDIA_A100_GPUS"},
    Gpus{"a2-ultragpu", "NVIDIA_A100_80GB_GPUS"}, Gpus{"a3-highgpu", "NVIDIA_H100_GPUS"},
    Gpus{"a3-megagpu", "NVIDIA_H100_MEGA_GPUS"},  Gpus{"a3-ultragpu", "NVIDIA_H200_GPUS"},
    Gpus{"a4-highgpu", "NVIDIA_B200_GPUS"},       Gpus{"g2-standard", "NVIDIA_L4_GPUS"},
};

/// A number that a quota may have; nothing for others.
std::optional<double> number_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const double number = found->to_number<double>();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

const GcpQuota* find(const GcpQuotas& quotas, const std::string& metric) {
  const auto found = quotas.find(metric);
  return found != quotas.end() ? &found->second : nullptr;
}

std::string cpus_of(std::string_view series) {
  std::string metric(series);
  std::ranges::transform(metric, metric.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return metric + "_CPUS";
}

/// g2-standard-24 has 2, 48 has 4, 96 has 8, and the others have one.
int l4_of(int cpus) {
  return cpus % 24 == 0 ? cpus / 12 : 1;
}

/// "highgpu-8g" has 8.
std::optional<GcpNeed> gpus_of(std::string_view machines, std::string_view size) {
  const auto known = std::ranges::find(kGpus, machines, &Gpus::machines);
  if (known == kGpus.end()) return std::nullopt;
  const bool in_gpus = size.ends_with('g');
  const auto number = base::number_of<int>(in_gpus ? size.substr(0, size.size() - 1) : size);
  if (!number || *number < 1 || *number > kMostOfOne || in_gpus == machines.starts_with("g2")) return std::nullopt;
  const std::string metric(known->metric);
  return GcpNeed{metric, metric, in_gpus ? *number : l4_of(*number)};
}

}  // namespace

std::expected<GcpQuotas, std::string> read_gcp_quotas(std::string_view text) {
  const auto object = parse_object(text, "the answer");
  if (!object) return std::unexpected(object.error());
  const json::value* found = object->if_contains("quotas");
  const json::array* list = found != nullptr ? found->if_array() : nullptr;
  if (list == nullptr) return std::unexpected("the answer has no list of quotas");
  GcpQuotas quotas;
  for (const json::value& each : *list) {
    const json::object* quota = each.if_object();
    if (quota == nullptr) continue;
    const auto limit = number_at(*quota, "limit");
    const auto usage = quota->contains("usage") ? number_at(*quota, "usage") : 0;
    if (limit && usage) quotas.insert_or_assign(std::string(base::text_in(*quota, "metric")), GcpQuota{*limit, *usage});
  }
  return quotas;
}

/// "n2-standard-16", "c3-standard-4-lssd", "n2-custom-8-16384": series, class, size.
std::optional<GcpNeed> gcp_need(std::string_view machine_type) {
  const auto first = machine_type.find('-');
  const auto second = first == std::string_view::npos ? first : machine_type.find('-', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view series = machine_type.substr(0, first), rest = machine_type.substr(second + 1);
  const std::string_view size = rest.substr(0, rest.find('-'));
  // Series of accelerators.
  if (series.starts_with('a') || series.starts_with('g')) return gpus_of(machine_type.substr(0, second), size);
  const auto cpus = base::number_of<int>(size);
  // "custom-4-16384" has 16 GB.
  if (series == "custom" || !cpus || *cpus < 1 || *cpus > kMostOfOne) return std::nullopt;
  const bool shares = series == "n1" || series == "e2";
  return GcpNeed{"CPUS", shares ? "CPUS" : cpus_of(series), *cpus};
}

std::string gcp_used_up(const GcpQuotas& quotas, std::string_view machine_type, std::uint16_t count) {
  const auto need = gcp_need(machine_type);
  if (!need) return {};
  const auto fits = [&](const GcpQuota& quota) { return quota.limit - quota.usage >= need->amount * count; };
  const std::string spot_metric = "PREEMPTIBLE_" + need->spot;
  const GcpQuota* spot = find(quotas, spot_metric);
  if (spot != nullptr && spot->limit > 0) return fits(*spot) ? "" : spot_metric;
  // Without a quota of their own, spot machines count as others do.
  if (const GcpQuota* other = find(quotas, need->other); other != nullptr && other->limit > 0)
    return fits(*other) ? "" : need->other;
  // Newer series of CPUs have quotas that the list lacks.
  const bool is_known = need->spot != "CPUS" || quotas.contains(need->other);
  return spot != nullptr && is_known ? spot_metric : "";
}

}  // namespace probe
