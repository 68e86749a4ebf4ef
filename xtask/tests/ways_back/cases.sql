-- Migrations whose ways back are written and proved. Each case has what stands before it, the
-- migration, and what must be said of its way back. Names are unique: all cases share a database.

-- case: a table
-- before
CREATE TABLE c1_owners (id int PRIMARY KEY);
-- migration
CREATE TABLE c1_notes (id serial PRIMARY KEY, owner int NOT NULL REFERENCES c1_owners, "Title" varchar(20) DEFAULT 'x' UNIQUE, at timestamptz DEFAULT now());
CREATE INDEX c1_notes_at ON c1_notes (at DESC) WHERE at IS NOT NULL;
COMMENT ON TABLE c1_notes IS 'it''s';
-- expect: exact; loses c1_notes

-- case: two tables that refer to each other
-- before
-- migration
CREATE TABLE c2_a (id int PRIMARY KEY, b int);
CREATE TABLE c2_b (id int PRIMARY KEY, a int REFERENCES c2_a);
ALTER TABLE c2_a ADD CONSTRAINT c2_a_b FOREIGN KEY (b) REFERENCES c2_b;
-- expect: exact; loses c2_a, c2_b

-- case: a dropped table
-- before
CREATE TYPE c3_kind AS ENUM ('a', 'b');
CREATE TABLE c3_owners (id int PRIMARY KEY);
CREATE TABLE c3_notes (id bigserial PRIMARY KEY, owner int NOT NULL REFERENCES c3_owners ON DELETE CASCADE, kind c3_kind DEFAULT 'a', tags text[] DEFAULT '{}', total numeric(10,2) CHECK (total >= 0));
CREATE UNIQUE INDEX c3_notes_lower ON c3_notes (lower(total::text));
COMMENT ON COLUMN c3_notes.kind IS 'the kind';
ALTER TABLE c3_notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY c3_own ON c3_notes FOR SELECT USING (owner > 0);
-- migration
DROP TABLE c3_notes;
-- expect: exact; loses c3_notes

-- case: a column
-- before
CREATE TABLE c4 (id int PRIMARY KEY);
-- migration
ALTER TABLE c4 ADD COLUMN bio text NOT NULL DEFAULT '', ADD COLUMN n int GENERATED ALWAYS AS (id + 1) STORED;
-- expect: exact; loses c4.bio

-- case: a dropped column
-- before
CREATE TABLE c5 (id int PRIMARY KEY, bio varchar(9) COLLATE "C", name text);
COMMENT ON COLUMN c5.bio IS 'b';
CREATE INDEX c5_bio ON c5 (bio);
-- migration
ALTER TABLE c5 DROP COLUMN bio;
-- expect: order; loses c5.bio

-- case: a dropped last column that must not be null
-- before
CREATE TABLE c6 (id int PRIMARY KEY, bio text NOT NULL);
-- migration
ALTER TABLE c6 DROP COLUMN bio;
-- expect: exact; loses c6.bio

-- case: a dropped unique column that must not be null
-- before
CREATE TABLE c7 (id int PRIMARY KEY, code int NOT NULL UNIQUE);
-- migration
ALTER TABLE c7 DROP COLUMN code;
-- expect: exact; loses c7.code

-- case: a dropped reference that must not be null
-- before
CREATE TABLE c8_owners (id int PRIMARY KEY);
CREATE TABLE c8 (id int PRIMARY KEY, owner int NOT NULL REFERENCES c8_owners);
-- migration
ALTER TABLE c8 DROP COLUMN owner;
-- expect: none; loses c8.owner

-- case: a renamed table, with its key and its sequence
-- before
CREATE TABLE c9_old (id serial PRIMARY KEY, v text);
-- migration
ALTER TABLE c9_old RENAME TO c9_new;
ALTER SEQUENCE c9_old_id_seq RENAME TO c9_new_id_seq;
ALTER TABLE c9_new RENAME CONSTRAINT c9_old_pkey TO c9_new_pkey;
-- expect: exact

