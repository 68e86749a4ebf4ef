//! Reads the migrations of other tools, one source file per layout. A layout says which files
//! belong together, and in which order. Parts that the pairs of this tool cannot hold are reported,
//! never dropped silently.

mod code;
pub(crate) mod dbmate;
pub mod detect;
mod diesel;
mod drizzle;
pub mod dump;
mod engine;
pub(crate) mod flyway;
mod folders;
mod golang_migrate;
mod hasura;
pub mod in_place;
mod markers;
pub(crate) mod node_pg_migrate;
mod part;
mod placeholders;
mod postgrator;
mod prisma;
mod set_aside;
mod source;
mod sqlx;
mod supabase;
mod versions;

use anyhow::{Result, bail};
use clap::ValueEnum as _;

pub use part::DirectionPart;
use source::Source;
pub use versions::assign;

use crate::called_as;
use crate::migrations::OrderKey;

use crate::config::Layout;
use crate::tree::Tree;

/// The files that a layout consists of, for messages.
fn expected(layout: Layout) -> &'static str {
    match layout {
        Layout::Drizzle => "`meta/_journal.json` beside `<tag>.sql`",
        Layout::Prisma => "`<version>_<name>/migration.sql`",
        Layout::Sqlx => "`<version>_<name>.up.sql` or `<version>_<name>.sql`",
        Layout::Diesel | Layout::Hasura => "`<version>_<name>/up.sql`",
        Layout::GolangMigrate => "`<version>_<name>.up.sql`",
        Layout::Supabase => "`<version>_<name>.sql`",
        Layout::Dbmate => "`<version>_<name>.sql` with `-- migrate:up`",
        Layout::NodePgMigrate => "`<version>_<name>.sql` with `-- Up Migration`",
        Layout::Flyway => "`V<version>__<name>.sql`",
        Layout::Postgrator => "`<version>.do.<name>.sql`",
    }
}

/// One migration of the other tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its version as it is written there, digits and what stands between them: `0007`,
    /// `2024-01-15-103000`, `1.2`.
    pub version: String,
    /// Its name as it is written there.
    pub name: String,
    /// The SQL that applies it.
    pub up: DirectionPart,
    /// The SQL that undoes it, if there is any.
    pub down: Option<DirectionPart>,
    /// Its place among the others, which also tells it from them.
    pub order: OrderKey,
}

/// Something that a person should know about an import.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file that it is about.
    pub file: String,
    /// The text of the note.
    pub text: String,
    /// The help for a team whose schema would lack something without this file.
    pub lost: Option<&'static str>,
}

impl Note {
    /// A note about `file`.
    #[must_use]
    pub fn new(file: &str, text: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            text: text.into(),
            lost: None,
        }
    }
}

/// The migrations that were read, with notes on the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedMigrations {
    /// In the order in which the other tool runs them.
    pub drafts: Vec<Draft>,
    /// Migrations that run after all others whenever they change.
    pub repeatable: Vec<Draft>,
    /// Notes on parts that were not carried over.
    pub notes: Vec<Note>,
    /// The files that undo others by their names, and do not run forward.
    pub set_aside: Vec<String>,
}

impl ImportedMigrations {
    fn note(&mut self, file: &str, text: impl Into<String>) {
        self.notes.push(Note::new(file, text));
    }

    /// Notes a file that makes a part of the schema, and that cannot be read; `help` is for a team
    /// that keeps it.
    fn note_lost(&mut self, file: &str, text: impl Into<String>, help: &'static str) {
        let note = Note::new(file, text);
        self.notes.push(Note {
            lost: Some(help),
            ..note
        });
    }
}

/// Reads the migrations of `layout` in `tree`.
///
/// # Errors
/// When files cannot be read, there are none of that layout, or there are several folders of them.
pub fn read(tree: &dyn Tree, layout: Layout) -> Result<ImportedMigrations> {
    let source = Source::new(tree)?;
    let found = read_ordered(&source, layout)?;
    if found.drafts.is_empty() {
        let why = found.notes.first().map_or_else(String::new, |note| {
            format!("; `{}` {}", note.file, note.text)
        });
        bail!(
            "there are no migrations of {}: expected {}{why}{}",
            layout.name(),
            expected(layout),
            others(&fitting(&source))
        )
    }
    Ok(found)
}

fn read_ordered(source: &Source<'_>, layout: Layout) -> Result<ImportedMigrations> {
    let mut found = read_layout(source, layout)?;
    versions::sort(&mut found.drafts, layout);
    Ok(found)
}

fn read_layout(source: &Source<'_>, layout: Layout) -> Result<ImportedMigrations> {
    match layout {
        Layout::Drizzle => drizzle::read(source),
        Layout::Prisma => prisma::read(source),
        Layout::Sqlx => sqlx::read(source),
        Layout::Diesel => diesel::read(source),
        Layout::GolangMigrate => golang_migrate::read(source),
        Layout::Supabase => supabase::read(source),
        Layout::Dbmate => dbmate::read(source),
        Layout::NodePgMigrate => node_pg_migrate::read(source),
        Layout::Flyway => flyway::read(source),
        Layout::Hasura => hasura::read(source),
        Layout::Postgrator => postgrator::read(source),
    }
}

