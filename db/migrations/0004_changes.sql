-- compatible: older programs replace a reading without these columns, so that its latest change is not known.

-- The latest change of the level: which one it was before, and since when it is the present one.
ALTER TABLE reading ADD COLUMN changed_from VARCHAR(8);
ALTER TABLE reading ADD COLUMN changed_at BIGINT;
