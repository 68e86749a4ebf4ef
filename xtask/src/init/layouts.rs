//! Recognises the tools whose migrations a monorepo has, by the names of its files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anyhow::Result;

use super::read;
use crate::import::{self, Layout, dbmate, flyway, node_pg_migrate};
use crate::migrations::preflight::file_name;
use crate::tree::Tree;

/// Folders with migrations.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    /// The one with most migrations of this tool's own.
    pub own: Option<String>,
    /// The folders of other tools' migrations that can be imported, the one with most migrations
    /// first.
    pub foreign: Vec<(Layout, String)>,
    /// The folders that cannot be imported, each with the reason.
    pub unreadable: Vec<(String, String)>,
}

/// Looks at the names; at the text only where two tools use the same names.
pub(super) fn find(tree: &dyn Tree, files: &[String]) -> Layouts {
    let mut own: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut foreign: BTreeMap<(String, &'static str), Layout> = BTreeMap::new();
    let present: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        if let Some(parsed) = file_name(name) {
            let counts = own.entry(folder).or_default();
            let back = parsed.direction == crate::migrations::preflight::FileDirection::Down;
            if back { counts.1 += 1 } else { counts.0 += 1 }
        } else if let Some((layout, base)) = foreign_file(tree, &present, file, folder, name) {
            foreign.insert((base.to_owned(), tag(layout)), layout);
        }
    }
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
            match import::read(
                &Below {
                    tree,
                    folder: &folder,
                },
                layout,
            ) {
                Ok(read) => counted.push((read.drafts.len(), layout, folder)),
                Err(why) => self.unreadable.push((folder, format!("{why:#}"))),
            }
        }
        counted.sort_by_key(|(count, ..)| std::cmp::Reverse(*count));
        self.foreign = counted
            .into_iter()
            .map(|(_, layout, folder)| (layout, folder))
            .collect();
        self
    }
}

/// The files below a folder, as if it were the root.
#[derive(Debug)]
struct Below<'t> {
    tree: &'t dyn Tree,
    folder: &'t str,
}

impl Below<'_> {
    fn inside(&self, path: &str) -> String {
        [self.folder, path]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join("/")
    }
}

impl Tree for Below<'_> {
    fn files(&self, folder: &str) -> Result<Vec<String>> {
        let files = self.tree.files(&self.inside(folder))?;
        let relative = |path: String| match self.folder {
            "" => path,
            folder => path
                .strip_prefix(&format!("{folder}/"))
                .map_or(path.clone(), str::to_owned),
        };
        Ok(files.into_iter().map(relative).collect())
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.tree.read(&self.inside(path))
    }

    fn is_file(&self, path: &str) -> bool {
        self.tree.is_file(&self.inside(path))
    }
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
                && present.contains(format!("{folder}/snapshot.json").as_str()) =>
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
        _ if numbered(name) && name.ends_with(".sql") => {
            let plain = || is_plain(own_folder, name).then_some(Layout::Sqlx);
            by_marker(&read(tree, file))
                .or_else(plain)
                .map(|layout| (layout, folder))
        }
        _ => None,
    }
}

/// Whether a file of plain SQL is a migration. Numbers alone also order fixtures and the scripts
/// that Docker runs first; a date, or the name of the folder, says more.
fn is_plain(folder: &str, name: &str) -> bool {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let is_dated = digits >= 8 && !name.starts_with('0');
    (is_dated || folder.to_ascii_lowercase().contains("migration")) && !name.ends_with(".down.sql")
}

fn by_marker(text: &str) -> Option<Layout> {
    if dbmate::has_markers(text) {
        return Some(Layout::Dbmate);
    }
    node_pg_migrate::has_markers(text).then_some(Layout::NodePgMigrate)
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposed;
    use crate::import::Layout;

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
                proposed(&[(file, mark), (other, text)]).foreign,
                [(layout, folder.to_owned())],
                "{file}"
            );
        }
        let none = proposed(&[
            ("docker/01_init.sql", "select 1;"),
            ("seeds/1_users.sql", "select 1;"),
        ]);
        assert_eq!(none.foreign, []);
        let own = proposed(&[("db/V1__a.sql", ""), ("db/V1__a.down.sql", "")]);
        assert_eq!((own.migrations.as_str(), own.foreign.len()), ("db", 0));
    }

    #[test]
    fn the_most_migrations_come_first_and_what_cannot_be_imported_is_said() {
        let proposal = proposed(&[
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
