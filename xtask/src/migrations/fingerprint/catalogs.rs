//! The catalogs that a fingerprint covers, and how a row of each is written as a line. OIDs, owners
//! and statistics are left out: they differ between servers.

use crate::postgres::catalog::options::{column_options, index_definition, storage_parameters};

/// A catalog.
pub(super) struct Catalog {
    /// Its name in `pg_catalog`.
    pub(super) name: &'static str,
    /// A query for a line of each of its rows that this transaction wrote. `age(xmin) <= 0` holds
    /// for those, also for rows of its savepoints. [`RELATIONS`] are the relations that the
    /// transaction may have changed.
    pub(super) lines: &'static str,
}

/// The place of an array of OIDs in [`Catalog::lines`].
pub(super) const RELATIONS: &str = "{relations}";

/// The position of `pg_type` in [`CATALOGS`].
pub(super) const TYPES: usize = 5;

/// The position of `pg_extension`: the content of an extension depends on its version, which is the
/// server's.
pub(super) const EXTENSIONS: usize = 16;

/// Catalogs that migrations hardly ever write to. A transaction that writes to one has no
/// fingerprint, so that the whole catalogs are compared.
pub(super) const RARE: &[&str] = &[
    "pg_am",
    "pg_conversion",
    "pg_publication_namespace",
    "pg_transform",
    "pg_ts_config_map",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_user_mapping",
];

