CREATE TYPE sponsor_role AS ENUM ('primary', 'co_sponsor');

CREATE TABLE bill_sponsors (
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    sponsor_id bigint NOT NULL REFERENCES sponsors (id) ON DELETE RESTRICT,
    role sponsor_role NOT NULL DEFAULT 'co_sponsor',
    signed_on date NOT NULL DEFAULT CURRENT_DATE,
    PRIMARY KEY (bill_id, sponsor_id)
);

CREATE UNIQUE INDEX bill_sponsors_one_primary_key ON bill_sponsors (bill_id) WHERE role = 'primary';
CREATE INDEX bill_sponsors_sponsor_idx ON bill_sponsors (sponsor_id);

CREATE TABLE bill_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    version_number integer NOT NULL,
    content text NOT NULL,
    content_sha256 bytea NOT NULL,
    change_summary varchar(500),
    published_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bill_versions_number_key UNIQUE (bill_id, version_number),
    CONSTRAINT bill_versions_version_number_check CHECK (version_number >= 1),
    CONSTRAINT bill_versions_content_sha256_check CHECK (octet_length(content_sha256) = 32)
);

COMMENT ON TABLE bill_versions IS 'The text of a bill at each stage; rows are never changed';
