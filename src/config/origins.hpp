#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace config {

/// A value that makes no sense, named by the path of its key: "portal.http.port".
class BadValue : public base::UsageError {
 public:
  BadValue(std::string path, std::string_view message)
      : UsageError(fmt::format("{}: {}", path, message)), path_(std::move(path)) {}

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// "portal" and "http" make "portal.http".
inline std::string join(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

/// Where each value was given: "vacancy.yaml:3" or "VACANCY_THREADS". For messages about values that were read well
/// and make no sense.
class Origins {
 public:
  void set(const std::string& path, std::string where) { where_[path] = std::move(where); }

  /// Drops `path` and all below it: its value is replaced as a whole.
  void forget(std::string_view path) {
    std::erase_if(where_, [&](const auto& entry) { return is_within(entry.first, path); });
  }

  bool has(std::string_view path) const { return where_.find(path) != where_.end(); }

  /// Of `path`, or else of the nearest key around it that was given; "" when all of them are defaults.
  std::string find(std::string_view path) const {
    for (;;) {
      if (const auto found = where_.find(path); found != where_.end()) return found->second;
      const auto end = path.find_last_of(".[");
      if (end == std::string_view::npos) return {};
      path = path.substr(0, end);
    }
  }

 private:
  static bool is_within(std::string_view path, std::string_view outer) {
    return path.starts_with(outer) &&
           (path.size() == outer.size() || std::string_view(".[").contains(path[outer.size()]));
  }

  std::map<std::string, std::string, std::less<>> where_;
};

}  // namespace config
