-- no-transaction
DROP INDEX CONCURRENTLY comments_author_idx;

DROP INDEX CONCURRENTLY bills_search_idx;
