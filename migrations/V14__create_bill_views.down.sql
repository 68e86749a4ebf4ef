DROP MATERIALIZED VIEW bill_engagement;
DROP VIEW bill_overview;
