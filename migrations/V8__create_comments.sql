CREATE TYPE comment_status AS ENUM ('visible', 'flagged', 'hidden');

CREATE TABLE comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bill_id uuid NOT NULL REFERENCES bills (id) ON DELETE CASCADE,
    author_id uuid REFERENCES users (id) ON DELETE SET NULL,
    parent_id uuid REFERENCES comments (id) ON DELETE CASCADE,
    body text NOT NULL,
    language varchar(5) NOT NULL DEFAULT 'en',
    status comment_status NOT NULL DEFAULT 'visible',
    upvotes integer NOT NULL DEFAULT 0,
    downvotes integer NOT NULL DEFAULT 0,
    score integer NOT NULL GENERATED ALWAYS AS (upvotes - downvotes) STORED,
    edited_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT comments_body_check CHECK (char_length(body) BETWEEN 1 AND 5000),
    CONSTRAINT comments_upvotes_check CHECK (upvotes >= 0),
    CONSTRAINT comments_downvotes_check CHECK (downvotes >= 0)
);

CREATE INDEX comments_bill_idx ON comments (bill_id, created_at DESC);
CREATE INDEX comments_parent_idx ON comments (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE comment_reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    comment_id uuid NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
    reporter_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reason text NOT NULL,
    details varchar(1000),
    resolved_by uuid REFERENCES users (id) ON DELETE SET NULL,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT comment_reports_once_key UNIQUE (comment_id, reporter_id),
    CONSTRAINT comment_reports_reason_check CHECK (reason IN ('spam', 'abuse', 'off_topic', 'misinformation'))
);

COMMENT ON COLUMN comments.author_id IS 'Empty once the author has deleted the account';
COMMENT ON COLUMN comments.language IS 'BCP 47: en, sw, en-KE';
