#include "autoscale/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "autoscale/exposition.hpp"

namespace autoscale {

PodValues Sampler::take(const std::vector<Scraped>& scraped, std::size_t current) {
  PodValues pods;
  std::set<std::string_view> there;
  for (const Scraped& one : scraped) {
    there.insert(one.replica);
    if (const auto value = value_of(one))
      pods.values.push_back(std::llround(*value * 1000));
    else
      ++pods.missing;
  }
  pods.unready = current - std::min(current, scraped.size());
  std::erase_if(samples_, [&](const auto& entry) { return !there.contains(entry.first); });
  return pods;
}

std::optional<double> Sampler::value_of(const Scraped& scraped) {
  if (!scraped.text) return std::nullopt;
  const auto exposed = read_metric(*scraped.text, metric_.name, metric_.selector.matchLabels);
  if (!exposed || exposed->value < 0) return std::nullopt;
  return exposed->counter ? rate_of(scraped, exposed->value) : exposed->value;
}

std::optional<double> Sampler::rate_of(const Scraped& scraped, double shown) {
  auto& samples = samples_[scraped.replica];
  Sample next{.at = scraped.at, .shown = shown};
  if (!samples.empty()) {
    const Sample& last = samples.back();
    if (next.at <= last.at) return std::nullopt;
    next.grown = last.grown + (shown >= last.shown ? shown - last.shown : shown);
  }
  samples.push_back(next);
  // The oldest that is kept is as old as the window, or a bit older: answers do not come to the millisecond.
  while (samples.size() > 2 && samples[1].at <= next.at - window_) samples.pop_front();
  const Sample& first = samples.front();
  // After a gap, the time before it says nothing.
  if (samples.size() < 2 || first.at < next.at - 2 * window_) {
    samples.assign(1, next);
    return std::nullopt;
  }
  return (next.grown - first.grown) / std::chrono::duration<double>(next.at - first.at).count();
}

}  // namespace autoscale
