CREATE TABLE notifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    bill_id uuid REFERENCES bills (id) ON DELETE CASCADE,
    channel notification_channel NOT NULL,
    kind text NOT NULL,
    title varchar(150) NOT NULL,
    body text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    attempts smallint NOT NULL DEFAULT 0,
    sent_at timestamptz,
    read_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notifications_kind_check CHECK (kind IN ('bill_status', 'comment_reply', 'vote_reminder', 'system')),
    CONSTRAINT notifications_attempts_check CHECK (attempts BETWEEN 0 AND 10)
);

CREATE INDEX notifications_unread_idx ON notifications (user_id, created_at DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_outbox_idx ON notifications (created_at) WHERE sent_at IS NULL AND attempts < 10;
