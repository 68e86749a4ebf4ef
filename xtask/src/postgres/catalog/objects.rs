//! Reads namespaces, extensions, and the rarer kinds of objects, each object as one text.
//! Subscriptions and user mappings are read as far as everybody may see them: their connections and
//! options hold passwords.

use std::sync::LazyLock;

use postgres::{Error, GenericClient};

use super::distribution;
use super::prepared::Prepared;
use crate::schema::model::{Extension, Namespace, Object, Schema};

/// The comment that PostgreSQL itself puts on `public` is left out.
const NAMESPACES: &str = concat!(
    "
    SELECT n.nspname::text AS name,
           nullif(obj_description(n.oid, 'pg_namespace'), 'standard public schema') AS comment,
           to_regclass('pg_catalog.pg_dist_schema') IS NOT NULL AS may_be_distributed
    FROM pg_namespace AS n
    WHERE ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_namespace", "n.oid"),
    " ORDER BY name"
);

/// The query for the extensions that `CREATE EXTENSION` made, not those that come with every
/// database.
const EXTENSIONS: &str = "
    SELECT x.extname::text AS name, n.nspname::text AS namespace
    FROM pg_extension AS x
    JOIN pg_namespace AS n ON n.oid = x.extnamespace
    WHERE x.oid >= 16384
    ORDER BY name";

/// A rarer kind of object.
struct ObjectKind {
    name: &'static str,
    /// The rows of a catalog that include all objects of the kind. Mostly there are none.
    among: &'static str,
    /// The query for the name of each object, its definition and its comment.
    query: &'static str,
}

