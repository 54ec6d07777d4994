#include "probe/azure_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

/// Azure's words, regions and zones are shorter.
constexpr std::size_t kWord = 60;
/// All spot machines of a region count against this one alone, in lower case.
constexpr const char* kSpotQuota = "lowprioritycores";

std::string word_in(const json::object& object, std::string_view key) {
  return one_line(base::text_in(object, key), kWord);
}

/// The list under `key` of the JSON object that `text` is.
Or<json::object> object_with_list(std::string_view text, std::string_view key) {
  auto object = parse_object(text, "the answer");
  if (!object) return object;
  const json::value* list = object->if_contains(key);
  if (list == nullptr || !list->is_array())
    return std::unexpected(fmt::format("the answer is JSON, but has no list {}", key));
  return object;
}

/// The texts in the list under `key`.
std::set<std::string> texts_in(const json::object& object, std::string_view key) {
  std::set<std::string> out;
  const json::value* list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& each : list->get_array())
    if (const json::string* text = each.if_string()) out.insert(one_line(*text, kWord));
  return out;
}

/// Calls `visit` with each object in the list under `key`.
template <class Visit>
void each_object(const json::object& object, std::string_view key, Visit visit) {
  const json::value* list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return;
  for (const json::value& each : list->get_array())
    if (const json::object* inner = each.if_object()) visit(*inner);
}

void restrict(AzureSku& sku, const json::object& restriction) {
  std::string why = word_in(restriction, "reasonCode");
  if (why.empty()) why = "restricted";
  // The subscription is of a kind that has none.
  if (base::equals_ignoring_case(why, "QuotaId")) why = "no quota (QuotaId)";
  if (!base::equals_ignoring_case(base::text_in(restriction, "type"), "Zone")) {
    sku.restricted = std::move(why);
    return;
  }
  const json::value* info = restriction.if_contains("restrictionInfo");
  if (info != nullptr && info->is_object()) sku.restricted_zones.merge(texts_in(info->get_object(), "zones"));
}

AzureSku read_sku(const json::object& item) {
  AzureSku sku;
  each_object(item, "restrictions", [&](const json::object& restriction) { restrict(sku, restriction); });
  each_object(item, "capabilities", [&](const json::object& capability) {
    const std::string_view name = base::text_in(capability, "name");
    const std::string_view value = base::text_in(capability, "value");
    if (name == "LowPriorityCapable") sku.spot = !base::equals_ignoring_case(value, "False");
    if (name == "vCPUs") sku.cpus = base::number_of<std::uint16_t>(value).value_or(0);
  });
  return sku;
}

/// The whole number under `key`, if it is one and not negative.
std::optional<std::int64_t> count_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  const std::int64_t* number = value != nullptr ? value->if_int64() : nullptr;
  return number != nullptr && *number >= 0 ? std::optional(*number) : std::nullopt;
}

/// Calls `visit` with each item of a page, and the items that it fills.
template <class T, class Visit>
Or<AzurePage<T>> read_page(std::string_view text, Visit visit) {
  const auto object = object_with_list(text, "value");
  if (!object) return std::unexpected(object.error());
  AzurePage<T> page{.next = std::string(base::text_in(*object, "nextLink"))};
  each_object(*object, "value", [&](const json::object& item) { visit(item, page.items); });
  return page;
}

struct Judged {
  core::Level level;
  std::string word;
  std::string place;
};

/// From the best on. What is known to be LOW says more than what nobody knows.
constexpr core::Level kBestFirst[] = {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown};

Judged judged(const AzureScore& score, std::string place) {
  const auto is = [&](std::string_view word) { return base::equals_ignoring_case(score.word, word); };
  Judged out{core::Level::unknown, score.word, std::move(place)};
  if (is("High")) out.level = core::Level::high;
  if (is("Medium")) out.level = core::Level::medium;
  if (is("Low") || is("RestrictedSkuNotAvailable") || is("Restricted SKU")) out.level = core::Level::low;
  if (!score.quota) {
    out.level = core::Level::low;
    out.word = fmt::format("no quota ({})", score.word);
  }
  return out;
}

