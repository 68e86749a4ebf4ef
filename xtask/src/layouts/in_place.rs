//! The migrations of a monorepo as its own tool keeps them: read where they stand, with places in
//! its own files. Rules that only make sense for this tool's own files (a way back for each, names,
//! no `BEGIN`) do not apply. A replay says what PostgreSQL refuses.

use anyhow::{Context as _, Result, bail};

use super::part::blank;
use super::placeholders::Placeholders;
use super::source::title;
use super::{DirectionPart, Draft, ImportedMigrations, Note, code};
use crate::called_as;
use crate::config::{Layout, MigrationsConfig, SchemaSource};
use crate::migrations::preflight::{self, PreflightProblem, PreflightRefusal};
use crate::migrations::sql::{self, Statement};
use crate::migrations::{Down, ForeignName, Migration, files, foreign_checksum, is_no_transaction};
use crate::tree::{Subtree, Tree};

/// The migrations that the configuration names, oldest first. Problems of the files are all told at
/// once, as [`PreflightRefusal`].
///
/// # Errors
/// When files cannot be read, or have problems.
pub fn load(tree: &dyn Tree, config: &MigrationsConfig) -> Result<Vec<Migration>> {
    let (migrations, problems) = read(tree, config)?;
    if problems.is_empty() {
        Ok(migrations)
    } else {
        Err(PreflightRefusal(problems).into())
    }
}

/// Like [`load`], but returns the problems beside the migrations that have none.
///
/// # Errors
/// When files cannot be read.
pub fn read(
    tree: &dyn Tree,
    config: &MigrationsConfig,
) -> Result<(Vec<Migration>, Vec<PreflightProblem>)> {
    if let Some(layout) = config.layout {
        return read_layout(tree, layout, config);
    }
    if let Some(SchemaSource::Dump(dump)) = &config.schema_from {
        return Ok((vec![code::dump(tree, dump)?], Vec::new()));
    }
    if config.are_foreign() {
        return Ok((code::read(tree, &config.dir)?, Vec::new()));
    }
    read_own(tree, &config.dir)
}

/// The files that are called like migrations and undo others by their names, so that they do not run
/// forward.
#[must_use]
pub fn set_aside(tree: &dyn Tree, config: &MigrationsConfig) -> Vec<String> {
    let Some(layout) = config.layout else {
        return Vec::new();
    };
    let below = Subtree::new(tree, &config.dir);
    let found = super::read(&below, layout);
    let files = found.map(|found| found.set_aside).unwrap_or_default();
    files.iter().map(|file| below.inside(file)).collect()
}

fn read_own(tree: &dyn Tree, dir: &str) -> Result<(Vec<Migration>, Vec<PreflightProblem>)> {
    let found = files::read(tree, dir);
    let has_none = match &found {
        Ok((migrations, problems)) => migrations.is_empty() && !problems.is_empty(),
        Err(_no_folder) => true,
    };
    if let Some(hint) = super::hint(tree, dir).filter(|_| has_none) {
        bail!("cannot use `migrations`, which is `{dir}`: {hint}")
    }
    if has_none {
        let files = tree.files(dir).unwrap_or_default();
        let engines = super::detect::find(tree, &files).other_engines;
        if let Some((_, engine)) = engines.first() {
            bail!(
                "there are no migrations for PostgreSQL: those in the folder `{dir}`, which `migrations` names \
                 or leaves at its default, are for another kind of database ({engine}); write where those \
                 for PostgreSQL are under `[migrations]`, or judge a database as it is with `{} --database \
                 --database-url <url>`",
                called_as::command("verify")
            )
        }
    }
    if found.is_err() && tree.files(dir).is_err_and(|error| is_absent(&error)) {
        bail!(
            "there are no migrations: the folder `{dir}`, which `migrations` names or leaves at its \
             default, does not exist; write where they are under `[migrations]` (`layout` and `dir`, \
             or `replay` for code), or judge a database as it is with `{} --database --database-url \
             <url>`",
            called_as::command("verify")
        )
    }
    found
}

/// Whether a folder could not be listed because there is none.
fn is_absent(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<std::io::Error>();
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound)
}

