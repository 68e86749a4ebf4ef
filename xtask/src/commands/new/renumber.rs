//! `db-new --renumber`: gives migrations of this branch versions behind those of the branch that it is
//! to be merged into. The files are renamed, both directions together, and the names in the
//! snapshot and the baseline follow.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::called_as;
use crate::cli::Format;
use crate::commands::{Context, Outcome, output};
use crate::config::Config;
use crate::git::Repository;
use crate::migrations::merge_order::made_anew;
use crate::migrations::preflight::{FileDirection, FileName, NamedFile};
use crate::migrations::renumbering::{self, Renumbered};
use crate::migrations::tables::{self, Records};
use crate::migrations::{self, Migration, files};
use crate::postgres::connect::connect;
use crate::report::Baseline;
use crate::schema::snapshot::{self, Snapshot};
use crate::tree::{GitTree, Tree};
use crate::whole_file;

/// The rest of the names of a pair's files.
const ENDINGS: [&str; 2] = [".sql", ".down.sql"];

/// Moves the migrations of this branch, or only the one that `only` names, behind those of `since`.
pub fn run(context: &Context, only: Option<&str>, since: Option<&str>) -> Result<Outcome> {
    if let Some(layout) = context.config.migrations.layout {
        bail!(
            "{} numbers these migrations, not this tool: {}",
            layout.name(),
            made_anew(layout)
        )
    }
    context.refuse_in_place("renumber them with its own command")?;
    let repository = Repository::open(&context.root)?;
    let since = target(&repository, since)?;
    let ours = forward(&names(context, &context.tree(), &context.config)?);
    let theirs = names_at(context, &repository, &since)?;
    let is_theirs = |one: &FileName| {
        let is_same = |other: &FileName| other.version == one.version && other.name == one.name;
        theirs.iter().any(is_same)
    };
    let only = only
        .map(|name| migrations::find(&ours, name).cloned())
        .transpose()?;
    if let Some(only) = only.as_ref().filter(|only| is_theirs(only)) {
        bail!(
            "`{only}` is on `{since}`, so that databases may have it under this version: it keeps it"
        )
    }
    let own: Vec<FileName> = ours.iter().filter(|one| !is_theirs(one)).cloned().collect();
    let moves = renumbering::plan(&own, &theirs, only.as_ref(), jiff::Timestamp::now())?;
    if moves.is_empty() {
        context.print_result(&unchanged(context, &own, &since))?;
        return Ok(Outcome::Clean);
    }
    refuse_applied(context, &moves)?;
    let before = context.migrations().ok();
    rename(context, &moves)?;
    let followed = follow(context, &moves, before.as_deref())?;
    context.print_result(&told(context, &moves, &since, &followed))?;
    Ok(Outcome::Clean)
}

fn target(repository: &Repository, since: Option<&str>) -> Result<String> {
    if let Some(since) = since {
        return Ok(since.to_owned());
    }
    match repository.main_branch()? {
        Some(name) => Ok(name),
        None => bail!(
            "cannot tell which branch this one is to be merged into: name it with `--since <branch>`"
        ),
    }
}

/// The names of the migration files of `tree`; none where the folder does not exist.
fn names(context: &Context, tree: &dyn Tree, config: &Config) -> Result<Vec<NamedFile>> {
    let dir = &config.migrations.dir;
    if tree.files(dir).is_err() {
        return Ok(Vec::new());
    }
    let (files, _problems) = files::names(tree, dir).with_context(|| {
        format!(
            "cannot renumber the migrations in `{}`",
            context.root.display()
        )
    })?;
    Ok(files)
}

/// The names of the migrations of the commit that `reference` means.
fn names_at(context: &Context, repository: &Repository, reference: &str) -> Result<Vec<FileName>> {
    let commit = repository.commit(reference)?;
    let tree = GitTree::committed(repository.clone(), &commit)?;
    // An earlier configuration may name another folder.
    let config = Config::of_tree(&tree, &context.root, context.options.config.as_deref());
    let config = config.unwrap_or_else(|_| context.config.clone());
    Ok(forward(&names(context, &tree, &config)?))
}

fn forward(files: &[NamedFile]) -> Vec<FileName> {
    let names = files.iter().map(|(name, _)| name);
    let mut names: Vec<FileName> = names
        .filter(|name| name.direction == FileDirection::Up)
        .cloned()
        .collect();
    names.sort_by(|one, other| (one.version, &one.name).cmp(&(other.version, &other.name)));
    names
}

/// Refuses migrations that the named database has: it would miss them under the old name, and run
/// them again under the new one.
fn refuse_applied(context: &Context, moves: &[Renumbered]) -> Result<()> {
    let url = context.options.database_url.as_deref();
    if url.is_none_or(str::is_empty) {
        return Ok(());
    }
    let target = context.target()?;
    let unknown = || {
        format!(
            "cannot tell whether {} has these migrations, so that they keep their versions",
            target.describe()
        )
    };
    let mut client = connect(&target).with_context(unknown)?;
    let table = tables::locate(&mut client, &context.config.history_table).with_context(unknown)?;
    let records = Records::read(&mut client, &table).with_context(unknown)?;
    let applied = moves.iter().find(|moved| {
        let has = |row: &migrations::AppliedRow| {
            row.version == moved.before.version && row.name == moved.before.name
        };
        records.history.iter().any(has)
    });
    if let Some(applied) = applied {
        bail!(
            "{} has `{}`: undo it there with `{}`, then renumber it",
            target.describe(),
            applied.before,
            called_as::command("rollback")
        )
    }
    Ok(())
}

