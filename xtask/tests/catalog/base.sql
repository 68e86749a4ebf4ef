-- One of each kind of object, so that each mutation of the test beside this file has something to change.
CREATE ROLE app_reader;
CREATE ROLE app_writer;
CREATE SCHEMA audit;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION file_fdw;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN email AS varchar(254) CHECK (VALUE ~ '@');
CREATE DOMAIN required_email AS email NOT NULL;
CREATE TYPE address AS (street text, zip varchar(10));
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE FUNCTION add_one(value integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT value + 1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.updated_at := now(); RETURN NEW; END$$;
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE PROCEDURE tidy(days integer) LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION same(a integer, b integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a = b';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = same);
CREATE FUNCTION mood_of(value integer) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT ''ok''::mood';
CREATE CAST (integer AS mood) WITH FUNCTION mood_of(integer);

CREATE SEQUENCE tickets START 100 INCREMENT 5;
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email email NOT NULL,
    name varchar(100) NOT NULL DEFAULT 'nobody',
    mood mood,
    score numeric(12,2) CHECK (score >= 0),
    name_length integer GENERATED ALWAYS AS (char_length(name)) STORED,
    updated_at timestamptz,
    CONSTRAINT users_email_key UNIQUE (email)
);
CREATE TABLE posts (
    id serial PRIMARY KEY,
    user_id bigint NOT NULL CONSTRAINT posts_user_fkey REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    body text,
    during tstzrange,
    EXCLUDE USING gist (during WITH &&)
);
CREATE INDEX posts_title_idx ON posts (title);
CREATE INDEX posts_lower_idx ON posts (lower(title));
CREATE STATISTICS posts_stats ON user_id, title FROM posts;
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY users_read ON users FOR SELECT TO app_reader USING (score > 0);
CREATE RULE posts_no_delete AS ON DELETE TO posts DO INSTEAD NOTHING;
CREATE VIEW user_names AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW user_scores AS SELECT id, score FROM users;
CREATE UNIQUE INDEX user_scores_key ON user_scores (id);

CREATE TABLE events (at timestamptz NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_rest (at timestamptz NOT NULL, kind text);
CREATE INDEX events_kind_idx ON ONLY events (kind);
CREATE INDEX events_2024_kind_idx ON events_2024 (kind);
CREATE TABLE base_thing (a integer, b text, CHECK (a > 0));
CREATE TABLE special_thing (c text) INHERITS (base_thing);
CREATE TABLE loose_thing (a integer, b text, CONSTRAINT base_thing_a_check CHECK (a > 0));
CREATE TABLE audit.log (id uuid DEFAULT gen_random_uuid(), entry jsonb);

CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE remote (line text) SERVER files OPTIONS (filename '/dev/null');
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION words (COPY = english);
CREATE PUBLICATION feed FOR TABLE posts;
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION on_ddl();
COMMENT ON TABLE users IS 'People';
