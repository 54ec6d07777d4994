-- compatible: older programs do not look at these tables, and never lease the task of a batched probe for long.

-- Every configured probe. Its row is locked while its budgets are counted.
CREATE TABLE probe (
  id ${identity},
  name VARCHAR(191) NOT NULL UNIQUE
) ${exact_text} ${table};
-- The one task of a batched probe, which measures all profiles of its probe, stands in `task` with a profile_id of minus
-- the probe's id.

-- How many runs of a probe began in a slot of time. A slot is a sixtieth of the budget's window; slots count from 1970.
CREATE TABLE spent (
  probe VARCHAR(191) NOT NULL,
  budget_window BIGINT NOT NULL,
  slot BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  PRIMARY KEY (probe, budget_window, slot)
) ${exact_text} ${table};

-- What a profile's probe needs to know beside its names.
CREATE TABLE attribute (
  profile_id BIGINT NOT NULL,
  name VARCHAR(191) NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (profile_id, name)
) ${exact_text} ${table};

-- The probe that discovered the profile, and removes it when it disappears; empty for all others.
ALTER TABLE hardware ADD COLUMN origin VARCHAR(191) NOT NULL DEFAULT '';
