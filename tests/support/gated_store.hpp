#pragma once

#include <condition_variable>

#include "support/memory_store.hpp"

namespace support {

/// Calls wait here while it is closed. Thread-safe.
class Gate {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    opened_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return !closed_; });
    --waiting_;
  }
  /// How many wait now.
  int waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool closed_ = false;
  int waiting_ = 0;
};

/// A store whose answers may be long in coming. What was asked for is done before they wait.
class GatedStore final : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  store::Claimed claim(const store::Wanted& wanted) override {
    auto claimed = MemoryStore::claim(wanted);
    claims_gate.pass();
    return claimed;
  }
  std::optional<base::Time> spend(const std::string& probe, std::span<const store::Limit> limits) override {
    const auto spent = MemoryStore::spend(probe, limits);
    spends_gate.pass();
    return spent;
  }
  void assign(std::span<const store::Assignment> assignments) override {
    MemoryStore::assign(assignments);
    assigns_gate.pass();
  }

  Gate claims_gate, spends_gate, assigns_gate;
};

}  // namespace support
