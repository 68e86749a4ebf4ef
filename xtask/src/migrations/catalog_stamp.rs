//! A stamp of the catalogs: while it stays the same, no object of the database was made, changed or
//! dropped. A run that has compared the whole catalogs leaves their stamp in the journal. The next
//! run reads the catalogs only where the stamp is another one. Taking it costs a tenth of reading
//! them, since PostgreSQL writes out no definition. A row of a catalog is identified by its place
//! and by the transaction that wrote it, and each change writes a new row.

use anyhow::{Context as _, Result, anyhow, bail};
use postgres::{GenericClient, SimpleQueryMessage};
use sha2::{Digest as _, Sha256};

use crate::postgres::error::ServerError;

/// The name of the one column that each catalog's query returns.
const COLUMN: &str = "stamped";

/// A catalog, and how its rows are identified.
struct Stamped {
    /// Its name in `pg_catalog`.
    name: &'static str,
    /// The first major version of PostgreSQL that has it.
    since: u32,
    /// An expression for a number that identifies a row.
    key: &'static str,
    /// The condition for the rows that count. OIDs below 16384 are those of PostgreSQL's own
    /// objects.
    rows: &'static str,
}

/// A hash of a row's place, with the transaction that wrote it as the seed. The cast goes through
/// text because `xid` has none to `int8`.
const PLACE: &str = "pg_catalog.hashtidextended(ctid, xmin::text::int8)";

/// A catalog whose `rows` are identified by their place.
const fn by_place(name: &'static str, rows: &'static str) -> Stamped {
    Stamped {
        name,
        since: 0,
        key: PLACE,
        rows,
    }
}

/// An expression for the content of rows, where their place changes too often or may not be read.
macro_rules! content {
    ($columns:literal) => {
        concat!(
            "pg_catalog.hashtextextended(pg_catalog.concat_ws('|', ",
            $columns,
            "), 0)"
        )
    };
}

const ALL: &str = "true";
const OF_PEOPLE: &str = "oid >= 16384";

/// Temporary relations come and go with sessions, and are no part of the schema.
macro_rules! lasting {
    ($relation:literal) => {
        concat!(
            $relation,
            " >= 16384 AND ",
            $relation,
            " NOT IN (SELECT oid FROM pg_catalog.pg_class WHERE relpersistence = 't')"
        )
    };
}

