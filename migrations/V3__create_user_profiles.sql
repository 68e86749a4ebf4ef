CREATE TYPE anonymity_level AS ENUM ('public', 'pseudonymous', 'anonymous');

CREATE TABLE user_profiles (
    user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    display_name varchar(100) NOT NULL,
    first_name varchar(60),
    last_name varchar(60),
    full_name text GENERATED ALWAYS AS (coalesce(first_name || ' ' || last_name, first_name, last_name)) STORED,
    avatar_url text,
    county varchar(80),
    birth_date date,
    anonymity anonymity_level NOT NULL DEFAULT 'public',
    interests text[] NOT NULL DEFAULT '{}',
    preferences jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_profiles_display_name_check CHECK (char_length(display_name) >= 2),
    CONSTRAINT user_profiles_birth_date_check CHECK (birth_date > '1900-01-01'),
    CONSTRAINT user_profiles_preferences_check CHECK (jsonb_typeof(preferences) = 'object')
);

CREATE INDEX user_profiles_interests_idx ON user_profiles USING gin (interests);

COMMENT ON COLUMN user_profiles.preferences IS 'Theme, language, digest hour: whatever only the client reads';
