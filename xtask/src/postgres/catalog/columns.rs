//! The columns of tables, views and composite types. There are so many of them that what PostgreSQL would have to write
//! out for each (its type, its default) is asked for once for all that are alike.

mod expressions;

use std::collections::HashMap;

use postgres::{Error, GenericClient, Row};

use super::{OwnTables, object_name};
use crate::schema::model::{Column, Composite, Identity, Schema};
use expressions::Expressions;

/// `NOT NULL` may also come from a domain, at any depth of domains over domains.
const COLUMNS: &str = concat!(
    "
    WITH RECURSIVE not_null_domain AS (
        SELECT oid FROM pg_type WHERE typtype = 'd' AND typnotnull
        UNION
        SELECT t.oid FROM pg_type AS t JOIN not_null_domain AS d ON t.typbasetype = d.oid WHERE t.typtype = 'd')
    SELECT n.nspname::text AS namespace, c.relname::text AS name, a.attname::text AS column_name,
           a.attrelid AS relation, a.attnum AS number, a.atttypid AS type_oid, a.atttypmod AS modifier,
           a.attnotnull AS not_null, a.atttypid IN (SELECT oid FROM not_null_domain) AS not_null_domain,
           a.attidentity::text AS identity, a.attgenerated::text AS generated,
           d.oid AS default_oid, d.adbin::text AS default_tree,
           CASE WHEN a.attcollation <> t.typcollation
                THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END AS collation,
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END AS storage,
           a.attcompression::text AS compression,
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int4 END AS statistics,
           coalesce(a.attoptions, '{}') || coalesce(a.attfdwoptions, '{}') AS options,
           NOT a.attislocal AS inherited,
           o.description AS comment
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
    LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
    LEFT JOIN pg_description AS o
        ON o.classoid = 'pg_class'::regclass AND o.objoid = c.oid AND o.objsubid = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> ALL ($1::text[])
      AND ",
    namespaces!(),
    " ORDER BY c.oid, a.attnum"
);

/// Composite types; that of a table is the table's.
const COMPOSITES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, obj_description(c.reltype, 'pg_type') AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'c' AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_type", "c.reltype"),
    " ORDER BY namespace, name"
);

/// The types that columns have.
const TYPES: &str = "
    SELECT type_oid, modifier, format_type(type_oid, modifier) AS name
    FROM (SELECT DISTINCT a.atttypid AS type_oid, a.atttypmod AS modifier
          FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
          WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') AND a.attnum > 0 AND NOT a.attisdropped) AS used
    ORDER BY type_oid, modifier";

/// The name of each column, by the OID of its relation and its number: how other catalogs refer to it.
#[derive(Debug, Default)]
pub(super) struct ColumnNames(HashMap<(u32, i16), String>);

impl ColumnNames {
    /// The names of the columns with these numbers.
    pub(super) fn of(&self, relation: u32, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|number| self.0.get(&(relation, *number)).cloned()).collect()
    }
}

pub(super) fn read(
    client: &mut impl GenericClient,
    own: &OwnTables,
    schema: &mut Schema,
) -> Result<ColumnNames, Error> {
    for row in client.query(COMPOSITES, &[])? {
        let composite = Composite { comment: row.get("comment"), columns: Vec::new() };
        schema.composites.insert(object_name(&row), composite);
    }
    let rows = client.query(COLUMNS, &[&own.tables])?;
    let types = types(client)?;
    let expressions = Expressions::read(client, &rows)?;
    let mut names = ColumnNames::default();
    for row in &rows {
        let relation = object_name(row);
        let column = column(row, &types, &expressions);
        names.0.insert((row.get("relation"), row.get("number")), column.name.clone());
        if let Some(table) = schema.tables.get_mut(&relation) {
            table.columns.push(column);
        } else if let Some(view) = schema.views.get_mut(&relation) {
            view.columns.push(column);
        } else if let Some(composite) = schema.composites.get_mut(&relation) {
            composite.columns.push(column);
        }
    }
    Ok(names)
}

type TypeNames = HashMap<(u32, i32), String>;

fn types(client: &mut impl GenericClient) -> Result<TypeNames, Error> {
    let rows = client.query(TYPES, &[])?;
    Ok(rows.iter().map(|row| ((row.get("type_oid"), row.get("modifier")), row.get("name"))).collect())
}

fn column(row: &Row, types: &TypeNames, expressions: &Expressions) -> Column {
    let expression = expressions.of(row);
    let generation: &str = row.get("generated");
    let (default, generated) = if generation.is_empty() { (expression, None) } else { (None, expression) };
    let (own_not_null, domain_not_null): (bool, bool) = (row.get("not_null"), row.get("not_null_domain"));
    Column {
        name: row.get("column_name"),
        type_name: types.get(&(row.get("type_oid"), row.get("modifier"))).cloned().unwrap_or_default(),
        not_null: own_not_null || domain_not_null,
        not_null_by_domain: domain_not_null && !own_not_null,
        default,
        identity: match row.get("identity") {
            "a" => Some(Identity::Always),
            "d" => Some(Identity::ByDefault),
            _ => None,
        },
        generated,
        generated_virtual: generation == "v",
        collation: row.get("collation"),
        storage: row.get::<_, Option<&str>>("storage").map(|letter| storage(letter).to_owned()),
        compression: match row.get("compression") {
            "p" => Some("pglz".into()),
            "l" => Some("lz4".into()),
            _ => None,
        },
        statistics: row.get("statistics"),
        options: row.get("options"),
        inherited: row.get("inherited"),
        comment: row.get("comment"),
    }
}

/// `pg_attribute.attstorage`
fn storage(letter: &str) -> &str {
    match letter {
        "p" => "plain",
        "e" => "external",
        "x" => "extended",
        "m" => "main",
        other => other,
    }
}
