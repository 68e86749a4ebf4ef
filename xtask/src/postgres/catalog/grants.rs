//! Reads privileges, as they differ from those that PostgreSQL (or an extension) gave when the
//! object was made. Owners are listed where they are not the owner of the database. The privileges
//! of an owner are listed under `OWNER`, since the role has other names on other servers.

use postgres::{Error, GenericClient};

use super::OwnTables;
use super::prepared::Prepared;
use crate::schema::model::Schema;

/// Each row lists privileges of one grantee that were granted beyond the default or revoked from
/// it. `nullif(…, '{}')`, since `aclexplode` refuses an empty array.
const GRANTS: &str = concat!(
    "
    WITH object (kind, name, owner, acl, initial) AS (
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
               quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relowner, c.relacl,
               coalesce(i.initprivs, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner))
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0
        WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
          AND c.relname <> ALL ($1::text[]) AND ", of_people!("c.oid"), " AND ", namespaces!(), "
        UNION ALL
        SELECT 'column', quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname),
               c.relowner, a.attacl, i.initprivs
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = a.attnum
        WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relname <> ALL ($1::text[])
          AND ", of_people!("a.attrelid"), " AND ", namespaces!(), "
        UNION ALL
        SELECT 'routine', p.oid::regprocedure::text, p.proowner, p.proacl,
               coalesce(i.initprivs, acldefault('f', p.proowner))
        FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
        WHERE p.proacl IS NOT NULL AND ", namespaces!(), "
        UNION ALL
        SELECT 'type', format_type(t.oid, NULL), t.typowner, t.typacl,
               coalesce(i.initprivs, acldefault('T', t.typowner))
        FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_type'::regclass AND i.objoid = t.oid
        WHERE t.typacl IS NOT NULL AND ", of_people!("t.oid"), " AND ", namespaces!(), "
        UNION ALL
        SELECT 'namespace', quote_ident(n.nspname), n.nspowner, n.nspacl,
               coalesce(i.initprivs, acldefault('n', n.nspowner))
        FROM pg_namespace AS n
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid
        WHERE n.nspacl IS NOT NULL AND ", namespaces!(), "
        UNION ALL
        SELECT 'server', quote_ident(s.srvname), s.srvowner, s.srvacl, coalesce(i.initprivs, acldefault('S', s.srvowner))
        FROM pg_foreign_server AS s
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_foreign_server'::regclass AND i.objoid = s.oid
        WHERE s.srvacl IS NOT NULL
        UNION ALL
        SELECT 'foreign data wrapper', quote_ident(w.fdwname), w.fdwowner, w.fdwacl,
               coalesce(i.initprivs, acldefault('F', w.fdwowner))
        FROM pg_foreign_data_wrapper AS w
        LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_foreign_data_wrapper'::regclass AND i.objoid = w.oid
        WHERE w.fdwacl IS NOT NULL
        UNION ALL
        SELECT 'new objects', concat_ws(' ', d.defaclobjtype, 'of', pg_get_userbyid(d.defaclrole),
                   'in ' || quote_ident(n.nspname)),
               d.defaclrole, d.defaclacl,
               CASE WHEN d.defaclnamespace = 0
                    THEN acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END::\"char\", d.defaclrole) END
        FROM pg_default_acl AS d LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace),
    owned (kind, name, owner) AS (
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
               quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relowner
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND c.relname <> ALL ($1::text[])
          AND ", of_people!("c.oid"), " AND ", namespaces!(), "
          AND ", not_of_extensions!("pg_class", "c.oid"), "
        UNION ALL
        SELECT 'routine', p.oid::regprocedure::text, p.proowner
        FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE p.proowner <> (SELECT datdba FROM pg_database WHERE datname = current_database()) AND ", namespaces!(), "
          AND ", not_of_extensions!("pg_proc", "p.oid"), "
        UNION ALL
        SELECT 'type', format_type(t.oid, NULL), t.typowner
        FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_class AS c ON c.oid = t.typrelid
        WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
          AND ", of_people!("t.oid"), " AND ", namespaces!(), "
          AND ", not_of_extensions!("pg_type", "t.oid"), "
        UNION ALL
        SELECT 'namespace', quote_ident(n.nspname), n.nspowner
        FROM pg_namespace AS n WHERE n.nspname <> 'public' AND ", namespaces!(), "
          AND ", not_of_extensions!("pg_namespace", "n.oid"), "),
    change (kind, name, sign, grantee, privilege) AS (
        SELECT o.kind, o.name, 'granted', nullif(x.grantee, o.owner), x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END
        FROM object AS o, aclexplode(nullif(o.acl, '{}')) AS x
        WHERE NOT EXISTS (
            SELECT FROM aclexplode(nullif(o.initial, '{}')) AS y
            WHERE (y.grantee, y.privilege_type, y.is_grantable) = (x.grantee, x.privilege_type, x.is_grantable))
        UNION
        SELECT o.kind, o.name, 'revoked', nullif(x.grantee, o.owner), x.privilege_type
        FROM object AS o, aclexplode(nullif(o.initial, '{}')) AS x
        WHERE NOT EXISTS (
            SELECT FROM aclexplode(nullif(o.acl, '{}')) AS y WHERE (y.grantee, y.privilege_type) = (x.grantee, x.privilege_type)))
    SELECT kind || ' ' || name AS object,
           CASE sign WHEN 'revoked' THEN 'not ' ELSE '' END
               || CASE WHEN grantee IS NULL THEN 'OWNER' WHEN grantee = 0 THEN 'PUBLIC'
                       ELSE pg_get_userbyid(grantee)::text END
               || ': ' || string_agg(privilege, ', ' ORDER BY privilege) AS privileges
    FROM change
    GROUP BY kind, name, sign, grantee
    UNION ALL
    SELECT kind || ' ' || name, 'owned by ' || pg_get_userbyid(owner)::text
    FROM owned WHERE owner <> (SELECT datdba FROM pg_database WHERE datname = current_database())
    ORDER BY object, privileges"
);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    own: &OwnTables,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(GRANTS, &[&own.tables])? {
        schema
            .grants
            .entry(row.get("object"))
            .or_default()
            .push(row.get("privileges"));
    }
    Ok(())
}
