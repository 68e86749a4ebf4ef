//! `db-import`: writes pairs of files from the migrations of another tool. It writes all of them or none, overwrites
//! nothing, and says what it could not carry over.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::{Context, Outcome};
use crate::cli::Format;
use crate::import::{self, Layout, Note, Pair};
use crate::migrations::files;
use crate::migrations::preflight::file_name;
use crate::tree::WorkingTree;

/// Options of `db-import`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The tool that the migrations were written for
    #[arg(long, value_enum)]
    pub from: Layout,

    /// Its folder with migrations
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,

    /// Where to write, below the root of the monorepo; without it the configured folder
    #[arg(long, value_name = "FOLDER")]
    pub to: Option<String>,

    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `db-import`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    let to = options.to.as_deref().unwrap_or(&context.config.migrations).trim_end_matches('/');
    let tool = options.from.name();
    // As `init` says it, relative to the monorepo; else as the shell completes it.
    let inside = context.root.join(&options.dir);
    let dir = if inside.is_dir() { &inside } else { &options.dir };
    let found = import::read(&WorkingTree::new(dir), options.from)
        .with_context(|| format!("cannot import from `{}`", dir.display()))?;
    let (pairs, notes) = import::pairs(&found, &tool);
    let files = new_files(&context.root, to, &pairs)?;
    if !options.dry_run {
        write(&files)?;
    }
    let imported = Imported { tool, to, pairs: &pairs, notes: &notes, dry_run: options.dry_run };
    context.print_result(&match context.options.format {
        Format::Human => imported.for_people(),
        Format::Json => format!("{:#}\n", imported.json()),
    })?;
    let refused = pairs.iter().any(|pair| !pair.problems.is_empty());
    Ok(if refused { Outcome::Errors } else { Outcome::Clean })
}

/// The files to write; those that are there already with the same text are left alone.
fn new_files<'a>(root: &Path, to: &str, pairs: &'a [Pair]) -> Result<Vec<(PathBuf, &'a str)>> {
    let folder = root.join(to);
    refuse_taken_versions(root, to, pairs)?;
    let mut files = Vec::new();
    for pair in pairs {
        for (name, text) in [(format!("{}.sql", pair.stem), &pair.up), (format!("{}.down.sql", pair.stem), &pair.down)]
        {
            let path = folder.join(name);
            match fs::read(&path) {
                Ok(bytes) if bytes == text.as_bytes() => {}
                Ok(_) => bail!(
                    "`{}` is there already with another text: import into an empty folder with `--to <folder>`",
                    path.display()
                ),
                Err(_) => files.push((path, text.as_str())),
            }
        }
    }
    Ok(files)
}

fn refuse_taken_versions(root: &Path, to: &str, pairs: &[Pair]) -> Result<()> {
    if !root.join(to).exists() {
        return Ok(());
    }
    let (present, _problems) = files::names(&WorkingTree::new(root), to)?;
    for pair in pairs {
        let Some(new) = file_name(&format!("{}.sql", pair.stem)) else { continue };
        let taken = present.iter().find(|(old, _)| old.version == new.version && old.name != new.name);
        if let Some((_, path)) = taken {
            bail!(
                "version {} of `{}` is taken by `{path}`: import into an empty folder with `--to <folder>`",
                new.version,
                pair.from
            )
        }
    }
    Ok(())
}

/// All files or none.
fn write(files: &[(PathBuf, &str)]) -> Result<()> {
    for (number, (path, text)) in files.iter().enumerate() {
        if let Err(error) = create(path, text) {
            files[..number].iter().for_each(|(path, _)| drop(fs::remove_file(path)));
            return Err(error).with_context(|| format!("cannot write `{}`, so nothing was imported", path.display()));
        }
    }
    Ok(())
}

/// Never overwrites.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::create_new(path)?.write_all(text.as_bytes())
}

/// What there is to tell.
struct Imported<'a> {
    tool: String,
    to: &'a str,
    pairs: &'a [Pair],
    notes: &'a [Note],
    dry_run: bool,
}

impl Imported<'_> {
    fn for_people(&self) -> String {
        let verb = if self.dry_run { "would import" } else { "imported" };
        let mut text =
            format!("{verb} {} from {} into {}/\n", count(self.pairs.len(), "migration"), self.tool, self.to);
        for pair in self.pairs {
            let back = if pair.reversible { "" } else { "  (no way back)" };
            text += &format!("  {}.sql  from {}{back}\n", pair.stem, pair.from);
        }
        text += &section("to know", self.notes.iter().map(|note| format!("{}: {}", note.file, note.text)));
        let problems = self.pairs.iter().flat_map(|pair| &pair.problems);
        text += &section("to be fixed before they run", problems.map(|problem| format!("{}/{problem}", self.to)));
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let without = self.pairs.iter().filter(|pair| !pair.reversible).count();
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
            text += "\nnext: cargo xtask db-verify; on a database that has them already, cargo xtask db-baseline\n";
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let place = |pair: &Pair, end: &str| format!("{}/{}{end}", self.to, pair.stem);
        json!({
            "from": self.tool,
            "written": !self.dry_run,
            "migrations": self.pairs.iter().map(|pair| json!({
                "name": pair.stem,
                "from": pair.from,
                "up": place(pair, ".sql"),
                "down": place(pair, ".down.sql"),
                "reversible": pair.reversible,
                "problems": pair.problems.iter().map(|problem| json!({
                    "file": format!("{}/{}", self.to, problem.location.file),
                    "line": problem.location.line,
                    "column": problem.location.column,
                    "message": problem.message,
                    "why": problem.why,
                    "help": problem.help,
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "notes": self.notes.iter().map(|note| json!({ "file": note.file, "text": note.text })).collect::<Vec<_>>(),
        })
    }
}

fn section(title: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("  {line}\n")).collect();
    if lines.is_empty() { lines } else { format!("\n{title}:\n{lines}") }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(stem: &str) -> Pair {
        let text = "select 1;\n".to_owned();
        Pair {
            stem: stem.into(),
            from: "1_a.sql".into(),
            up: text.clone(),
            down: text,
            reversible: true,
            problems: vec![],
        }
    }

    #[test]
    fn files_of_the_same_text_are_left_alone_and_others_never_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pairs = [pair("V1__a"), pair("V2__b")];
        let files = new_files(folder.path(), "migrations", &pairs).expect("an empty folder");
        write(&files).expect("written");
        assert_eq!(new_files(folder.path(), "migrations", &pairs).expect("the same again"), []);
        fs::write(folder.path().join("migrations/V2__b.sql"), "mine").expect("a file");
        let error = new_files(folder.path(), "migrations", &pairs).expect_err("another text").to_string();
        assert!(error.contains("V2__b.sql` is there already with another text"), "{error}");
        let error = new_files(folder.path(), "migrations", &[pair("V01__other")]).expect_err("taken").to_string();
        assert!(error.starts_with("version 1 of `1_a.sql` is taken by `migrations/V1__a"), "{error}");
    }
}
