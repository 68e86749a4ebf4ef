//! `db-import`: writes pairs of files from the migrations of another tool. It writes all new pairs
//! or none, leaves present ones unchanged, and reports the parts that it could not carry over. For
//! a database without migrations it writes the first one.

mod database;
mod downs;
mod origin;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::ways_back::{self, Written};
use super::{Context, Outcome};
use crate::called_as;
use crate::cli::Format;
use crate::import::{self, EarlierImport, MigrationFiles, PresentMigration};
use crate::layouts::{self, Note};
use crate::migrations::files;
use crate::migrations::preflight::{FileDirection, file_name};
use crate::tree::{Tree as _, WorkingTree};
use origin::ImportOrigin;

/// Options of `db-import`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The tool that the migrations were written for; `database` writes the first migration of a
    /// database that has none
    #[arg(long, value_enum)]
    pub from: ImportOrigin,

    /// Its folder with migrations
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// Where to write, below the root of the monorepo; without it the configured folder
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<String>,

    /// Write the down files of migrations that came without one, from the schemas before and after
    /// each, and prove them on a scratch database
    #[arg(long, conflicts_with = "dry_run")]
    pub downs: bool,

    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `db-import`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    if options.to.is_none() {
        context
            .refuse_in_place("to leave it, say with `--to <folder>` where the copies are to be")?;
    }
    let to = options
        .to
        .as_deref()
        .unwrap_or(&context.config.migrations.dir)
        .trim_end_matches('/');
    let (layout, dir) = match (options.from, &options.dir) {
        (ImportOrigin::Tool(layout), Some(dir)) => (layout, dir),
        (ImportOrigin::Database, None) => return database::run(context, options, to),
        (ImportOrigin::Tool(layout), None) => {
            bail!(
                "name the folder with the migrations: `{} --from {} <folder>`",
                called_as::command("import"),
                layout.name()
            )
        }
        (ImportOrigin::Database, Some(dir)) => bail!(
            "`--from database` reads the database of `--database-url` or `DATABASE_URL`, and no folder: leave out `{}`, or \
             say where to write with `--to`",
            dir.display()
        ),
    };
    let tool = layout.name();
    // `init` proposes folders relative to the monorepo; a shell completes them relative to the
    // current folder.
    let inside = context.root.join(dir);
    let dir = if inside.is_dir() { &inside } else { dir };
    let found = layouts::read(&WorkingTree::new(dir), layout)
        .with_context(|| format!("cannot import from `{}`", dir.display()))?;
    let (mut pairs, mut notes) = import::pairs(&found, &tool);
    let tree = WorkingTree::new(&context.root);
    let standings = import::reconcile(&mut pairs, &present(&tree, to)?, &mut notes)?;
    note_others(to, &pairs, &standings, &mut notes);
    let files = new_files(&tree, &context.root, to, &pairs, &standings)?;
    if !options.dry_run {
        write(&files)?;
    }
    let (new, there): (Vec<_>, Vec<_>) = pairs
        .iter()
        .zip(standings)
        .partition(|(_, one)| *one == EarlierImport::New);
    let new: Vec<&MigrationFiles> = new.into_iter().map(|(pair, _)| pair).collect();
    let refused = new.iter().any(|pair| !pair.problems.is_empty());
    let ways_back = match options.downs && !refused {
        true => downs::write(context, to)?,
        false => Vec::new(),
    };
    let imported = ImportSummary {
        tool,
        to,
        pairs: &new,
        there: there.len(),
        notes: &notes,
        dry_run: options.dry_run,
        ways_back: &ways_back,
    };
    imported.print(context)?;
    Ok(if refused {
        Outcome::Errors
    } else {
        Outcome::Clean
    })
}

/// The migrations that are in the folder already.
fn present(tree: &WorkingTree, to: &str) -> Result<Vec<PresentMigration>> {
    if tree.files(to).is_err() {
        return Ok(Vec::new());
    }
    let (names, _problems) = files::names(tree, to)?;
    let ups = names
        .into_iter()
        .filter(|(name, _)| name.direction == FileDirection::Up);
    let read = |(name, path): (_, String)| {
        let bytes = tree
            .read(&path)
            .with_context(|| format!("cannot read `{path}`"))?;
        Ok(PresentMigration {
            name,
            up: String::from_utf8_lossy(&bytes).into_owned(),
        })
    };
    ups.map(read).collect()
}

