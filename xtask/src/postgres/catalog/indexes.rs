//! Reads indexes that no constraint owns, and extended statistics.

use std::collections::HashMap;

use postgres::{Error, GenericClient, Row};

use super::alike::{self, Definitions};
use super::options::index_definition;
use super::prepared::Prepared;
use super::relations::{Attribute, Relations};
use super::{object_name, optional_name};
use crate::schema::model::{Index, ObjectName, Schema, Statistics};

/// `properties` is everything that decides the definition beside names, columns and expressions;
/// NULL where more than that decides.
const INDEXES: &str = concat!(
    "
    SELECT i.indexrelid AS oid, i.indrelid AS relation, x.relname::text AS index_name, quote_ident(x.relname) AS quoted,
           i.indisvalid AND i.indisready AND i.indislive AS valid, i.indisclustered AS clustered,
           x.relkind = 'I' AS partitioned,
           CASE WHEN NOT i.indisunique AND g.attrelid IS NULL
                THEN concat_ws(' ', x.relam, i.indnkeyatts, i.indclass, i.indcollation, i.indoption, x.reloptions)
           END AS properties,
           i.indkey::int2[] AS numbers, i.indexprs::text AS expressions, i.indpred::text AS predicate,
           pn.nspname::text AS parent_namespace, p.relname::text AS parent_name,
           s.spcname::text AS tablespace,
           coalesce(g.targets, '{}') AS statistics,
           o.description AS comment
    FROM pg_index AS i
    JOIN pg_class AS x ON x.oid = i.indexrelid
    LEFT JOIN pg_inherits AS h ON h.inhrelid = i.indexrelid
    LEFT JOIN pg_class AS p ON p.oid = h.inhparent
    LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
    LEFT JOIN pg_tablespace AS s ON s.oid = x.reltablespace
    LEFT JOIN LATERAL (
        SELECT max(a.attrelid) AS attrelid,
               array_agg(a.attnum || '=' || a.attstattarget ORDER BY a.attnum)
                   FILTER (WHERE a.attstattarget >= 0) AS targets
        FROM pg_attribute AS a
        WHERE a.attrelid = i.indexrelid AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL) AND a.attnum > 0) AS g
        ON true
    LEFT JOIN pg_description AS o
        ON o.classoid = 'pg_class'::regclass AND o.objoid = x.oid AND o.objsubid = 0
    WHERE ",
    of_people!("i.indrelid"),
    " AND NOT i.indisprimary
      AND NOT EXISTS (
          SELECT FROM pg_constraint AS k
          WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('u', 'x'))
    ORDER BY i.indrelid, index_name"
);

const DEFINITIONS: &str = concat!(
    "SELECT i.oid, ",
    index_definition!("pg_get_indexdef(i.oid)", "i.oid"),
    " AS definition FROM unnest($1::oid[]) AS i (oid) ORDER BY i.oid"
);

const STATISTICS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name,
           sn.nspname::text AS statistics_namespace, s.stxname::text AS statistics_name,
           pg_get_statisticsobjdef(s.oid) AS definition,
           CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::int4 END AS target,
           obj_description(s.oid, 'pg_statistic_ext') AS comment
    FROM pg_statistic_ext AS s
    JOIN pg_namespace AS sn ON sn.oid = s.stxnamespace
    JOIN pg_class AS c ON c.oid = s.stxrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE ",
    namespaces!(),
    " ORDER BY namespace, name, statistics_namespace, statistics_name"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    relations: &Relations,
    schema: &mut Schema,
) -> Result<(), Error> {
    let mut rows = client.query(INDEXES, &[])?;
    rows.retain(|row| relations.name(row.get("relation")).is_some());
    let definitions = definitions(client, &rows, relations, schema)?;
    for (row, definition) in rows.iter().zip(definitions) {
        let relation = row.get("relation");
        let index = index(row, definition);
        if let Some(table) = relations.table(schema, relation) {
            table.indexes.insert(row.get("index_name"), index);
        } else if let Some(view) = relations.view(schema, relation) {
            view.indexes.insert(row.get("index_name"), index);
        }
    }
    for row in client.query(STATISTICS, &[])? {
        let name = ObjectName {
            namespace: row.get("statistics_namespace"),
            name: row.get("statistics_name"),
        };
        let statistics = Statistics {
            definition: row.get("definition"),
            target: row.get("target"),
            comment: row.get("comment"),
        };
        if let Some(table) = schema.tables.get_mut(&object_name(&row)) {
            table.statistics.insert(name, statistics);
        }
    }
    Ok(())
}

