#include "probe/gcp_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/cloud_error.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

/// Zones, names and times are shorter.
constexpr std::size_t kWord = 64;
/// A number of machines that nobody has.
constexpr double kMostMachines = 1e9;

/// docs.cloud.google.com/compute/docs/instances/view-vm-availability
config::Levels bands() {
  config::Levels levels;
  levels.high.score = 0.7;
  levels.medium.score = 0.4;
  return levels;
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  return found != nullptr ? found->if_object() : nullptr;
}

/// The list under `key`; null when there is none. Google leaves out what is empty.
Or<const json::array*> list_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return nullptr;
  if (const json::array* list = found->if_array()) return list;
  return std::unexpected(fmt::format("in the answer, {} is no list", key));
}

/// Fails for an error that came as a success, too.
Or<json::object> read_answer(std::string_view text) {
  auto object = parse_object(text, "the answer");
  if (!object || !object->contains("error")) return object;
  const std::string word = read_cloud_error(0, text).word;
  return std::unexpected("the answer is an error" + (word.empty() ? "" : ": " + word));
}

std::optional<double> number_in(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  return value.to_number<double>();
}

/// "us-central1-a" of ".../zones/us-central1-a".
std::string last_part(std::string_view url) {
  return one_line(url.substr(std::min(url.rfind('/') + 1, url.size())), kWord);
}

Or<GcpAdvice> read_recommendation(const json::value& value) {
  const json::object* object = value.if_object();
  const json::object* scores = object != nullptr ? object_at(*object, "scores") : nullptr;
  const json::value* found = scores != nullptr ? scores->if_contains("obtainability") : nullptr;
  if (found == nullptr) return GcpAdvice{};
  const auto number = number_in(*found);
  if (!number || !(*number >= 0 && *number <= 1))
    return std::unexpected("in the answer, obtainability is not from 0 to 1");
  GcpAdvice advice{.obtainability = *number, .uptime = one_line(base::text_in(*scores, "estimatedUptime"), kWord)};
  const auto shards = list_at(*object, "shards");
  if (!shards) return std::unexpected(shards.error());
  if (*shards == nullptr) return advice;
  for (const json::value& shard : **shards) {
    std::string zone = shard.is_object() ? last_part(base::text_in(shard.get_object(), "zone")) : std::string();
    if (!zone.empty() && std::ranges::find(advice.zones, zone) == advice.zones.end())
      advice.zones.push_back(std::move(zone));
  }
  return advice;
}

/// "0.9 in us-central1 (us-central1-c, up 3600s)"
std::string text_of(const GcpAdvised& advised) {
  const GcpAdvice& advice = advised.advice;
  if (!advice.why_not.empty()) return fmt::format("{} in {}", advice.why_not, advised.place);
  if (!advice.obtainability) return fmt::format("no advice in {}", advised.place);
  std::string more;
  const auto add = [&](const std::string& what) { more += (more.empty() ? "" : ", ") + what; };
  for (const std::string& zone : advice.zones)
    if (zone != advised.place) add(zone);
  if (!advice.uptime.empty()) add("up " + advice.uptime);
  return fmt::format("{} in {}{}", base::number_text(*advice.obtainability), advised.place,
                     more.empty() ? "" : fmt::format(" ({})", more));
}

/// From the best on.
double rank(const GcpAdvised& advised) {
  constexpr double kWithoutQuota = 2, kUnknown = 3;
  if (!advised.advice.why_not.empty()) return kWithoutQuota;
  return advised.advice.obtainability ? -*advised.advice.obtainability : kUnknown;
}

/// A number of 64 bits is a text in Google's JSON. Nothing is 0.
Or<double> count_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return 0;
  const auto text = base::number_of<std::int64_t>(base::text_in(object, key));
  const double count = text ? static_cast<double>(*text) : number_in(*found).value_or(-1);
  if (count >= 0 && count <= kMostMachines && count == std::floor(count)) return count;
  return std::unexpected(fmt::format("in the answer, {} is no count", key));
}

/// Other series have accelerators by their type, and their reservations list these, too.
bool may_be_without_accelerators(std::string_view machine_type) {
  return machine_type.starts_with("n1-") || machine_type.starts_with("custom-");
}

Or<bool> has_accelerators(const json::object& properties, std::string_view machine_type, const GcpReservation& wanted) {
  const auto list = list_at(properties, "guestAccelerators");
  if (!list) return std::unexpected(list.error());
  const json::array none;
  const json::array& all = *list != nullptr ? **list : none;
  if (wanted.accelerator.empty()) return all.empty() || !may_be_without_accelerators(machine_type);
  return std::ranges::any_of(all, [&](const json::value& each) {
    const json::object* object = each.if_object();
    if (object == nullptr || last_part(base::text_in(*object, "acceleratorType")) != wanted.accelerator) return false;
    return wanted.accelerators == 0 || count_at(*object, "acceleratorCount") == wanted.accelerators;
  });
}

