#include "sql/transact.hpp"

#include <chrono>
#include <random>
#include <thread>

namespace sql {
namespace {

constexpr int kAttempts = 6;
constexpr std::chrono::microseconds kFirstPause{2'000};

}  // namespace

void wait_or_throw(const Error& error, int attempt) {
  if (error.kind() != ErrorKind::busy || attempt >= kAttempts) throw error;
  // Doubling, and random, so that two that collided do not collide again.
  static thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::chrono::microseconds::rep> pause(0, (kFirstPause * (1 << attempt)).count());
  std::this_thread::sleep_for(std::chrono::microseconds{pause(random)});
}

}  // namespace sql
