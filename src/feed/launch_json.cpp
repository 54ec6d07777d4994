#include "feed/launch_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace feed {
namespace {

namespace json = boost::json;
using base::Result;
using core::Level;

constexpr std::string_view kKeys[] = {"profile", "provider", "name",  "outcome", "error",
                                      "took",    "at",       "where", "source",  "id"};
/// In bytes. An error of a cloud may be a paragraph.
constexpr std::size_t kMostWord = 64, kMostId = 191, kMostError = 4096;
constexpr std::chrono::hours kLongestLaunch{24};
constexpr Level kLevels[] = {Level::high, Level::medium, Level::low, Level::unknown};

std::unexpected<base::Error> wrong(std::string_view what) {
  return base::fail(base::Errc::invalid,
                    fmt::format("{}; send {{\"profile\":\"PROVIDER/NAME\",\"outcome\":\"failed\",\"error\":\"…\"}} or "
                                "{{\"profile\":\"PROVIDER/NAME\",\"outcome\":\"launched\",\"took\":\"42s\"}}",
                                what));
}

/// The text of a key in one line; "" when it is missing.
Result<std::string> line_of(const json::object& object, std::string_view key, std::size_t most) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return std::string();
  if (!value->is_string()) return wrong(fmt::format("'{}' is not a string", key));
  const std::string_view text = base::trim(std::string_view(value->get_string()));
  if (text.size() > most) return wrong(fmt::format("'{}' is longer than {} bytes", key, most));
  return base::to_line(text);
}

Result<core::ProfileKey> profile_of(const json::object& object) {
  const bool in_two = object.contains("provider") || object.contains("name");
  if (in_two == object.contains("profile")) return wrong("give either 'profile', or 'provider' and 'name'");
  constexpr std::size_t kMost = 2 * core::kMaxNameBytes + 1;
  if (in_two) {
    const auto provider = line_of(object, "provider", kMost), name = line_of(object, "name", kMost);
    if (!provider || !name) return std::unexpected(provider ? name.error() : provider.error());
    return core::checked_key(*provider, *name);
  }
  const auto profile = line_of(object, "profile", kMost);
  if (!profile) return std::unexpected(profile.error());
  const auto slash = profile->find('/');
  if (slash == std::string::npos) return wrong("'profile' is not PROVIDER/NAME");
  return core::checked_key(profile->substr(0, slash), profile->substr(slash + 1));
}

Result<std::optional<base::Duration>> took_of(const json::object& object) {
  const auto text = line_of(object, "took", kMostWord);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::nullopt;
  const auto took = base::parse_duration(*text);
  if (!took) return wrong("'took' is no duration: " + took.error().message);
  if (*took > kLongestLaunch) return wrong(fmt::format("'took' is longer than {}", base::to_string(kLongestLaunch)));
  return *took;
}

Result<std::optional<base::Time>> at_of(const json::object& object) {
  const auto text = line_of(object, "at", kMostWord);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return std::nullopt;
  const auto at = base::parse_rfc3339(*text);
  if (!at) return wrong("'at' is not an RFC 3339 time such as 2026-11-24T13:00:00Z");
  return *at;
}

/// Its error is there if it failed.
Result<std::string> error_of(const json::object& object) {
  const auto outcome = line_of(object, "outcome", kMostWord);
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome != "launched" && *outcome != "failed") return wrong("'outcome' is neither launched nor failed");
  auto error = line_of(object, "error", kMostError);
  if (!error) return error;
  if (*outcome == "failed" && error->empty()) return wrong("'error' is missing: why did it fail?");
  if (*outcome == "launched" && !error->empty()) return wrong("a launch that worked has no 'error'");
  return error;
}

Result<SentLaunch> launch_of(const json::value& value) {
  if (!value.is_object()) return wrong("it is not a JSON object");
  const json::object& object = value.get_object();
  for (const auto& member : object)
    if (const std::string_view key = member.key(); std::ranges::find(kKeys, key) == std::end(kKeys))
      return wrong(fmt::format("key '{}' is unknown; the keys are {}", base::to_line(key.substr(0, kMostWord)),
                               fmt::join(kKeys, ", ")));
  const auto profile = profile_of(object);
  if (!profile) return std::unexpected(profile.error());
  const auto error = error_of(object), where = line_of(object, "where", kMostWord),
             source = line_of(object, "source", kMostWord), id = line_of(object, "id", kMostId);
  for (const auto* text : {&error, &where, &source, &id})
    if (!*text) return std::unexpected(text->error());
  const auto took = took_of(object);
  if (!took) return std::unexpected(took.error());
  const auto at = at_of(object);
  if (!at) return std::unexpected(at.error());
  return SentLaunch{*profile, {.error = *error, .took = *took, .where = *where, .source = *source}, *at, *id};
}

}  // namespace

Result<std::vector<SentLaunch>> parse_launches(std::string_view text) {
  const auto value = base::parse_json(text);
  if (!value) return wrong("the body " + value.error().message);
  std::vector<SentLaunch> launches;
  if (!value->is_array()) {
    auto one = launch_of(*value);
    if (!one) return std::unexpected(one.error());
    launches.push_back(std::move(*one));
    return launches;
  }
  const json::array& array = value->get_array();
  if (array.empty() || array.size() > kMostLaunches)
    return wrong(fmt::format("{} launches in one request; from 1 to {} may be", array.size(), kMostLaunches));
  for (const json::value& each : array) {
    auto one = launch_of(each);
    if (!one)
      return base::fail(one.error().code,
                        fmt::format("element {} of the array: {}", launches.size(), one.error().message));
    launches.push_back(std::move(*one));
  }
  return launches;
}

void append_calibration(std::string& out, const core::Calibration& calibration) {
  char separator = '{';
  for (const Level level : kLevels) {
    const core::Launches& launches = calibration[level];
    out += fmt::format("{}\"{}\":{{\"launched\":{},\"failed\":{}}}", std::exchange(separator, ','),
                       core::to_string(level), launches.worked, launches.failed);
  }
  out += '}';
}

}  // namespace feed
