#include "probe/azure_calls.hpp"

#include <fmt/format.h>

namespace probe {
namespace {

using std::chrono::steady_clock;

constexpr int kBadRequest = 400;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kConflict = 409;
/// So many faults in a row are no accident.
constexpr int kMostFaults = 3;
/// A call with one wrong size or region has six in a row until that is found.
constexpr int kMostRefusals = 20;

}  // namespace

void AzureRun::fault(const std::string& why) {
  if (++faults == kMostFaults) over = why;
}

void AzureRun::refusal(const std::string& why) {
  if (++refusals == kMostRefusals) over = why;
}

bool is_refusal(const CloudFailure& failure) {
  return (failure.status == kBadRequest || failure.status == kConflict) && failure.wait.count() == 0;
}

boost::asio::awaitable<CloudCalls::Called> AzureCalls::ask(Request request, const Call& call, AzureRun& run) {
  auto response = co_await calls_.ask(std::move(request), call);
  run.asked = run.asked || response || response.error().asked;
  if (response) co_return response;
  const CloudFailure& failure = response.error();
  if (failure.wait.count() > 0) {
    paused_until_ = steady_clock::now() + failure.wait;
    paused_why_ = fmt::format("Azure wants fewer calls: {}", failure.sentence);
  } else if (!failure.asked || failure.status == kUnauthorized || failure.status == kForbidden) {
    run.over = failure.sentence;
  } else if (is_refusal(failure)) {
    run.refusal(failure.sentence);
  } else {
    run.fault(failure.sentence);
  }
  co_return response;
}

bool AzureCalls::paused() const {
  return steady_clock::now() < paused_until_;
}

}  // namespace probe
