CREATE TYPE vote_position AS ENUM ('support', 'oppose', 'abstain');

CREATE TABLE votes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position vote_position NOT NULL,
    confidence smallint,
    rationale varchar(280),
    cast_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT votes_once_key UNIQUE (bill_id, user_id),
    CONSTRAINT votes_confidence_check CHECK (confidence BETWEEN 1 AND 5)
);

CREATE INDEX votes_user_idx ON votes (user_id, cast_at DESC);

CREATE TABLE subscriptions (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    frequency text NOT NULL DEFAULT 'weekly',
    channels notification_channel[] NOT NULL DEFAULT '{email}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, bill_id),
    CONSTRAINT subscriptions_frequency_check CHECK (frequency IN ('instant', 'daily', 'weekly')),
    CONSTRAINT subscriptions_channels_check CHECK (cardinality(channels) >= 1)
);

COMMENT ON TABLE votes IS 'What citizens think of a bill; the votes of the house are in its Hansard';
COMMENT ON COLUMN votes.confidence IS 'How sure the voter is: 1 barely, 5 certain';
