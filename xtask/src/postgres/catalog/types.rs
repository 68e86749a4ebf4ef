//! Reads enums, domains and range types.

use postgres::{Error, GenericClient};

use super::object_name;
use super::prepared::Prepared;
use crate::schema::model::{Domain, Enum, Range, Schema};

const ENUMS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, t.typname::text AS name,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
           obj_description(t.oid, 'pg_type') AS comment
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND ",
    of_people!("t.oid"),
    " AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_type", "t.oid"),
    " ORDER BY namespace, name"
);

const DOMAINS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, t.typname::text AS name,
           format_type(t.typbasetype, t.typtypmod) AS type_name, t.typnotnull AS not_null,
           pg_get_expr(t.typdefaultbin, 0) AS default_expression,
           CASE WHEN t.typcollation <> b.typcollation
                THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END AS collation,
           obj_description(t.oid, 'pg_type') AS comment
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    JOIN pg_type AS b ON b.oid = t.typbasetype
    LEFT JOIN pg_collation AS l ON l.oid = t.typcollation
    LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
    WHERE t.typtype = 'd' AND ",
    of_people!("t.oid"),
    " AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_type", "t.oid"),
    " ORDER BY namespace, name"
);

const DOMAIN_CHECKS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, t.typname::text AS name, k.conname::text AS constraint_name,
           pg_get_constraintdef(k.oid) AS definition, obj_description(k.oid, 'pg_constraint') AS comment
    FROM pg_constraint AS k
    JOIN pg_type AS t ON t.oid = k.contypid
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE k.contype = 'c' AND ",
    of_people!("t.oid"),
    " AND ",
    namespaces!(),
    " ORDER BY namespace, name, constraint_name"
);

const RANGES: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, t.typname::text AS name,
           concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL),
               'subtype_opclass = ' || quote_ident(o.opcname),
               CASE WHEN r.rngcollation <> s.typcollation THEN 'collation = ' || quote_ident(l.collname) END,
               CASE WHEN r.rngcanonical <> 0 THEN 'canonical = ' || r.rngcanonical::regproc END,
               CASE WHEN r.rngsubdiff <> 0 THEN 'subtype_diff = ' || r.rngsubdiff::regproc END,
               'multirange_type_name = ' || format_type(r.rngmultitypid, NULL)) AS definition,
           obj_description(t.oid, 'pg_type') AS comment
    FROM pg_range AS r
    JOIN pg_type AS t ON t.oid = r.rngtypid
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    JOIN pg_type AS s ON s.oid = r.rngsubtype
    LEFT JOIN pg_opclass AS o ON o.oid = r.rngsubopc
    LEFT JOIN pg_collation AS l ON l.oid = r.rngcollation
    WHERE ",
    of_people!("t.oid"),
    " AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_type", "t.oid"),
    " ORDER BY namespace, name"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(ENUMS, &[])? {
        let found = Enum {
            labels: row.get("labels"),
            comment: row.get("comment"),
        };
        schema.enums.insert(object_name(&row), found);
    }
    for row in client.query(DOMAINS, &[])? {
        let domain = Domain {
            type_name: row.get("type_name"),
            not_null: row.get("not_null"),
            default: row.get("default_expression"),
            collation: row.get("collation"),
            comment: row.get("comment"),
            ..Domain::default()
        };
        schema.domains.insert(object_name(&row), domain);
    }
    for row in client.query(DOMAIN_CHECKS, &[])? {
        let Some(domain) = schema.domains.get_mut(&object_name(&row)) else {
            continue;
        };
        let name: String = row.get("constraint_name");
        if let Some(comment) = row.get("comment") {
            domain.check_comments.insert(name.clone(), comment);
        }
        domain.checks.insert(name, row.get("definition"));
    }
    for row in client.query(RANGES, &[])? {
        let range = Range {
            definition: row.get("definition"),
            comment: row.get("comment"),
        };
        schema.ranges.insert(object_name(&row), range);
    }
    Ok(())
}