-- case: renamed columns that change places
-- before
CREATE TABLE c10 (id int PRIMARY KEY, a text, b text);
CREATE VIEW c10_v AS SELECT a, b FROM c10;
-- migration
ALTER TABLE c10 RENAME a TO t;
ALTER TABLE c10 RENAME b TO a;
ALTER TABLE c10 RENAME t TO b;
-- expect: exact

-- case: a renamed index, policy, trigger, enum value and function
-- before
CREATE TYPE c11_mood AS ENUM ('sad', 'ok');
CREATE FUNCTION c11_touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TABLE c11 (id int PRIMARY KEY, m c11_mood DEFAULT 'sad');
CREATE INDEX c11_m ON c11 (m);
CREATE POLICY c11_p ON c11 USING (true);
CREATE TRIGGER c11_t BEFORE UPDATE ON c11 FOR EACH ROW EXECUTE FUNCTION c11_touch();
-- migration
ALTER INDEX c11_m RENAME TO c11_n;
ALTER POLICY c11_p ON c11 RENAME TO c11_q;
ALTER TRIGGER c11_t ON c11 RENAME TO c11_u;
ALTER TYPE c11_mood RENAME VALUE 'sad' TO 'blue';
ALTER FUNCTION c11_touch() RENAME TO c11_touched;
-- expect: exact

-- case: a table in another schema
-- before
CREATE SCHEMA c12_s;
CREATE TABLE c12 (id serial PRIMARY KEY);
-- migration
ALTER TABLE c12 SET SCHEMA c12_s;
-- expect: exact

-- case: a schema with objects
-- before
-- migration
CREATE SCHEMA c13_s;
COMMENT ON SCHEMA c13_s IS 'new';
CREATE TABLE c13_s.t (id int PRIMARY KEY);
CREATE TYPE c13_s.e AS ENUM ('x');
-- expect: exact; loses c13_s.t

-- case: a dropped schema
-- before
CREATE SCHEMA c14_s;
COMMENT ON SCHEMA c14_s IS 'old';
CREATE TABLE c14_s.t (id int PRIMARY KEY, "When" timestamptz);
CREATE VIEW c14_s.v AS SELECT id FROM c14_s.t;
-- migration
DROP SCHEMA c14_s CASCADE;
-- expect: exact; loses c14_s.t

-- case: a renamed schema
-- before
CREATE SCHEMA c15_s;
CREATE TABLE c15_s.t (id int PRIMARY KEY);
-- migration
ALTER SCHEMA c15_s RENAME TO c15_t;
-- expect: exact

-- case: a wider type
-- before
CREATE TABLE c16 (id int PRIMARY KEY, n int DEFAULT 5, s varchar(5), d date);
-- migration
ALTER TABLE c16 ALTER n TYPE bigint, ALTER s TYPE text, ALTER d TYPE timestamptz;
-- expect: exact; loses c16.d

-- case: a narrower type
-- before
CREATE TABLE c17 (id int PRIMARY KEY, n numeric, s text);
-- migration
ALTER TABLE c17 ALTER n TYPE int, ALTER s TYPE varchar(100);
-- expect: exact; loses c17.n, c17.s

-- case: a type that a view and a policy use
-- before
CREATE TABLE c18 (id int PRIMARY KEY, n int);
CREATE VIEW c18_v AS SELECT n FROM c18;
CREATE VIEW c18_w AS SELECT n + 1 AS m FROM c18_v;
CREATE POLICY c18_p ON c18 USING (n > 0);
-- migration
DROP VIEW c18_w; DROP VIEW c18_v; DROP POLICY c18_p ON c18;
ALTER TABLE c18 ALTER n TYPE bigint;
CREATE VIEW c18_v AS SELECT n FROM c18;
CREATE VIEW c18_w AS SELECT n + 1 AS m FROM c18_v;
CREATE POLICY c18_p ON c18 USING (n > 0);
-- expect: exact

-- case: a text made a number
-- before
CREATE TABLE c19 (id int PRIMARY KEY, n bigint DEFAULT 3);
-- migration
ALTER TABLE c19 ALTER n DROP DEFAULT, ALTER n TYPE text USING n::text;
-- expect: exact

