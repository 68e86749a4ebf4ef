CREATE TYPE bill_status AS ENUM (
    'draft',
    'introduced',
    'in_committee',
    'second_reading',
    'third_reading',
    'passed',
    'assented',
    'rejected',
    'withdrawn'
);

CREATE TABLE bills (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bill_number varchar(20) NOT NULL,
    title varchar(500) NOT NULL,
    short_title varchar(120),
    summary text NOT NULL,
    bill_type text NOT NULL DEFAULT 'public',
    status bill_status NOT NULL DEFAULT 'draft',
    chamber chamber NOT NULL,
    session_year smallint NOT NULL,
    introduced_on date,
    lead_sponsor_id bigint REFERENCES sponsors (id) ON UPDATE CASCADE ON DELETE SET NULL,
    estimated_cost numeric(14, 2),
    view_count bigint NOT NULL DEFAULT 0,
    tags text[] NOT NULL DEFAULT '{}',
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bills_number_key UNIQUE (chamber, session_year, bill_number),
    CONSTRAINT bills_bill_number_check CHECK (bill_number ~ '^[A-Z]{1,4}-[0-9]{1,5}$'),
    CONSTRAINT bills_title_check CHECK (char_length(title) >= 3),
    CONSTRAINT bills_summary_check CHECK (char_length(summary) BETWEEN 1 AND 20000),
    CONSTRAINT bills_bill_type_check CHECK (bill_type IN ('public', 'private', 'money', 'constitutional')),
    CONSTRAINT bills_session_year_check CHECK (session_year BETWEEN 1963 AND 2100),
    CONSTRAINT bills_estimated_cost_check CHECK (estimated_cost >= 0),
    CONSTRAINT bills_view_count_check CHECK (view_count >= 0),
    CONSTRAINT bills_introduced_check CHECK (status = 'draft' OR introduced_on IS NOT NULL)
);

CREATE INDEX bills_status_idx ON bills (status, introduced_on DESC);
CREATE INDEX bills_lead_sponsor_idx ON bills (lead_sponsor_id);
CREATE INDEX bills_tags_idx ON bills USING gin (tags);

COMMENT ON TABLE bills IS 'One row per bill and parliamentary session';
COMMENT ON COLUMN bills.bill_number IS 'As the gazette prints it: NA-42, SEN-7';
COMMENT ON COLUMN bills.estimated_cost IS 'Over five years, in shillings';
COMMENT ON COLUMN bills.metadata IS 'What the importer found in the gazette and has no column for';
