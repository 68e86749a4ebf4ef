//! `db-verify --fix` and `--diff` on the sample, through the binary: what is suggested resolves
//! what was found, breaks nothing else, and is done once.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::single_changes::{Change, changes};
use crate::support::monorepo::{Monorepo, Ran};
use crate::support::repository;

/// The outcome of a change after `--fix`.
enum Outcome {
    /// There was no safe suggestion; the finding is still there.
    NotFixed,
    /// Fixed, by the text as it was.
    Restored,
    /// Fixed, by another text of the file. Holds the text with the drift, and the fixed one.
    Different(String, String),
}

#[test]
fn every_safe_suggestion_resolves_its_finding_and_no_more() {
    let changes = changes();
    let halves = changes.split_at(changes.len() / 2);
    let outcomes: Vec<(&Change, Result<Outcome, String>)> = std::thread::scope(|scope| {
        let threads = [halves.0, halves.1].map(|half| {
            scope.spawn(move || {
                let repo = Monorepo::sample();
                half.iter()
                    .map(|change| (change, outcome(&repo, change)))
                    .collect::<Vec<_>>()
            })
        });
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no panic"))
            .collect()
    });
    let wrong: Vec<_> = outcomes
        .iter()
        .filter_map(|(_, outcome)| outcome.as_ref().err())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let fixed = outcomes
        .iter()
        .filter(|(_, outcome)| !matches!(outcome, Ok(Outcome::NotFixed)))
        .count();
    assert!(
        fixed >= 20,
        "only {fixed} of {} changes have a safe suggestion",
        changes.len()
    );
    let different = outcomes
        .iter()
        .filter_map(|(change, outcome)| match outcome {
            Ok(Outcome::Different(drifted, fixed)) => {
                Some((*change, drifted.as_str(), fixed.as_str()))
            }
            Ok(Outcome::NotFixed | Outcome::Restored) | Err(_) => None,
        });
    must_compile(&different.collect::<Vec<_>>());
}

/// Makes the change, has it fixed, looks at what is left, undoes everything.
fn outcome(repo: &Monorepo, change: &Change) -> Result<Outcome, String> {
    let original = repo.contents();
    repo.edit(&change.file, &change.replace, &change.with);
    let drifted = repo.contents();
    let ran = repo.run(&["db-verify", "--fix", "--format", "json"]);
    let outcome = judge(repo, change, &ran, &original, &drifted);
    for (path, bytes) in &original {
        std::fs::write(path, bytes).expect("the sample can be restored");
    }
    outcome.map_err(|why| format!("{}: {why}\n{}\n{}", change.title, ran.stdout, ran.stderr))
}

type Contents = std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>;

fn judge(
    repo: &Monorepo,
    change: &Change,
    ran: &Ran,
    original: &Contents,
    drifted: &Contents,
) -> Result<Outcome, String> {
    let report = ran.json();
    let fixes = &report["fixes"];
    let contents = repo.contents();
    if fixes["fixed"] == 0 {
        return if contents == *drifted {
            Ok(Outcome::NotFixed)
        } else {
            Err("nothing fixed, and files changed".into())
        };
    }
    if findings(&report) > 0 || ran.code != 0 {
        return Err("something is left".into());
    }
    // The sample itself is clean.
    if contents == *original {
        return Ok(Outcome::Restored);
    }
    if repo.run(&["db-verify", "--fix", "--format", "json"]).json()["fixes"]["files"]
        != serde_json::json!([])
        || repo.contents() != contents
    {
        return Err("the second run changed something".into());
    }
    let fixed = repo.read(&change.file);
    let others = contents
        .iter()
        .filter(|(path, bytes)| original[*path] != **bytes);
    if others.count() > 1 {
        return Err("more than one file changed".into());
    }
    let drifted = String::from_utf8(drifted[&repo.path(&change.file)].clone()).expect("UTF-8");
    Ok(Outcome::Different(drifted, fixed))
}

fn findings(report: &Value) -> u64 {
    let count = |key: &str| report["summary"][key].as_u64().expect("a number");
    count("totalErrors") + count("totalWarnings")
}