/// All catalogs in which a change may be one of the schema.
const CATALOGS: &[Stamped] = &[
    // `TRUNCATE` and `REFRESH MATERIALIZED VIEW` give a relation other storage, which is no change
    // of the schema. So the other columns are taken by their content. Statistics (`relpages`,
    // `reltuples`) are left out for the same reason.
    Stamped {
        name: "pg_class",
        since: 0,
        key: content!("oid, relname, relnamespace, reltype, reloftype, relowner, relam, reltablespace, reltoastrelid,
                  relhasindex, relpersistence, relkind, relnatts, relchecks, relhasrules, relhastriggers, relhassubclass,
                  relrowsecurity, relforcerowsecurity, relreplident, relispartition, relacl, reloptions, relpartbound"),
        rows: "oid >= 16384 AND relpersistence <> 't'",
    },
    // The system columns are the same in every relation.
    by_place("pg_attribute", concat!("attnum > 0 AND ", lasting!("attrelid"))),
    by_place("pg_attrdef", lasting!("adrelid")),
    by_place(
        "pg_constraint",
        "oid >= 16384 AND conrelid NOT IN (SELECT oid FROM pg_catalog.pg_class WHERE relpersistence = 't')",
    ),
    by_place("pg_index", lasting!("indexrelid")),
    by_place("pg_inherits", lasting!("inhrelid")),
    by_place("pg_partitioned_table", "partrelid >= 16384"),
    by_place(
        "pg_type",
        "oid >= 16384 AND typnamespace NOT IN (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')",
    ),
    by_place("pg_enum", ALL),
    by_place("pg_range", "rngtypid >= 16384"),
    by_place("pg_proc", OF_PEOPLE),
    by_place("pg_aggregate", "aggfnoid::oid >= 16384"),
    by_place("pg_trigger", lasting!("tgrelid")),
    by_place("pg_rewrite", lasting!("ev_class")),
    by_place("pg_policy", ALL),
    by_place("pg_namespace", "nspname !~ '^pg_(toast_)?temp_'"),
    by_place("pg_sequence", lasting!("seqrelid")),
    // Comments on objects that initdb makes: the language `plpgsql`, whose OID is 12000 or higher,
    // and the namespace `public`, whose OID is lower.
    by_place("pg_description", "objoid >= 12000 OR classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass"),
    by_place("pg_operator", OF_PEOPLE),
    by_place("pg_opclass", OF_PEOPLE),
    by_place("pg_opfamily", OF_PEOPLE),
    by_place("pg_amop", OF_PEOPLE),
    by_place("pg_amproc", OF_PEOPLE),
    by_place("pg_cast", OF_PEOPLE),
    by_place("pg_conversion", OF_PEOPLE),
    by_place("pg_collation", OF_PEOPLE),
    by_place("pg_language", ALL),
    by_place("pg_transform", ALL),
    by_place("pg_am", OF_PEOPLE),
    by_place("pg_extension", ALL),
    by_place("pg_foreign_data_wrapper", ALL),
    by_place("pg_foreign_server", ALL),
    by_place("pg_foreign_table", ALL),
    by_place("pg_publication", ALL),
    by_place("pg_publication_rel", ALL),
    Stamped { since: 15, ..by_place("pg_publication_namespace", ALL) },
    by_place("pg_event_trigger", ALL),
    by_place("pg_statistic_ext", ALL),
    by_place("pg_ts_config", OF_PEOPLE),
    by_place("pg_ts_config_map", "mapcfg >= 16384"),
    by_place("pg_ts_dict", OF_PEOPLE),
    by_place("pg_ts_parser", OF_PEOPLE),
    by_place("pg_ts_template", OF_PEOPLE),
    by_place("pg_default_acl", ALL),
    // Objects that belong to an extension are no part of the schema; those that depend on one say
    // so.
    by_place("pg_depend", "deptype IN ('e', 'x')"),
    by_place("pg_tablespace", ALL),
    by_place(
        "pg_db_role_setting",
        "setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
    ),
    // Rows that only a superuser may read whole are taken by the columns that everybody may read.
    Stamped { name: "pg_database", since: 0, key: content!("datdba, datacl"), rows: "datname = pg_catalog.current_database()" },
    // Roles belong to the whole server. Only the names of those count that own something in this
    // database or are granted something in it.
    Stamped {
        name: "pg_roles",
        since: 0,
        key: content!("oid, rolname"),
        rows: "oid < 16384 OR oid IN (SELECT refobjid FROM pg_catalog.pg_shdepend
                       WHERE refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                         AND dbid = (SELECT oid FROM pg_catalog.pg_database
                                     WHERE datname = pg_catalog.current_database()))",
    },
    Stamped { name: "pg_user_mappings", since: 0, key: content!("umid, srvid, umuser, umoptions"), rows: ALL },
    Stamped {
        name: "pg_subscription",
        since: 0,
        key: content!("oid, subname, subowner, subenabled, subslotname, subpublications"),
        rows: "subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
    },
];

/// Catalogs that are not stamped, and why: they say nothing about the schema, or repeat others.
const NOT_STAMPED: &[(&str, &str)] = &[
    (
        "pg_authid",
        "read as the view pg_roles, which everybody may read",
    ),
    (
        "pg_auth_members",
        "who is in which role belongs to the cluster",
    ),
    (
        "pg_init_privs",
        "privileges that extensions set, whose objects are no part of the schema",
    ),
    ("pg_largeobject", "data"),
    ("pg_largeobject_metadata", "data"),
    ("pg_parameter_acl", "privileges on settings of the cluster"),
    ("pg_replication_origin", "where replication stands"),
    ("pg_seclabel", "labels are no part of the schema"),
    (
        "pg_shdepend",
        "says again what owners, privileges and policies say",
    ),
    (
        "pg_shdescription",
        "comments on databases, roles and tablespaces",
    ),
    ("pg_shseclabel", "labels of what belongs to the cluster"),
    ("pg_statistic", "statistics"),
    ("pg_statistic_ext_data", "statistics"),
    ("pg_subscription_rel", "where replication stands"),
    (
        "pg_user_mapping",
        "read as the view pg_user_mappings, which everybody may read",
    ),
];