void add(std::vector<Judged>& all, const AzureSeen& seen) {
  if (!seen.why_not.empty()) {
    all.push_back({core::Level::low, seen.why_not, seen.region});
    return;
  }
  for (const AzureScore& score : seen.scores)
    all.push_back(judged(score, score.zone.empty() ? seen.region : fmt::format("{} {}", seen.region, score.zone)));
}

}  // namespace

Or<AzureScores> read_azure_scores(std::string_view text) {
  const auto object = object_with_list(text, "placementScores");
  if (!object) return std::unexpected(object.error());
  AzureScores scores;
  for (const json::value& each : object->at("placementScores").get_array()) {
    const json::object* item = each.if_object();
    if (item == nullptr) return std::unexpected("the answer has a score that is no object");
    const AzureCell cell{base::lower(word_in(*item, "sku")), base::lower(word_in(*item, "region"))};
    AzureScore score{.zone = word_in(*item, "availabilityZone"), .word = word_in(*item, "score")};
    if (cell.size.empty() || cell.region.empty() || score.word.empty())
      return std::unexpected("the answer has a score without sku, region or score");
    const json::value* quota = item->if_contains("isQuotaAvailable");
    score.quota = quota == nullptr || !quota->is_bool() || quota->get_bool();
    scores[cell].push_back(std::move(score));
  }
  return scores;
}

Or<AzurePage<AzureSkus>> read_azure_skus(std::string_view text) {
  return read_page<AzureSkus>(text, [](const json::object& item, AzureSkus& skus) {
    if (base::text_in(item, "resourceType") == "virtualMachines")
      skus.insert_or_assign(base::lower(word_in(item, "name")), read_sku(item));
  });
}

Or<AzurePage<AzureUsages>> read_azure_usages(std::string_view text) {
  return read_page<AzureUsages>(text, [](const json::object& item, AzureUsages& usages) {
    const json::value* name = item.if_contains("name");
    const auto current = count_in(item, "currentValue");
    const auto limit = count_in(item, "limit");
    if (name == nullptr || !name->is_object() || !current || !limit) return;
    usages.insert_or_assign(base::lower(word_in(name->get_object(), "value")), AzureUsage{*current, *limit});
  });
}

std::string why_not(const AzureSkus& skus, const std::string& size, const std::string& zone) {
  if (skus.empty()) return {};
  const auto sku = skus.find(base::lower(size));
  if (sku == skus.end()) return "not offered";
  if (!sku->second.restricted.empty()) return sku->second.restricted;
  if (sku->second.restricted_zones.contains(zone)) return fmt::format("restricted in zone {}", zone);
  return sku->second.spot ? "" : "not offered as spot";
}

std::string no_quota(const AzureUsages& usages, const AzureSkus& skus, const std::string& size, std::uint16_t count) {
  const auto usage = usages.find(kSpotQuota);
  const auto sku = skus.find(base::lower(size));
  if (usage == usages.end() || sku == skus.end() || sku->second.cpus == 0) return {};
  const std::int64_t left = std::max<std::int64_t>(usage->second.limit - usage->second.current, 0);
  if (left >= sku->second.cpus * count) return {};
  return fmt::format("no quota ({} of {} vCPUs left)", left, usage->second.limit);
}

core::Measurement judge_azure(const std::vector<AzureSeen>& seen) {
  std::vector<Judged> all;
  for (const AzureSeen& each : seen) add(all, each);
  core::Measurement measured;
  std::string word;
  for (const core::Level level : kBestFirst)
    for (const Judged& each : all) {
      if (each.level != level) continue;
      if (measured.reason.empty()) measured.level = level;
      const bool same = each.word == word;
      measured.reason +=
          same ? ", " + each.place : fmt::format("{}{} in {}", word.empty() ? "" : "; ", each.word, each.place);
      word = each.word;
    }
  measured.reason = one_line(measured.reason);
  return measured;
}

}  // namespace probe
