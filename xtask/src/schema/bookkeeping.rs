//! The history tables of other migration tools. They lie in every database that was migrated with
//! such a tool before, and are no part of a data model: no migration makes them, and no type
//! describes them.

use std::collections::BTreeSet;

use super::model::{ObjectName, Schema, Table};

/// The names of the tables, in any namespace.
pub const TABLES: &[&str] = &[
    "SequelizeMeta",
    "__diesel_schema_migrations",
    "__drizzle_migrations",
    // pg-flyway.
    "__migrations",
    "_prisma_migrations",
    "_sqlx_migrations",
    "ar_internal_metadata",
    "databasechangelog",
    "databasechangeloglock",
    "flyway_schema_history",
    "goose_db_version",
    "knex_migrations",
    "knex_migrations_lock",
    "kysely_migration",
    "kysely_migration_lock",
    "mikro_orm_migrations",
    "pgmigrations",
    // golang-migrate, dbmate, Supabase, Hasura.
    "schema_migrations",
    "seed_files",
    // Postgrator.
    "schemaversion",
    // TypeORM, of views and generated columns.
    "typeorm_metadata",
];

/// The sequences of their columns.
pub const SEQUENCES: &[&str] = &[
    "__drizzle_migrations_id_seq",
    "goose_db_version_id_seq",
    "knex_migrations_id_seq",
    "knex_migrations_lock_index_seq",
    "mikro_orm_migrations_id_seq",
    "pgmigrations_id_seq",
];

/// The namespaces that the tools make for nothing else.
pub const NAMESPACES: &[&str] = &["drizzle", "hdb_catalog", "supabase_migrations"];

/// Names that only count in one namespace: elsewhere the table may be the application's.
const ONLY_IN: &[(&str, &str)] = &[("seed_files", "supabase_migrations")];

/// The namespace of Hasura's own tables, functions and triggers.
const HASURA: &str = "hdb_catalog";

impl Schema {
    /// The schema without the tables in which other tools keep their history, and without the
    /// namespaces that hold nothing else.
    #[must_use]
    pub fn without_bookkeeping(self) -> Self {
        let mut schema = self.without_namespaces(&[HASURA.to_owned()]);
        let gone: Vec<ObjectName> = schema
            .tables
            .iter()
            .filter(|(name, table)| is_bookkeeping(name) || is_by_columns(name, table))
            .map(|(name, _)| name.clone())
            .collect();
        for table in &gone {
            schema.tables.remove(table);
            let shown = format!(
                "{}.{}",
                identifier(&table.namespace),
                identifier(&table.name)
            );
            let own = format!("{shown}.");
            schema.sequences.retain(|_, sequence| {
                !sequence
                    .owned_by
                    .as_ref()
                    .is_some_and(|by| by.starts_with(&own))
            });
            let is_about = |object: &str| {
                object
                    .split_once(' ')
                    .is_some_and(|(_, name)| name == shown || name.starts_with(&own))
            };
            schema.grants.retain(|object, _| !is_about(object));
        }
        let empty: Vec<String> = NAMESPACES
            .iter()
            .map(|name| (*name).to_owned())
            .filter(|name| !schema.holds(name))
            .collect();
        schema.without_namespaces(&empty)
    }

    /// Whether anything lies in `namespace`.
    #[must_use]
    pub fn holds(&self, namespace: &str) -> bool {
        let types = self
            .enums
            .keys()
            .chain(self.domains.keys())
            .chain(self.composites.keys())
            .chain(self.ranges.keys());
        let relations = self
            .sequences
            .keys()
            .chain(self.tables.keys())
            .chain(self.views.keys());
        types
            .chain(relations)
            .chain(self.routines.keys())
            .any(|name| name.namespace == namespace)
    }
}

/// Whether a table of this name is one in which a tool keeps its history.
#[must_use]
pub fn is_bookkeeping(table: &ObjectName) -> bool {
    TABLES.contains(&table.name.as_str()) && may_be_bookkeeping(table)
}

/// The name that several tools give to their history, with what a team puts before it (TypeORM's
/// `migrationsTableName`). An application may use it as well: the columns decide.
const COMMON_NAME: &str = "migrations";

/// The columns of the histories of that name, with their types.
const OF_COMMON_NAME: &[&[(&str, &str)]] = &[
    // TypeORM.
    &[
        ("id", "integer"),
        ("timestamp", "bigint"),
        ("name", "character varying"),
    ],
    // db-migrate.
    &[
        ("id", "integer"),
        ("name", "character varying(255)"),
        ("run_on", "timestamp without time zone"),
    ],
    // postgres-migrations.
    &[
        ("id", "integer"),
        ("name", "character varying(100)"),
        ("hash", "character varying(40)"),
        ("executed_at", "timestamp without time zone"),
    ],
];