/// The catalogs that are stamped and those that are not. A test checks that no version of
/// PostgreSQL has others.
pub fn known_catalogs() -> impl Iterator<Item = &'static str> {
    CATALOGS
        .iter()
        .map(|catalog| catalog.name)
        .chain(NOT_STAMPED.iter().map(|(name, _)| *name))
}

/// Takes stamps of a database of one version of PostgreSQL.
#[derive(Debug, Clone)]
pub struct CatalogStamper {
    query: String,
    /// A digest of the way in which stamps are taken. Stamps that were taken in another way never
    /// match, nor those of a server that may write definitions out differently.
    prefix: String,
}

impl CatalogStamper {
    /// Makes a stamper for a server of this `server_version_num`: 150018 is 15.18. `model` names
    /// the version of the schema's model and the objects left out of it. A run that sees more than
    /// the last one then trusts none of its stamps.
    #[must_use]
    pub fn new(server_version: u32, model: &str) -> Self {
        let known = CATALOGS
            .iter()
            .filter(|catalog| catalog.since <= server_version / 10_000);
        // One statement for each catalog: PostgreSQL plans them in less time and memory than the
        // branches of one. Each sees the catalogs a moment later than the one before, which does no
        // harm. A change in between gives a stamp that no state before or after it has, and only
        // equal stamps are trusted.
        let query = known.map(Stamped::query).collect::<Vec<_>>().join("; ");
        let digest = Sha256::digest(format!("{server_version}\n{model}\n{query}"));
        Self {
            query,
            // The prefix only has to differ between versions; the stamp itself is longer, since a
            // chance match would hide a change.
            prefix: first_digits(&digest, 8),
        }
    }

    /// The query, which can be sent together with others.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The stamp in the `answer` to a text that holds the query.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(&self, answer: &[SimpleQueryMessage]) -> Result<String> {
        let mut stamp = Sha256::new();
        let mut is_empty = true;
        for message in answer {
            let SimpleQueryMessage::Row(row) = message else {
                continue;
            };
            if let Some(rows) = row.try_get(COLUMN).ok().flatten() {
                stamp.update(rows);
                stamp.update("\n");
                is_empty = false;
            }
        }
        if is_empty {
            bail!("PostgreSQL did not answer which stamp its catalogs have")
        }
        Ok(format!(
            "{}-{}",
            self.prefix,
            first_digits(&stamp.finalize(), 16)
        ))
    }

    /// Takes a stamp.
    ///
    /// # Errors
    /// Those of the query.
    pub fn take(&self, client: &mut impl GenericClient) -> Result<String> {
        let answer = client
            .simple_query(&self.query)
            .map_err(|error| anyhow!(ServerError::from(error)));
        self.read(&answer.context("cannot take the stamp of the catalogs")?)
    }
}

impl Stamped {
    fn query(&self) -> String {
        let Self {
            name, key, rows, ..
        } = self;
        // A sum does not depend on the order of the rows, so that nothing is sorted. `sum` of
        // `bigint` is `numeric` and cannot overflow.
        format!(
            "SELECT pg_catalog.concat_ws(' ', '{name}', pg_catalog.count(*), pg_catalog.sum({key})) AS {COLUMN}
             FROM pg_catalog.{name} WHERE {rows}"
        )
    }
}

/// The first `bytes` of a digest as hexadecimal digits.
fn first_digits(digest: &[u8], bytes: usize) -> String {
    digest
        .iter()
        .take(bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
