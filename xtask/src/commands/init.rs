//! `init`: proposes the configuration for a monorepo, and writes it on request. It changes no
//! existing line.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::Outcome;
use crate::called_as::{self, CalledAs};
use crate::cli::GlobalOptions;
use crate::init::{self, ConfigurationProposal, ProposedMigrations};
use crate::postgres::binaries;
use crate::terminal::{Terminal, broken_between_words};
use crate::tree::WorkingTree;

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Write the configuration to `db.toml`; for `cargo xtask` to `Cargo.toml`
    #[arg(long)]
    pub write: bool,
}

/// The place for the configuration.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// To the end of `Cargo.toml`, under this section.
    Manifest(&'static str),
    /// To a file of its own.
    OwnFile,
}

impl Destination {
    fn file(&self) -> &'static str {
        match self {
            Self::Manifest(_) => "Cargo.toml",
            Self::OwnFile => "db.toml",
        }
    }

    fn section(&self) -> Option<&'static str> {
        match self {
            Self::Manifest(section) => Some(section),
            Self::OwnFile => None,
        }
    }
}

/// Runs `init`.
pub fn run(
    root: &Path,
    global: &GlobalOptions,
    options: &Options,
    terminal: &Terminal,
) -> Result<Outcome> {
    let place = place(root, called_as::current())?;
    let mut proposal = init::propose(&WorkingTree::new(root))
        .with_context(|| format!("cannot look through `{}`", root.display()))?;
    let wanted = use_nearest(&mut proposal, binaries::nearest);
    let text = proposal.toml(place.section());
    if options.write {
        write(root, &place, &text)?;
    }
    let directory = global
        .directory
        .as_ref()
        .map_or(String::new(), |dir| format!(" -C {}", dir.display()));
    let done = match options.write {
        true => "wrote to",
        false => "proposed for",
    };
    // The configuration is not broken to the terminal's width: it can be copied from there.
    terminal.print(&format!("{done} {}:\n\n{text}\n", place.file()))?;
    for note in wanted.into_iter().chain(notes(&proposal)) {
        terminal.tell(&format!("{note}\n\n"))?;
    }
    let program = format!("{}{directory}", called_as::program());
    let room = match terminal.style().is_terminal {
        true => terminal.style().width,
        false => usize::MAX,
    };
    let steps = steps(&proposal, options.write);
    terminal.print(&next_steps(&steps, &program, room))?;
    Ok(Outcome::Clean)
}

/// Returns the place for the configuration; an error if there is one already. A team that uses the
/// tool without Cargo gets a file of its own, also where part of the monorepo is in Rust.
fn place(root: &Path, called: &CalledAs) -> Result<Destination> {
    let own = root.join("db.toml");
    if own.exists() {
        bail!(
            "`{}` is there already: edit it, or remove it to begin again",
            own.display()
        )
    }
    let manifest = root.join("Cargo.toml");
    let Ok(text) = fs::read_to_string(&manifest) else {
        return Ok(Destination::OwnFile);
    };
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("cannot read `{}`: it is no TOML", manifest.display()))?;
    let metadata = |top: &str| table.get(top)?.get("metadata")?.get("db");
    if metadata("workspace")
        .or_else(|| metadata("package"))
        .is_some()
    {
        bail!(
            "`{}` holds the configuration already: edit its section `metadata.db`",
            manifest.display()
        )
    }
    if !called.is_cargo() {
        return Ok(Destination::OwnFile);
    }
    let workspace = table.contains_key("workspace");
    Ok(Destination::Manifest(if workspace {
        "workspace.metadata.db"
    } else {
        "package.metadata.db"
    }))
}

fn write(root: &Path, place: &Destination, text: &str) -> Result<()> {
    let path = root.join(place.file());
    let written = match place {
        Destination::Manifest(_) => append(&path, text),
        Destination::OwnFile => {
            File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()))
        }
    };
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    let ends_with_newline = fs::read(path)?.ends_with(b"\n");
    let gap = if ends_with_newline { "\n" } else { "\n\n" };
    OpenOptions::new()
        .append(true)
        .open(path)?
        .write_all(format!("{gap}{text}").as_bytes())
}

