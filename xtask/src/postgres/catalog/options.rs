//! The options of columns and relations that people can set. A server keeps entries of its own
//! beside them. `pg_attver` is one, which the minor releases of November 2026 add to every new
//! column: a number that differs from table to table. Such an entry is no part of the schema,
//! whatever its name, so that only documented names are read.

use postgres::{Error, GenericClient};

use super::object_name;
use crate::schema::model::Schema;

/// The options of a column; NULL where none is set. Its `pg_attribute.attoptions` are `$options`.
macro_rules! column_options {
    ($options:literal) => {
        concat!(
            "(SELECT array_agg(entry) FROM unnest(",
            $options,
            ") AS entry WHERE split_part(entry, '=', 1) IN ('n_distinct', 'n_distinct_inherited'))"
        )
    };
}
pub(crate) use column_options;

/// The parameters of a relation; NULL where none is set. Its `pg_class.reloptions` are `$options`,
/// and its access method is `$method`. The documented parameters of tables, indexes and views are
/// listed. An access method of an extension (its OID is no built-in one) has parameters that only
/// the extension knows, so that all are taken.
macro_rules! storage_parameters {
    ($options:literal, $method:literal) => {
        concat!(
            "(SELECT array_agg(entry) FROM unnest(",
            $options,
            ") AS entry WHERE ",
            $method,
            " >= 16384 OR split_part(entry, '=', 1) IN (
                'autosummarize', 'autovacuum_analyze_scale_factor', 'autovacuum_analyze_threshold', 'autovacuum_enabled',
                'autovacuum_freeze_max_age', 'autovacuum_freeze_min_age', 'autovacuum_freeze_table_age',
                'autovacuum_multixact_freeze_max_age', 'autovacuum_multixact_freeze_min_age',
                'autovacuum_multixact_freeze_table_age', 'autovacuum_vacuum_cost_delay', 'autovacuum_vacuum_cost_limit',
                'autovacuum_vacuum_insert_scale_factor', 'autovacuum_vacuum_insert_threshold',
                'autovacuum_vacuum_max_threshold', 'autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_threshold',
                'buffering', 'check_option', 'deduplicate_items', 'fastupdate', 'fillfactor', 'gin_pending_list_limit',
                'log_autovacuum_min_duration', 'pages_per_range', 'parallel_workers', 'security_barrier',
                'security_invoker', 'toast_tuple_target', 'user_catalog_table', 'vacuum_cleanup_index_scale_factor',
                'vacuum_index_cleanup', 'vacuum_max_eager_freeze_failure_rate', 'vacuum_truncate'))"
        )
    };
}
pub(crate) use storage_parameters;

/// A list of entries as PostgreSQL writes it after `WITH`: a value is quoted where it is no plain
/// identifier. It must be the same text, since it is searched for in a definition.
macro_rules! written_out {
    ($entries:literal) => {
        concat!(
            "(SELECT ' WITH (' || string_agg(
                         quote_ident(split_part(entry, '=', 1)) || '='
                         || CASE WHEN quote_ident(value) = value THEN value ELSE quote_literal(value) END, ', ' ORDER BY place) || ')'
              FROM unnest(",
            $entries,
            ") WITH ORDINALITY AS listed (entry, place), substr(entry, strpos(entry, '=') + 1) AS value)"
        )
    };
}
pub(crate) use written_out;

/// `$definition`, a definition of the index `$index` or of its constraint, without parameters that
/// people cannot set. The list after `WITH` is replaced in the text, since PostgreSQL writes no
/// definition without it.
macro_rules! index_definition {
    ($definition:literal, $index:literal) => {
        concat!(
            "(SELECT CASE WHEN cardinality(stored) IS NOT DISTINCT FROM cardinality(settable) THEN ",
            $definition,
            " ELSE replace(",
            $definition,
            ", ",
            $crate::postgres::catalog::options::written_out!("stored"),
            ", coalesce(",
            $crate::postgres::catalog::options::written_out!("settable"),
            ", '')) END
             FROM (SELECT reloptions AS stored, ",
            $crate::postgres::catalog::options::storage_parameters!("reloptions", "relam"),
            " AS settable FROM pg_class WHERE oid = ",
            $index,
            ") AS parameters)"
        )
    };
}
pub(crate) use index_definition;

const AS_STORED: &str = "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, a.attname::text AS column,
           coalesce(a.attoptions, '{}') || coalesce(a.attfdwoptions, '{}') AS options
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attoptions IS NOT NULL
      AND a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY namespace, name, a.attnum";

/// Returns the schema with the options of its columns as the server stores them, with its own
/// entries. Earlier versions of the tool read them in that way, and digests that they left in a
/// journal are of such schemas.
///
/// # Errors
/// Those of the query.
pub fn with_server_entries(
    client: &mut impl GenericClient,
    mut schema: Schema,
) -> Result<Schema, Error> {
    for row in client.query(AS_STORED, &[])? {
        let name = object_name(&row);
        let columns = if let Some(table) = schema.tables.get_mut(&name) {
            &mut table.columns
        } else if let Some(view) = schema.views.get_mut(&name) {
            &mut view.columns
        } else if let Some(composite) = schema.composites.get_mut(&name) {
            &mut composite.columns
        } else {
            continue;
        };
        let column: String = row.get("column");
        for found in columns.iter_mut().filter(|found| found.name == column) {
            found.options = row.get("options");
        }
    }
    Ok(schema)
}
