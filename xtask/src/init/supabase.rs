//! Whether the proposed migrations run on Supabase: then they build on what it makes.

use regex::Regex;

use super::read;
use crate::config::Layout;
use crate::tree::Tree;

/// Returns why the migrations in `folder` are Supabase's; `None` where nothing says so.
pub(super) fn find(
    tree: &dyn Tree,
    files: &[String],
    (layout, folder): (Layout, &str),
) -> Option<String> {
    let beside = folder
        .rsplit_once('/')
        .map(|(above, _)| format!("{above}/config.toml"));
    let is_beside = |file: &String| files.contains(file) && file.ends_with("supabase/config.toml");
    if let Some(file) = beside.filter(is_beside) {
        return Some(file);
    }
    if layout == Layout::Supabase {
        return Some(folder.to_owned());
    }
    let names = Regex::new(
        r#"(?i)\b"?auth"?\.(?:"?users"?\b|(?:uid|jwt|role|email)\s*\()|\bstorage\.(?:objects|buckets)\b|\bsupabase_realtime\b|\bto\s+"?(?:anon|authenticated|service_role)\b|\brealtime\.(?:messages|topic)\b"#,
    )
    .ok()?;
    // A team that makes these objects itself would make them twice.
    let makes = Regex::new(
        r#"(?i)\bcreate\s+(?:schema\s+"?auth\b|role\s+"?(?:anon|authenticated|service_role)\b|table\s+(?:if\s+not\s+exists\s+)?"?auth"?\.)"#,
    )
    .ok()?;
    let inside = format!("{folder}/");
    let is_migration = |file: &&String| file.starts_with(&inside) && file.ends_with(".sql");
    let mut found = None;
    for file in files.iter().filter(is_migration) {
        let text = read(tree, file);
        if makes.is_match(&text) {
            return None;
        }
        if found.is_none() && names.is_match(&text) {
            found = Some(file.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::MemoryTree;

    fn found(layout: Layout, folder: &str, files: &[(&str, &str)]) -> Option<String> {
        let tree = MemoryTree::new(files.iter().copied());
        let names = tree.files("").expect("in memory");
        find(&tree, &names, (layout, folder))
    }

    #[test]
    fn migrations_that_build_on_supabase_are_known_whoever_runs_them() {
        let beside = [
            ("apps/api/supabase/config.toml", ""),
            ("apps/api/supabase/migrations/0000_a.sql", "SELECT 1;"),
        ];
        assert_eq!(
            found(Layout::Drizzle, "apps/api/supabase/migrations", &beside).as_deref(),
            Some("apps/api/supabase/config.toml")
        );
        let sql = |text| [("db/0001_a.sql", text)];
        for text in [
            "CREATE TABLE p (id uuid REFERENCES auth.users);",
            "CREATE POLICY a ON p USING (auth.uid() = id);",
            "GRANT SELECT ON p TO anon, authenticated;",
            "INSERT INTO storage.buckets (id) VALUES ('a');",
        ] {
            assert!(found(Layout::Sqlx, "db", &sql(text)).is_some(), "{text}");
        }
        for text in [
            "CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid);",
            "CREATE TABLE users (auth text, storage text);",
        ] {
            assert_eq!(found(Layout::Sqlx, "db", &sql(text)), None, "{text}");
        }
    }
}