/// With each of the fixed texts in place of the drifted one the package compiles as well as before:
/// all at once as far as they are of different files.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn must_compile(fixed: &[(&Change, &str, &str)]) {
    if !repository()
        .join("shared-types/node_modules/typescript")
        .is_dir()
    {
        assert!(
            std::env::var_os("CI").is_none(),
            "`npm ci --prefix shared-types` is needed in CI"
        );
        println!("SKIPPED: `npm ci --prefix shared-types` makes the fixed sources be compiled");
        return;
    }
    let mut waiting = fixed.to_vec();
    while !waiting.is_empty() {
        let (before, after) = (package(), package());
        let mut titles = Vec::new();
        let mut files: Vec<&str> = Vec::new();
        waiting.retain(|(change, drifted, fixed)| {
            let later = files.contains(&change.file.as_str());
            if !later {
                before.write(&change.file, drifted);
                after.write(&change.file, fixed);
                files.push(&change.file);
                titles.push(change.title.clone());
            }
            later
        });
        let known = compile_errors(&before);
        let new: Vec<_> = compile_errors(&after)
            .into_iter()
            .filter(|error| !known.contains(error))
            .collect();
        assert!(new.is_empty(), "with {titles:#?} fixed: {new:#?}");
    }
}

/// The sample as a package that the compiler takes.
fn package() -> Monorepo {
    let repo = Monorepo::sample();
    let package = repository().join("shared-types");
    for name in ["package.json", "tsconfig.json"] {
        let text = std::fs::read_to_string(package.join(name)).expect("the package's files");
        repo.write(&format!("shared-types/{name}"), &text);
    }
    let modules = repo.path("shared-types/node_modules");
    std::os::unix::fs::symlink(package.join("node_modules"), modules)
        .expect("a link to the packages");
    repo
}

/// Returns the compiler's errors, without lines and columns.
fn compile_errors(repo: &Monorepo) -> Vec<String> {
    let mut tsc = Command::new("node");
    tsc.current_dir(repo.path("shared-types"))
        .args(["node_modules/typescript/bin/tsc", "--noEmit"]);
    let ran = Ran::of(&mut tsc);
    let errors = ran.stdout.lines().filter_map(|line| line.split_once("): "));
    let errors: Vec<_> = errors
        .map(|(place, error)| format!("{}: {error}", place.split('(').next().unwrap_or_default()))
        .collect();
    assert_eq!(errors.is_empty(), ran.code == 0, "{}", ran.stdout);
    errors
}

/// Two tables that share texts, one of which is wrong about them, and a table of its own.
const SHARED: &str = "import { z } from 'zod';

export type State = 'draft' | 'live';
interface Work {
  id: number;
  slug: string;
  note: string;
  state: State;
}
export interface ArticleRow extends Work {}
export interface PageRow extends Work {}

const work = z.object({
  id: z.number().int(),
  slug: z.string().max(20),
  note: z.string(),
  state: z.enum(['draft', 'live']),
});
export const CreateArticleSchema = work.extend({});
export const CreatePageSchema = work.extend({});

export interface AlbumRow {
  id: number;
  title: string;
}
export type NewAlbum = Omit<AlbumRow, 'id'>;
export const CreateAlbumSchema = z.object({ title: z.string().max(90), year: z.number().int() });
export const first: CreateArticle = { id: 1, slug: 'a', note: 'b', state: 'draft' };
type CreateArticle = z.infer<typeof CreateArticleSchema>;

const MOODS = ['calm', 'glad'] as const;
type Mood = (typeof MOODS)[number];
export interface SongRow {
  id: number;
  mood: Mood;
}
export interface FilmRow {
  id: number;
  mood: (typeof MOODS)[number];
}
";

