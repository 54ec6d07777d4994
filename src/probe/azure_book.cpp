#include "probe/azure_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace probe {
namespace {

/// Azure keeps a score for 15 minutes at least. Runs may begin a little early.
constexpr base::Duration kKept = std::chrono::minutes{14};
/// A size or region that does not exist today may exist tomorrow.
constexpr base::Duration kRefusedPause = std::chrono::hours{6};

std::string refusal(const std::string& what, const std::string& why) {
  return fmt::format("Azure refuses {}: {}; asked again after {}", what, why, base::to_string(kRefusedPause));
}

/// The halves of `ask`, which has more than one cell.
std::vector<AzureAsk> halves(const AzureAsk& ask, bool by_size) {
  const auto& all = by_size ? ask.sizes : ask.regions;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::vector<AzureAsk> out(2, ask);
  (by_size ? out[0].sizes : out[0].regions).assign(all.begin(), middle);
  (by_size ? out[1].sizes : out[1].regions).assign(middle, all.end());
  return out;
}

}  // namespace

std::vector<AzureAsk> AzureBook::due(const std::set<AzureCell>& cells, base::SteadyTime run,
                                     base::SteadyTime now) const {
  std::set<AzureCell> together;
  std::vector<std::set<AzureCell>> apart(apart_.size());
  std::map<std::string, AzureCell> trials;
  for (const AzureCell& cell : cells) {
    const AzureCell key = key_of(cell);
    const Known* known = find(key);
    if (known != nullptr && now < known->paused_until) continue;
    if (const auto part = refused_part(key)) {
      // One cell tells whether it is still refused.
      if (is_fresh(cell, now)) continue;
      const auto [trial, first] = trials.emplace(*part, cell);
      if (!first && tried(cell) < tried(trial->second)) trial->second = cell;
      continue;
    }
    const auto group = std::ranges::find_if(apart_, [&](const auto& each) { return each.contains(key); });
    (group == apart_.end() ? together : apart[static_cast<std::size_t>(group - apart_.begin())]).insert(cell);
  }
  std::vector<AzureAsk> asks = plan_calls(together);
  for (const auto& group : apart) std::ranges::move(plan_calls(group), std::back_inserter(asks));
  for (const auto& [part, cell] : trials)
    if (now >= refused_.at(part).until) asks.push_back({{cell.size}, {cell.region}});
  std::erase_if(asks, [&](const AzureAsk& ask) { return !is_due(ask, run, now); });
  return sorted(std::move(asks), run);
}

std::vector<AzureAsk> AzureBook::sorted(std::vector<AzureAsk> asks, base::SteadyTime run) const {
  const auto turn = [&](const AzureAsk& ask) {
    const auto cells = ask.cells();
    auto oldest = base::SteadyTime::max();
    for (const AzureCell& cell : cells) oldest = std::min(oldest, tried(cell));
    const bool halved = oldest >= run;
    return std::tuple(!halved, halved ? cells.size() : 0, oldest, ask);
  };
  std::vector<decltype(turn(asks[0]))> turns;
  for (const AzureAsk& ask : asks) turns.push_back(turn(ask));
  std::ranges::sort(turns);
  std::ranges::transform(turns, asks.begin(), [](auto& each) { return std::move(std::get<AzureAsk>(each)); });
  return asks;
}

bool AzureBook::is_due(const AzureAsk& ask, base::SteadyTime run, base::SteadyTime now) const {
  const auto cells = ask.cells();
  const auto failed_now = [&](const AzureCell& cell) {
    const Known* known = find(cell);
    return known != nullptr && known->tried >= run && !known->error.empty() && !known->halved;
  };
  return std::ranges::none_of(cells, failed_now) &&
         std::ranges::any_of(cells, [&](const AzureCell& cell) { return !is_fresh(cell, now); });
}

void AzureBook::keep(const AzureAsk& ask, const AzureScores& scores, base::SteadyTime now) {
  for (const auto& names : {ask.sizes, ask.regions})
    for (const std::string& name : names) {
      good_.insert(base::lower(name));
      refused_.erase(base::lower(name));
    }
  for (const AzureCell& cell : ask.cells()) {
    const AzureCell key = key_of(cell);
    const auto found = scores.find(key);
    cells_.insert_or_assign(
        key,
        Known{.at = now, .scores = found != scores.end() ? found->second : std::vector<AzureScore>(), .tried = now});
  }
  take_together(ask);
}

