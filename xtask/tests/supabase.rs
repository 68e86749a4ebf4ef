//! Migrations that build on what others make in production: on Supabase, and on what the files of
//! `scratch-setup` make. They replay at once, and none of it is judged.

use serde_json::Value;

use crate::support::database::Database;
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::{major, shared};

/// A migration that uses most of what Supabase makes.
const PROFILES: &str = "\
CREATE EXTENSION IF NOT EXISTS pg_cron WITH SCHEMA pg_catalog;
CREATE EXTENSION IF NOT EXISTS \"pg_net\" WITH SCHEMA \"extensions\";
COMMENT ON EXTENSION pg_net IS 'requests';
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
DROP EXTENSION IF EXISTS pg_graphql;
CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users ON DELETE CASCADE,
    token uuid NOT NULL DEFAULT extensions.uuid_generate_v4(),
    key uuid NOT NULL DEFAULT uuid_generate_v4(),
    email text
);
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.profiles TO authenticated USING (auth.uid() = id AND auth.role() <> 'anon');
GRANT SELECT ON public.profiles TO anon, authenticated, service_role;
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN INSERT INTO public.profiles (id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', true);
CREATE POLICY avatars ON storage.objects FOR SELECT TO public
    USING (bucket_id = 'avatars' AND (storage.foldername(name))[1] = auth.uid()::text);
ALTER PUBLICATION supabase_realtime ADD TABLE public.profiles;
ALTER FUNCTION public.handle_new_user() OWNER TO postgres;
SELECT cron.schedule('nightly', '0 0 * * *', 'SELECT 1');
SELECT net.http_post(url := 'https://example.com', body := '{}'::jsonb);
SELECT vault.create_secret('s3cret', 'key');
";

/// A monorepo with this migration, in `folder` and with these keys.
fn repo(keys: &str, folder: &str, layout: &str) -> Monorepo {
    let repo = Monorepo::empty();
    repo.write(&format!("{folder}/20240101000000_profiles.sql"), PROFILES);
    repo.write(
        "src/profile.ts",
        "export interface ProfileRow { id: string; token: string; key: string; email: string }\n",
    );
    let text = format!(
        "postgres = \"{}\"\n{keys}types = [\"src/**/*.ts\"]\n\n[migrations]\nlayout = \"{layout}\"\ndir = \"{folder}\"\n",
        major()
    );
    repo.write("db.toml", &text);
    repo
}

fn errors(report: &Value) -> Vec<String> {
    let parts = [
        "typeAlignment",
        "apiContracts",
        "validationSchemas",
        "migrations",
    ];
    let all = parts
        .iter()
        .filter_map(|part| report[part]["errors"].as_array())
        .flatten();
    all.map(|one| format!("{} {}", one["type"], one["entity"]).replace('"', ""))
        .collect()
}

#[test]
fn what_supabase_makes_needs_no_setup_and_is_not_judged() {
    let Some(scratch) = shared() else { return };
    let repo = repo("", "supabase/migrations", "supabase");
    let database = Database::create(scratch, "of_supabase");
    for shadow in [true, false] {
        let mut command = database.command(&repo, &["db-verify", "--format", "json"]);
        if !shadow {
            command.env_remove("SHADOW_DATABASE_URL");
        }
        let report = Ran::of(&mut command).must_exit(1).json();
        assert_eq!(
            errors(&report),
            ["NULLABILITY_MISMATCH profiles"],
            "{report:#}"
        );
    }
    let told = repo.run(&["db-verify"]).must_exit(1);
    let line = "a replay of 1 migration on a scratch database with what Supabase makes";
    assert!(told.stdout.contains(line), "{}", told.stdout);
    repo.run(&["db-snapshot"]).must_exit(0);
    let snapshot = repo.read("snapshots/schema.json");
    for of_supabase in ["storage", "realtime.", "\"pgcrypto\"", "cron", "vault"] {
        assert!(
            !snapshot.contains(&format!("\"{of_supabase}")),
            "{of_supabase}: {snapshot}"
        );
    }
    assert!(
        snapshot.contains("auth.users"),
        "the reference stays: {snapshot}"
    );
}

#[test]
fn another_migrator_on_supabase_is_told_the_one_word() {
    if shared().is_none() {
        return;
    }
    let other = repo("platform = \"none\"\n", "db/migrations", "sqlx");
    other.run(&["db-verify"]).must_fail(&[
        "pg_cron",
        "write `platform = \"supabase\"` at the top level",
    ]);
    std::fs::remove_file(other.path("db.toml")).expect("its configuration");
    let proposed = other.run(&["init", "--write"]).must_exit(0);
    let line = "platform = \"supabase\" # db/migrations/20240101000000_profiles.sql";
    assert!(proposed.stdout.contains(line), "{}", proposed.stdout);
    let text = other.read("db.toml");
    let server = text.lines().next().expect("a line").to_owned();
    other.write(
        "db.toml",
        &text.replacen(&server, &format!("postgres = \"{}\"", major()), 1),
    );
    let report = other
        .run(&["db-verify", "--format", "json"])
        .must_exit(1)
        .json();
    assert_eq!(
        errors(&report),
        ["NULLABILITY_MISMATCH profiles"],
        "{report:#}"
    );
}

#[test]
fn tables_that_only_the_setup_makes_are_not_judged() {
    if shared().is_none() {
        return;
    }
    let repo = Monorepo::empty();
    repo.write(
        "db/scratch.sql",
        "CREATE SCHEMA legacy; CREATE TABLE legacy.accounts (id int PRIMARY KEY, note text NOT NULL);
         CREATE TABLE countries (code text PRIMARY KEY, name text NOT NULL);
         CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY);",
    );
    repo.write(
        "db/migrations/1_users.sql",
        "CREATE TABLE IF NOT EXISTS users (id int PRIMARY KEY);
         ALTER TABLE users ADD account int REFERENCES legacy.accounts, ADD country text REFERENCES countries;",
    );
    repo.write(
        "src/rows.ts",
        "export interface CountryRow { code: string }
export interface AccountRow { id: number }
export interface UserRow { id: number; account: number | null }\n",
    );
    repo.write(
        "db.toml",
        &format!(
            "postgres = \"{}\"\nscratch-setup = [\"db/scratch.sql\"]\ntypes = [\"src/**/*.ts\"]\n\n\
             [migrations]\nlayout = \"sqlx\"\ndir = \"db/migrations\"\n",
            major()
        ),
    );
    let report = repo
        .run(&["db-verify", "--format", "json"])
        .must_exit(1)
        .json();
    assert_eq!(
        errors(&report),
        ["MISSING_FIELD_IN_TYPE users"],
        "{report:#}"
    );
    // From the snapshot, too.
    repo.run(&["db-snapshot"]).must_exit(0);
    let offline = repo.run(&["db-verify", "--offline", "--format", "json"]);
    assert_eq!(
        errors(&offline.must_exit(1).json()),
        ["MISSING_FIELD_IN_TYPE users"]
    );
}
