#pragma once

#include <stop_token>

#include "refresh/probe_budget.hpp"
#include "refresh/source.hpp"

namespace refresh {

/// One run for a person to look at. It changes no reading.
struct TestRun {
  probe::Result result;
  probe::Trace trace;
  base::Duration took{0};
};

/// Measures `profile` now, outside of the plan. The run counts against the budget like every other. The references
/// outlive it. conflict: the budget is used up. unavailable: `stop` was requested, or the database is away.
boost::asio::awaitable<base::Result<TestRun>> run_test(Source& source, ProbeBudget& budget, core::Profile profile,
                                                       std::stop_token stop);

}  // namespace refresh
