#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sql/statement.hpp"

namespace sql {

/// The prepared statements of one session, by their text. Not thread-safe.
class StatementCache {
 public:
  /// The statement of `sql`, taken; `prepare()` makes it the first time.
  template <class Prepare>
  Statement& take(std::string_view sql, Prepare prepare) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) found = statements_.emplace(sql, prepare()).first;
    found->second->take();
    return *found->second;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::unique_ptr<Statement>, Hash, std::equal_to<>> statements_;
};

}  // namespace sql
