#include "refresh/test_run.hpp"

namespace refresh {
namespace {

/// Longer texts of a trace are cut off.
constexpr std::size_t kShownBytes = 16 << 10;

std::unexpected<base::Error> replaced() {
  return base::fail(base::Errc::unavailable, "the probe is being replaced; try again in a moment");
}

}  // namespace

boost::asio::awaitable<base::Result<TestRun>> run_test(Source& source, ProbeBudget& budget, core::Profile profile,
                                                       std::stop_token stop) {
  if (stop.stop_requested()) co_return replaced();
  if (std::string rest = source.resting(); !rest.empty()) co_return base::fail(base::Errc::conflict, std::move(rest));
  const auto counted = co_await budget.spend();
  if (!counted) co_return std::unexpected(counted.error());
  if (stop.stop_requested()) {
    co_await budget.refund(*counted);
    co_return replaced();
  }
  TestRun run;
  const std::span<const core::Profile> one(&profile, 1);
  const auto begin = std::chrono::steady_clock::now();
  const probe::Answer answer = co_await source.ask(one, std::move(stop), &run.trace);
  run.took = std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - begin);
  if (!answer.asked) co_await budget.refund(*counted);
  run.result = answer.results.front();
  for (std::string* text : {&run.trace.sent, &run.trace.received, &run.trace.read})
    if (text->size() > kShownBytes) text->replace(kShownBytes, std::string::npos, "…");
  co_return run;
}

}  // namespace refresh
