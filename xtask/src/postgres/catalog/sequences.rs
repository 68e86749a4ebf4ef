//! Reads sequences, also those of `serial` and identity columns.

use postgres::{Error, GenericClient, Row};

use super::prepared::Prepared;
use super::{OwnTables, object_name};
use crate::schema::model::{Schema, Sequence};

const SEQUENCES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, format_type(q.seqtypid, NULL) AS type_name,
           q.seqstart AS start, q.seqincrement AS increment, q.seqmin AS minimum, q.seqmax AS maximum,
           q.seqcache AS cache, q.seqcycle AS cycle, c.relpersistence = 'u' AS unlogged,
           quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || '.' || quote_ident(a.attname) AS owned_by,
           coalesce(d.deptype = 'i', false) AS identity,
           o.description AS comment
    FROM pg_sequence AS q
    JOIN pg_class AS c ON c.oid = q.seqrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_depend AS d
        ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
        AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    LEFT JOIN pg_class AS t ON t.oid = d.refobjid
    LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
    LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    LEFT JOIN pg_description AS o
        ON o.classoid = 'pg_class'::regclass AND o.objoid = c.oid AND o.objsubid = 0
    WHERE (t.relname IS NULL OR t.relname <> ALL ($1::text[])) AND ",
    of_people!("q.seqrelid"),
    " AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_class", "c.oid"),
    " ORDER BY namespace, name"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    own: &OwnTables,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(SEQUENCES, &[&own.tables])? {
        let sequence = Sequence {
            type_name: row.get("type_name"),
            options: options(&row),
            owned_by: row.get("owned_by"),
            identity: row.get("identity"),
            unlogged: row.get("unlogged"),
            comment: row.get("comment"),
        };
        schema.sequences.insert(object_name(&row), sequence);
    }
    Ok(())
}

/// Returns the options that `CREATE SEQUENCE` would have to name.
fn options(row: &Row) -> String {
    let (lowest, highest) = match row.get("type_name") {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let increment: i64 = row.get("increment");
    let (minimum, maximum): (i64, i64) = (row.get("minimum"), row.get("maximum"));
    let (usual_minimum, usual_maximum) = if increment > 0 {
        (1, highest)
    } else {
        (lowest, -1)
    };
    let usual_start = if increment > 0 { minimum } else { maximum };
    let option =
        |name: &str, value: i64, usual: i64| (value != usual).then(|| format!("{name} {value}"));
    let options = [
        option("START", row.get("start"), usual_start),
        option("INCREMENT", increment, 1),
        option("MINVALUE", minimum, usual_minimum),
        option("MAXVALUE", maximum, usual_maximum),
        option("CACHE", row.get("cache"), 1),
        row.get::<_, bool>("cycle").then(|| "CYCLE".to_owned()),
    ];
    options.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
