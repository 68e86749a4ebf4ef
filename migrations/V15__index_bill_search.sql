-- no-transaction
-- The table is read all day: building these indexes must not lock it.

CREATE INDEX CONCURRENTLY bills_search_idx ON bills USING gin (to_tsvector('english', title || ' ' || summary));

CREATE INDEX CONCURRENTLY comments_author_idx ON comments (author_id, created_at DESC);
