#include "refresh/database_watch.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"

namespace refresh {
namespace {

const std::string kWaits = "the refresh waits";

std::string in_seconds(base::SteadyTime::duration time) {
  return base::to_string(std::chrono::duration_cast<std::chrono::seconds>(time));
}

}  // namespace

DatabaseWatch::DatabaseWatch(base::Fault& fault, const base::Clock& clock)
    : fault_(fault), interference_("", clock), clock_(clock), last_success_(clock.steady_now()) {}

DatabaseWatch::Call::Call(DatabaseWatch& watch, std::string job) : watch_(watch), job_(std::move(job)) {
  const std::lock_guard lock(watch_.mutex_);
  begun_ = watch_.under_way_.insert(watch_.clock_.steady_now());
}

DatabaseWatch::Call::~Call() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.under_way_.erase(begun_);
}

void DatabaseWatch::Call::succeeded() {
  watch_.fault_.succeeded(job_);
  const std::lock_guard lock(watch_.mutex_);
  watch_.last_success_ = watch_.clock_.steady_now();
}

void DatabaseWatch::Call::failed(std::string_view why) {
  base::SteadyTime since;
  {
    const std::lock_guard lock(watch_.mutex_);
    since = std::max(*begun_, watch_.last_success_);
  }
  watch_.fault_.failed(job_, why, since);
}

std::string DatabaseWatch::problem() const {
  if (const auto time = waiting(); time > kPatience)
    return fmt::format("the database has not answered for {}", in_seconds(time));
  const auto since = fault_.since();
  const auto lasted = since ? clock_.steady_now() - *since : base::SteadyTime::duration{0};
  if (lasted <= kPatience) return "";
  return fmt::format("the database has failed for {}: {}", in_seconds(lasted), fault_.text());
}

base::SteadyTime::duration DatabaseWatch::waiting() const {
  const std::lock_guard lock(mutex_);
  if (under_way_.empty()) return {};
  // Calls that wait for their turn behind others that succeed are only late.
  return clock_.steady_now() - std::max(*under_way_.begin(), last_success_);
}

void DatabaseWatch::look() {
  if (const auto time = waiting(); time > kPatience)
    fault_.failed(kWaits, fmt::format("the database has not answered for {}", in_seconds(time)),
                  clock_.steady_now() - time);
  else
    fault_.succeeded(kWaits);
}

}  // namespace refresh
