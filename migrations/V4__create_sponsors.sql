CREATE TABLE sponsors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(200) NOT NULL,
    party varchar(100),
    constituency varchar(120) NOT NULL,
    chamber chamber NOT NULL,
    email email_address,
    is_active boolean NOT NULL DEFAULT true,
    attendance_rate numeric(5, 2),
    elected_on date NOT NULL,
    term_ends_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sponsors_term_key UNIQUE (name, constituency, elected_on),
    CONSTRAINT sponsors_attendance_rate_check CHECK (attendance_rate BETWEEN 0 AND 100),
    CONSTRAINT sponsors_term_check CHECK (term_ends_on > elected_on)
);

CREATE INDEX sponsors_party_idx ON sponsors (party) WHERE is_active;

COMMENT ON TABLE sponsors IS 'Members of either chamber; a person who is elected again is a new row';
COMMENT ON COLUMN sponsors.attendance_rate IS 'Per cent of the sittings of the term';
