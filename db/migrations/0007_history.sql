-- compatible: older programs write readings without the new columns, so that history has a gap where they worked.

-- When the state of a profile began. Rows of a revision before hardware.revision are about a former profile of the id.
-- New rows stand at the end, which is quicker than among their profile's.
CREATE TABLE transition (
  revision BIGINT NOT NULL,
  profile_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  -- Tens: 1 FRESH, 2 STALE, 3 EXPIRED. Ones: 0 UNKNOWN, 1 LOW, 2 MEDIUM, 3 HIGH.
  state INT NOT NULL,
  reason VARCHAR(191) NOT NULL,
  PRIMARY KEY (revision, profile_id, at)
) ${exact_text} ${clustered} ${table};
CREATE INDEX transition_at ON transition (profile_id, at);

-- The numbers of a profile in a block of spans, which begins at `begins` (store/buckets.hpp).
CREATE TABLE summary (
  profile_id BIGINT NOT NULL,
  -- 0: five minutes, 1: hours, 2: days.
  span INT NOT NULL,
  begins BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  buckets TEXT NOT NULL,
  PRIMARY KEY (profile_id, span, begins)
) ${exact_text} ${clustered} ${table};

-- A single row: who keeps the house, and how far the present round through all profiles has come.
CREATE TABLE housekeeping (
  id ${key},
  turn_at BIGINT NOT NULL,
  round_at BIGINT NOT NULL,
  profile_id BIGINT NOT NULL
) ${table};
REPLACE INTO housekeeping (id, turn_at, round_at, profile_id) VALUES (1, 0, 0, -1);

-- The levels of the last day, as two bits for each half hour; the last of them is that of measured_at
-- (core/recent_levels.hpp).
ALTER TABLE reading ADD COLUMN recent_low BIGINT NOT NULL DEFAULT 0;
ALTER TABLE reading ADD COLUMN recent_high BIGINT NOT NULL DEFAULT 0;
-- What the next reading needs to know of the latest transitions (core/history.hpp); NULL: look there.
ALTER TABLE reading ADD COLUMN told_at BIGINT;
ALTER TABLE reading ADD COLUMN told_kind BIGINT;
ALTER TABLE reading ADD COLUMN reason_at BIGINT;
-- The block of five minutes under way.
ALTER TABLE reading ADD COLUMN numbers TEXT;
