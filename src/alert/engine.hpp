#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "alert/evaluator.hpp"
#include "alert/plan.hpp"
#include "core/change.hpp"
#include "core/snapshot.hpp"
#include "store/alerts.hpp"
#include "store/history.hpp"

namespace alert {

/// The board at one moment.
struct Look {
  core::Version version;
  core::Snapshot snapshot{};
  /// The source's clock.
  base::Time now;
  /// The rows that changed or aged, each profile's latest one, and profiles that went, since the look before. `all`:
  /// these are not known.
  std::vector<core::RowPtr> rows{};
  std::vector<core::ProfileId> gone{};
  bool all = false;
};

/// Evaluates alerts on the store's history, and writes what comes of it, step by step. A step that fails, or that
/// another replica prevents, leaves nothing: the next one begins with what the store has. Thread-safe.
class Engine {
 public:
  /// The references outlive it.
  Engine(store::Alerts& alerts, store::History& history, store::Budgets& budgets, Plan plan);

  /// Evaluates by this from the next step on. Does not wait for the present one.
  void configure(Plan plan);

  struct Count {
    std::string rule;
    std::size_t pending = 0;
    std::size_t firing = 0;
  };
  struct Done {
    /// False: the lease is another replica's, and nothing was written.
    bool kept = true;
    /// There are new messages in the outbox.
    bool sent = false;
    /// When the next step has something to do, if nothing happens before.
    std::optional<base::Time> due{};
    std::vector<Count> counts{};
  };
  /// Evaluates up to the look. Blocks: it asks the store. Throws base::Lost.
  Done step(const store::AlertTurn& turn, const Look& look);

  /// All that fires and was told to a receiver, by the latest step.
  std::vector<Message> firing(const std::string& receiver) const;

 private:
  void begin(const Look& look);
  void follow(const Look& look);
  void take_plan();
  std::vector<core::LoggedTransition> read_page();
  std::vector<core::LoggedTransition> read_missed(base::Time now);
  bool watches_budgets() const;
  void look_at_budgets(base::Time now);
  std::optional<base::Time> due() const;
  Done commit(const store::AlertTurn& turn, base::Time now);
  std::vector<store::NewMessage> addressed(const std::vector<Message>& messages) const;

  store::Alerts& alerts_;
  store::History& history_;
  store::Budgets& budgets_;
  /// The plan of the next step.
  std::mutex next_mutex_;
  std::optional<Plan> next_;
  /// Held by a step while it asks the store.
  mutable std::mutex mutex_;
  Plan plan_;
  /// Null: begin anew.
  std::unique_ptr<Evaluator> evaluator_;
  store::AlertTurn turn_;
  /// The log is evaluated up to here; and the store knows it up to there, since then.
  core::Revision seen_ = 0;
  core::Revision committed_ = 0;
  base::Time committed_at_;
  base::Time budgets_at_;
};

}  // namespace alert
