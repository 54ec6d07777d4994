-- Profiles, their tasks and their latest readings. Words in ${} are the database's own (sql::Dialect). A semicolon ends a
-- statement wherever it stands.
-- Times and durations are microseconds; times count from 1970, UTC.

-- The table of the original system, whose rows and first three columns stay as they are.
CREATE TABLE IF NOT EXISTS hardware (
  id ${identity},
  provider VARCHAR(191) NOT NULL,
  name VARCHAR(191) NOT NULL
) ${exact_text} ${table};
${mysql_only}ALTER TABLE hardware MODIFY id BIGINT NOT NULL AUTO_INCREMENT, MODIFY provider VARCHAR(255) ${exact_text}, MODIFY name VARCHAR(255) ${exact_text}, ENGINE=InnoDB, ROW_FORMAT=DYNAMIC, KEY_BLOCK_SIZE=0;
-- The change that made or renamed the profile. 0: inserted with plain SQL and not adopted yet. -1: not adopted, because
-- it is a duplicate or its names are not usable; looked at again whenever a service starts.
ALTER TABLE hardware ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
CREATE INDEX hardware_revision ON hardware (revision);
-- Not unique: plain SQL, and the original's rows, may hold duplicates.
CREATE INDEX hardware_key ON hardware (provider, name);

-- One row per adopted profile; level is NULL before the first measurement.
CREATE TABLE reading (
  profile_id ${key},
  revision BIGINT NOT NULL,
  probe VARCHAR(191) NOT NULL DEFAULT '',
  level VARCHAR(8),
  free DOUBLE,
  total DOUBLE,
  score DOUBLE,
  price DOUBLE,
  reason TEXT,
  measured_at BIGINT,
  stale_at BIGINT,
  expires_at BIGINT,
  took BIGINT,
  error TEXT,
  failed_at BIGINT
) ${exact_text} ${table};
CREATE INDEX reading_revision ON reading (revision);

CREATE TABLE task (
  id ${identity},
  profile_id BIGINT NOT NULL UNIQUE,
  probe VARCHAR(191) NOT NULL,
  due BIGINT NOT NULL,
  -- Taken once from the next period, so that profiles added together do not stay in step.
  phase BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  owner VARCHAR(191) NOT NULL DEFAULT '',
  claim BIGINT NOT NULL DEFAULT 0,
  -- Names one lease: grows whenever the task is claimed or its lease ends.
  token BIGINT NOT NULL DEFAULT 0
) ${exact_text} ${table};
-- Holds all that the search for due tasks reads.
CREATE INDEX task_due ON task (probe, due, lease_until);

-- Deleted profiles, until no reader can need them.
CREATE TABLE removed (
  profile_id ${key},
  revision BIGINT NOT NULL,
  removed_at BIGINT NOT NULL
) ${table};
CREATE INDEX removed_revision ON removed (revision);

-- A single row. Its lock, held from the first statement of a change to the commit, makes revisions visible in order.
CREATE TABLE board (
  id ${key},
  epoch VARCHAR(32) NOT NULL,
  revision BIGINT NOT NULL,
  -- Deletions up to this revision are forgotten.
  removed_since BIGINT NOT NULL
) ${exact_text} ${table};
