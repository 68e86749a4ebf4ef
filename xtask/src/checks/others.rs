//! Objects that are in a database and in no migration. Extensions and other tools make them, and
//! files that are generated from the database state them.

use super::Model;
use super::entities::is_judged;
use super::names::{camel_case, pascal_case};
use crate::schema::bookkeeping;
use crate::schema::model::ObjectName;

/// The tables and views of extensions that are usual in the namespace of the application.
const OF_EXTENSIONS: &[(&str, &[&str])] = &[
    ("hypopg", &["hypopg_list_indexes", "hypopg_hidden_indexes"]),
    ("pg_buffercache", &["pg_buffercache"]),
    (
        "pg_stat_statements",
        &["pg_stat_statements", "pg_stat_statements_info"],
    ),
    (
        "postgis",
        &["spatial_ref_sys", "geometry_columns", "geography_columns"],
    ),
    ("postgis_raster", &["raster_columns", "raster_overviews"]),
];

/// The history table of this tool, where the configuration names no other.
const HISTORY: &str = "refinery_schema_history";

/// Whether the migrations make the namespace, and nobody said that it is others'.
pub(super) fn is_our_namespace(model: &Model<'_>, name: &ObjectName) -> bool {
    let (schema, config) = (model.input.schema, model.input.config);
    let is_made = name.namespace == "public" || schema.namespaces.contains_key(&name.namespace);
    is_made && is_judged(name, config) && !config.foreign_namespaces.contains(&name.namespace)
}

/// Whether an extension that is installed, or a migration tool, makes a table or view of this name.
pub(super) fn make_table(model: &Model<'_>, name: &ObjectName) -> bool {
    let extensions = &model.input.schema.extensions;
    let of_extension = OF_EXTENSIONS
        .iter()
        .filter(|(extension, _)| extensions.contains_key(*extension))
        .any(|(_, tables)| tables.contains(&name.name.as_str()));
    of_extension || is_history(name, &model.input.config.history_table)
}

/// Whether a table is the history of a migration tool: a known one, or that of the configuration.
/// Generated types may state its name in camel case: `schemaMigrations`.
fn is_history(table: &ObjectName, configured: &str) -> bool {
    let configured = configured.rsplit('.').next().unwrap_or(configured);
    let mut histories = bookkeeping::TABLES.iter().chain([&HISTORY, &configured]);
    let is_named = |history: &str| history == table.name || in_camel_case(history) == table.name;
    bookkeeping::may_be_bookkeeping(table) && histories.any(|history| is_named(history))
}

/// The name as kysely writes it in camel case, which keeps one underscore at the start:
/// `_PrismaMigrations`. Without that, `__migrations` would be the `migrations` of an application.
fn in_camel_case(history: &str) -> String {
    match history.starts_with('_') {
        true => format!("_{}", pascal_case(history)),
        false => camel_case(history),
    }
}

/// Whether an extension puts its objects into the namespace: functions and types of it may be the
/// extension's.
pub(super) fn use_namespace(model: &Model<'_>, namespace: &str) -> bool {
    let mut extensions = model.input.schema.extensions.values();
    extensions.any(|extension| extension.namespace == namespace)
}
