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

std::optional<double> Sampler::rate_over(base::SteadyTime::duration span, const std::deque<Sample>& samples) {
  if (samples.size() < 2) return std::nullopt;
  const Sample& last = samples.back();
  const auto off = [&](const Sample& sample) { return std::chrono::abs(last.at - sample.at - span); };
  const auto first = std::ranges::min_element(samples.begin(), std::prev(samples.end()), {}, off);
  return (last.grown - first->grown) / std::chrono::duration<double>(last.at - first->at).count();
}

PodValues Sampler::take(const std::vector<Scraped>& scraped, std::size_t current) {
  std::vector<Read> read;
  std::set<std::string_view> there;
  for (const Scraped& one : scraped) {
    there.insert(one.replica);
    read.push_back({one, one.text ? read_metric(*one.text, metric_.name, metric_.selector.matchLabels) : std::nullopt});
    const auto& exposed = read.back().exposed;
    if (!exposed || !exposed->counter) continue;
    for (const Series& series : exposed->series) keep(samples_[one.replica][series.labels], one.at, series.value);
  }
  PodValues pods;
  Gaps gaps;
  const auto span = common_span(read);
  for (const Read& one : read) {
    if (const auto value = value_of(one, span, gaps))
      pods.values.push_back(std::llround(*value * 1000));
    else
      ++pods.missing;
  }
  pods.unready = current - std::min(current, scraped.size());
  pods.why_missing = to_text(gaps);
  std::erase_if(samples_, [&](const auto& entry) { return !there.contains(entry.first); });
  return pods;
}

void Sampler::keep(std::deque<Sample>& samples, base::SteadyTime at, double shown) const {
  Sample next{.at = at, .shown = shown};
  if (!samples.empty()) {
    const Sample& last = samples.back();
    if (next.at <= last.at) return;
    next.grown = last.grown + (shown >= last.shown ? shown - last.shown : shown);
  }
  samples.push_back(next);
  // The oldest sample is as old as the window, or a bit older, since answers do not come to the millisecond.
  while (samples.size() > 2 && samples[1].at <= next.at - window_) samples.pop_front();
  // Samples from before a gap do not count.
  if (samples.front().at < next.at - 2 * window_) samples.assign(1, next);
}

base::SteadyTime::duration Sampler::common_span(const std::vector<Read>& read) const {
  base::SteadyTime::duration common = 2 * window_;
  for (const Read& one : read) {
    if (!one.exposed || !one.exposed->counter) continue;
    base::SteadyTime::duration longest{};
    for (const Series& series : one.exposed->series) {
      const auto& samples = samples_.at(one.scraped.replica).at(series.labels);
      longest = std::max(longest, samples.back().at - samples.front().at);
    }
    if (longest.count() > 0) common = std::min(common, longest);
  }
  return common;
}

std::optional<double> Sampler::value_of(const Read& read, base::SteadyTime::duration span, Gaps& gaps) const {
  if (!read.scraped.text) {
    ++gaps.silent;
    return std::nullopt;
  }
  std::optional<double> sum;
  for (const Series& series : read.exposed.value_or(Exposed{}).series) {
    const auto value =
        read.exposed->counter ? rate_over(span, samples_.at(read.scraped.replica).at(series.labels)) : series.value;
    if (value) sum = sum.value_or(0) + *value;
  }
  if (read.exposed && !sum) ++gaps.first;
  const bool sensible = sum && *sum >= 0 && *sum <= kMostValue;
  if (!read.exposed || (sum && !sensible)) ++gaps.without;
  return sensible ? sum : std::nullopt;
}

std::string Sampler::to_text(const Gaps& gaps) const {
  std::vector<std::string> parts;
  if (gaps.silent > 0) parts.push_back(fmt::format("{} without an answer", gaps.silent));
  if (gaps.without > 0) parts.push_back(fmt::format("{} without a sensible {}", gaps.without, metric_.name));
  if (gaps.first > 0) parts.push_back(fmt::format("{} with a first sample", gaps.first));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace autoscale