/// Notes the migrations whose files an import would write differently now.
fn note_others(
    to: &str,
    pairs: &[MigrationFiles],
    standings: &[EarlierImport],
    notes: &mut Vec<Note>,
) {
    for (pair, _) in pairs
        .iter()
        .zip(standings)
        .filter(|(_, one)| **one == EarlierImport::PresentOtherwise)
    {
        let text = format!(
            "differs from `{to}/{}.sql`, which was left as it is",
            pair.stem
        );
        notes.push(Note::new(&pair.from, text));
    }
}

/// The files to write. For a migration that is there already, only a missing file is written.
fn new_files<'a>(
    tree: &WorkingTree,
    root: &Path,
    to: &str,
    pairs: &'a [MigrationFiles],
    standings: &[EarlierImport],
) -> Result<Vec<(PathBuf, &'a str)>> {
    let folder = root.join(to);
    let mut files = Vec::new();
    for (pair, standing) in pairs.iter().zip(standings) {
        if *standing == EarlierImport::New {
            refuse_taken_version(tree, to, pair)?;
        }
        for (name, text) in [
            (format!("{}.sql", pair.stem), &pair.up),
            (format!("{}.down.sql", pair.stem), &pair.down),
        ] {
            let path = folder.join(name);
            if !path.exists() {
                files.push((path, text.as_str()));
            }
        }
    }
    Ok(files)
}

fn refuse_taken_version(tree: &WorkingTree, to: &str, pair: &MigrationFiles) -> Result<()> {
    let Ok((present, _problems)) = files::names(tree, to) else {
        return Ok(());
    };
    let Some(new) = file_name(&format!("{}.sql", pair.stem)) else {
        return Ok(());
    };
    let taken = present.iter().find(|(old, _)| old.version == new.version);
    if let Some((_, path)) = taken {
        bail!(
            "version {} of `{}` is taken by `{path}`: import into an empty folder with `--to <folder>`",
            new.version,
            pair.from
        )
    }
    Ok(())
}

/// Writes all files or none.
fn write(files: &[(PathBuf, &str)]) -> Result<()> {
    for (number, (path, text)) in files.iter().enumerate() {
        if let Err(error) = create(path, text) {
            // Only files of this import: `create` never opens an existing one.
            files[..number]
                .iter()
                .for_each(|(path, _)| drop(fs::remove_file(path)));
            return Err(error).with_context(|| {
                format!("cannot write `{}`, so nothing was imported", path.display())
            });
        }
    }
    Ok(())
}

/// Creates a file, and never overwrites one.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::create_new(path)?.write_all(text.as_bytes())
}

/// The result of an import, ready to print.
struct ImportSummary<'a> {
    tool: String,
    to: &'a str,
    /// The pairs that are new.
    pairs: &'a [&'a MigrationFiles],
    /// The number of migrations that are there already.
    there: usize,
    notes: &'a [Note],
    dry_run: bool,
    /// The down files that were written for migrations without one.
    ways_back: &'a [Written],
}

