//! Migrations of tenants that share a database make objects in the schema of the tenant, because they
//! name no schema. One that names a schema would do the same thing for all tenants, once for each.

use anyhow::{Result, bail};

use crate::migrations::Migration;
use crate::migrations::provenance::SearchPath;
use crate::migrations::statements::{
    self, DomainAction, Effect, ParsedStatement, Reference, TableAction, TypeAction,
};
use crate::source::LineIndex;

/// Refuses `files` that leave the schema of the tenant. A block of PL/pgSQL is not looked into: what
/// it does elsewhere is compared with no tenant's schema.
///
/// # Errors
/// At the first statement that leaves it.
pub(super) fn refuse(files: &[Migration]) -> Result<()> {
    for file in files {
        for statement in statements::read(&file.sql, &SearchPath::default()) {
            let Some(why) = leaves(&file.sql, &statement) else {
                continue;
            };
            let lines = LineIndex::new(file.file.as_str().into(), file.sql.as_str().into());
            bail!(
                "{}:{} {why}: with `fleet.mode = \"schema\"` a migration names no schema, so that it runs in that of each \
                 tenant; objects that all tenants share belong into migrations of their own",
                file.file,
                lines.location(statement.span).line
            )
        }
    }
    Ok(())
}

fn leaves(text: &str, statement: &ParsedStatement) -> Option<String> {
    if statement.path.is_set() {
        return Some("sets `search_path`".to_owned());
    }
    let words: Vec<String> = text
        .get(statement.span.range())
        .unwrap_or_default()
        .split_whitespace()
        .take(2)
        .map(str::to_ascii_lowercase)
        .collect();
    if words == ["create", "schema"] {
        return Some("creates a schema".to_owned());
    }
    let mut effects = statement.effects.iter();
    effects.find_map(|placed| leaves_by(&placed.effect))
}

/// How `effect` leaves the schema. Rows of other schemas may be read and written.
fn leaves_by(effect: &Effect) -> Option<String> {
    let qualified = |names: &[&Reference]| {
        let name = names.iter().find(|name| name.is_qualified())?;
        let parts = name.parts.iter().map(|part| part.name.as_str());
        let whole = parts.collect::<Vec<_>>().join(".");
        Some(format!("names `{whole}` with its schema"))
    };
    let each = |names: &[Reference]| qualified(&names.iter().collect::<Vec<_>>());
    match effect {
        Effect::AlterTable {
            action: TableAction::SetSchema(schema),
            ..
        }
        | Effect::AlterType {
            action: TypeAction::SetSchema(schema),
            ..
        }
        | Effect::AlterDomain {
            action: DomainAction::SetSchema(schema),
            ..
        } => Some(format!("moves something into the schema `{schema}`")),
        Effect::CreateTable(table) => qualified(&[&table.name]),
        Effect::CreateView(name)
        | Effect::CreateType(name)
        | Effect::CreateFunction(name)
        | Effect::CreateEnum { name, .. }
        | Effect::AlterType { name, .. }
        | Effect::AlterDomain { name, .. } => qualified(&[name]),
        Effect::AlterTable { table, .. } => qualified(&[table]),
        Effect::CreateIndex(index) => qualified(&[&index.table]),
        Effect::DropTables { tables: names, .. }
        | Effect::DropViews { views: names, .. }
        | Effect::DropTypes { types: names, .. }
        | Effect::DropIndexes(names)
        | Effect::DropSequences(names) => each(names),
        Effect::DropSchemas { .. } => Some("drops a schema".to_owned()),
        Effect::CreateTrigger(table) => qualified(&table.iter().collect::<Vec<_>>()),
        Effect::DropOthers(_)
        | Effect::Truncate { .. }
        | Effect::Delete { .. }
        | Effect::Update(_)
        | Effect::Insert(_)
        | Effect::Write(_)
        | Effect::Refresh(_)
        | Effect::Opaque(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sql: &str) -> Option<String> {
        let statements = statements::read(sql, &SearchPath::default());
        statements.iter().find_map(|one| leaves(sql, one))
    }

    #[test]
    fn only_statements_without_a_schema_stay_in_that_of_the_tenant() {
        for sql in [
            "CREATE TABLE users (id int REFERENCES public.plans); CREATE INDEX ON users (id)",
            "INSERT INTO public.log VALUES (1); ALTER TABLE users ADD COLUMN e public.citext",
            "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public",
        ] {
            assert_eq!(told(sql), None, "{sql}");
        }
        for (sql, expected) in [
            ("CREATE TABLE public.users (id int)", "names `public.users`"),
            ("ALTER TABLE app.users DROP COLUMN a", "names `app.users`"),
            ("DROP INDEX public.i", "names `public.i`"),
            ("CREATE SCHEMA app", "creates a schema"),
            ("DROP SCHEMA app", "drops a schema"),
            ("SET search_path = app; SELECT 1", "sets `search_path`"),
            ("ALTER TABLE users SET SCHEMA app", "moves something"),
            ("ALTER DOMAIN d SET SCHEMA app", "moves something"),
            ("SET SCHEMA 'app'; SELECT 1", "sets `search_path`"),
        ] {
            let told = told(sql).unwrap_or_default();
            assert!(told.contains(expected), "{sql}: {told}");
        }
    }
}