/// The layouts that fit the files, and the number of migrations that each finds.
fn fitting(source: &Source<'_>) -> Vec<(Layout, usize)> {
    let count = |layout: &Layout| {
        let found = read_ordered(source, *layout).ok()?;
        Some((*layout, found.drafts.len())).filter(|(_, count)| *count > 0)
    };
    let mut fitting: Vec<_> = Layout::value_variants().iter().filter_map(count).collect();
    // Files with both directions are plain SQL to layouts without markers, which would run both.
    let sql = source.files().filter(|file| file.ends_with(".sql"));
    let texts: Vec<String> = sql.filter_map(|file| source.text(file).ok()).collect();
    if texts.iter().any(|text| dbmate::has_markers(text)) {
        fitting.retain(|(layout, _)| *layout == Layout::Dbmate);
    } else if texts.iter().any(|text| node_pg_migrate::has_markers(text)) {
        fitting.retain(|(layout, _)| *layout == Layout::NodePgMigrate);
    }
    fitting
}

/// Says how the folder `dir`, which holds no migrations of this tool's own, is read in place; `None`
/// where no layout fits.
fn hint(tree: &dyn Tree, dir: &str) -> Option<String> {
    let files = tree.files(dir).unwrap_or_default();
    let found = detect::find(tree, &files).foreign;
    // Flyway's files may be this tool's own, whose ways back are to be written yet.
    let found = found
        .into_iter()
        .find(|(layout, _)| *layout != Layout::Flyway);
    let named = || {
        let layout = Layout::named(dir)?;
        Some((layout, "<its folder>".to_owned()))
    };
    let (layout, dir) = found.or_else(named)?;
    let name = layout.name();
    Some(format!(
        "it names the migrations of {name}; to read them where they stand, write \
         `migrations = {{ layout = \"{name}\", dir = \"{dir}\" }}`"
    ))
}

/// Lists the layouts that do fit the files, for an error about another layout.
fn others(fitting: &[(Layout, usize)]) -> String {
    let shown = |(layout, count): &(Layout, usize)| {
        let migrations = if *count == 1 {
            "migration"
        } else {
            "migrations"
        };
        format!(
            "`{} --from {} <folder>` ({count} {migrations})",
            called_as::command("import"),
            layout.name()
        )
    };
    match fitting {
        [] => String::new(),
        [(first, _), ..] => format!(
            "; what is there can be read in place with `layout = \"{first}\"`, or copied with {}",
            fitting.iter().map(shown).collect::<Vec<_>>().join(", "),
            first = first.name()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::WorkingTree;

    /// Reads a folder with these files. Returns a line `version name | up | down` for each
    /// migration, then a line `file: note` for each note.
    pub(super) fn read_files(layout: Layout, files: &[(&str, &str)]) -> Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("inside the folder"))?;
            std::fs::write(path, text)?;
        }
        let found = read(&WorkingTree::new(folder.path()), layout)?;
        let part = |part: &DirectionPart| {
            let mark = if part.no_transaction { "!" } else { "" };
            format!("{mark}{}", part.text().trim().replace('\n', " "))
        };
        let draft = |draft: &Draft| {
            let down = draft.down.as_ref().map_or_else(|| "-".into(), part);
            format!(
                "{} {} | {} | {down}",
                draft.version,
                draft.name,
                part(&draft.up)
            )
        };
        let notes = found
            .notes
            .iter()
            .map(|note| format!("{}: {}", note.file, note.text));
        Ok(found.drafts.iter().map(draft).chain(notes).collect())
    }

    #[test]
    fn a_folder_without_migrations_of_that_layout_is_an_error() {
        for layout in Layout::value_variants() {
            let error = read_files(*layout, &[("README.md", "x")]).expect_err("nothing there");
            assert!(error.to_string().contains("expected `"), "{error}");
        }
    }

    #[test]
    fn another_layout_is_answered_with_those_that_fit() {
        let error = |layout, files: &[(&str, &str)]| {
            read_files(layout, files).expect_err("another").to_string()
        };
        let plain = error(
            Layout::Drizzle,
            &[
                ("20240101000000_a.sql", "select 1;"),
                ("20240102000000_b.sql", "select 2;"),
            ],
        );
        for part in [
            "; what is there can be read in place with `layout = \"sqlx\"`, or copied with `",
            "--from sqlx <folder>` (2 migrations), `",
            "--from supabase <folder>` (2 migrations)",
        ] {
            assert!(plain.contains(part), "{plain}");
        }
        let marked = error(
            Layout::Prisma,
            &[("1_a.sql", "-- migrate:up\nselect 1;\n-- migrate:down\n")],
        );
        assert!(
            marked.ends_with("--from dbmate <folder>` (1 migration)"),
            "{marked}"
        );
        let dotted = error(Layout::Sqlx, &[("V1.2__a.sql", "select 1;")]);
        assert!(
            dotted.ends_with("--from flyway <folder>` (1 migration)"),
            "{dotted}"
        );
    }
}