-- case: defaults and NOT NULL
-- before
CREATE TABLE c20 (id int PRIMARY KEY, a text DEFAULT 'a', b text NOT NULL, c text);
-- migration
ALTER TABLE c20 ALTER a DROP DEFAULT, ALTER a SET NOT NULL, ALTER b DROP NOT NULL, ALTER c SET DEFAULT 'c';
-- expect: exact

-- case: serial made identity
-- before
CREATE TABLE c21 (id serial PRIMARY KEY, v text);
-- migration
ALTER TABLE c21 ALTER id DROP DEFAULT;
DROP SEQUENCE c21_id_seq;
ALTER TABLE c21 ALTER id ADD GENERATED ALWAYS AS IDENTITY;
-- expect: exact

-- case: identity dropped, and another kind of it
-- before
CREATE TABLE c22 (id int GENERATED BY DEFAULT AS IDENTITY (START 100 INCREMENT 5) PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);
-- migration
ALTER TABLE c22 ALTER id DROP IDENTITY;
ALTER TABLE c22 ALTER n SET GENERATED BY DEFAULT SET INCREMENT 2;
-- expect: exact

-- case: a generated column made a plain one
-- before
CREATE TABLE c23 (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) STORED);
-- migration
ALTER TABLE c23 ALTER n DROP EXPRESSION;
-- expect: exact; loses c23.n

-- case: storage, statistics, compression and options
-- before
CREATE TABLE c24 (id int PRIMARY KEY, s text);
-- migration
ALTER TABLE c24 ALTER s SET STORAGE EXTERNAL, ALTER s SET STATISTICS 500, ALTER s SET (n_distinct = 5);
ALTER TABLE c24 SET (fillfactor = 70, autovacuum_enabled = false);
ALTER TABLE c24 REPLICA IDENTITY FULL;
-- expect: exact

-- case: unlogged and clustered
-- before
CREATE TABLE c25 (id int PRIMARY KEY, s text);
-- migration
ALTER TABLE c25 SET UNLOGGED;
CREATE INDEX c25_s ON c25 (s);
ALTER TABLE c25 CLUSTER ON c25_s;
-- expect: exact

-- case: comments of everything
-- before
CREATE TABLE c26 (id int PRIMARY KEY, s text);
COMMENT ON TABLE c26 IS 'old';
CREATE INDEX c26_s ON c26 (s);
-- migration
COMMENT ON TABLE c26 IS NULL;
COMMENT ON COLUMN c26.s IS E'a\\b';
COMMENT ON INDEX c26_s IS 'i';
COMMENT ON CONSTRAINT c26_pkey ON c26 IS 'k';
-- expect: exact

-- case: constraints added
-- before
CREATE TABLE c27_o (id int PRIMARY KEY);
CREATE TABLE c27 (id int, o int, n int, s text);
-- migration
ALTER TABLE c27 ADD PRIMARY KEY (id), ADD UNIQUE (s), ADD CONSTRAINT c27_n CHECK (n > 0), ADD FOREIGN KEY (o) REFERENCES c27_o NOT VALID;
-- expect: exact

