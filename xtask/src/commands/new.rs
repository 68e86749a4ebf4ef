//! `db-new`: writes the pair of files of a new migration. It says what belongs in each. The down
//! file has no statement, so that the migration does not run before its author has thought about
//! the way back. With `--down` it writes the way back itself.

mod down;

mod renumber;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{Context, Outcome};
use crate::called_as;
use crate::cli::Format;
use crate::migrations::preflight::FileName;
use crate::migrations::{files, next};

/// Options of `db-new`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Describe the migration in a few words: `add_user_bio`. With `--down`, name one that is there
    #[arg(required_unless_present_any = ["down", "renumber"])]
    pub name: Vec<String>,

    /// Write the down file of a migration that has none (without a name: the newest such), from the
    /// schemas before and after it, and prove it on a scratch database. It says which data does not
    /// come back; where no exact way back is known, it says that and holds no statement
    #[arg(long, conflicts_with = "timestamp")]
    pub down: bool,

    /// Make the version of the date and time, whatever is in use
    #[arg(long)]
    pub timestamp: bool,

    /// Write nothing new: move this branch's migrations, or only this one, behind those of the
    /// branch that it is to be merged into
    #[arg(long, value_name = "MIGRATION", num_args = 0..=1, conflicts_with_all = ["name", "timestamp", "down"])]
    pub renumber: Option<Option<String>>,

    /// The branch that this one is to be merged into; without it the one that `origin` checks out,
    /// or `main`
    #[arg(long, value_name = "REF", requires = "renumber")]
    pub since: Option<String>,
}

/// Runs `db-new`.
pub fn run(context: &Context, options: &Options) -> Result<Outcome> {
    if options.down {
        let asked = options.name.join(" ");
        return down::run(
            context,
            Some(asked.as_str()).filter(|asked| !asked.is_empty()),
        );
    }
    if let Some(only) = &options.renumber {
        return renumber::run(context, only.as_deref(), options.since.as_deref());
    }
    context.refuse_in_place("make the next one with its own command")?;
    let name = next::name(&options.name.join(" "))?;
    let existing = existing(context)?;
    let version = next::version(&existing, options.timestamp, jiff::Timestamp::now())?;
    let stem = format!("V{version}__{name}");
    let folder = &context.config.migrations.dir;
    let (up, down) = (
        format!("{folder}/{stem}.sql"),
        format!("{folder}/{stem}.down.sql"),
    );
    write_pair(
        &context.root,
        &[(&up, up_text(&stem)), (&down, down_text(&stem))],
    )?;
    let text = match context.options.format {
        Format::Human => for_people(
            &up,
            &down,
            &stem,
            existing.iter().find(|file| file.name == name),
        ),
        Format::Json => format!(
            "{:#}\n",
            json!({ "version": version, "name": name, "up": up, "down": down })
        ),
    };
    context.print_result(&text)?;
    Ok(Outcome::Clean)
}

/// Lists the migration files that are there, also in a folder with other problems.
fn existing(context: &Context) -> Result<Vec<FileName>> {
    let folder = &context.config.migrations.dir;
    if !context.root.join(folder).exists() {
        return Ok(Vec::new());
    }
    let (files, _problems) = files::names(&context.tree(), folder)?;
    Ok(files.into_iter().map(|(name, _path)| name).collect())
}

/// Writes both files or none.
fn write_pair(root: &Path, files: &[(&String, String); 2]) -> Result<()> {
    let mut written = Vec::new();
    for (path, text) in files {
        let path = root.join(path);
        if let Err(error) = create(&path, text) {
            written.iter().for_each(|path| drop(fs::remove_file(path)));
            return Err(error)
                .with_context(|| format!("cannot write the migration `{}`", path.display()));
        }
        written.push(path);
    }
    Ok(())
}

/// Creates a file, and never overwrites one.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::create_new(path)?.write_all(text.as_bytes())
}

fn up_text(stem: &str) -> String {
    format!(
        "-- {stem}\n\
         --\n\
         -- Runs in one transaction with its row in the history table: write no BEGIN or COMMIT.\n\
         -- A statement that refuses transactions (CREATE INDEX CONCURRENTLY, VACUUM) needs a migration of its own\n\
         -- whose first line is exactly `-- no-transaction`.\n\n"
    )
}

fn down_text(stem: &str) -> String {
    format!(
        "-- Undoes {stem}: afterwards the schema is what it was before.\n\
         -- `{} --test` proves it on a scratch database.\n\
         --\n\
         -- If there is no way back, write one line instead: `-- irreversible: <why>`\n\n",
        called_as::command("rollback")
    )
}

fn for_people(up: &str, down: &str, stem: &str, namesake: Option<&FileName>) -> String {
    let note = namesake.map_or(String::new(), |file| {
        format!(
            "note: version {} has the same name; name this one by its version\n\n",
            file.version
        )
    });
    format!(
        "created {up}\n\
         created {down}\n\n\
         {note}\
         next: write both, update the TypeScript types, then\n  \
         {}\n  \
         {} {stem}\n",
        called_as::command("verify"),
        called_as::command("migrate")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::WorkingTree;

    #[test]
    fn a_fresh_pair_lacks_only_its_way_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (up, down) = (
            "migrations/V1__x.sql".to_owned(),
            "migrations/V1__x.down.sql".to_owned(),
        );
        write_pair(
            folder.path(),
            &[(&up, up_text("V1__x")), (&down, down_text("V1__x"))],
        )
        .expect("written");
        let (_, problems) =
            files::read(&WorkingTree::new(folder.path()), "migrations").expect("readable");
        let messages: Vec<_> = problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(messages, ["the down file holds no statement"]);
    }

    #[test]
    fn nothing_is_overwritten_and_no_half_pair_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (up, down) = ("m/V1__x.sql".to_owned(), "m/V1__x.down.sql".to_owned());
        fs::create_dir(folder.path().join("m")).expect("a folder");
        fs::write(folder.path().join(&down), "mine").expect("a file");
        let error = write_pair(folder.path(), &[(&up, "a".into()), (&down, "b".into())])
            .expect_err("exists");
        assert!(format!("{error:#}").contains("V1__x.down.sql"), "{error:#}");
        assert_eq!(
            fs::read_to_string(folder.path().join(&down)).expect("readable"),
            "mine"
        );
        assert!(!folder.path().join(&up).exists());
    }
}
