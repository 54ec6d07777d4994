#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "http/message.hpp"
#include "http/request_head.hpp"

namespace http {

/// A request from its head to the end of its answer. Kept and used again, so that most requests allocate nothing.
struct Exchange {
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// The bytes that `request` points into.
  std::string head;
  /// Without its path, query and parameters, which depend on the target.
  Request request;
  std::string_view target;
  /// 10 or 11.
  unsigned version = 11;
  bool has_body = false;
  bool chunked = false;
  /// Of the body, if that is known.
  std::optional<std::uint64_t> length;
  /// Of a request with a body.
  std::string body;
  base::SteadyTime began;
};

/// Reads the whole head `bytes` into `exchange`; an error when they are none.
std::optional<Wrong> read_head(std::string_view bytes, Exchange& exchange);

}  // namespace http
