-- Bills are worked through by priority; until now that was a tag.
ALTER TABLE bills ADD COLUMN priority text NOT NULL DEFAULT 'normal';

UPDATE bills SET priority = 'urgent' WHERE 'urgent' = ANY (tags);

ALTER TABLE bills ADD CONSTRAINT bills_priority_check CHECK (priority IN ('low', 'normal', 'urgent'));