const SHARED_TABLES: &str = "
CREATE TYPE article_state AS ENUM ('draft', 'live', 'gone');
CREATE TYPE page_state AS ENUM ('draft', 'live');
CREATE TABLE articles (id integer PRIMARY KEY, slug varchar(10) NOT NULL, note text, state article_state NOT NULL);
CREATE TABLE pages (id integer PRIMARY KEY, slug varchar(20) NOT NULL, note text NOT NULL, state page_state NOT NULL);
CREATE TABLE albums (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, title varchar(30) NOT NULL, year integer NOT NULL);
CREATE TYPE song_mood AS ENUM ('calm', 'glad', 'sad');
CREATE TYPE film_mood AS ENUM ('calm', 'glad');
CREATE TABLE songs (id integer PRIMARY KEY, mood song_mood NOT NULL);
CREATE TABLE films (id integer PRIMARY KEY, mood film_mood NOT NULL);
";

/// Texts that several tables share are left as they are, and texts of one table are mended.
/// Afterwards nothing is found that was not found before, and all of it compiles. A change that
/// seems to be of one table and is not is taken back.
#[test]
fn what_tables_share_is_left_alone() {
    let down = "-- irreversible: a test\n";
    let repo = Monorepo::of_migrations(&[("V1__works", SHARED_TABLES, down)]);
    let keys = "types = ['src/*.ts']\nvalidation = ['src/*.ts']\npostgres = ";
    repo.edit("Cargo.toml", "postgres = ", keys);
    repo.write("src/works.ts", SHARED);
    let kinds = |report: &Value| -> Vec<String> {
        let parts = ["typeAlignment", "validationSchemaConsistency"];
        let lists =
            parts.map(|part| ["errors", "warnings"].map(|severity| &report[part][severity]));
        let lists = lists.as_flattened().iter();
        lists
            .flat_map(|list| list.as_array().expect("findings"))
            .map(|finding| {
                format!(
                    "{} {} {}",
                    finding["type"], finding["entity"], finding["field"]
                )
            })
            .collect()
    };
    let before = repo.run(&["db-verify", "--format", "json"]).json();
    let after = repo
        .run(&["db-verify", "--fix", "--format", "json"])
        .must_exit(1)
        .json();
    assert_eq!(
        repo.read("src/works.ts"),
        SHARED
            .replace("  title: string;\n", "  title: string;\n  year: number;\n")
            .replace(".max(90)", ".max(30)")
    );
    let known = kinds(&before);
    assert!(
        kinds(&after).iter().all(|finding| known.contains(finding)),
        "{before:#}\n{after:#}"
    );
    let again = repo.run(&["db-verify", "--fix"]).must_exit(1).stdout;
    let reason = "something else would be wrong after it";
    assert!(again.contains(reason), "{again}");
    let modules = repository().join("shared-types/node_modules");
    if modules.join("typescript").is_dir() {
        std::os::unix::fs::symlink(&modules, repo.path("node_modules")).expect("a link");
        let mut tsc = Command::new("node");
        let flags = "node_modules/typescript/bin/tsc --noEmit --strict --target ES2023 --module ESNext --moduleResolution Bundler --skipLibCheck src/works.ts";
        tsc.current_dir(repo.path("")).args(flags.split(' '));
        Ran::of(&mut tsc).must_exit(0);
    }
}

const TYPE: &str = "shared-types/src/tables/user-profile.ts";
const SCHEMA: &str = "shared-types/src/validation/user-profile.ts";

/// Two findings in one file, one in another, and one that only a person can resolve.
fn drifted() -> Monorepo {
    let repo = Monorepo::sample();
    repo.edit(TYPE, "  bio: string | null;\n", "");
    repo.edit(TYPE, "  interests: string[];", "  interests: number[];");
    repo.edit(SCHEMA, ".min(2).max(100)", ".min(2)");
    repo
}

