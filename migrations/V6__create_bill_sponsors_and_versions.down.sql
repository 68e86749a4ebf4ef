DROP TABLE bill_versions;
DROP TABLE bill_sponsors;
DROP TYPE sponsor_role;
