#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace http {

/// The decoded parameters of a query, in order. Pairs that do not decode are errors.
class Query {
 public:
  static base::Result<Query> parse(std::string_view text);

  /// The last value of `name`.
  std::optional<std::string_view> get(std::string_view name) const;
  /// All values of `name`, in order.
  std::vector<std::string_view> all(std::string_view name) const;
  /// Those whose name begins with `prefix`, without it, in order.
  std::vector<std::pair<std::string_view, std::string_view>> with_prefix(std::string_view prefix) const;
  /// A whole number from `least` to `most`, or `otherwise` when absent.
  base::Result<std::size_t> number(std::string_view name, std::size_t otherwise, std::size_t least,
                                   std::size_t most) const;
  /// Refuses parameters that are not in `known`, naming the nearest. A known name that ends with '.' stands for all
  /// that begin with it.
  base::Result<void> only(std::span<const std::string_view> known) const;
  base::Result<void> only(std::initializer_list<std::string_view> known) const {
    return only(std::span(known.begin(), known.size()));
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace http