-- case: constraints dropped
-- before
CREATE TABLE c28_o (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE c28 (id int PRIMARY KEY, o int REFERENCES c28_o ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, n int CONSTRAINT c28_n CHECK (n BETWEEN 1 AND 5 AND id > 0), c text REFERENCES c28_o (code), s varchar(9) CHECK (s IN ('a', 'b')));
-- migration
ALTER TABLE c28 DROP CONSTRAINT c28_n, DROP CONSTRAINT c28_o_fkey, DROP CONSTRAINT c28_s_check;
ALTER TABLE c28_o DROP CONSTRAINT c28_o_code_key CASCADE;
-- expect: exact

-- case: another primary key, which another table refers to
-- before
CREATE TABLE c29_o (id int PRIMARY KEY, code int NOT NULL);
CREATE TABLE c29 (id int PRIMARY KEY, o int REFERENCES c29_o);
-- migration
ALTER TABLE c29 DROP CONSTRAINT c29_o_fkey;
ALTER TABLE c29_o DROP CONSTRAINT c29_o_pkey, ADD PRIMARY KEY (code);
-- expect: exact

-- case: exclusion
-- before
CREATE TABLE c30 (id int PRIMARY KEY, r int4range, EXCLUDE USING gist (r WITH &&));
-- migration
ALTER TABLE c30 DROP CONSTRAINT c30_r_excl;
-- expect: exact

-- case: indexes
-- before
CREATE TABLE c31 (id int PRIMARY KEY, a text, b jsonb);
CREATE UNIQUE INDEX c31_a ON c31 (a) INCLUDE (id) WHERE a <> '';
CREATE INDEX c31_b ON c31 USING gin (b jsonb_path_ops) WITH (fastupdate = off);
CREATE STATISTICS c31_st (ndistinct) ON a, id FROM c31;
-- migration
DROP INDEX c31_a; DROP INDEX c31_b; DROP STATISTICS c31_st;
CREATE INDEX c31_a ON c31 (lower(a));
-- expect: exact

-- case: a new enum value
-- before
CREATE TYPE c32_e AS ENUM ('a', 'b');
CREATE FUNCTION c32_f(e c32_e) RETURNS text LANGUAGE sql AS $$ SELECT e::text $$;
CREATE TABLE c32 (id int PRIMARY KEY, e c32_e DEFAULT 'a', l c32_e[] NOT NULL DEFAULT '{}', CHECK (e <> 'b' OR id > 0));
CREATE INDEX c32_i ON c32 (e) WHERE e = 'a';
CREATE VIEW c32_v AS SELECT e FROM c32 WHERE e = 'b';
GRANT SELECT ON c32_v TO PUBLIC;
-- migration
ALTER TYPE c32_e ADD VALUE 'c' AFTER 'a';
-- expect: exact

-- case: an enum value removed
-- before
CREATE TYPE c33_e AS ENUM ('a', 'b', 'c');
CREATE TABLE c33 (id int PRIMARY KEY, e c33_e DEFAULT 'a');
-- migration
ALTER TABLE c33 ALTER e DROP DEFAULT;
ALTER TYPE c33_e RENAME TO c33_e_old;
CREATE TYPE c33_e AS ENUM ('a', 'b');
UPDATE c33 SET e = 'a' WHERE e = 'c';
ALTER TABLE c33 ALTER e TYPE c33_e USING e::text::c33_e, ALTER e SET DEFAULT 'a';
DROP TYPE c33_e_old;
-- expect: exact; loses c33.e

-- case: an enum value removed that is a default
-- before
CREATE TYPE c34_e AS ENUM ('a', 'b');
CREATE TABLE c34 (id int PRIMARY KEY, e c34_e DEFAULT 'b');
-- migration
ALTER TABLE c34 ALTER e DROP DEFAULT, ALTER e TYPE text;
DROP TYPE c34_e;
-- expect: exact

-- case: a composite type
-- before
CREATE TYPE c35_t AS (a int, b text);
-- migration
ALTER TYPE c35_t ADD ATTRIBUTE c date;
ALTER TYPE c35_t ALTER ATTRIBUTE b TYPE varchar(5);
COMMENT ON TYPE c35_t IS 't';
CREATE TYPE c35_u AS (x c35_t);
-- expect: exact

-- case: dropped types
-- before
CREATE TYPE c36_t AS (a int, b text);
CREATE TYPE c36_r AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN c36_d AS text DEFAULT 'x' NOT NULL CHECK (VALUE <> '') CONSTRAINT c36_short CHECK (length(VALUE) < 9);
CREATE SEQUENCE c36_s AS smallint START 5 INCREMENT BY -1 MINVALUE -9 MAXVALUE 5 CACHE 3 CYCLE;
-- migration
DROP TYPE c36_t; DROP TYPE c36_r; DROP DOMAIN c36_d; DROP SEQUENCE c36_s;
-- expect: exact

-- case: a domain
-- before
CREATE DOMAIN c37_d AS text CONSTRAINT c37_a CHECK (VALUE <> '');
CREATE TABLE c37 (id int PRIMARY KEY, d c37_d);
-- migration
ALTER DOMAIN c37_d DROP CONSTRAINT c37_a;
ALTER DOMAIN c37_d ADD CONSTRAINT c37_b CHECK (length(VALUE) < 99);
ALTER DOMAIN c37_d SET DEFAULT 'x';
COMMENT ON DOMAIN c37_d IS 'd';
-- expect: exact

-- case: a sequence
-- before
CREATE SEQUENCE c38_s;
CREATE TABLE c38 (id int PRIMARY KEY DEFAULT nextval('c38_s'));
-- migration
ALTER SEQUENCE c38_s INCREMENT 10 START 7 MAXVALUE 999 CYCLE;
ALTER SEQUENCE c38_s OWNED BY c38.id;
-- expect: exact

-- case: views
-- before
CREATE TABLE c39 (id int PRIMARY KEY, a text, b text);
CREATE VIEW c39_v WITH (security_barrier) AS SELECT id, a FROM c39;
CREATE VIEW c39_w AS SELECT id FROM c39_v;
CREATE MATERIALIZED VIEW c39_m AS SELECT a, count(*) AS n FROM c39 GROUP BY a;
CREATE UNIQUE INDEX c39_m_a ON c39_m (a);
COMMENT ON VIEW c39_w IS 'w';
GRANT SELECT ON c39_w TO PUBLIC;
-- migration
DROP MATERIALIZED VIEW c39_m;
DROP VIEW c39_w;
DROP VIEW c39_v;
ALTER TABLE c39 ADD COLUMN c text;
CREATE VIEW c39_v AS SELECT id, b, c FROM c39;
-- expect: exact; loses c39.c

-- case: a view that becomes materialised
-- before
CREATE TABLE c40 (id int PRIMARY KEY);
CREATE VIEW c40_v AS SELECT id FROM c40;
-- migration
DROP VIEW c40_v;
CREATE MATERIALIZED VIEW c40_v AS SELECT id FROM c40;
CREATE UNIQUE INDEX c40_i ON c40_v (id);
-- expect: exact

-- case: functions
-- before
CREATE FUNCTION c41_f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$;
CREATE FUNCTION c41_g(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN a; END $$;
CREATE PROCEDURE c41_p(a int) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE AGGREGATE c41_sum(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE TABLE c41 (id int PRIMARY KEY, n int DEFAULT c41_f(1));
-- migration
CREATE OR REPLACE FUNCTION c41_f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + 2 $$;
DROP FUNCTION c41_g(int);
CREATE FUNCTION c41_g(a int) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
DROP PROCEDURE c41_p(int);
DROP AGGREGATE c41_sum(int);
CREATE FUNCTION c41_h(a int, b text DEFAULT 'x') RETURNS void LANGUAGE sql AS $$ SELECT $$;
-- expect: exact

-- case: a function that a trigger and a check use
-- before
CREATE TABLE c42 (id int PRIMARY KEY, n int);
-- migration
CREATE FUNCTION c42_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION c42_ok(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT n > 0 $$;
CREATE TRIGGER c42_t BEFORE INSERT OR UPDATE OF n ON c42 FOR EACH ROW WHEN (NEW.n > 0) EXECUTE FUNCTION c42_f();
ALTER TABLE c42 ADD CHECK (c42_ok(n));
ALTER TABLE c42 DISABLE TRIGGER c42_t;
-- expect: exact

-- case: triggers and rules dropped
-- before
CREATE TABLE c43 (id int PRIMARY KEY, n int);
CREATE VIEW c43_v AS SELECT id, n FROM c43;
CREATE FUNCTION c43_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER c43_t AFTER INSERT ON c43 REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION c43_f();
CREATE CONSTRAINT TRIGGER c43_c AFTER UPDATE ON c43 DEFERRABLE FOR EACH ROW EXECUTE FUNCTION c43_f();
ALTER TABLE c43 ENABLE ALWAYS TRIGGER c43_t;
CREATE TRIGGER c43_i INSTEAD OF INSERT ON c43_v FOR EACH ROW EXECUTE FUNCTION c43_f();
CREATE RULE c43_r AS ON DELETE TO c43 DO INSTEAD NOTHING;
-- migration
DROP TRIGGER c43_t ON c43; DROP TRIGGER c43_c ON c43; DROP TRIGGER c43_i ON c43_v; DROP RULE c43_r ON c43;
DROP FUNCTION c43_f();
-- expect: exact

-- case: row-level security
-- before
CREATE TABLE c44 (id int PRIMARY KEY, n int);
CREATE POLICY c44_p ON c44 AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (n > 0) WITH CHECK (n > 1);
ALTER TABLE c44 ENABLE ROW LEVEL SECURITY;
-- migration
DROP POLICY c44_p ON c44;
CREATE POLICY c44_q ON c44 FOR INSERT WITH CHECK (n > 2);
ALTER TABLE c44 FORCE ROW LEVEL SECURITY;
-- expect: exact

-- case: privileges
-- before
CREATE TABLE c45 (id int PRIMARY KEY, n int);
GRANT SELECT, INSERT ON c45 TO PUBLIC;
CREATE FUNCTION c45_f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
-- migration
REVOKE INSERT ON c45 FROM PUBLIC;
GRANT UPDATE (n) ON c45 TO PUBLIC;
REVOKE EXECUTE ON FUNCTION c45_f() FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- expect: exact

-- case: privileges of what is dropped
-- before
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
CREATE TABLE c46 (id int PRIMARY KEY);
GRANT SELECT ON c46 TO PUBLIC;
CREATE VIEW c46_v AS SELECT id FROM c46;
GRANT SELECT ON c46_v TO PUBLIC;
-- migration
DROP VIEW c46_v;
DROP TABLE c46;
-- expect: exact; loses c46

-- case: a partitioned table
-- before
-- migration
CREATE TABLE c47 (id int, at date NOT NULL, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE c47_1 PARTITION OF c47 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE c47_d PARTITION OF c47 DEFAULT;
CREATE INDEX c47_v ON c47 (v);
-- expect: exact; loses c47

-- case: a dropped partitioned table
-- before
CREATE TABLE c48 (id int, at date NOT NULL, v text DEFAULT 'a', PRIMARY KEY (id, at, v)) PARTITION BY RANGE (at);
CREATE TABLE c48_1 PARTITION OF c48 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE c48_2 PARTITION OF c48 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (v);
CREATE TABLE c48_2a PARTITION OF c48_2 FOR VALUES IN ('a');
CREATE INDEX c48_v ON c48 (v);
-- migration
DROP TABLE c48;
-- expect: exact; loses c48

-- case: a partition more, and one less
-- before
CREATE TABLE c49 (id int, v int) PARTITION BY LIST (v);
CREATE TABLE c49_1 PARTITION OF c49 FOR VALUES IN (1);
CREATE TABLE c49_2 PARTITION OF c49 FOR VALUES IN (2);
-- migration
ALTER TABLE c49 DETACH PARTITION c49_1;
DROP TABLE c49_2;
CREATE TABLE c49_3 PARTITION OF c49 FOR VALUES IN (3);
-- expect: exact; loses c49_2, c49_3

-- case: a column of a partitioned table
-- before
CREATE TABLE c50 (id int, v int) PARTITION BY LIST (v);
CREATE TABLE c50_1 PARTITION OF c50 FOR VALUES IN (1);
-- migration
ALTER TABLE c50 ADD COLUMN n int DEFAULT 1;
ALTER TABLE c50 RENAME id TO key;
-- expect: exact; loses c50.n

-- case: inheritance
-- before
CREATE TABLE c51 (id int, v int CHECK (v > 0));
CREATE TABLE c51_h (w int) INHERITS (c51);
CREATE TABLE c51_o (id int, v int, CONSTRAINT c51_v_check CHECK (v > 0));
-- migration
DROP TABLE c51_h;
ALTER TABLE c51_o INHERIT c51;
-- expect: exact; loses c51_h

-- case: an extension
-- before
-- migration
CREATE EXTENSION citext;
CREATE TABLE c52 (id int PRIMARY KEY, s citext);
-- expect: exact; loses c52

-- case: a dropped extension
-- before
CREATE EXTENSION IF NOT EXISTS pgcrypto;
-- migration
DROP EXTENSION pgcrypto;
-- expect: exact

-- case: rarer objects made
-- before
CREATE FUNCTION c54_eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = $2 $$;
-- migration
CREATE OPERATOR === (FUNCTION = c54_eq, LEFTARG = int, RIGHTARG = int);
CREATE COLLATION c54_c (provider = icu, locale = 'de', deterministic = false);
CREATE TEXT SEARCH CONFIGURATION c54_ts (COPY = simple);
CREATE TEXT SEARCH DICTIONARY c54_td (TEMPLATE = simple);
CREATE TYPE c54_k AS ENUM ('1', '2');
CREATE CAST (c54_k AS int) WITH INOUT AS ASSIGNMENT;
-- expect: exact

-- case: rarer objects dropped
-- before
CREATE FUNCTION c55_eq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = $2 $$;
CREATE OPERATOR ==== (FUNCTION = c55_eq, LEFTARG = int, RIGHTARG = int, COMMUTATOR = ====);
CREATE COLLATION c55_c (provider = icu, locale = 'de', deterministic = false);
CREATE COLLATION c55_l (lc_collate = 'C', lc_ctype = 'C');
CREATE TEXT SEARCH CONFIGURATION c55_ts (COPY = english);
CREATE TEXT SEARCH DICTIONARY c55_td (TEMPLATE = simple, STOPWORDS = english);
CREATE TYPE c55_k AS ENUM ('1', '2');
CREATE CAST (c55_k AS int) WITH INOUT AS ASSIGNMENT;
-- migration
DROP OPERATOR ==== (int, int); DROP COLLATION c55_c; DROP COLLATION c55_l;
DROP TEXT SEARCH CONFIGURATION c55_ts; DROP TEXT SEARCH DICTIONARY c55_td; DROP CAST (c55_k AS int);
-- expect: exact

-- case: an event trigger and a publication
-- before
CREATE TABLE c56 (id int PRIMARY KEY, n int);
CREATE FUNCTION c56_f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE PUBLICATION c56_p FOR TABLE c56 (id) WHERE (id > 0) WITH (publish = 'insert');
-- migration
DROP PUBLICATION c56_p;
CREATE PUBLICATION c56_q FOR TABLE c56;
-- expect: exact

-- case: nothing but rows
-- before
CREATE TABLE c57 (id int PRIMARY KEY, n int);
-- migration
UPDATE c57 SET n = 0;
-- expect: exact; loses c57.n

-- case: nothing at all
-- before
-- migration
SELECT 1;
-- expect: exact

-- case: another way of partitioning
-- before
CREATE TABLE c59 (id int, v int) PARTITION BY LIST (v);
-- migration
DROP TABLE c59;
CREATE TABLE c59 (id int, v int) PARTITION BY RANGE (v);
-- expect: none; loses c59

-- case: a dropped operator class
-- before
CREATE OPERATOR CLASS c60_ops FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
-- migration
DROP OPERATOR CLASS c60_ops USING btree;
-- expect: none

-- case: a foreign table
-- before
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SERVER c61_s FOREIGN DATA WRAPPER file_fdw;
-- migration
CREATE TABLE c61 (id int PRIMARY KEY);
DROP SERVER c61_s;
-- expect: exact; loses c61

-- case: two tables that change their names
-- before
CREATE TABLE c62_a (id int PRIMARY KEY, a text);
CREATE TABLE c62_b (id int PRIMARY KEY, b text);
-- migration
ALTER TABLE c62_a RENAME TO c62_x;
ALTER TABLE c62_b RENAME TO c62_a;
ALTER TABLE c62_x RENAME TO c62_b;
-- expect: exact

-- case: odd names
-- before
CREATE SCHEMA "C63 S";
CREATE TABLE "C63 S"."user" ("order" int PRIMARY KEY, "a.b" text DEFAULT 'it''s', "c""d" int);
CREATE TYPE "C63 S"."Mood" AS ENUM ('it''s', 'Ok');
ALTER TABLE "C63 S"."user" ADD COLUMN m "C63 S"."Mood" DEFAULT 'Ok';
-- migration
ALTER TABLE "C63 S"."user" RENAME "a.b" TO "select";
ALTER TYPE "C63 S"."Mood" ADD VALUE 'New';
ALTER TABLE "C63 S"."user" DROP COLUMN "c""d", ADD COLUMN "Ü" int;
-- expect: order; loses C63 S.user."c""d", C63 S.user.Ü

-- case: a column with a check that must not be null
-- before
CREATE TABLE c64 (id int PRIMARY KEY, s text NOT NULL CHECK (s IN ('on', 'off')));
-- migration
ALTER TABLE c64 DROP COLUMN s;
-- expect: exact; loses c64.s

-- case: a renamed table whose name another takes
-- before
CREATE TABLE c65 (id serial PRIMARY KEY, v text);
CREATE TABLE c65_o (id int PRIMARY KEY, c int REFERENCES c65);
-- migration
ALTER TABLE c65 RENAME TO c65_old;
CREATE TABLE c65 (id int PRIMARY KEY, v text, w text);
CREATE TABLE c65_n (id int PRIMARY KEY, c int REFERENCES c65);
-- expect: exact; loses c65, c65_n

-- case: a renamed table whose name a view takes
-- before
CREATE TABLE c66 (id int PRIMARY KEY, v text);
-- migration
ALTER TABLE c66 RENAME TO c66_base;
CREATE VIEW c66 AS SELECT id FROM c66_base;
-- expect: exact

-- case: a renamed column whose name another takes
-- before
CREATE TABLE c67 (id int PRIMARY KEY, v text, w text);
CREATE INDEX c67_v ON c67 (v);
-- migration
ALTER TABLE c67 RENAME v TO v_old;
ALTER TABLE c67 ADD COLUMN v int;
CREATE VIEW c67_w AS SELECT v FROM c67;
-- expect: exact; loses c67.v

-- case: a partition that is detached, with keys and references
-- before
CREATE TABLE c68_o (id int PRIMARY KEY);
CREATE TABLE c68 (id int, at date NOT NULL, o int REFERENCES c68_o, PRIMARY KEY (id, at), CHECK (id > 0)) PARTITION BY RANGE (at);
CREATE TABLE c68_1 PARTITION OF c68 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE c68_2 PARTITION OF c68 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX c68_o_i ON c68 (o);
-- migration
ALTER TABLE c68 DETACH PARTITION c68_2;
-- expect: exact

-- case: identities with bounds dropped
-- before
CREATE TABLE c69 (id smallint GENERATED ALWAYS AS IDENTITY (START 100 INCREMENT 5 MINVALUE 50 MAXVALUE 200 CYCLE) PRIMARY KEY, d int GENERATED BY DEFAULT AS IDENTITY (START -1 INCREMENT -2 MINVALUE -500 MAXVALUE -1));
-- migration
ALTER TABLE c69 ALTER id DROP IDENTITY, ALTER d DROP IDENTITY;
-- expect: exact

-- case: a dropped column with a foreign key, and one that others refer to
-- before
CREATE TABLE c70_o (id int PRIMARY KEY, code text UNIQUE);
CREATE TABLE c70 (id int PRIMARY KEY, o int REFERENCES c70_o ON DELETE CASCADE, c text REFERENCES c70_o (code));
CREATE INDEX c70_i ON c70 (o);
-- migration
ALTER TABLE c70 DROP COLUMN o;
ALTER TABLE c70_o DROP COLUMN code CASCADE;
-- expect: order; loses c70.o, c70_o.code

-- case: names with line breaks
-- before
CREATE TABLE "c71
t" (id int PRIMARY KEY, "a
b" text NOT NULL);
-- migration
ALTER TABLE "c71
t" DROP COLUMN "a
b";
-- expect: exact; loses U&"c71\000at".U&"a\000ab"

-- case: values that an expression writes over
-- before
CREATE TABLE c72 (id int PRIMARY KEY, mail text, flag boolean, n int, at timestamp, j json);
-- migration
ALTER TABLE c72 ALTER mail TYPE text USING lower(mail), ALTER flag TYPE boolean USING NOT flag, ALTER n TYPE bigint USING n * 100;
ALTER TABLE c72 ALTER at TYPE timestamptz USING at AT TIME ZONE 'UTC', ALTER j TYPE jsonb;
ALTER TABLE c72 DROP COLUMN mail;
-- expect: order; loses c72.at, c72.flag, c72.j, c72.mail, c72.n