impl ImportSummary<'_> {
    fn print(&self, context: &Context) -> Result<()> {
        context.print_result(&match context.options.format {
            Format::Human => self.for_people(),
            Format::Json => format!("{:#}\n", self.json()),
        })
    }

    fn for_people(&self) -> String {
        let verb = if self.dry_run {
            "would import"
        } else {
            "imported"
        };
        let there = match self.there {
            0 => String::new(),
            there => format!(" ({} new, {there} there already)", self.pairs.len()),
        };
        let mut text = format!(
            "{verb} {} from {} into {}/{there}\n",
            count(self.pairs.len(), "migration"),
            self.tool,
            self.to
        );
        for pair in self.pairs {
            let back = if pair.reversible || self.way_back_of(pair).is_some() {
                ""
            } else {
                "  (no way back)"
            };
            text += &format!("  {}.sql  from {}{back}\n", pair.stem, pair.from);
        }
        text += &section(
            "to know",
            self.notes
                .iter()
                .map(|note| format!("{}: {}", note.file, note.text)),
        );
        let problems = self.pairs.iter().flat_map(|pair| &pair.problems);
        text += &section(
            "to be fixed before they run",
            problems.map(|problem| format!("{}/{problem}", self.to)),
        );
        if !self.ways_back.is_empty() {
            text += "\nwritten from the schemas before and after each:\n";
            text.extend(self.ways_back.iter().map(Written::for_people));
            text += &format!("  {}", ways_back::summary(self.ways_back));
        }
        text + &self.summary()
    }

    /// The down file that was written for a migration without one.
    fn way_back_of(&self, pair: &MigrationFiles) -> Option<&Written> {
        let file = format!("{}/{}.down.sql", self.to, pair.stem);
        let mut all = self.ways_back.iter();
        all.find(|written| written.file == file && written.is_way_back())
    }

    fn summary(&self) -> String {
        let is_without =
            |pair: &&&MigrationFiles| !pair.reversible && self.way_back_of(pair).is_none();
        let without = self.pairs.iter().filter(is_without).count();
        let problems: usize = self.pairs.iter().map(|pair| pair.problems.len()).sum();
        let mut text = format!(
            "\n{}, {without} without a way back, {} to know, {} to be fixed\n",
            count(self.pairs.len(), "migration"),
            count(self.notes.len(), "thing"),
            count(problems, "problem")
        );
        if without > 0 {
            text += "write a down file for each that may have to be undone; the others stay `-- irreversible`\n";
        }
        if !self.dry_run {
            let last = self
                .pairs
                .last()
                .map(|pair| format!(" {}", pair.stem))
                .unwrap_or_default();
            text += &format!(
                "\nnext: {}; on a database that has them already, {}{last}\n",
                called_as::command("verify"),
                called_as::command("baseline")
            );
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let place = |pair: &MigrationFiles, end: &str| format!("{}/{}{end}", self.to, pair.stem);
        json!({
            "from": self.tool,
            "written": !self.dry_run,
            "thereAlready": self.there,
            "migrations": self.pairs.iter().map(|pair| json!({
                "name": pair.stem,
                "from": pair.from,
                "up": place(pair, ".sql"),
                "down": place(pair, ".down.sql"),
                "reversible": pair.reversible || self.way_back_of(pair).is_some(),
                "problems": pair.problems.iter().map(|problem| json!({
                    "file": format!("{}/{}", self.to, problem.location.file),
                    "line": problem.location.line,
                    "column": problem.location.column,
                    "message": problem.message,
                    "why": problem.why,
                    "help": problem.help,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "waysBack": self.ways_back.iter().map(Written::json).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(|note| json!({ "file": note.file, "text": note.text })).collect::<Vec<_>>(),
        })
    }
}

fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("  {line}\n")).collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n{title}:\n{lines}")
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(stem: &str) -> MigrationFiles {
        let text = "select 1;\n".to_owned();
        MigrationFiles {
            stem: stem.into(),
            from: "1_a.sql".into(),
            up: text.clone(),
            down: text,
            reversible: true,
            problems: vec![],
        }
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = WorkingTree::new(folder.path());
        let files = |pairs: &mut [MigrationFiles]| -> Result<Vec<PathBuf>> {
            let present = present(&tree, "migrations")?;
            let standings = import::reconcile(pairs, &present, &mut Vec::new())?;
            let files = new_files(&tree, folder.path(), "migrations", pairs, &standings)?;
            write(&files)?;
            Ok(files.into_iter().map(|(path, _)| path).collect())
        };
        let mut pairs = [pair("V1__a"), pair("V2__b")];
        assert_eq!(files(&mut pairs).expect("an empty folder").len(), 4);
        assert_eq!(
            files(&mut pairs).expect("the same again"),
            [""; 0].map(PathBuf::from)
        );
        for name in ["V2__b.sql", "V1__a.down.sql"] {
            fs::write(folder.path().join("migrations").join(name), "mine").expect("a file");
        }
        fs::remove_file(folder.path().join("migrations/V2__b.down.sql")).expect("a file");
        let mut more = [pair("V1__a"), pair("V2__b"), pair("V3__c")];
        let written = files(&mut more).expect("more").into_iter();
        let names: Vec<_> = written
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect();
        assert_eq!(names, ["V2__b.down.sql", "V3__c.sql", "V3__c.down.sql"]);
        assert_eq!(
            fs::read_to_string(folder.path().join("migrations/V2__b.sql")).expect("a file"),
            "mine"
        );
        let error = files(&mut [pair("V01__other")])
            .expect_err("taken")
            .to_string();
        assert!(
            error.starts_with("version 1 of `1_a.sql` is taken by `migrations/V1__a"),
            "{error}"
        );
    }
}
