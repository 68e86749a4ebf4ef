//! Whose migrations a monorepo has, told by the names of its files.

use std::collections::BTreeMap;

use super::read;
use crate::import::Layout;
use crate::migrations::preflight::file_name;
use crate::tree::Tree;

/// Folders with migrations.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    /// The one with most migrations of this tool's own.
    pub own: Option<String>,
    /// Those of other tools.
    pub foreign: Vec<(Layout, String)>,
}

/// Looks at the names; at the text only where two tools use the same names.
pub(super) fn find(tree: &dyn Tree, files: &[String]) -> Layouts {
    let mut own: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut foreign: BTreeMap<(String, &'static str), (Layout, usize)> = BTreeMap::new();
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        if let Some(parsed) = file_name(name) {
            let counts = own.entry(folder).or_default();
            let back = parsed.direction == crate::migrations::preflight::Direction::Down;
            if back { counts.1 += 1 } else { counts.0 += 1 }
        } else if let Some((layout, base)) = foreign_file(tree, file, folder, name) {
            foreign.entry((base.to_owned(), tag(layout))).or_insert((layout, 0)).1 += 1;
        }
    }
    let best = own.iter().filter(|(_, (_, downs))| *downs > 0).max_by_key(|(_, (ups, _))| *ups);
    let flyway = own.iter().filter(|(_, (ups, downs))| *downs == 0 && *ups > 0);
    let flyway = flyway.map(|(folder, _)| (Layout::Flyway, (*folder).to_owned()));
    let others = foreign.into_iter().map(|((folder, _), (layout, _))| (layout, folder));
    Layouts { own: best.map(|(folder, _)| (*folder).to_owned()), foreign: others.chain(flyway).collect() }
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
fn foreign_file<'f>(tree: &dyn Tree, file: &'f str, folder: &'f str, name: &str) -> Option<(Layout, &'f str)> {
    let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
    let own_folder = folder.rsplit('/').next().unwrap_or(folder);
    let numbered = |text: &str| text.starts_with(|character: char| character.is_ascii_digit()) && text.contains('_');
    match name {
        "_journal.json" if own_folder == "meta" => Some((Layout::Drizzle, above)),
        "migration.sql" if numbered(own_folder) => Some((Layout::Prisma, above)),
        "up.sql" if numbered(own_folder) && own_folder.contains('-') && own_folder.starts_with("20") => {
            Some((Layout::Diesel, above))
        }
        "up.sql" if numbered(own_folder) => Some((Layout::Hasura, above)),
        _ if folder.ends_with("supabase/migrations") && name.ends_with(".sql") => Some((Layout::Supabase, folder)),
        _ if numbered(name) && name.ends_with(".up.sql") => Some((Layout::GolangMigrate, folder)),
        _ if numbered(name) && name.ends_with(".sql") => by_marker(&read(tree, file)).map(|layout| (layout, folder)),
        _ => None,
    }
}

fn by_marker(text: &str) -> Option<Layout> {
    if text.contains("-- migrate:up") {
        return Some(Layout::Dbmate);
    }
    text.to_ascii_lowercase().contains("-- up migration").then_some(Layout::NodePgMigrate)
}

#[cfg(test)]
mod tests {
    use super::super::tests::proposed;
    use crate::import::Layout;

    #[test]
    fn each_layout_is_known_by_its_names() {
        let cases = [
            ("drizzle/meta/_journal.json", "{}", Layout::Drizzle, "drizzle"),
            ("prisma/migrations/20240101000000_a/migration.sql", "", Layout::Prisma, "prisma/migrations"),
            ("migrations/2024-01-15-103000_a/up.sql", "", Layout::Diesel, "migrations"),
            ("hasura/migrations/default/1599065830454_a/up.sql", "", Layout::Hasura, "hasura/migrations/default"),
            ("db/000001_a.up.sql", "", Layout::GolangMigrate, "db"),
            ("supabase/migrations/20240101000000_a.sql", "", Layout::Supabase, "supabase/migrations"),
            ("db/migrations/1_a.sql", "-- migrate:up\n", Layout::Dbmate, "db/migrations"),
            ("migrations/1_a.sql", "-- Up Migration\n", Layout::NodePgMigrate, "migrations"),
            ("sql/V1__a.sql", "", Layout::Flyway, "sql"),
        ];
        for (file, text, layout, folder) in cases {
            assert_eq!(proposed(&[(file, text)]).foreign, [(layout, folder.to_owned())], "{file}");
        }
        let own = proposed(&[("db/V1__a.sql", ""), ("db/V1__a.down.sql", "")]);
        assert_eq!((own.migrations.as_str(), own.foreign.len()), ("db", 0));
    }
}