fn index(row: &Row, definition: String) -> Index {
    Index {
        definition,
        valid: row.get("valid"),
        clustered: row.get("clustered"),
        part_of: optional_name(row, "parent_namespace", "parent_name"),
        tablespace: row.get("tablespace"),
        statistics: row.get("statistics"),
        comment: row.get("comment"),
    }
}

/// The definition of each row's index. Definitions that differ in names only are written out once.
fn definitions(
    client: &mut Prepared<'_, impl GenericClient>,
    rows: &[Row],
    relations: &Relations,
    schema: &Schema,
) -> Result<Vec<String>, Error> {
    let beginnings: HashMap<u32, String> = rows
        .iter()
        .map(|row| (row.get("oid"), beginning(row, relations)))
        .collect();
    let (mut alike, mut unlike) = (Definitions::default(), Definitions::default());
    rows.iter()
        .for_each(|row| alike.add(row.get("oid"), shape(row, relations, schema).as_deref()));
    alike.read(client, DEFINITIONS)?;
    let renamed = |row: &Row| {
        let (first, text) = alike.of(row.get("oid"))?;
        let rest = text.strip_prefix(beginnings.get(&first)?.as_str());
        let renamed = rest
            .zip(beginnings.get(&row.get("oid")))
            .map(|(rest, beginning)| format!("{beginning}{rest}"));
        renamed.or_else(|| (first == row.get::<_, u32>("oid")).then(|| text.to_owned()))
    };
    let renamed: Vec<Option<String>> = rows.iter().map(renamed).collect();
    // A definition that does not begin as expected cannot be renamed, and is queried by itself:
    // that costs time only.
    let others = rows
        .iter()
        .zip(&renamed)
        .filter(|(_, renamed)| renamed.is_none());
    others.for_each(|(row, _)| unlike.add(row.get("oid"), None));
    unlike.read(client, DEFINITIONS)?;
    let of = |row: &Row| {
        unlike
            .of(row.get("oid"))
            .map(|(_, text)| text.to_owned())
            .unwrap_or_default()
    };
    Ok(rows
        .iter()
        .zip(renamed)
        .map(|(row, renamed)| renamed.unwrap_or_else(|| of(row)))
        .collect())
}

/// The beginning of the definition that PostgreSQL writes for an index that is not unique.
fn beginning(row: &Row, relations: &Relations) -> String {
    let only = if row.get("partitioned") { "ONLY " } else { "" };
    let table = relations.quoted(row.get("relation")).unwrap_or_default();
    format!(
        "CREATE INDEX {} ON {only}{table} USING ",
        row.get::<_, &str>("quoted")
    )
}

/// Everything that decides the definition, except the names of the index and of its table; `None`
/// where more than that decides.
fn shape(row: &Row, relations: &Relations, schema: &Schema) -> Option<String> {
    let mut shape: String = row.get::<_, Option<String>>("properties")?;
    let column = |number: i16| relations.column(schema, row.get("relation"), number);
    for number in row.get::<_, Vec<i16>>("numbers") {
        // The type and collation of a column count too: an operator class or a collation is written
        // where it is not the column's default. 0 is an expression.
        match number {
            0 => shape.push_str("\n0"),
            _ => {
                let (
                    name,
                    Attribute {
                        type_oid,
                        collation,
                        ..
                    },
                ) = column(number)?;
                shape.push_str(&format!("\n{name:?} {type_oid} {collation}"));
            }
        }
    }
    for tree in ["expressions", "predicate"] {
        shape.push('\n');
        let tree = row.get::<_, Option<&str>>(tree).unwrap_or_default();
        alike::write_shape(
            tree,
            |number| column(number).map(|(name, _)| name),
            &mut shape,
        )
        .then_some(())?;
    }
    Some(shape)
}
