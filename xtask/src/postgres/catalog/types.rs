//! Enums and domains.

use postgres::{Error, GenericClient};

use super::object_name;
use crate::schema::model::{Domain, Enum, Schema};

const ENUMS: &str = "
    SELECT n.nspname::text AS namespace, t.typname::text AS name,
           ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT FROM pg_depend AS e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
    ORDER BY namespace, name";

const DOMAINS: &str = "
    SELECT n.nspname::text AS namespace, t.typname::text AS name,
           format_type(t.typbasetype, t.typtypmod) AS type_name, t.typnotnull AS not_null,
           pg_get_expr(t.typdefaultbin, 0) AS default_expression
    FROM pg_type AS t
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
          SELECT FROM pg_depend AS e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
    ORDER BY namespace, name";

const DOMAIN_CHECKS: &str = "
    SELECT n.nspname::text AS namespace, t.typname::text AS name, k.conname::text AS constraint_name,
           pg_get_constraintdef(k.oid) AS definition
    FROM pg_constraint AS k
    JOIN pg_type AS t ON t.oid = k.contypid
    JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE k.contype = 'c' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY namespace, name, constraint_name";

pub(super) fn read(client: &mut impl GenericClient, schema: &mut Schema) -> Result<(), Error> {
    for row in client.query(ENUMS, &[])? {
        schema.enums.insert(object_name(&row), Enum { labels: row.get("labels"), ..Enum::default() });
    }
    for row in client.query(DOMAINS, &[])? {
        let domain = Domain {
            type_name: row.get("type_name"),
            not_null: row.get("not_null"),
            default: row.get("default_expression"),
            ..Domain::default()
        };
        schema.domains.insert(object_name(&row), domain);
    }
    for row in client.query(DOMAIN_CHECKS, &[])? {
        if let Some(domain) = schema.domains.get_mut(&object_name(&row)) {
            domain.checks.insert(row.get("constraint_name"), row.get("definition"));
        }
    }
    Ok(())
}
