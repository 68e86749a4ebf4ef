//! Recognises the tools whose migrations a monorepo has, by the names of its files.

use std::collections::{BTreeMap, BTreeSet};

use super::{ImportedMigrations, dbmate, drizzle, engine, flyway, node_pg_migrate, postgrator};
use crate::config::Layout;
use crate::migrations::preflight::file_name;
use crate::tree::{Subtree, Tree};

/// Folders with migrations.
#[derive(Debug, Default)]
pub struct Layouts {
    /// The one with most migrations of this tool's own.
    pub own: Option<String>,
    /// The folders of other tools' migrations that can be imported, the one with most migrations
    /// first.
    pub foreign: Vec<(Layout, String)>,
    /// The folders that cannot be imported, each with the reason.
    pub unreadable: Vec<(String, String)>,
    /// The folders with migrations of another kind of database than PostgreSQL, each with that
    /// database and how it is known.
    pub other_engines: Vec<(String, String)>,
}

/// Looks at the names; at the text only where two tools use the same names.
pub fn find(tree: &dyn Tree, files: &[String]) -> Layouts {
    let mut own: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut foreign: BTreeMap<(String, &'static str), Layout> = BTreeMap::new();
    let present: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let journals = journal_folders(files);
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        if let Some(parsed) = file_name(name) {
            let counts = own.entry(folder).or_default();
            let back = parsed.direction == crate::migrations::preflight::FileDirection::Down;
            if back { counts.1 += 1 } else { counts.0 += 1 }
        } else if let Some((layout, base)) = foreign_file(tree, &present, file, folder, name) {
            // The journal says what runs, whatever else lies beside it.
            if layout == Layout::Drizzle || !journals.contains(base) {
                foreign.insert((base.to_owned(), tag(layout)), layout);
            }
        }
    }
    tell_drizzle_from_prisma(&present, &mut foreign);
    leave_to_the_specific(&mut foreign);
    // Flyway names its files like this tool, but only this tool has `.down.sql` files.
    let best = own
        .iter()
        .filter(|(_, (_, downs))| *downs > 0)
        .max_by_key(|(_, (ups, _))| *ups);
    let flyway = own
        .iter()
        .filter(|(_, (ups, downs))| *downs == 0 && *ups > 0);
    let flyway = flyway.map(|(folder, _)| (Layout::Flyway, (*folder).to_owned()));
    // A folder that also has versions with dots was found as Flyway's already.
    let flyway =
        flyway.filter(|(_, folder)| !foreign.contains_key(&(folder.clone(), tag(Layout::Flyway))));
    let flyway: Vec<_> = flyway.collect();
    let others = foreign
        .into_iter()
        .map(|((folder, _), layout)| (layout, folder));
    let found = Layouts {
        own: best.map(|(folder, _)| (*folder).to_owned()),
        ..Layouts::default()
    };
    found.with_foreign(tree, others.chain(flyway))
}

