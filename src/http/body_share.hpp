#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace http {

/// One request's share of the memory for all bodies, for as long as it lives.
class BodyShare {
 public:
  explicit BodyShare(std::atomic<std::size_t>& taken) : taken_(taken) {}
  ~BodyShare() { taken_ -= bytes_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// False: with `bytes`, all bodies would take more than `most`. To be called once.
  bool take(std::size_t bytes, std::size_t most) {
    bytes_ = bytes;
    if (taken_.fetch_add(bytes) + bytes <= most) return true;
    taken_ -= std::exchange(bytes_, 0);
    return false;
  }

 private:
  std::atomic<std::size_t>& taken_;
  std::size_t bytes_ = 0;
};

}  // namespace http
