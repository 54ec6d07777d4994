-- compatible: older programs count their runs in table `spent`, so that during a rollout each version keeps the budgets by
-- itself.

-- How many runs of a probe began in a span of time, whatever its budgets were then. Spans grow with their age
-- (store/budget.hpp), and never overlap.
CREATE TABLE budget_use (
  probe VARCHAR(191) NOT NULL,
  begins BIGINT NOT NULL,
  ends BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (probe, begins)
) ${exact_text} ${table};
-- Each run was counted once for every window; the longest one's counts reach back farthest.
INSERT INTO budget_use (probe, begins, ends, calls)
  SELECT s.probe, s.slot * (s.budget_window - s.budget_window % 60) / 60,
    (s.slot + 1) * (s.budget_window - s.budget_window % 60) / 60, s.calls
  FROM spent s
  WHERE s.budget_window >= 60
    AND s.budget_window = (SELECT MAX(longest.budget_window) FROM spent longest WHERE longest.probe = s.probe);

-- How long the lease was when it was given, so that one from a clock that was ahead is told from a long one.
ALTER TABLE task ADD COLUMN lease BIGINT NOT NULL DEFAULT 0;