/// A command that leads on, and what it is for.
type Step = (String, &'static str);

/// The steps, one per line; where that is too wide for `room` columns, what a command is for stands
/// above it, so that it can be copied.
fn next_steps(steps: &[Step], program: &str, room: usize) -> String {
    let width = steps.iter().map(|(command, _)| command.len()).max();
    let width = width.unwrap_or_default();
    let beside = |(command, purpose): &Step| {
        let line = format!("  {program} {command:width$}    # {purpose}");
        match purpose.is_empty() {
            true => format!("  {program} {command}"),
            false => line,
        }
    };
    let above = |(command, purpose): &Step| match purpose.is_empty() {
        true => format!("  {program} {command}"),
        false => format!(
            "  # {}\n  {program} {command}",
            broken_between_words(purpose, room.saturating_sub(4)).replace('\n', "\n  # ")
        ),
    };
    let is_wide = steps.iter().any(|step| beside(step).len() > room);
    let lines = steps.iter().map(|step| match is_wide {
        true => above(step),
        false => beside(step),
    });
    let lines: Vec<String> = lines.collect();
    format!("next:\n{}\n", lines.join("\n"))
}

/// Replaces a major version of PostgreSQL that this machine neither has nor can fetch by the nearest
/// one of `nearest`. Returns the note about it.
fn use_nearest(
    proposal: &mut ConfigurationProposal,
    nearest: impl Fn(u32) -> Option<u32>,
) -> Option<String> {
    let (wanted, from) = proposal.postgres.clone()?;
    let taken = nearest(wanted.parse().ok()?)?.to_string();
    if taken == wanted {
        return None;
    }
    let note = format!(
        "`{from}` says PostgreSQL {wanted}, of which there is nothing on this machine and nothing to fetch: \
         `postgres` is {taken}, the nearest that can be had; install PostgreSQL {wanted} and write it there, \
         if the difference matters"
    );
    proposal.postgres = Some((taken, format!("the nearest to {wanted} in {from}")));
    Some(note)
}

/// The commands that lead to the first findings.
fn steps(proposal: &ConfigurationProposal, is_written: bool) -> Vec<Step> {
    let verify = called_as::subcommand("verify");
    let snapshot = called_as::subcommand("snapshot");
    let later = "commit what it writes: `--offline`, `--since` and hooks compare with it";
    let write = (!is_written).then(|| ("init --write".to_owned(), ""));
    let then = match &proposal.migrations {
        ProposedMigrations::None | ProposedMigrations::Unrunnable { .. } => {
            vec![(format!("{verify} --database --database-url <url>"), "")]
        }
        ProposedMigrations::Code { .. } => vec![
            (format!("{snapshot} --allow-replay"), later),
            (verify.to_owned(), ""),
        ],
        ProposedMigrations::Own(_) | ProposedMigrations::InPlace { .. } => vec![
            (
                verify.to_owned(),
                "replays the migrations on a scratch database",
            ),
            (snapshot.to_owned(), later),
        ],
        ProposedMigrations::Dump(_) => vec![
            (verify.to_owned(), "loads the dump into a scratch database"),
            (snapshot.to_owned(), later),
        ],
    };
    write.into_iter().chain(then).collect()
}

/// Lists findings that are not part of the proposal, and parts that were not found. Otherwise
/// silence would look like a pass.
fn notes(proposal: &ConfigurationProposal) -> Vec<String> {
    let others = proposal.others.iter().map(|(layout, dir)| {
        format!(
            "`{dir}` holds migrations of {}, of another database: verify it with a file of its own, \
             `--config <file>`, that has `migrations = {{ layout = \"{}\", dir = \"{dir}\" }}`",
             layout.name(),
             layout.name()
        )
    });
    let unreadable = proposal
        .unreadable
        .iter()
        .map(|(folder, why)| format!("`{folder}` cannot be read as migrations: {why}"));
    let engines = proposal.other_engines.iter().map(|(folder, engine)| {
        format!("`{folder}` is left out: it is for another kind of database ({engine})")
    });
    let packages = proposal.other_packages.iter().map(|package| {
        let place = match package.as_str() {
            "" => String::new(),
            package => format!(" in `{package}`"),
        };
        format!(
            "what describes tables{place} is left out, since the migrations there are of another database"
        )
    });
    let served = proposal.served_by.iter().map(|manifest| {
        format!(
            "types and validation schemas are left out: the program of `{manifest}` uses the database, \
             and no package of TypeScript does, so that they are of what its API sends; name those \
             of rows under `types` and `validation`"
        )
    });
    let set_aside = proposal.set_aside.iter().map(|file| {
        format!(
            "`{file}` is not replayed: by its name it undoes another migration; if it is one, give \
             it another name"
        )
    });
    let uncertain = proposal.uncertain_documents.iter().map(|(file, program)| {
        format!(
            "`{program}` handles `{file}`: if it writes the document from the routes, take it out of \
             `openapi`, since it then agrees with them"
        )
    });
    let generated = proposal.generated_documents.iter();
    let generated = generated.map(|(file, why)| {
        format!(
            "`{file}` is no part of `openapi`, since {why}: a document that is made from the routes agrees with them"
        )
    });
    others
        .chain(unreadable)
        .chain(engines)
        .chain(packages)
        .chain(served)
        .chain(set_aside)
        .chain(generated)
        .chain(uncertain)
        .chain(about_supabase(proposal))
        .chain(about_migrations(proposal))
        .chain(missing(proposal))
        .collect()
}

/// Explains the proposal for the migrations, where a person has to know more.
fn about_migrations(proposal: &ConfigurationProposal) -> Option<String> {
    match &proposal.migrations {
        ProposedMigrations::InPlace { dir, .. } if proposal.may_be_own => Some(format!(
            "`{dir}` is read as Flyway's, since its files are named so, and nothing else mentions Flyway: \
             if this tool is to apply them, write `migrations = \"{dir}\"`; each then needs a down file, \
             which `{} --down` writes",
            called_as::command("new")
        )),
        ProposedMigrations::Own(_) | ProposedMigrations::InPlace { .. } => None,
        ProposedMigrations::Code { replay, .. } => Some(format!(
            "`{replay}` runs the migrations, which are code, on a scratch database; it has the power of \
             whoever runs it, so that it needs `--allow-replay`"
        )),
        ProposedMigrations::Dump(dump) => Some(format!(
            "no migrations were found that can be read: `{dump}` stands for them"
        )),
        ProposedMigrations::Unrunnable { dir } => Some(format!(
            "the migrations in `{dir}` are code, and no script was found that runs them: name the \
             command that does, on the database of `DATABASE_URL`, as the last lines of the \
             configuration show, and run `{} --allow-replay`; or judge a database as it is",
            called_as::command("snapshot")
        )),
        ProposedMigrations::None if !proposal.other_engines.is_empty() => Some(
            "no migrations for PostgreSQL were found, and this tool compares with no other \
             database: if there is one, judge it as it is"
                .to_owned(),
        ),
        ProposedMigrations::None => Some(
            "no migrations were found that can be read: judge a database as it is, or let its \
             snapshot stand for them, `migrations = { schema-from = \"database\" }`"
                .to_owned(),
        ),
    }
}

fn about_supabase(proposal: &ConfigurationProposal) -> Option<String> {
    proposal.supabase.as_ref().map(|_| {
        "`platform = \"supabase\"` makes on scratch databases what Supabase makes (`auth`, `storage`, \
         `realtime`, the roles of its API, its extensions); none of that is judged or compared"
            .to_owned()
    })
}

fn missing(proposal: &ConfigurationProposal) -> Option<String> {
    let keys = ["types", "validation", "contracts", "routes"];
    let has = |key: &str| proposal.roles.iter().any(|(known, _, _)| *known == key);
    // A document holds contracts, too, and the tables of an ORM have types of their own.
    const TYPED: &[&str] = &["drizzle", "prisma", "typeorm", "mikroorm", "sequelize"];
    let is_held = |key: &str| match key {
        "types" | "validation" if proposal.served_by.is_some() => true,
        "contracts" => has(key) || has("openapi"),
        "types" => has(key) || TYPED.iter().any(|orm| has(orm)),
        _key => has(key),
    };
    let found = |key: &&&str| !is_held(key);
    let missing: Vec<_> = keys
        .iter()
        .filter(found)
        .map(|key| format!("`{key}`"))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "nothing was found for {}: add globs for them if there is something",
            missing.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_appended_to_a_manifest_and_never_twice() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cargo = CalledAs::of(None, Some("target/debug/xtask"));
        let npm = CalledAs::of(Some("npx pgaccord"), None);
        let place = |called| place(folder.path(), called);
        assert_eq!(place(&cargo).expect("no manifest"), Destination::OwnFile);
        fs::write(
            folder.path().join("Cargo.toml"),
            "[workspace]\nmembers = []",
        )
        .expect("a file");
        assert_eq!(place(&npm).expect("a manifest"), Destination::OwnFile);
        let place_found = place(&cargo).expect("a manifest");
        assert_eq!(place_found, Destination::Manifest("workspace.metadata.db"));
        write(
            folder.path(),
            &place_found,
            "[workspace.metadata.db]\npostgres = \"15\"\n",
        )
        .expect("written");
        let text = fs::read_to_string(folder.path().join("Cargo.toml")).expect("readable");
        assert_eq!(
            text,
            "[workspace]\nmembers = []\n\n[workspace.metadata.db]\npostgres = \"15\"\n"
        );
        assert!(place(&cargo).is_err() && place(&npm).is_err());
    }

    #[test]
    fn commands_can_be_copied_from_a_narrow_terminal() {
        let steps = [
            ("verify".to_owned(), "replays the migrations"),
            ("snapshot".to_owned(), ""),
        ];
        assert_eq!(
            next_steps(&steps, "npx pgaccord", 80),
            "next:\n  npx pgaccord verify      # replays the migrations\n  npx pgaccord snapshot\n"
        );
        assert_eq!(
            next_steps(&steps, "npx pgaccord", 24),
            "next:\n  # replays the\n  # migrations\n  npx pgaccord verify\n  npx pgaccord snapshot\n"
        );
    }

    #[test]
    fn what_is_proposed_is_a_configuration() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let proposal = init::propose(&WorkingTree::new(folder.path())).expect("readable");
        write(folder.path(), &Destination::OwnFile, &proposal.toml(None)).expect("written");
        let config =
            crate::config::Config::load(folder.path(), None).expect("valid, and found by itself");
        assert_eq!(config.migrations.dir, "migrations");
    }

    #[test]
    fn a_server_that_cannot_be_had_is_replaced_by_the_nearest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let compose = "services:\n  db:\n    image: postgres:13\n";
        fs::write(folder.path().join("compose.yml"), compose).expect("a file");
        let mut proposal = init::propose(&WorkingTree::new(folder.path())).expect("readable");
        let same = use_nearest(&mut proposal, Some);
        assert_eq!(same, None);
        let note = use_nearest(&mut proposal, |_| Some(15)).expect("another");
        assert!(note.contains("`compose.yml` says PostgreSQL 13"), "{note}");
        let text = proposal.toml(None);
        let line = "postgres = \"15\" # the nearest to 13 in compose.yml\n";
        assert!(text.starts_with(line), "{text}");
        assert_eq!(use_nearest(&mut proposal, |_| None), None);
    }
}