void AzureBook::fail(const AzureAsk& ask, const std::string& why, base::SteadyTime now) {
  for (const AzureCell& cell : ask.cells()) {
    Known& known = cells_[key_of(cell)];
    known.tried = now;
    known.error = why;
    known.halved = false;
  }
}

void AzureBook::refuse(const AzureAsk& ask, const std::string& why, base::SteadyTime now) {
  fail(ask, why, now);
  take_together(ask);
  if (ask.sizes.size() == 1 && ask.regions.size() == 1) return blame({ask.sizes[0], ask.regions[0]}, why, now);
  const bool by_size = ask.sizes.size() > 1 && (ask.regions.size() == 1 || has_new(ask.sizes));
  for (const AzureAsk& half : halves(ask, by_size)) {
    auto& group = apart_.emplace_back();
    for (const AzureCell& cell : half.cells()) group.insert(key_of(cell));
  }
  for (const AzureCell& cell : ask.cells()) cells_[key_of(cell)].halved = true;
}

/// A size that is refused in a region that others have scores of may be wrong as such. Another refusal tells.
void AzureBook::blame(const AzureCell& cell, const std::string& why, base::SteadyTime now) {
  const AzureCell key = key_of(cell);
  const auto until = now + kRefusedPause;
  Known& known = cells_[key];
  known.error = refusal(fmt::format("{} in {}", cell.size, cell.region), why);
  known.paused_until = until;
  apart_.push_back({key});
  const bool good_size = good_.contains(key.size);
  const bool good_region = good_.contains(key.region);
  const auto suspect = [&](const std::string& part, const std::string& name) {
    const bool again = refused_.contains(part);
    refused_.insert_or_assign(part, Refused{refusal(name, why), again ? until : now});
  };
  if (refused_.contains(key.region) || (good_size && !good_region)) {
    suspect(key.region, cell.region);
  } else if (refused_.contains(key.size) || (good_region && !good_size)) {
    suspect(key.size, cell.size);
  } else {
    // What was right may not be any more: the next refusal tells.
    good_.erase(key.size);
    good_.erase(key.region);
  }
}

void AzureBook::end_pauses(const std::set<AzureCell>& cells) {
  for (const AzureCell& cell : cells) {
    const AzureCell key = key_of(cell);
    if (const auto known = cells_.find(key); known != cells_.end())
      known->second.paused_until = base::SteadyTime::min();
    if (const auto part = refused_part(key)) refused_.at(*part).until = base::SteadyTime::min();
  }
}

void AzureBook::take_together(const AzureAsk& ask) {
  for (auto& group : apart_)
    for (const AzureCell& cell : ask.cells()) group.erase(key_of(cell));
  std::erase_if(apart_, [](const auto& group) { return group.empty(); });
}

const AzureBook::Known* AzureBook::find(const AzureCell& cell) const {
  const auto found = cells_.find(key_of(cell));
  return found != cells_.end() ? &found->second : nullptr;
}

bool AzureBook::is_fresh(const AzureCell& cell, base::SteadyTime now) const {
  const Known* known = find(cell);
  return known != nullptr && known->at && now - *known->at < kKept;
}

std::string AzureBook::error(const AzureCell& cell, base::SteadyTime run, base::SteadyTime now) const {
  if (is_fresh(cell, now)) return {};
  if (const auto part = refused_part(key_of(cell))) return refused_.at(*part).why;
  const Known* known = find(cell);
  if (known == nullptr) return {};
  const bool counts = !known->at || known->tried >= run || now < known->paused_until;
  return counts ? known->error : std::string();
}

std::optional<std::string> AzureBook::refused_part(const AzureCell& key) const {
  for (const std::string& part : {key.region, key.size})
    if (refused_.contains(part)) return part;
  return std::nullopt;
}

bool AzureBook::has_new(const std::vector<std::string>& names) const {
  return std::ranges::any_of(names, [&](const std::string& name) { return !good_.contains(base::lower(name)); });
}

base::SteadyTime AzureBook::tried(const AzureCell& cell) const {
  const Known* known = find(cell);
  return known != nullptr ? known->tried : base::SteadyTime::min();
}

}  // namespace probe