/// The rarer kinds, of which most databases have few objects. PostgreSQL needs longer to plan their
/// queries than all others, so that only those run that find something. `to_jsonb` of a row also
/// covers columns that only later versions of PostgreSQL have.
const KINDS: &[ObjectKind] = &[
    ObjectKind {
        name: "collation",
        among: "pg_collation WHERE collnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname),
                   (to_jsonb(c) - '{oid,collname,collnamespace,collowner,collversion}'::text[])::text,
                   obj_description(c.oid, 'pg_collation')
            FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_collation", "c.oid")),
    },
    ObjectKind {
        name: "cast",
        among: "pg_cast WHERE oid >= 16384",
        query: concat!("SELECT format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL),
                   concat_ws(' ', c.castmethod, c.castcontext, nullif(c.castfunc, 0)::regprocedure),
                   obj_description(c.oid, 'pg_cast')
            FROM pg_cast AS c
            WHERE c.oid >= 16384 AND ", not_of_extensions!("pg_cast", "c.oid")),
    },
    ObjectKind {
        name: "base type",
        among: "pg_type WHERE (typtype = 'b' AND typarray <> 0 OR NOT typisdefined) AND typnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT format_type(t.oid, NULL),
                   (to_jsonb(t) - '{oid,typname,typnamespace,typowner,typarray,typrelid,typelem,typbasetype,typacl}'::text[])::text,
                   obj_description(t.oid, 'pg_type')
            FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
            WHERE (t.typtype = 'b' OR NOT t.typisdefined) AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = t.oid)
              AND ", namespaces!(), " AND ", not_of_extensions!("pg_type", "t.oid")),
    },
    ObjectKind {
        name: "operator",
        among: "pg_operator WHERE oprnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT o.oid::regoperator::text,
                   concat_ws(' ', 'FUNCTION', o.oprcode::regprocedure, 'RETURNS', format_type(o.oprresult, NULL),
                       'COMMUTATOR ' || nullif(o.oprcom, 0)::regoperator, 'NEGATOR ' || nullif(o.oprnegate, 0)::regoperator,
                       'RESTRICT ' || nullif(o.oprrest, 0)::regproc, 'JOIN ' || nullif(o.oprjoin, 0)::regproc,
                       CASE WHEN o.oprcanhash THEN 'HASHES' END, CASE WHEN o.oprcanmerge THEN 'MERGES' END),
                   obj_description(o.oid, 'pg_operator')
            FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_operator", "o.oid")),
    },
    ObjectKind {
        name: "operator class",
        among: "pg_opclass WHERE opcnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.opcname) || ' USING ' || m.amname,
                   concat_ws(' ', 'FOR TYPE', format_type(c.opcintype, NULL), CASE WHEN c.opcdefault THEN 'DEFAULT' END,
                       'STORAGE ' || CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END),
                   obj_description(c.oid, 'pg_opclass')
            FROM pg_opclass AS c JOIN pg_namespace AS n ON n.oid = c.opcnamespace JOIN pg_am AS m ON m.oid = c.opcmethod
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_opclass", "c.oid")),
    },
    ObjectKind {
        name: "operator family",
        among: "pg_opfamily WHERE opfnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' USING ' || m.amname,
                   concat_ws(', ',
                       array_to_string(ARRAY(SELECT concat_ws(' ', 'OPERATOR', o.amopstrategy, o.amopopr::regoperator, o.amoppurpose)
                           FROM pg_amop AS o WHERE o.amopfamily = f.oid ORDER BY 1), ', '),
                       array_to_string(ARRAY(SELECT concat_ws(' ', 'FUNCTION', p.amprocnum, p.amproc::regprocedure)
                           FROM pg_amproc AS p WHERE p.amprocfamily = f.oid ORDER BY 1), ', ')),
                   obj_description(f.oid, 'pg_opfamily')
            FROM pg_opfamily AS f JOIN pg_namespace AS n ON n.oid = f.opfnamespace JOIN pg_am AS m ON m.oid = f.opfmethod
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_opfamily", "f.oid")),
    },
    ObjectKind {
        name: "text search configuration",
        among: "pg_ts_config WHERE cfgnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.cfgname),
                   'PARSER ' || p.prsname || ', ' || array_to_string(ARRAY(
                       SELECT concat_ws(' ', t.alias, 'WITH', m.mapdict::regdictionary)
                       FROM pg_ts_config_map AS m JOIN ts_token_type(c.cfgparser) AS t ON t.tokid = m.maptokentype
                       WHERE m.mapcfg = c.oid ORDER BY t.alias, m.mapseqno), ', '),
                   obj_description(c.oid, 'pg_ts_config')
            FROM pg_ts_config AS c JOIN pg_namespace AS n ON n.oid = c.cfgnamespace JOIN pg_ts_parser AS p ON p.oid = c.cfgparser
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_ts_config", "c.oid")),
    },
    ObjectKind {
        name: "text search dictionary",
        among: "pg_ts_dict WHERE dictnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(d.dictname),
                   concat_ws(', ', 'TEMPLATE = ' || t.tmplname, d.dictinitoption), obj_description(d.oid, 'pg_ts_dict')
            FROM pg_ts_dict AS d JOIN pg_namespace AS n ON n.oid = d.dictnamespace JOIN pg_ts_template AS t ON t.oid = d.dicttemplate
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_ts_dict", "d.oid")),
    },
    ObjectKind {
        name: "event trigger",
        among: "pg_event_trigger",
        query: concat!("SELECT quote_ident(v.evtname),
                   concat_ws(' ', 'ON', v.evtevent, 'WHEN TAG IN (' || array_to_string(v.evttags, ', ') || ')',
                       'EXECUTE', v.evtfoid::regprocedure, 'ENABLED', v.evtenabled),
                   obj_description(v.oid, 'pg_event_trigger')
            FROM pg_event_trigger AS v
            WHERE ", not_of_extensions!("pg_event_trigger", "v.oid")),
    },
    ObjectKind {
        name: "publication",
        among: "pg_publication",
        query: "SELECT quote_ident(p.pubname),
                   (to_jsonb(p) - '{oid,pubname,pubowner}'::text[])::text || CASE WHEN p.puballtables THEN '' ELSE ' ' ||
                       coalesce((SELECT jsonb_agg(to_jsonb(t) - 'pubname' ORDER BY t.schemaname, t.tablename)::text
                                 FROM pg_publication_tables AS t WHERE t.pubname = p.pubname), '')
                       || coalesce(' ' || (SELECT string_agg(o.identity, ', ' ORDER BY o.identity) FROM pg_depend AS d
                                           CROSS JOIN pg_identify_object(d.classid, d.objid, 0) AS o
                                           WHERE d.refclassid = 'pg_publication'::regclass AND d.refobjid = p.oid
                                             AND o.type = 'publication namespace'), '') END,
                   obj_description(p.oid, 'pg_publication')
            FROM pg_publication AS p",
    },
    ObjectKind {
        name: "foreign data wrapper",
        among: "pg_foreign_data_wrapper",
        query: concat!("SELECT quote_ident(w.fdwname),
                   concat_ws(' ', 'HANDLER ' || nullif(w.fdwhandler, 0)::regproc, 'VALIDATOR ' || nullif(w.fdwvalidator, 0)::regproc,
                       w.fdwoptions::text), obj_description(w.oid, 'pg_foreign_data_wrapper')
            FROM pg_foreign_data_wrapper AS w
            WHERE ", not_of_extensions!("pg_foreign_data_wrapper", "w.oid")),
    },
    ObjectKind {
        name: "server",
        among: "pg_foreign_server",
        query: concat!("SELECT quote_ident(s.srvname),
                   concat_ws(' ', 'TYPE ' || s.srvtype, 'VERSION ' || s.srvversion, 'FOREIGN DATA WRAPPER', w.fdwname,
                       s.srvoptions::text), obj_description(s.oid, 'pg_foreign_server')
            FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
            WHERE ", not_of_extensions!("pg_foreign_server", "s.oid")),
    },
    ObjectKind {
        // Only a superuser reads `pg_user_mapping`, but without servers there are no mappings.
        name: "user mapping",
        among: "pg_foreign_server",
        query: "SELECT quote_ident(coalesce(u.usename, 'public')) || ' SERVER ' || quote_ident(u.srvname), '', NULL
            FROM pg_user_mappings AS u",
    },
    ObjectKind {
        name: "subscription",
        among: "pg_subscription",
        query: "SELECT quote_ident(s.subname),
                   concat_ws(' ', 'PUBLICATION', array_to_string(ARRAY(SELECT unnest(s.subpublications) ORDER BY 1), ', '),
                       'SLOT ' || s.subslotname), obj_description(s.oid, 'pg_subscription')
            FROM pg_subscription AS s
            WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    },
    ObjectKind {
        name: "language",
        among: "pg_language WHERE oid >= 16384",
        query: concat!("SELECT quote_ident(l.lanname),
                   concat_ws(' ', CASE WHEN l.lanpltrusted THEN 'TRUSTED' END, 'HANDLER ' || nullif(l.lanplcallfoid, 0)::regproc,
                       'INLINE ' || nullif(l.laninline, 0)::regproc, 'VALIDATOR ' || nullif(l.lanvalidator, 0)::regproc),
                   obj_description(l.oid, 'pg_language')
            FROM pg_language AS l
            WHERE l.oid >= 16384 AND ", not_of_extensions!("pg_language", "l.oid")),
    },
    ObjectKind {
        name: "access method",
        among: "pg_am WHERE oid >= 16384",
        query: concat!("SELECT quote_ident(m.amname), concat_ws(' ', 'TYPE', m.amtype::text, 'HANDLER', m.amhandler),
                   obj_description(m.oid, 'pg_am')
            FROM pg_am AS m
            WHERE m.oid >= 16384 AND ", not_of_extensions!("pg_am", "m.oid")),
    },
    ObjectKind {
        name: "conversion",
        among: "pg_conversion WHERE connamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(c.conname),
                   concat_ws(' ', CASE WHEN c.condefault THEN 'DEFAULT' END, 'FOR', pg_encoding_to_char(c.conforencoding),
                       'TO', pg_encoding_to_char(c.contoencoding), 'FROM', c.conproc), obj_description(c.oid, 'pg_conversion')
            FROM pg_conversion AS c JOIN pg_namespace AS n ON n.oid = c.connamespace
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_conversion", "c.oid")),
    },
    ObjectKind {
        name: "transform",
        among: "pg_transform",
        query: concat!("SELECT format_type(t.trftype, NULL) || ' FOR LANGUAGE ' || quote_ident(l.lanname),
                   concat_ws(', ', 'FROM SQL ' || nullif(t.trffromsql, 0)::regprocedure, 'TO SQL ' || nullif(t.trftosql, 0)::regprocedure),
                   obj_description(t.oid, 'pg_transform')
            FROM pg_transform AS t JOIN pg_language AS l ON l.oid = t.trflang
            WHERE ", not_of_extensions!("pg_transform", "t.oid")),
    },
    ObjectKind {
        name: "text search parser",
        among: "pg_ts_parser WHERE prsnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(p.prsname),
                   concat_ws(' ', p.prsstart, p.prstoken, p.prsend, nullif(p.prsheadline, 0)::regproc, p.prslextype),
                   obj_description(p.oid, 'pg_ts_parser')
            FROM pg_ts_parser AS p JOIN pg_namespace AS n ON n.oid = p.prsnamespace
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_ts_parser", "p.oid")),
    },
    ObjectKind {
        name: "text search template",
        among: "pg_ts_template WHERE tmplnamespace <> 'pg_catalog'::regnamespace",
        query: concat!("SELECT quote_ident(n.nspname) || '.' || quote_ident(t.tmplname),
                   concat_ws(' ', 'INIT ' || nullif(t.tmplinit, 0)::regproc, 'LEXIZE', t.tmpllexize),
                   obj_description(t.oid, 'pg_ts_template')
            FROM pg_ts_template AS t JOIN pg_namespace AS n ON n.oid = t.tmplnamespace
            WHERE ", namespaces!(), " AND ", not_of_extensions!("pg_ts_template", "t.oid")),
    },
    ObjectKind {
        name: "dependence",
        among: "pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'x'",
        query: "SELECT o.type || ' ' || o.identity || ' ON EXTENSION ' || quote_ident(x.extname), '', NULL
            FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid
            CROSS JOIN pg_identify_object(d.classid, d.objid, d.objsubid) AS o
            WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'",
    },
];

/// The query for which of the kinds there may be, in their order.
static PRESENT: LazyLock<String> = LazyLock::new(|| {
    let each: Vec<String> = KINDS
        .iter()
        .map(|kind| format!("EXISTS (SELECT FROM {})", kind.among))
        .collect();
    format!("SELECT {}", each.join(", "))
});

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    schema: &mut Schema,
) -> Result<(), Error> {
    let mut may_be_distributed = false;
    for row in client.query(NAMESPACES, &[])? {
        may_be_distributed = row.get("may_be_distributed");
        schema.namespaces.insert(
            row.get("name"),
            Namespace {
                comment: row.get("comment"),
                distributed: false,
            },
        );
    }
    if may_be_distributed {
        distribution::read_namespaces(client, schema)?;
    }
    for row in client.query(EXTENSIONS, &[])? {
        schema.extensions.insert(
            row.get("name"),
            Extension {
                namespace: row.get("namespace"),
            },
        );
    }
    let present = client.query(&PRESENT, &[])?;
    let is_present = |place: usize| present.iter().any(|row| row.get(place));
    for (_, kind) in KINDS
        .iter()
        .enumerate()
        .filter(|(place, _)| is_present(*place))
    {
        for row in client.query(kind.query, &[])? {
            let object = Object {
                definition: row.get(1),
                comment: row.get(2),
            };
            schema
                .objects
                .entry(kind.name.to_owned())
                .or_default()
                .insert(row.get(0), object);
        }
    }
    Ok(())
}
