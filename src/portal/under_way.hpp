#pragma once

#include <cstddef>

#include "base/event.hpp"

namespace portal {

/// Counts a question to the hardware service while it lasts; sets `idle` when it was the last one.
class UnderWay {
 public:
  UnderWay(std::size_t& count, base::Event& idle) : count_(count), idle_(idle) { ++count_; }
  ~UnderWay() {
    if (--count_ == 0) idle_.set();
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  std::size_t& count_;
  base::Event& idle_;
};

}  // namespace portal
