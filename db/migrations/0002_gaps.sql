-- compatible: older programs do not look at this table.

-- Revisions that this database never gave out: each start of a program skips some (store/world.hpp).
CREATE TABLE gap (
  before_revision ${key},
  after_revision BIGINT NOT NULL
) ${table};
