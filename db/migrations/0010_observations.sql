-- compatible: older programs do not look at this table, and leave its rows where they are.

-- Launches that somebody told. Rows of a revision before hardware.revision are about a former profile of the id.
CREATE TABLE observation (
  id ${identity},
  profile_id BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  at BIGINT NOT NULL,
  -- The level that was shown when it began: 0 UNKNOWN, 1 LOW, 2 MEDIUM, 3 HIGH.
  said INT NOT NULL,
  -- 1: it worked, 0: it failed.
  worked INT NOT NULL,
  -- By which its teller knows it, NULL for none.
  told_id VARCHAR(191)
) ${exact_text} ${table};
CREATE UNIQUE INDEX observation_told ON observation (told_id, profile_id);
-- Hold all that a calibration reads.
CREATE INDEX observation_at ON observation (at, profile_id, revision, said, worked);
CREATE INDEX observation_profile ON observation (profile_id, at, revision, said, worked);
