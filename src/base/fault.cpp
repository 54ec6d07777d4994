#include "base/fault.hpp"

#include "base/duration.hpp"
#include "base/log.hpp"

namespace base {
namespace {

constexpr std::chrono::minutes kBetweenLines{1};

std::string in_seconds(SteadyTime::duration time) {
  return to_string(std::chrono::duration_cast<std::chrono::seconds>(time));
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

Fault::Fault(std::string subject, const Clock& clock) : subject_(std::move(subject)), clock_(clock) {}

void Fault::failed(const std::string& job, std::string_view why, SteadyTime since) {
  const auto now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  if (failing_.empty()) began_ = now;
  began_ = std::min(began_, since);
  failing_.insert(job);
  if (failures_++ == 0) counted_since_ = now;
  text_ = fmt::format("{}: {}", job, why);
  if (told_at_ && now - *told_at_ < kBetweenLines) return;
  if (failures_ == 1)
    spdlog::warn("{}", text_);
  else
    spdlog::warn("{} ({} of {} in {})", text_, counted(failures_, "failure"), counted(failing_.size(), "job"),
                 in_seconds(now - counted_since_));
  told_at_ = now;
  told_ = true;
}

void Fault::succeeded(const std::string& job) {
  const std::lock_guard lock(mutex_);
  if (failing_.erase(job) == 0 || !failing_.empty()) return;
  text_.clear();
  // A fault that came back within the minute was not logged: its failures go on being counted.
  if (!std::exchange(told_, false)) return;
  spdlog::info("{} works again after {} and {}", subject_, in_seconds(clock_.steady_now() - counted_since_),
               counted(std::exchange(failures_, 0), "failure"));
}

void Fault::happened(const std::string& what, std::string_view why) {
  failed(what, why);
  forget(what);
}

void Fault::forget(const std::string& job) {
  const std::lock_guard lock(mutex_);
  if (failing_.erase(job) == 0 || !failing_.empty()) return;
  text_.clear();
  told_ = false;
}

std::optional<SteadyTime> Fault::since() const {
  const std::lock_guard lock(mutex_);
  return failing_.empty() ? std::nullopt : std::optional(began_);
}

std::string Fault::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

}  // namespace base