/// Takes folders that seem to hold Prisma's migrations for Drizzle's, whose newer versions name theirs
/// alike: where one of the migrations tells so, or the configuration does. Some keep the
/// `snapshot.json` that Drizzle writes beside each migration out of git.
fn tell_drizzle_from_prisma(
    present: &BTreeSet<&str>,
    foreign: &mut BTreeMap<(String, &'static str), Layout>,
) {
    let of_prisma: Vec<String> = foreign
        .iter()
        .filter(|(_, layout)| **layout == Layout::Prisma)
        .map(|((base, _), _)| base.clone())
        .collect();
    for base in of_prisma {
        let lock = format!("{base}/migration_lock.toml");
        if present.contains(lock.trim_start_matches('/')) {
            continue;
        }
        let key = (base.clone(), tag(Layout::Drizzle));
        if foreign.contains_key(&key) || is_configured_for_drizzle(present, &base) {
            foreign.remove(&(base, tag(Layout::Prisma)));
            foreign.insert(key, Layout::Drizzle);
        }
    }
}

/// Takes a folder from a layout whose names or texts say little, where a file in it tells another
/// tool: some of Diesel's versions look like Hasura's, and one file without dbmate's markers does
/// not make a folder plain SQL.
fn leave_to_the_specific(foreign: &mut BTreeMap<(String, &'static str), Layout>) {
    const PLAIN: &[(Layout, &[Layout])] = &[
        (Layout::Hasura, &[Layout::Diesel]),
        (Layout::Sqlx, &[Layout::Dbmate, Layout::NodePgMigrate]),
    ];
    let is_told: BTreeSet<(String, &'static str)> = foreign.keys().cloned().collect();
    foreign.retain(|(folder, _), layout| {
        let mut others = PLAIN
            .iter()
            .filter(|(plain, _)| plain == layout)
            .flat_map(|(_, specific)| specific.iter());
        !others.any(|specific| is_told.contains(&(folder.clone(), tag(*specific))))
    });
}

/// The folders whose migrations a journal of Drizzle lists.
fn journal_folders(files: &[String]) -> BTreeSet<&str> {
    let folder = |file: &'_ String| -> Option<usize> {
        let folder = file.strip_suffix("meta/_journal.json")?;
        Some(folder.trim_end_matches('/').len())
    };
    files
        .iter()
        .filter_map(|file| Some(&file[..folder(file)?]))
        .collect()
}

impl Layouts {
    /// Adds the folders that can be imported, and the others with the reason: an import that fails
    /// is no proposal.
    fn with_foreign(
        mut self,
        tree: &dyn Tree,
        found: impl Iterator<Item = (Layout, String)>,
    ) -> Self {
        let mut counted = Vec::new();
        for (layout, folder) in found {
            match super::read(&Subtree::new(tree, &folder), layout) {
                Ok(read) => match other_engine(&read) {
                    Some(engine) => {
                        let found = (folder, format!("{engine}, as its SQL tells"));
                        if !self.other_engines.contains(&found) {
                            self.other_engines.push(found);
                        }
                    }
                    None => counted.push((read.drafts.len(), layout, folder)),
                },
                Err(why) => self.unreadable.push((folder, format!("{why:#}"))),
            }
        }
        counted.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
        // A folder is one tool's, the one that reads most of it.
        let mut taken = BTreeSet::new();
        self.foreign = counted
            .into_iter()
            .filter(|(_, _, folder)| taken.insert(folder.clone()))
            .map(|(_, layout, folder)| (layout, folder))
            .collect();
        self
    }
}

/// The database that migrations are written for, where that is not PostgreSQL.
fn other_engine(found: &ImportedMigrations) -> Option<&'static str> {
    let mut drafts = found.drafts.iter();
    drafts.find_map(|draft| engine::other(&draft.up.text()))
}

fn tag(layout: Layout) -> &'static str {
    match layout {
        Layout::Drizzle => "drizzle",
        Layout::Prisma => "prisma",
        Layout::Sqlx => "sqlx",
        Layout::Diesel => "diesel",
        Layout::GolangMigrate => "golang-migrate",
        Layout::Supabase => "supabase",
        Layout::Dbmate => "dbmate",
        Layout::NodePgMigrate => "node-pg-migrate",
        Layout::Flyway => "flyway",
        Layout::Hasura => "hasura",
        Layout::Postgrator => "postgrator",
    }
}

/// The layout that a file belongs to, and the folder to import.
fn foreign_file<'f>(
    tree: &dyn Tree,
    present: &BTreeSet<&str>,
    file: &'f str,
    folder: &'f str,
    name: &str,
) -> Option<(Layout, &'f str)> {
    let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
    let own_folder = folder.rsplit('/').next().unwrap_or(folder);
    let numbered = |text: &str| {
        text.starts_with(|character: char| character.is_ascii_digit()) && text.contains('_')
    };
    // The most specific names first: several tools share the others.
    match name {
        "_journal.json" if own_folder == "meta" => Some((Layout::Drizzle, above)),
        // Newer versions of Drizzle write the schema beside each migration.
        "migration.sql"
            if numbered(own_folder)
                && (present.contains(format!("{folder}/snapshot.json").as_str())
                    || drizzle::has_breakpoints(&text_of(tree, file))) =>
        {
            Some((Layout::Drizzle, above))
        }
        "migration.sql" if numbered(own_folder) => Some((Layout::Prisma, above)),
        "up.sql"
            if numbered(own_folder) && own_folder.contains('-') && own_folder.starts_with("20") =>
        {
            Some((Layout::Diesel, above))
        }
        "up.sql" if numbered(own_folder) => Some((Layout::Hasura, above)),
        _ if folder.ends_with("supabase/migrations") && name.ends_with(".sql") => {
            Some((Layout::Supabase, folder))
        }
        _ if numbered(name) && name.ends_with(".up.sql") => Some((Layout::GolangMigrate, folder)),
        _ if flyway::versioned(name, 'V').is_some() => Some((Layout::Flyway, folder)),
        _ if postgrator::is_named_so(name) => Some((Layout::Postgrator, folder)),
        _ if numbered(name) && name.ends_with(".sql") => {
            let plain = || is_plain(own_folder, name).then_some(Layout::Sqlx);
            by_marker(tree, file)
                .or_else(plain)
                .map(|layout| (layout, folder))
        }
        _ => None,
    }
}