/// One that is being resized can be used.
bool is_usable(std::string_view status) {
  return status.empty() || status == "READY" || status == "UPDATING";
}

/// Machines that Google has set aside: after a failure these may be fewer than those that were reserved.
Or<double> assured_count(const json::object& specific) {
  const auto count = count_at(specific, "count");
  if (!count || !specific.contains("assuredCount")) return count;
  const auto assured = count_at(specific, "assuredCount");
  return assured ? std::min(*count, *assured) : assured;
}

Or<void> add_reservation(GcpReserved& sum, const json::object& item, std::string_view machine_type,
                         const GcpReservation& wanted) {
  const json::object* specific = object_at(item, "specificReservation");
  const json::object* properties = specific != nullptr ? object_at(*specific, "instanceProperties") : nullptr;
  if (properties == nullptr || last_part(base::text_in(*properties, "machineType")) != machine_type) return {};
  if (wanted.name != "*" && base::text_in(item, "name") != wanted.name) return {};
  if (!is_usable(base::text_in(item, "status"))) return {};
  const auto fits = has_accelerators(*properties, machine_type, wanted);
  if (!fits) return std::unexpected(fits.error());
  if (!*fits) return {};
  const auto total = assured_count(*specific);
  if (!total) return std::unexpected(total.error());
  const auto in_use = count_at(*specific, "inUseCount");
  if (!in_use) return std::unexpected(in_use.error());
  ++sum.reservations;
  sum.total += *total;
  // A reservation that was made smaller has more in use than it has.
  sum.in_use += std::min(*in_use, *total);
  return {};
}

/// The list of reservations in an answer, or null when it is empty; an object of another kind is none.
Or<const json::array*> reservations_in(const json::object& answer) {
  if (const json::object* warning = object_at(answer, "warning"))
    if (const auto code = base::text_in(*warning, "code"); code != "NO_RESULTS_ON_PAGE")
      return std::unexpected(fmt::format("the list of reservations is not complete ({})", one_line(code, kWord)));
  const auto list = list_at(answer, "items");
  const bool is_list = answer.empty() || base::text_in(answer, "kind") == "compute#reservationList";
  if (list && *list == nullptr && !is_list) return std::unexpected("the answer is no list of reservations");
  return list;
}

}  // namespace

Or<GcpAdvice> read_gcp_advice(std::string_view text) {
  const auto object = read_answer(text);
  if (!object) return std::unexpected(object.error());
  const auto list = list_at(*object, "recommendations");
  if (!list) return std::unexpected(list.error());
  GcpAdvice best;
  if (object->empty()) return best;
  if (*list == nullptr) return std::unexpected("the answer has no recommendations");
  for (const json::value& each : **list) {
    auto advice = read_recommendation(each);
    if (!advice) return advice;
    if (advice->obtainability.value_or(-1) > best.obtainability.value_or(-1)) best = std::move(*advice);
  }
  return best;
}

Result judge_gcp(std::vector<GcpAdvised> advised, const config::Levels& levels) {
  std::ranges::sort(advised, {}, [](const GcpAdvised& each) { return std::pair(rank(each), each.place); });
  Unjudged seen;
  for (const GcpAdvised& each : advised) seen.reason += (seen.reason.empty() ? "" : "; ") + text_of(each);
  if (advised.empty()) return std::unexpected(std::string("no place to ask for"));
  const GcpAdvice& best = advised.front().advice;
  if (best.why_not.empty() && best.obtainability) {
    seen.score = best.obtainability;
    seen.reason = one_line("obtainability " + seen.reason);
    return judge(std::move(seen), levels == config::Levels{} ? bands() : levels);
  }
  seen.said = best.why_not.empty() ? core::Level::unknown : core::Level::low;
  seen.reason = one_line(seen.reason);
  return judge(std::move(seen), {});
}

Or<GcpReservationPage> read_gcp_reservations(std::string_view text, std::string_view machine_type,
                                             const GcpReservation& wanted) {
  const auto object = read_answer(text);
  if (!object) return std::unexpected(object.error());
  GcpReservationPage page{.next = std::string(base::text_in(*object, "nextPageToken"))};
  const auto list = reservations_in(*object);
  if (!list) return std::unexpected(list.error());
  if (*list == nullptr) return page;
  for (const json::value& each : **list) {
    if (!each.is_object()) return std::unexpected("in the answer, items has one that is no object");
    if (auto added = add_reservation(page.reserved, each.get_object(), machine_type, wanted); !added)
      return std::unexpected(added.error());
  }
  return page;
}

}  // namespace probe
