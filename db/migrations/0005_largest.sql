-- compatible: older programs replace a reading without this column, so that its number is not known.

-- The largest request that fits in one piece, such as on one node.
ALTER TABLE reading ADD COLUMN largest DOUBLE;
