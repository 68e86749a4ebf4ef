ALTER TABLE bills DROP COLUMN priority;
