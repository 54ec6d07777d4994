#pragma once

#include "store/alerts.hpp"
#include "store/budgets.hpp"
#include "store/changes.hpp"
#include "store/demand.hpp"
#include "store/history.hpp"
#include "store/observations.hpp"
#include "store/plan.hpp"
#include "store/profiles.hpp"
#include "store/tasks.hpp"

namespace store {

/// The database: profiles, tasks with their leases, latest readings and their history, launches, alerts. Each caller
/// uses one of the interfaces. They are abstract because the database is a real boundary, with an in-memory fake for
/// tests.
///
/// Thread-safe. Every call blocks: make it through store::Caller. Throws base::Lost when the database is not reachable.
/// All times are the database's clock, so that replicas with skewed clocks agree.
class Store : public Changes,
              public Profiles,
              public Plan,
              public Tasks,
              public Budgets,
              public Demand,
              public History,
              public Observations,
              public Alerts {};

}  // namespace store
