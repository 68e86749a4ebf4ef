CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email email_address NOT NULL,
    username varchar(40) NOT NULL CONSTRAINT users_username_key UNIQUE,
    password_hash text NOT NULL,
    role user_role NOT NULL DEFAULT 'citizen',
    status text NOT NULL DEFAULT 'active',
    email_verified boolean NOT NULL DEFAULT false,
    failed_logins smallint NOT NULL DEFAULT 0,
    last_login_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9_]{3,40}$'),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended', 'deleted')),
    CONSTRAINT users_failed_logins_check CHECK (failed_logins BETWEEN 0 AND 20)
);

-- A deleted account gives its address free.
CREATE UNIQUE INDEX users_email_key ON users (lower(email)) WHERE status <> 'deleted';

COMMENT ON TABLE users IS 'Accounts; what other people see of them is in user_profiles';
COMMENT ON COLUMN users.password_hash IS 'argon2id, in PHC string format';
COMMENT ON COLUMN users.failed_logins IS 'Since the last login; the account is locked at 20';
