#pragma once

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

/// Shared parts of the JSON of messages and states. Readers throw BadJson, or what Boost.JSON throws.
namespace alert {

struct BadJson : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline std::string_view text_at(const boost::json::object& object, std::string_view key) {
  return object.at(key).as_string();
}

inline base::Time time_at(const boost::json::object& object, std::string_view key) {
  const auto time = base::parse_rfc3339(text_at(object, key));
  if (!time) throw BadJson(fmt::format("'{}' is no time", key));
  return *time;
}

inline std::map<std::string, std::string> labels_at(const boost::json::object& object, std::string_view key) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : object.at(key).as_object()) labels.emplace(name, std::string(value.as_string()));
  return labels;
}

inline boost::json::object to_object(const std::map<std::string, std::string>& labels) {
  boost::json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return object;
}

/// What `read` makes of the text, which is an object. invalid: it is none, or `read` threw.
template <class Read>
auto parsed(std::string_view text, Read&& read) -> base::Result<decltype(read(boost::json::object()))> {
  const auto value = base::parse_json(text);
  if (!value) return base::fail(base::Errc::invalid, value.error().message);
  try {
    return read(value->as_object());
  } catch (const std::exception& error) {
    return base::fail(base::Errc::invalid, error.what());
  }
}

}  // namespace alert
