CREATE TABLE amendments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    proposed_by bigint NOT NULL REFERENCES sponsors (id) ON DELETE RESTRICT,
    clause varchar(40) NOT NULL,
    proposed_text text NOT NULL,
    justification text,
    votes_for integer,
    votes_against integer,
    decided_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT amendments_votes_for_check CHECK (votes_for >= 0),
    CONSTRAINT amendments_votes_against_check CHECK (votes_against >= 0),
    CONSTRAINT amendments_decided_check
        CHECK (decided_on IS NULL OR (votes_for IS NOT NULL AND votes_against IS NOT NULL))
);

CREATE INDEX amendments_bill_idx ON amendments (bill_id, clause);