#[test]
fn the_diff_is_what_is_written() {
    let repo = drifted();
    let before = repo.contents();
    let shown = repo.run(&["db-verify", "--diff"]).must_exit(1);
    assert!(repo.contents() == before, "`--diff` changes nothing");
    assert!(
        shown
            .stderr
            .contains("Would fix 2 findings in 2 files; 1 would remain"),
        "{}",
        shown.stderr
    );

    let ran = repo.run(&["db-verify", "--fix"]).must_exit(1);
    assert!(
        ran.stdout
            .ends_with("Fixed 2 findings in 2 files; 1 remaining\n"),
        "{}",
        ran.stdout
    );
    let fixed = [repo.read(TYPE), repo.read(SCHEMA)];

    let other = drifted();
    other.write("fix.patch", &shown.stdout);
    let mut git = Command::new("git");
    git.current_dir(other.path("")).args(["apply", "fix.patch"]);
    Ran::of(&mut git).must_exit(0);
    assert_eq!([other.read(TYPE), other.read(SCHEMA)], fixed);

    let again = repo.run(&["db-verify", "--diff"]).must_exit(0);
    assert_eq!(again.stdout, "");
}

#[test]
fn files_keep_their_line_ends_and_modes() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = drifted();
    let windows = |text: &str| text.trim_end().replace('\n', "\r\n");
    repo.write(TYPE, &windows(&repo.read(TYPE)));
    std::fs::set_permissions(
        repo.path(TYPE),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("a mode");
    let sample = std::fs::read_to_string(repository().join(TYPE)).expect("the sample");
    repo.run(&["db-verify", "--fix"]).must_exit(1);
    assert_eq!(
        repo.read(TYPE),
        windows(&sample.replace("interests: string[]", "interests: number[]"))
    );
    let mode = std::fs::metadata(repo.path(TYPE))
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
}

#[test]
fn files_in_conflict_are_not_touched() {
    let repo = Monorepo::sample();
    let git = |arguments: &[&str], code: i32| {
        let mut git = Command::new("git");
        git.current_dir(repo.path("")).args([
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        ]);
        Ran::of(git.args(arguments)).must_exit(code)
    };
    git(&["init", "-q", "-b", "main"], 0);
    git(&["add", "."], 0);
    git(&["commit", "-qm", "sample"], 0);
    git(&["checkout", "-qb", "theirs"], 0);
    repo.edit(TYPE, "  bio: string | null;\n", "");
    git(&["commit", "-qam", "theirs"], 0);
    git(&["checkout", "-q", "main"], 0);
    repo.edit(TYPE, "  bio: string | null;\n", "  bio: string;\n");
    git(&["commit", "-qam", "ours"], 0);
    git(&["merge", "-q", "theirs"], 1);

    let marked = repo.read(TYPE);
    assert!(marked.contains("<<<<<<<"), "{marked}");
    repo.run(&["db-verify", "--fix"])
        .must_fail(&[TYPE, "does not parse"]);
    assert_eq!(repo.read(TYPE), marked, "nothing is written");

    // The markers are gone, and nobody has said yet that this is how it should be.
    let ours = std::fs::read_to_string(repository().join(TYPE)).expect("the sample");
    let ours = ours.replace("  bio: string | null;\n", "  bio: string;\n");
    repo.write(TYPE, &ours);
    let ran = repo.run(&["db-verify", "--fix"]).must_exit(1);
    assert!(
        ran.stdout
            .contains("the file has merge conflicts: resolve them first"),
        "{}",
        ran.stdout
    );
    assert_eq!(repo.read(TYPE), ours);
    git(&["add", TYPE], 0);
    repo.run(&["db-verify", "--fix"]).must_exit(0);
    assert!(
        Path::new(&repo.path(TYPE)).is_file() && repo.read(TYPE).contains("bio: string | null;")
    );
}

#[test]
fn links_out_of_the_monorepo_are_not_followed() {
    let repo = drifted();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let outside = elsewhere.path().join("user-profile.ts");
    std::fs::rename(repo.path(TYPE), &outside).expect("the file can be moved");
    std::os::unix::fs::symlink(&outside, repo.path(TYPE)).expect("a link");
    let before = std::fs::read(&outside).expect("readable");
    // It is not even read.
    repo.run(&["db-verify", "--fix"])
        .must_fail(&[TYPE, "leads out of the repository"]);
    assert!(std::fs::read(&outside).expect("readable") == before);
}