/// All other catalogs. Of `pg_type` only types that belong to no relation: the others are seen in
/// `pg_class`. A fingerprint names a catalog by its position, so a new one goes to the end.
pub(super) const CATALOGS: &[Catalog] = &[
    Catalog {
        name: "pg_class",
        lines: concat!(
            "SELECT concat_ws('|', 'class', relnamespace::regnamespace, relname, relkind, relpersistence,
                       relrowsecurity, relforcerowsecurity, relreplident, relispartition, ",
            storage_parameters!("reloptions", "relam"),
            ", pg_get_expr(relpartbound, oid)) AS line
                FROM pg_class WHERE oid = ANY ({relations}) AND age(xmin) <= 0"
        ),
    },
    Catalog {
        name: "pg_attribute",
        lines: concat!(
            "SELECT concat_ws('|', 'attribute', attrelid::regclass, attname, format_type(atttypid, atttypmod),
                       attnotnull, atthasdef, attidentity, attgenerated, attisdropped, attcollation::regcollation, ",
            column_options!("attoptions"),
            // Written only where they are set, so that the fingerprints of all other columns stay
            // the same.
            ", CASE WHEN attstorage <> (SELECT typstorage FROM pg_type WHERE pg_type.oid = atttypid)
                    THEN 'storage ' || attstorage::text END,
               CASE WHEN attstattarget >= 0 THEN 'statistics ' || attstattarget END, nullif(attcompression::text, ''))
                FROM pg_attribute WHERE attrelid = ANY ({relations}) AND age(xmin) <= 0 AND attnum > 0"
        ),
    },
    Catalog {
        name: "pg_attrdef",
        lines: "SELECT concat_ws('|', 'default', adrelid::regclass,
                       (SELECT attname FROM pg_attribute WHERE attrelid = adrelid AND attnum = adnum),
                       pg_get_expr(adbin, adrelid))
                FROM pg_attrdef WHERE adrelid = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        // Constraints of domains have no relation (0). Constraint triggers (`t`) are seen in
        // `pg_trigger`.
        name: "pg_constraint",
        lines: concat!(
            "SELECT concat_ws('|', 'constraint', conrelid::regclass, contypid::regtype, conname,
                       CASE contype WHEN 'x' THEN ",
            index_definition!("pg_get_constraintdef(pg_constraint.oid)", "conindid"),
            " ELSE pg_get_constraintdef(oid) END, convalidated)
                FROM pg_constraint WHERE conrelid = ANY ({relations} || 0::oid) AND age(xmin) <= 0 AND contype <> 't'"
        ),
    },
    Catalog {
        name: "pg_index",
        lines: concat!(
            "SELECT concat_ws('|', 'index', ",
            index_definition!("pg_get_indexdef(indexrelid)", "indexrelid"),
            ", indisvalid, indisprimary, indisclustered, indisreplident)
                FROM pg_index WHERE indexrelid = ANY ({relations}) AND age(xmin) <= 0"
        ),
    },
    Catalog {
        name: "pg_type",
        lines: "SELECT concat_ws('|', 'type', typnamespace::regnamespace, typname, typtype, typbasetype::regtype,
                       typtypmod, typnotnull, typdefault)
                FROM pg_type WHERE age(xmin) <= 0 AND typrelid = 0 AND typelem = 0",
    },
    Catalog {
        name: "pg_enum",
        lines: "SELECT concat_ws('|', 'enum', enumtypid::regtype, enumlabel, enumsortorder)
                FROM pg_enum WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_proc",
        lines: "SELECT concat_ws('|', 'function', oid::regprocedure,
                       CASE prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(oid) END)
                FROM pg_proc WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_trigger",
        lines: "SELECT concat_ws('|', 'trigger', tgrelid::regclass, pg_get_triggerdef(oid), tgenabled)
                FROM pg_trigger WHERE tgrelid = ANY ({relations}) AND age(xmin) <= 0 AND NOT tgisinternal",
    },
    Catalog {
        name: "pg_rewrite",
        lines: "SELECT concat_ws('|', 'rule', ev_class::regclass, rulename, pg_get_ruledef(oid), ev_enabled)
                FROM pg_rewrite WHERE ev_class = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        name: "pg_policy",
        lines: "SELECT concat_ws('|', 'policy', polrelid::regclass, polname, polcmd, polpermissive,
                       polroles::regrole[], pg_get_expr(polqual, polrelid), '|', pg_get_expr(polwithcheck, polrelid))
                FROM pg_policy WHERE polrelid = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        name: "pg_namespace",
        lines: "SELECT concat_ws('|', 'namespace', nspname)
                FROM pg_namespace WHERE age(xmin) <= 0 AND nspname !~ '^pg_(toast_)?temp'",
    },
    Catalog {
        name: "pg_sequence",
        lines: "SELECT concat_ws('|', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement,
                       seqmax, seqmin, seqcache, seqcycle)
                FROM pg_sequence WHERE seqrelid = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        name: "pg_description",
        lines: "SELECT concat_ws('|', 'comment', pg_describe_object(classoid, objoid, objsubid), description)
                FROM pg_description WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_inherits",
        lines: "SELECT concat_ws('|', 'inherits', inhrelid::regclass, inhparent::regclass, inhseqno)
                FROM pg_inherits WHERE inhrelid = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        name: "pg_partitioned_table",
        lines: "SELECT concat_ws('|', 'partitioned', partrelid::regclass, pg_get_partkeydef(partrelid))
                FROM pg_partitioned_table WHERE partrelid = ANY ({relations}) AND age(xmin) <= 0",
    },
    Catalog {
        name: "pg_extension",
        lines: "SELECT concat_ws('|', 'extension', extname, extnamespace::regnamespace, extversion)
                FROM pg_extension WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_statistic_ext",
        lines: "SELECT concat_ws('|', 'statistics', pg_get_statisticsobjdef(oid))
                FROM pg_statistic_ext WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_event_trigger",
        lines: "SELECT concat_ws('|', 'event trigger', evtname, evtevent, evtfoid::regprocedure, evtenabled, evttags)
                FROM pg_event_trigger WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_cast",
        lines: "SELECT concat_ws('|', 'cast', castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext,
                       castmethod)
                FROM pg_cast WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_operator",
        lines: "SELECT concat_ws('|', 'operator', oid::regoperator, oprresult::regtype, oprcode::regprocedure, oprcom::regoperator,
                       oprnegate::regoperator, oprrest::regproc, oprjoin::regproc, oprcanmerge, oprcanhash)
                FROM pg_operator WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_opclass",
        lines: "SELECT concat_ws('|', 'operator class', pg_describe_object('pg_opclass'::regclass, oid, 0), opcintype::regtype, opcdefault)
                FROM pg_opclass WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_collation",
        lines: "SELECT concat_ws('|', 'collation', pg_describe_object('pg_collation'::regclass, oid, 0), collprovider,
                       collisdeterministic, collencoding)
                FROM pg_collation WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_publication",
        lines: "SELECT concat_ws('|', 'publication', pubname, puballtables, pubinsert, pubupdate, pubdelete, pubtruncate,
                       pubviaroot)
                FROM pg_publication WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_publication_rel",
        lines: "SELECT concat_ws('|', 'published table', pg_describe_object('pg_publication_rel'::regclass, oid, 0))
                FROM pg_publication_rel WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_foreign_data_wrapper",
        lines: "SELECT concat_ws('|', 'foreign data wrapper', fdwname, fdwhandler::regproc, fdwvalidator::regproc, fdwoptions)
                FROM pg_foreign_data_wrapper WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_foreign_server",
        lines: "SELECT concat_ws('|', 'server', pg_describe_object('pg_foreign_server'::regclass, oid, 0), srvtype, srvversion,
                       srvoptions)
                FROM pg_foreign_server WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_foreign_table",
        lines: "SELECT concat_ws('|', 'foreign table', ftrelid::regclass, ftoptions)
                FROM pg_foreign_table WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_ts_config",
        lines: "SELECT concat_ws('|', 'text search configuration', pg_describe_object('pg_ts_config'::regclass, oid, 0))
                FROM pg_ts_config WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_ts_dict",
        lines: "SELECT concat_ws('|', 'text search dictionary', pg_describe_object('pg_ts_dict'::regclass, oid, 0), dictinitoption)
                FROM pg_ts_dict WHERE age(xmin) <= 0",
    },
    Catalog {
        name: "pg_language",
        lines: "SELECT concat_ws('|', 'language', lanname, lanpltrusted, lanplcallfoid::regproc)
                FROM pg_language WHERE age(xmin) <= 0",
    },
];

#[cfg(test)]
mod tests {
    use super::{CATALOGS, EXTENSIONS, TYPES};

    #[test]
    fn each_catalog_is_asked_for_its_own_rows() {
        assert_eq!(
            [CATALOGS[TYPES].name, CATALOGS[EXTENSIONS].name],
            ["pg_type", "pg_extension"]
        );
        for catalog in CATALOGS {
            assert!(
                catalog
                    .lines
                    .contains(&format!("FROM {} WHERE", catalog.name)),
                "{}",
                catalog.name
            );
        }
    }
}