/// Renames the files of all `moves`, or none.
fn rename(context: &Context, moves: &[Renumbered]) -> Result<()> {
    let folder = context.root.join(&context.config.migrations.dir);
    let mut done = Vec::new();
    // The last one first: its old version may be the new one of another.
    for moved in moves.iter().rev() {
        for ending in ENDINGS {
            let before = folder.join(format!("{}{ending}", moved.before));
            let after = folder.join(format!("{}{ending}", moved.after));
            if !before.exists() {
                continue;
            }
            let renamed = match after.exists() {
                true => Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists)),
                false => fs::rename(&before, &after),
            };
            if let Err(error) = renamed {
                for (before, after) in done.iter().rev() {
                    drop(fs::rename(after, before));
                }
                return Err(error).with_context(|| {
                    format!(
                        "cannot rename `{}` to `{}`, and renamed nothing",
                        before.display(),
                        after.display()
                    )
                });
            }
            done.push((before, after));
        }
    }
    Ok(())
}

/// Brings the new names to the comments of the files, the snapshot and the baseline. Returns what was
/// done, a line each.
fn follow(
    context: &Context,
    moves: &[Renumbered],
    before: Option<&[Migration]>,
) -> Result<Vec<String>> {
    let dir = &context.config.migrations.dir;
    let mut names = BTreeMap::new();
    for moved in moves {
        let plain = |name: &FileName| format!("V{}__{}", name.version, name.name);
        names.insert(plain(&moved.before), plain(&moved.after));
        for ending in ENDINGS {
            let file = format!("{dir}/{}{ending}", moved.after);
            names.insert(format!("{dir}/{}{ending}", moved.before), file.clone());
            rename_in_comments(context, &file, moves)?;
        }
    }
    let mut followed = Vec::new();
    followed.extend(in_baseline(context, &names)?);
    followed.extend(in_snapshot(context, &names, before)?);
    Ok(followed)
}

fn rename_in_comments(context: &Context, file: &str, moves: &[Renumbered]) -> Result<()> {
    let path = context.root.join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        // No such file, or one that is no text: preflight tells.
        return Ok(());
    };
    let renamed = renumbering::in_comments(&text, moves);
    if renamed != text {
        fs::write(&path, renamed).with_context(|| format!("cannot write `{file}`"))?;
    }
    Ok(())
}

fn in_baseline(context: &Context, names: &BTreeMap<String, String>) -> Result<Option<String>> {
    let path = &context.config.baseline;
    let Ok(bytes) = context.tree().read(path) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let Ok(baseline) = Baseline::parse(&text) else {
        // The next verification says what is wrong with it.
        return Ok(None);
    };
    let renamed = baseline.clone().renamed(names);
    if renamed == baseline {
        return Ok(None);
    }
    whole_file::write(
        &output::path(context, path.as_ref())?,
        &renamed.to_text(),
        0o644,
    )
    .with_context(|| format!("cannot write the baseline `{path}`"))?;
    Ok(Some(format!("`{path}` names the new versions")))
}

/// Renames the migrations in the snapshot, where it stood for the files and their order is still the
/// same: then the schema and the fingerprints are, too.
fn in_snapshot(
    context: &Context,
    names: &BTreeMap<String, String>,
    before: Option<&[Migration]>,
) -> Result<Option<String>> {
    let path = &context.config.snapshot;
    let stale = format!(
        "`{path}` does not stand for the migrations any more: run `{}`",
        snapshot::fix()
    );
    let Ok(Some(old)) = snapshot::read(&context.tree(), path) else {
        return Ok(None);
    };
    let (Some(before), Ok(after)) = (before, context.migrations()) else {
        return Ok(Some(stale));
    };
    let renamed = before.iter().map(|one| {
        let name = one.to_string();
        names.get(&name).cloned().unwrap_or(name)
    });
    let is_same_order = renamed.eq(after.iter().map(ToString::to_string));
    if !is_same_order || !old.is_fresh(before) {
        return Ok(Some(stale));
    }
    let fingerprints: Vec<Option<String>> = before
        .iter()
        .map(|one| old.fingerprint(one).map(str::to_owned))
        .collect();
    let new = Snapshot::new(old.postgres, &after, &fingerprints, old.schema);
    snapshot::write(&output::path(context, path.as_ref())?, &new)?;
    Ok(Some(format!("`{path}` names the new versions")))
}

fn unchanged(context: &Context, own: &[FileName], since: &str) -> String {
    match (context.options.format, own.len()) {
        (Format::Json, _) => format!("{:#}\n", json!({ "since": since, "renamed": [] })),
        (Format::Human, 0) => {
            format!("this branch has no migrations that `{since}` does not have\n")
        }
        (Format::Human, _) => {
            format!("nothing to renumber: they are behind all migrations of `{since}`\n")
        }
    }
}

fn told(context: &Context, moves: &[Renumbered], since: &str, followed: &[String]) -> String {
    if context.options.format == Format::Json {
        let renamed: Vec<_> = moves
            .iter()
            .map(|moved| {
                json!({ "before": moved.before.to_string(), "after": moved.after.to_string() })
            })
            .collect();
        return format!("{:#}\n", json!({ "since": since, "renamed": renamed }));
    }
    let mut text = format!("behind the migrations of `{since}`:\n");
    for moved in moves {
        text.push_str(&format!("  {} is now {}\n", moved.before, moved.after));
    }
    for line in followed {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(
        "\na database that has one under its old version refuses to migrate: undo it there before, with the old files\n",
    );
    text
}
