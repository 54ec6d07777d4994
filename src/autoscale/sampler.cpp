#include "autoscale/sampler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "autoscale/exposition.hpp"

namespace autoscale {
namespace {

/// So many thousandths of 10,000 replicas still have a sum.
constexpr double kMostValue = 9e11;

}  // namespace

PodValues Sampler::take(const std::vector<Scraped>& scraped, std::size_t current) {
  PodValues pods;
  Gaps gaps;
  std::set<std::string_view> there;
  for (const Scraped& one : scraped) {
    there.insert(one.replica);
    if (const auto value = value_of(one, gaps))
      pods.values.push_back(std::llround(*value * 1000));
    else
      ++pods.missing;
  }
  pods.unready = current - std::min(current, scraped.size());
  pods.why_missing = to_text(gaps);
  std::erase_if(samples_, [&](const auto& entry) { return !there.contains(entry.first); });
  return pods;
}

std::optional<double> Sampler::value_of(const Scraped& scraped, Gaps& gaps) {
  if (!scraped.text) {
    ++gaps.silent;
    return std::nullopt;
  }
  const auto exposed = read_metric(*scraped.text, metric_.name, metric_.selector.matchLabels);
  std::optional<double> sum;
  for (const Series& series : exposed.value_or(Exposed{}).series) {
    const auto value =
        exposed->counter ? rate_of(samples_[scraped.replica][series.labels], scraped.at, series.value) : series.value;
    if (value) sum = sum.value_or(0) + *value;
  }
  if (exposed && !sum) ++gaps.first;
  const bool sensible = sum && *sum >= 0 && *sum <= kMostValue;
  if (!exposed || (sum && !sensible)) ++gaps.without;
  return sensible ? sum : std::nullopt;
}

std::optional<double> Sampler::rate_of(std::deque<Sample>& samples, base::SteadyTime at, double shown) const {
  Sample next{.at = at, .shown = shown};
  if (!samples.empty()) {
    const Sample& last = samples.back();
    if (next.at <= last.at) return std::nullopt;
    next.grown = last.grown + (shown >= last.shown ? shown - last.shown : shown);
  }
  samples.push_back(next);
  // The oldest sample is as old as the window, or a bit older, since answers do not come to the millisecond.
  while (samples.size() > 2 && samples[1].at <= next.at - window_) samples.pop_front();
  const Sample& first = samples.front();
  // Samples from before a gap do not count.
  if (samples.size() < 2 || first.at < next.at - 2 * window_) {
    samples.assign(1, next);
    return std::nullopt;
  }
  return (next.grown - first.grown) / std::chrono::duration<double>(next.at - first.at).count();
}

std::string Sampler::to_text(const Gaps& gaps) const {
  std::vector<std::string> parts;
  if (gaps.silent > 0) parts.push_back(fmt::format("{} without an answer", gaps.silent));
  if (gaps.without > 0) parts.push_back(fmt::format("{} without a sensible {}", gaps.without, metric_.name));
  if (gaps.first > 0) parts.push_back(fmt::format("{} with a first sample", gaps.first));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace autoscale