/// Whether the table has the common name, and the columns of a tool that uses it.
fn is_by_columns(name: &ObjectName, table: &Table) -> bool {
    let columns = table.columns.iter();
    let columns: Vec<_> = columns
        .map(|column| (column.name.as_str(), column.type_name.as_str()))
        .collect();
    name.name.ends_with(COMMON_NAME) && OF_COMMON_NAME.contains(&columns.as_slice())
}

/// Whether code that says to describe the table `name` by these columns, in whatever order,
/// describes the history of a tool.
#[must_use]
pub fn is_described(name: &ObjectName, columns: &BTreeSet<&str>) -> bool {
    let is_of_tool = |tool: &&[(&str, &str)]| {
        let own: BTreeSet<&str> = tool.iter().map(|(column, _)| *column).collect();
        own == *columns
    };
    name.name == COMMON_NAME && OF_COMMON_NAME.iter().any(is_of_tool)
}

/// Whether a table of this name lies where a migration tool would make it.
pub fn may_be_bookkeeping(table: &ObjectName) -> bool {
    ONLY_IN
        .iter()
        .all(|(name, namespace)| *name != table.name || *namespace == table.namespace)
}

/// Quotes an identifier as PostgreSQL does, where it needs quotes.
fn identifier(name: &str) -> String {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{Column, Namespace, Sequence};

    fn named(namespace: &str, name: &str) -> ObjectName {
        ObjectName {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    #[test]
    fn the_history_of_other_tools_is_no_part_of_a_schema() {
        let mut schema = Schema::default();
        for name in ["public", "drizzle", "supabase_migrations", "app"] {
            schema.namespaces.insert(name.into(), Namespace::default());
        }
        let tables = [
            ("public", "users"),
            ("public", "seed_files"),
            ("app", "pgmigrations"),
        ];
        let theirs = [
            ("drizzle", "__drizzle_migrations"),
            ("supabase_migrations", "schema_migrations"),
            ("supabase_migrations", "seed_files"),
        ];
        for (namespace, name) in tables.iter().chain(&theirs) {
            schema
                .tables
                .insert(named(namespace, name), Table::default());
        }
        let owned = |by: &str| Sequence {
            owned_by: Some(by.into()),
            ..Sequence::default()
        };
        schema.sequences.insert(
            named("drizzle", "__drizzle_migrations_id_seq"),
            owned("drizzle.__drizzle_migrations.id"),
        );
        schema
            .sequences
            .insert(named("public", "users_id_seq"), owned("public.users.id"));
        schema
            .grants
            .insert("table app.pgmigrations".into(), vec!["app: SELECT".into()]);
        schema
            .grants
            .insert("table public.users".into(), vec!["app: SELECT".into()]);
        let left = schema.without_bookkeeping();
        assert_eq!(
            left.tables.into_keys().collect::<Vec<_>>(),
            [named("public", "seed_files"), named("public", "users")]
        );
        assert_eq!(
            left.sequences.into_keys().collect::<Vec<_>>(),
            [named("public", "users_id_seq")]
        );
        assert_eq!(
            left.namespaces.into_keys().collect::<Vec<_>>(),
            ["app", "public"]
        );
        assert_eq!(
            left.grants.into_keys().collect::<Vec<_>>(),
            ["table public.users"]
        );
    }

    #[test]
    fn the_columns_tell_the_history_of_a_tool_from_a_table_of_the_application() {
        let column = |(name, type_name): (&str, &str)| Column {
            name: name.into(),
            type_name: type_name.into(),
            ..Column::default()
        };
        let theirs = [
            ("id", "integer"),
            ("timestamp", "bigint"),
            ("name", "character varying"),
        ];
        let of_db_migrate = [
            ("id", "integer"),
            ("name", "character varying(255)"),
            ("run_on", "timestamp without time zone"),
        ];
        let ours = [("id", "integer"), ("name", "text")];
        let cases = [
            ("migrations", &theirs[..], 0),
            ("_app_migrations", &theirs[..], 0),
            ("migrations", &of_db_migrate[..], 0),
            ("migrations", &ours[..], 1),
            ("movings", &theirs[..], 1),
        ];
        for (name, columns, left) in cases {
            let mut schema = Schema::default();
            let table = Table {
                columns: columns.iter().copied().map(column).collect(),
                ..Table::default()
            };
            schema.tables.insert(named("public", name), table);
            assert_eq!(
                schema.without_bookkeeping().tables.len(),
                left,
                "{columns:?}"
            );
        }
    }

    #[test]
    fn a_namespace_that_holds_more_stays() {
        let mut schema = Schema::default();
        schema
            .namespaces
            .insert("drizzle".into(), Namespace::default());
        schema
            .tables
            .insert(named("drizzle", "mine"), Table::default());
        assert_eq!(schema.clone().without_bookkeeping(), schema);
    }
}