fn read_layout(
    tree: &dyn Tree,
    layout: Layout,
    config: &MigrationsConfig,
) -> Result<(Vec<Migration>, Vec<PreflightProblem>)> {
    let dir = &config.dir;
    let below = Subtree::new(tree, dir);
    let found = super::read(&below, layout)
        .with_context(|| format!("cannot read the migrations in `{dir}`, which `dir` names"))?;
    let ImportedMigrations {
        drafts,
        repeatable,
        notes,
        set_aside: _,
    } = found;
    let mut problems: Vec<PreflightProblem> =
        notes.iter().filter_map(|note| lost(note, &below)).collect();
    let mut migrations = Vec::new();
    let placeholders =
        (layout == Layout::Flyway).then(|| Placeholders::read(tree, dir, &config.placeholders));
    for (version, draft) in (1..).zip(drafts.into_iter().chain(repeatable)) {
        let mut fill = |file: &str, text: String| match &placeholders {
            Some(placeholders) => {
                let (text, unknown) = placeholders.fill(file, text);
                problems.extend(unknown);
                text
            }
            None => text,
        };
        let migration = migration(version, draft, (layout, &below), &mut fill);
        problems.extend(preflight::problems_in_place(
            &migration.file,
            &migration.sql,
        ));
        migrations.push(migration);
    }
    Ok((migrations, problems))
}

/// The problem that a part of the migrations cannot be read.
fn lost(note: &Note, below: &Subtree<'_>) -> Option<PreflightProblem> {
    let help = note.lost?;
    let what = note.text.split(", and was not imported").next()?;
    let what = what.split(": it was not imported").next()?;
    Some(PreflightProblem::of_file(
        &below.inside(&note.file),
        format!("it {what}"),
        "the schema would lack what it makes",
        help,
    ))
}

/// Gives placeholders in the text of a file their values.
type Fill<'f> = &'f mut dyn FnMut(&str, String) -> String;

