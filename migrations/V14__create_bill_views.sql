CREATE VIEW bill_overview AS
SELECT
    bills.id,
    bills.bill_number,
    bills.title,
    bills.status,
    bills.chamber,
    bills.introduced_on,
    sponsors.name AS lead_sponsor,
    sponsors.party AS lead_party
FROM bills
LEFT JOIN sponsors ON sponsors.id = bills.lead_sponsor_id
WHERE bills.status <> 'draft';

-- Counting votes and comments is too slow for a list; refreshed by the worker every five minutes.
CREATE MATERIALIZED VIEW bill_engagement AS
SELECT
    bills.id AS bill_id,
    (SELECT count(*) FROM votes WHERE votes.bill_id = bills.id AND votes.position = 'support') AS support,
    (SELECT count(*) FROM votes WHERE votes.bill_id = bills.id AND votes.position = 'oppose') AS oppose,
    (SELECT count(*) FROM comments WHERE comments.bill_id = bills.id AND comments.status = 'visible') AS comments
FROM bills;

-- REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.
CREATE UNIQUE INDEX bill_engagement_bill_key ON bill_engagement (bill_id);

COMMENT ON VIEW bill_overview IS 'What a list of bills shows';
COMMENT ON MATERIALIZED VIEW bill_engagement IS 'Counts per bill, up to five minutes old';