/// Whether the nearest folder around `base` that has a schema of Prisma or the configuration of
/// drizzle-kit has the latter alone.
fn is_configured_for_drizzle(present: &BTreeSet<&str>, base: &str) -> bool {
    let parents = std::iter::successors(Some(base), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
    });
    for folder in parents {
        let inside = format!("{folder}/");
        let inside = inside.trim_start_matches('/');
        let below = present.range(inside..);
        let below = below.take_while(|path| path.starts_with(inside));
        let mut drizzle = false;
        for path in below {
            if path.ends_with(".prisma") {
                return false;
            }
            drizzle |= path[inside.len()..].starts_with("drizzle.config.");
        }
        if drizzle {
            return true;
        }
    }
    false
}

/// Whether a file of plain SQL is a migration. Numbers alone also order fixtures and the scripts
/// that Docker runs first; a date, or the name of the folder, says more.
fn is_plain(folder: &str, name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let is_dated = digits >= 8 && !name.starts_with('0');
    (is_dated || folder.to_ascii_lowercase().contains("migration")) && !name.ends_with(".down.sql")
}

fn by_marker(tree: &dyn Tree, file: &str) -> Option<Layout> {
    let text = &text_of(tree, file);
    if dbmate::has_markers(text) {
        return Some(Layout::Dbmate);
    }
    node_pg_migrate::has_markers(text).then_some(Layout::NodePgMigrate)
}