fn migration(
    version: i64,
    draft: Draft,
    (layout, below): (Layout, &Subtree<'_>),
    fill: Fill<'_>,
) -> Migration {
    let title = title(&draft.up.file).to_owned();
    let file = below.inside(&draft.up.file);
    let written = fill(&file, draft.up.in_place());
    let checksum = foreign_checksum(&title, written.trim());
    let (sql, no_transaction) = runnable(written, draft.up.no_transaction);
    let down = way_back(draft.down.as_ref(), &file, (layout, below), fill);
    Migration {
        version,
        name: draft.name,
        foreign: Some(ForeignName {
            title,
            version: draft.version,
            order: draft.order,
        }),
        file,
        sql,
        down,
        no_transaction,
        checksum,
    }
}

fn way_back(
    part: Option<&DirectionPart>,
    file: &str,
    (layout, below): (Layout, &Subtree<'_>),
    fill: Fill<'_>,
) -> Down {
    let written = part.map(|part| {
        let file = below.inside(&part.file);
        let text = fill(&file, part.in_place());
        (file, text, part.no_transaction)
    });
    let with_sql = written.filter(|(_, sql, _)| !sql::statements(sql).is_empty());
    let Some((file, sql, no_transaction)) = with_sql else {
        return Down::Irreversible {
            file: file.to_owned(),
            reason: format!("there is no way back in the files of {}", layout.name()),
        };
    };
    let (sql, no_transaction) = runnable(sql, no_transaction);
    Down::Sql {
        file,
        sql,
        no_transaction,
    }
}

/// The text as the one executor of scripts runs it, and whether that is without a transaction.
/// Statements that begin and end transactions become spaces: the executor makes them itself.
fn runnable(text: String, no_transaction: bool) -> (String, bool) {
    let statements = sql::statements(&text);
    let refuses = statements
        .iter()
        .any(|statement| sql::refuses_transaction(statement).is_some());
    let controls: Vec<(usize, String)> = statements
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some((at, preflight::controls_transaction(one)?)))
        .collect();
    let is_plain = controls.iter().all(|(_, control)| {
        matches!(
            control.as_str(),
            "BEGIN" | "START TRANSACTION" | "COMMIT" | "END"
        )
    });
    let outside = no_transaction || refuses || is_no_transaction(text.trim_start());
    // `ROLLBACK` stays where it is: PostgreSQL's own words about it are the clearest.
    if controls.is_empty() || !is_plain {
        return (text, outside);
    }
    let is_one = is_one_transaction(&controls);
    let spans: Vec<_> = controls
        .iter()
        .map(|(at, _)| with_semicolon(&text, &statements[*at]))
        .collect();
    let mut bytes = text.into_bytes();
    for span in spans {
        blank(&mut bytes[span]);
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    (text, outside || !is_one)
}

/// Whether `controls` are one `BEGIN` and the `COMMIT` after it. Statements before and behind it
/// are then part of the same transaction, for PostgreSQL runs a text that is sent whole in one.
fn is_one_transaction(controls: &[(usize, String)]) -> bool {
    let [(_, begins), (_, ends)] = controls else {
        return false;
    };
    matches!(begins.as_str(), "BEGIN" | "START TRANSACTION")
        && matches!(ends.as_str(), "COMMIT" | "END")
}

fn with_semicolon(text: &str, statement: &Statement<'_>) -> std::ops::Range<usize> {
    let range = statement.span.range();
    let after = &text[range.end..];
    let rest = after.trim_start();
    let end = match rest.strip_prefix(';') {
        Some(rest) => text.len() - rest.len(),
        None => range.end,
    };
    range.start..end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn of(layout: Layout, files: &[(&str, &str)]) -> Vec<Migration> {
        let tree = MemoryTree::new(files.iter().copied());
        let config = MigrationsConfig {
            layout: Some(layout),
            dir: "db".to_owned(),
            ..MigrationsConfig::default()
        };
        read_layout(&tree, layout, &config).expect("readable").0
    }

    fn modes(text: &str) -> (Vec<String>, bool) {
        let (text, outside) = runnable(text.to_owned(), false);
        let statements = sql::statements(&text);
        let texts = statements.iter().map(|one| one.text().to_owned());
        (texts.collect(), outside)
    }

    #[test]
    fn transactions_of_the_text_are_those_of_the_executor() {
        let one = (vec!["a".to_owned(), "b".to_owned()], false);
        assert_eq!(modes("a; b"), one);
        assert_eq!(modes("BEGIN; a; b; COMMIT;"), one);
        assert_eq!(modes("a; begin; b; end"), one);
        let each = (one.0, true);
        assert_eq!(modes("a; commit; b"), each);
        assert_eq!(modes("begin; a; commit; begin; b; commit;"), each);
        assert_eq!(modes("-- no-transaction\na; b"), each);
        let alone = "create index concurrently i on t (a)";
        assert_eq!(modes(alone), (vec![alone.to_owned()], true));
        assert_eq!(modes("begin; a; rollback").0.len(), 3);
    }

    #[test]
    fn names_versions_and_places_are_the_teams_own() {
        let migrations = of(
            Layout::Prisma,
            &[
                ("db/20250625_x/migration.sql", "select 2;"),
                ("db/20250101120000_init/migration.sql", "select 1;"),
                ("db/squashed/migration.sql", "select 3;"),
            ],
        );
        let shown = migrations
            .iter()
            .map(|one| format!("{} {one} {}", one.version, one.file));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                "1 20250101120000_init db/20250101120000_init/migration.sql",
                "2 20250625_x db/20250625_x/migration.sql",
                "3 squashed db/squashed/migration.sql",
            ]
        );
        for asked in ["20250625", "20250625_x", "db/20250625_x/migration.sql", "x"] {
            let found = crate::migrations::find(&migrations, asked).expect(asked);
            assert_eq!(found.version, 2, "{asked}");
        }
    }

    #[test]
    fn a_checksum_is_of_the_direction_and_not_of_line_ends() {
        let checksum = |text: &str| {
            let migrations = of(Layout::Dbmate, &[("db/1_a.sql", text)]);
            migrations[0].checksum
        };
        let first = checksum("-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n");
        assert_eq!(
            first,
            checksum("-- migrate:up\r\nselect 1;\r\n-- migrate:down\r\nselect 3;\r\n")
        );
        assert_ne!(first, checksum("-- migrate:up\nselect 4;\n"));
    }

    #[test]
    fn what_repeats_runs_last() {
        let migrations = of(
            Layout::Flyway,
            &[
                ("db/R__b.sql", "select 4;"),
                ("db/R__a.sql", "select 3;"),
                ("db/V1__x.sql", "select 1;"),
                ("db/V1.1__y.sql", "select 2;"),
            ],
        );
        let names: Vec<_> = migrations.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["V1__x", "V1.1__y", "R__a", "R__b"]);
    }
}
