#include "autoscale/state_file.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/file.hpp"

namespace autoscale {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostBytes = 16 << 20;

/// Between the clock of a history and the wall clock.
struct Clocks {
  base::SteadyTime now;
  base::Time wall_now;

  std::string on_wall(base::SteadyTime time) const {
    return base::to_rfc3339(wall_now - std::chrono::duration_cast<base::Duration>(now - time));
  }
  base::SteadyTime on_steady(const json::value& text) const {
    const auto time = base::parse_rfc3339(text.as_string());
    if (!time) throw std::runtime_error(fmt::format("'{}' is not a time", std::string_view(text.as_string())));
    return now - std::max<base::Duration>(wall_now - *time, base::Duration{0});
  }
};

json::object to_json(const History& history, const Clocks& clocks) {
  json::array recommended;
  for (const auto& [at, replicas] : history.recommended)
    recommended.push_back(json::object{{"at", clocks.on_wall(at)}, {"replicas", replicas}});
  json::array steps;
  for (const auto& [at, change] : history.steps)
    steps.push_back(json::object{{"at", clocks.on_wall(at)}, {"change", change}});
  return {{"recommended", std::move(recommended)}, {"steps", std::move(steps)}};
}

History to_history(const json::value& value, const Clocks& clocks) {
  History history;
  for (const json::value& one : value.at("recommended").as_array())
    history.recommended.push_back({clocks.on_steady(one.at("at")), one.at("replicas").to_number<std::size_t>()});
  for (const json::value& one : value.at("steps").as_array())
    history.steps.push_back({clocks.on_steady(one.at("at")), one.at("change").to_number<std::int64_t>()});
  return history;
}

std::unexpected<std::string> failed(const std::string& doing, const std::string& file, std::string_view why) {
  return std::unexpected(fmt::format("cannot {} '{}': {}", doing, file, why));
}

}  // namespace

std::expected<void, std::string> save(const std::string& file, const Histories& histories, base::SteadyTime now,
                                      base::Time wall_now) {
  const Clocks clocks{now, wall_now};
  json::object services;
  for (const auto& [service, history] : histories) services[service] = to_json(history, clocks);
  const std::string text = json::serialize(json::object{{"services", std::move(services)}}) + "\n";
  const std::string beside = file + ".new";
  const auto close = [](std::FILE* stream) { return std::fclose(stream) == 0; };
  std::FILE* const stream = std::fopen(beside.c_str(), "we");
  if (stream == nullptr) return failed("write", beside, std::strerror(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (!close(stream) || !written) return failed("write", beside, std::strerror(errno));
  if (std::rename(beside.c_str(), file.c_str()) != 0) return failed("replace", file, std::strerror(errno));
  return {};
}

std::expected<Histories, std::string> load(const std::string& file, base::SteadyTime now, base::Time wall_now) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return Histories{};
  const auto text = base::read_file(file, kMostBytes);
  if (!text) return failed("read", file, text.error());
  try {
    Histories histories;
    const json::value value = json::parse(*text);
    for (const auto& [service, history] : value.at("services").as_object())
      histories[service] = to_history(history, {now, wall_now});
    return histories;
  } catch (const std::exception& wrong) {
    return failed("read", file, wrong.what());
  }
}

}  // namespace autoscale
