-- compatible: older programs run a task when it is due, whether that is early or not, and replace a reading without these
-- columns, so that its next run is not known until it is measured again.

-- When the latest run began, and when the next one must, although it is due before, because its profile is wanted. NULL:
-- not known; when it is due.
ALTER TABLE task ADD COLUMN ran BIGINT;
ALTER TABLE task ADD COLUMN must BIGINT;

-- When the profile is measured next, and why then (core/next_run.hpp). NULL: its probe has one period for all.
ALTER TABLE reading ADD COLUMN due_at BIGINT;
ALTER TABLE reading ADD COLUMN due_reason VARCHAR(16);

-- Profiles that readers of a portal watch or wait for, until the portal would have said so again.
CREATE TABLE demand (
  profile_id ${key},
  ends BIGINT NOT NULL
) ${table};