/// The text of `file`; none where it cannot be read, which the import says.
fn text_of(tree: &dyn Tree, file: &str) -> String {
    let bytes = tree.read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(files: &[(&str, &str)]) -> Layouts {
        let tree = MemoryTree::new(files.iter().copied());
        find(&tree, &tree.files("").expect("in memory"))
    }

    #[test]
    fn each_layout_is_known_by_its_names() {
        let journal = r#"{"entries":[{"idx":0,"tag":"0000_a"}]}"#;
        let cases = [
            (
                "drizzle/0000_a.sql",
                "drizzle/meta/_journal.json",
                journal,
                Layout::Drizzle,
                "drizzle",
            ),
            (
                "a/drizzle/20240101000000_a/migration.sql",
                "a/drizzle/20240101000000_a/snapshot.json",
                "{}",
                Layout::Drizzle,
                "a/drizzle",
            ),
            (
                "prisma/migrations/20240101000000_a/migration.sql",
                "x",
                "",
                Layout::Prisma,
                "prisma/migrations",
            ),
            (
                "migrations/2024-01-15-103000_a/up.sql",
                "x",
                "",
                Layout::Diesel,
                "migrations",
            ),
            (
                "hasura/migrations/default/1599065830454_a/up.sql",
                "x",
                "",
                Layout::Hasura,
                "hasura/migrations/default",
            ),
            ("db/000001_a.up.sql", "x", "", Layout::GolangMigrate, "db"),
            (
                "supabase/migrations/20240101000000_a.sql",
                "x",
                "",
                Layout::Supabase,
                "supabase/migrations",
            ),
            (
                "db/migrations/1_a.sql",
                "x",
                "",
                Layout::Dbmate,
                "db/migrations",
            ),
            (
                "migrations/1_a.sql",
                "x",
                "",
                Layout::NodePgMigrate,
                "migrations",
            ),
            (
                "db/001.do.create_a.sql",
                "db/001.undo.create_a.sql",
                "drop table a;",
                Layout::Postgrator,
                "db",
            ),
            ("sql/V1__a.sql", "x", "", Layout::Flyway, "sql"),
            (
                "sql/V1.0.0__a.sql",
                "sql/V1.1.0__b.sql",
                "select 2;",
                Layout::Flyway,
                "sql",
            ),
            (
                "sql/V1__a.sql",
                "sql/V1.1__b.sql",
                "select 2;",
                Layout::Flyway,
                "sql",
            ),
            (
                "plain/20200101000000_init.sql",
                "plain/20200103000000_fill.ts",
                "",
                Layout::Sqlx,
                "plain",
            ),
            (
                "db/migrations/001_init.sql",
                "x",
                "",
                Layout::Sqlx,
                "db/migrations",
            ),
        ];
        for (file, other, text, layout, folder) in cases {
            let mark = match layout {
                Layout::Dbmate => "-- migrate:up\nselect 1;",
                Layout::NodePgMigrate => "-- Up Migration\nselect 1;",
                _plain => "select 1;",
            };
            assert_eq!(
                found(&[(file, mark), (other, text)]).foreign,
                [(layout, folder.to_owned())],
                "{file}"
            );
        }
        let none = found(&[
            ("docker/01_init.sql", "select 1;"),
            ("seeds/1_users.sql", "select 1;"),
        ]);
        assert_eq!(none.foreign, []);
        let stray = found(&[
            ("db/drizzle/meta/_journal.json", journal),
            ("db/drizzle/0000_a.sql", "select 1;"),
            ("db/drizzle/20240101000000_backup.sql", "select 2;"),
        ]);
        assert_eq!(stray.foreign, [(Layout::Drizzle, "db/drizzle".to_owned())]);
        // What one folder does not tell, another one does, or a breakpoint, or a configuration.
        let first = "db/20240101000000_a/migration.sql";
        let second = "db/20240102000000_b/migration.sql";
        for (others, layout) in [
            (
                vec![("db/20240102000000_b/snapshot.json", "{}")],
                Layout::Drizzle,
            ),
            (vec![("db/drizzle.config.ts", "")], Layout::Drizzle),
            (
                vec![("drizzle.config.ts", ""), ("db/schema.prisma", "")],
                Layout::Prisma,
            ),
            (
                vec![("db/migration_lock.toml", "provider = \"postgresql\"")],
                Layout::Prisma,
            ),
            (vec![], Layout::Prisma),
        ] {
            let files = [(first, "select 1;"), (second, "select 2;")];
            let files: Vec<_> = files.into_iter().chain(others).collect();
            assert_eq!(
                found(&files).foreign,
                [(layout, "db".to_owned())],
                "{files:?}"
            );
        }
        let broken = [(first, "select 1;\n--> statement-breakpoint\nselect 2;")];
        assert_eq!(found(&broken).foreign, [(Layout::Drizzle, "db".to_owned())]);
        let own = found(&[("db/V1__a.sql", ""), ("db/V1__a.down.sql", "")]);
        assert_eq!((own.own.as_deref(), own.foreign.len()), (Some("db"), 0));
    }

    #[test]
    fn a_folder_is_of_one_tool() {
        let diesel = found(&[
            ("migrations/00000000000000_setup/up.sql", "select 1;"),
            ("migrations/20140924113530_a/up.sql", "select 1;"),
            ("migrations/2024-01-15-103000_b/up.sql", "select 2;"),
        ]);
        assert_eq!(diesel.foreign, [(Layout::Diesel, "migrations".to_owned())]);
        let dbmate = found(&[
            ("db/migrations/1_a.sql", "-- migrate:up\nselect 1;"),
            ("db/migrations/2_b.sql", "select 2;"),
            ("db/migrations/3_c.sql", "select 3;"),
        ]);
        let layouts: Vec<_> = dbmate.foreign.iter().map(|(layout, _)| *layout).collect();
        assert!(!layouts.contains(&Layout::Sqlx), "{layouts:?}");
        let both = found(&[
            ("migrations/1_a.up.sql", "select 1;"),
            ("migrations/2_b.sql", "select 2;"),
            ("migrations/3_c.sql", "select 3;"),
        ]);
        assert_eq!(both.foreign, [(Layout::Sqlx, "migrations".to_owned())]);
    }

    #[test]
    fn migrations_of_another_database_are_no_proposal() {
        let proposal = found(&[
            (
                "clickhouse/migrations/1_a.sql",
                "CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id;",
            ),
            ("migrations/1_a.sql", "CREATE TABLE t (id int);"),
        ]);
        assert_eq!(proposal.foreign, [(Layout::Sqlx, "migrations".to_owned())]);
        let expected = "ClickHouse, as its SQL tells";
        assert_eq!(
            proposal.other_engines,
            [("clickhouse/migrations".to_owned(), expected.to_owned())]
        );
    }

    #[test]
    fn the_most_migrations_come_first_and_what_cannot_be_imported_is_said() {
        let proposal = found(&[
            (
                "drizzle/meta/_journal.json",
                r#"{"entries":[{"idx":0,"tag":"0000_gone"}]}"#,
            ),
            ("small/prisma/20240101000000_a/migration.sql", "select 1;"),
            ("zoo/prisma/20240101000000_a/migration.sql", "select 1;"),
            ("zoo/prisma/20240102000000_b/migration.sql", "select 1;"),
        ]);
        let folders: Vec<_> = proposal
            .foreign
            .iter()
            .map(|(_, folder)| folder.as_str())
            .collect();
        assert_eq!(folders, ["zoo/prisma", "small/prisma"]);
        assert_eq!(proposal.unreadable.len(), 1);
        assert!(
            proposal.unreadable[0]
                .1
                .contains("there are no migrations of drizzle"),
            "{proposal:?}"
        );
    }
}
