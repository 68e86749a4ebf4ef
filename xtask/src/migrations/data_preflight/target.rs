//! The tables, types and functions of the target, as far as questions need them.

mod relations;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use postgres::{Client, Row};

use crate::migrations::provenance::SearchPath;
use crate::migrations::server_code;
use crate::migrations::statements::Reference;
use crate::schema::model::ObjectName;

pub(super) use relations::{Related, Restricting};

/// More partitions than this are not counted. Each is locked with its indexes: with five of them a
/// hundred partitions take a tenth of the lock table that a server has by default, and a server
/// without free locks fails everybody's queries.
const MOST_PARTITIONS: i64 = 100;

/// A table of the target.
#[derive(Debug)]
pub(super) struct TargetTable {
    pub(super) oid: u32,
    /// `pg_class.relkind`
    pub(super) kind: String,
    /// Why its rows cannot be counted, after "because"; none where they can.
    pub(super) uncountable: Option<String>,
    /// Whether other tables inherit from it or are parts of it.
    pub(super) has_children: bool,
    /// Whether changes of its rows run triggers or rules of the application.
    pub(super) has_triggers: bool,
    pub(super) columns: Vec<TargetColumn>,
    /// The columns of its primary key.
    pub(super) key: Vec<String>,
}

/// A column of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TargetColumn {
    pub(super) name: String,
    pub(super) type_name: String,
    pub(super) not_null: bool,
    /// Whether its values are computed from others.
    pub(super) generated: bool,
    /// Its default, as SQL; none where it has none, or an identity.
    pub(super) default: Option<String>,
    /// The sequence that numbers its rows, as SQL names it.
    pub(super) sequence: Option<String>,
}

/// A constraint of the target.
#[derive(Debug)]
pub(super) struct TargetConstraint {
    /// `pg_constraint.contype`
    pub(super) kind: String,
    pub(super) validated: bool,
    /// Whether it is checked at the end of a transaction, after the statements that follow.
    pub(super) deferred: bool,
    /// Whether tables that inherit from this one do without it.
    pub(super) no_inherit: bool,
    /// The expression of a check.
    pub(super) check: Option<String>,
    pub(super) columns: Vec<String>,
    pub(super) parent: Option<ObjectName>,
    pub(super) referenced: Vec<String>,
    pub(super) full: bool,
}

/// A unique index of the target.
#[derive(Debug, Clone)]
pub(super) struct TargetIndex {
    pub(super) name: String,
    pub(super) primary: bool,
    /// Columns and expressions, as SQL.
    pub(super) elements: Vec<String>,
    /// The columns; an expression has no name.
    pub(super) columns: Vec<String>,
    pub(super) condition: Option<String>,
    pub(super) nulls_not_distinct: bool,
}

/// How a table is partitioned.
#[derive(Debug)]
pub(super) struct Partitioning {
    pub(super) oid: u32,
    /// `pg_partitioned_table.partstrat`
    pub(super) strategy: String,
    /// The key; empty where it has expressions.
    pub(super) columns: Vec<String>,
    /// The OID of the default partition.
    pub(super) default: Option<u32>,
}

/// The database that the migrations will run on.
pub(super) struct Target<'c> {
    pub(super) client: &'c mut Client,
    /// The names of all tables: most names in the migrations of a new database are none of them, and
    /// need no query.
    names: BTreeSet<ObjectName>,
    tables: BTreeMap<ObjectName, Option<Rc<TargetTable>>>,
    /// The domains that have a default, once they were read.
    domains: Option<BTreeSet<String>>,
}

const TABLE: &str = "
    WITH RECURSIVE parts AS (
        SELECT c.oid FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm', 'f')
        UNION
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN parts p ON i.inhparent = p.oid)
    SELECT c.oid, c.relkind::text AS kind,
           (SELECT count(*) FROM parts) - 1 AS parts,
           (SELECT bool_or(f.relkind = 'f') FROM parts p JOIN pg_catalog.pg_class f ON f.oid = p.oid) AS is_foreign,
           (SELECT bool_or(pg_catalog.row_security_active(p.oid)) FROM parts p) AS is_hidden,
           pg_catalog.has_table_privilege(c.oid, 'SELECT') AS is_readable,
           c.relhasrules OR EXISTS (
               SELECT FROM pg_catalog.pg_trigger t JOIN parts p ON p.oid = t.tgrelid
               WHERE NOT t.tgisinternal AND t.tgenabled <> 'D') AS has_triggers,
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
           ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS types,
           ARRAY(SELECT a.attnotnull FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS not_null,
           ARRAY(SELECT a.attgenerated <> '' FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS generated,
           ARRAY(SELECT coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') FROM pg_catalog.pg_attribute a
                 LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS defaults,
           ARRAY(SELECT coalesce((SELECT s.oid::pg_catalog.regclass::text FROM pg_catalog.pg_depend p
                                  JOIN pg_catalog.pg_class s ON s.oid = p.objid AND s.relkind = 'S'
                                  WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                    AND p.refclassid = p.classid AND p.refobjid = c.oid AND p.refobjsubid = a.attnum
                                    AND p.deptype = 'i'), '')
                 FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS sequences,
           ARRAY(SELECT a.attname::text
                 FROM pg_catalog.pg_index i
                 CROSS JOIN LATERAL pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, position)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts
                 ORDER BY k.position) AS key
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm', 'f')";

const CONSTRAINT: &str = "
    SELECT o.contype::text AS kind, o.convalidated AS validated, o.condeferred AS deferred, o.connoinherit AS no_inherit,
           pg_catalog.pg_get_expr(o.conbin, o.conrelid) AS check_sql,
           o.confmatchtype = 'f' AS is_full, n.nspname::text AS namespace, f.relname::text AS parent,
           ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(o.conkey) WITH ORDINALITY k (attnum, position)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.attnum
                 ORDER BY k.position) AS columns,
           ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(o.confkey) WITH ORDINALITY k (attnum, position)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.attnum
                 ORDER BY k.position) AS referenced
    FROM pg_catalog.pg_constraint o
    LEFT JOIN pg_catalog.pg_class f ON f.oid = o.confrelid
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = f.relnamespace
    WHERE (o.conrelid = $1 OR o.contypid = $1) AND ($2 = '' OR o.conname = $2)
    ORDER BY o.conname";

/// `indnullsnotdistinct` exists from PostgreSQL 15 on: the row as JSON has it, or has it not.
const INDEXES: &str = "
    SELECT c.relname::text AS name, i.indisprimary AS is_primary,
           ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
                 FROM pg_catalog.generate_series(1, i.indnkeyatts::int) k ORDER BY k) AS elements,
           ARRAY(SELECT coalesce(a.attname::text, '')
                 FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k (attnum, position)
                 LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                 WHERE k.position <= i.indnkeyatts ORDER BY k.position) AS columns,
           pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS condition,
           coalesce((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS not_distinct
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid
    ORDER BY c.relname";

impl<'c> Target<'c> {
    pub(super) fn new(client: &'c mut Client) -> Result<Self> {
        let sql = "SELECT n.nspname::text AS namespace, c.relname::text AS name
                   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_'
                     AND n.nspname <> 'information_schema' ORDER BY 1, 2";
        let rows = client.query(sql, &[]).context("cannot list the tables")?;
        Ok(Self {
            client,
            names: rows.iter().map(read_name).collect::<Result<_>>()?,
            tables: BTreeMap::new(),
            domains: None,
        })
    }

    /// Whether it has any table.
    pub(super) fn has_tables(&self) -> bool {
        !self.names.is_empty()
    }

    /// The search path of the session, which a migration begins with.
    pub(super) fn search_path(&mut self) -> Result<SearchPath> {
        let row = self
            .client
            .query_one(
                "SELECT pg_catalog.current_schemas(false)::text[] AS path",
                &[],
            )
            .context("cannot read the search path")?;
        Ok(SearchPath::new(row.try_get("path")?))
    }

    /// The table of that name; `None` where there is none.
    pub(super) fn table(&mut self, name: &ObjectName) -> Result<Option<Rc<TargetTable>>> {
        if !self.names.contains(name) {
            return Ok(None);
        }
        if let Some(known) = self.tables.get(name) {
            return Ok(known.clone());
        }
        let row = self
            .client
            .query_opt(TABLE, &[&name.namespace, &name.name])
            .with_context(|| format!("cannot read the catalogs about `{name}`"))?;
        let table = row.map(|row| read_table(&row)).transpose()?.map(Rc::new);
        self.tables.insert(name.clone(), table.clone());
        Ok(table)
    }

    /// The constraints of a table or a domain; only the one called `name`, unless it is empty.
    pub(super) fn constraints(&mut self, of: u32, name: &str) -> Result<Vec<TargetConstraint>> {
        let rows = self
            .client
            .query(CONSTRAINT, &[&of, &name])
            .context("cannot read the constraints")?;
        rows.iter().map(read_constraint).collect()
    }

    /// The unique indexes of a table.
    pub(super) fn unique_indexes(&mut self, of: u32) -> Result<Vec<TargetIndex>> {
        let rows = self
            .client
            .query(INDEXES, &[&of])
            .context("cannot read the indexes")?;
        let index = |row: &Row| -> Result<TargetIndex> {
            Ok(TargetIndex {
                name: row.try_get("name")?,
                primary: row.try_get("is_primary")?,
                elements: row.try_get("elements")?,
                columns: row.try_get("columns")?,
                condition: row.try_get("condition")?,
                nulls_not_distinct: row.try_get("not_distinct")?,
            })
        };
        rows.iter().map(index).collect()
    }

    /// Whether the schema has a relation of any kind of that name.
    pub(super) fn has_relation(&mut self, namespace: &str, name: &str) -> Result<bool> {
        let sql = "SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = $1 AND c.relname = $2";
        let row = self.client.query_opt(sql, &[&namespace, &name]);
        Ok(row.context("cannot read the catalogs")?.is_some())
    }

    /// One of `names` that is a volatile function.
    pub(super) fn volatile(&mut self, names: &[String]) -> Result<Option<String>> {
        server_code::volatile(self.client, names).context("cannot read the functions")
    }

    /// One of `names` that is a function which may write rows.
    pub(super) fn writing(&mut self, names: &[String]) -> Result<Option<String>> {
        server_code::writing(self.client, names).context("cannot read the functions")
    }

    /// Whether the type, as SQL writes it, is a domain: its rules are applied to each row alone.
    pub(super) fn is_domain(&mut self, type_name: &str) -> Result<bool> {
        let sql = "SELECT FROM pg_catalog.pg_type
                   WHERE oid = pg_catalog.to_regtype($1) AND typtype = 'd'";
        let row = self.client.query_opt(sql, &[&type_name]);
        Ok(row.context("cannot read the types")?.is_some())
    }

    /// Whether the name is that of a view.
    pub(super) fn is_view(&mut self, name: &Reference, path: &SearchPath) -> Result<bool> {
        let namespaces = match name.parts.as_slice() {
            [.., namespace, _name] => vec![namespace.name.clone()],
            _unqualified => path.namespaces().to_vec(),
        };
        let found = server_code::view(self.client, name.name(), &namespaces);
        Ok(found.context("cannot read the views")?.is_some())
    }

    /// The OID of a domain, and the type that it restricts.
    pub(super) fn domain(&mut self, name: &ObjectName) -> Result<Option<(u32, String)>> {
        let sql = "SELECT t.oid, pg_catalog.format_type(t.typbasetype, t.typtypmod) AS base
                   FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                   WHERE n.nspname = $1 AND t.typname = $2 AND t.typtype = 'd'";
        let row = self.client.query_opt(sql, &[&name.namespace, &name.name]);
        let row = row.context("cannot read the domains")?;
        row.map(|row| Ok((row.try_get("oid")?, row.try_get("base")?)))
            .transpose()
    }

    /// How a table is partitioned; `None` where it is not.
    pub(super) fn partitioning(&mut self, of: u32) -> Result<Option<Partitioning>> {
        let sql = "SELECT p.partstrat::text AS strategy, nullif(p.partdefid, 0) AS default_partition,
                          CASE WHEN 0 = ANY (p.partattrs::int2[]) THEN '{}'
                               ELSE ARRAY(SELECT a.attname::text
                                          FROM pg_catalog.unnest(p.partattrs) WITH ORDINALITY k (attnum, position)
                                          JOIN pg_catalog.pg_attribute a
                                            ON a.attrelid = p.partrelid AND a.attnum = k.attnum
                                          ORDER BY k.position) END AS columns
                   FROM pg_catalog.pg_partitioned_table p WHERE p.partrelid = $1";
        let row = self.client.query_opt(sql, &[&of]);
        let row = row.context("cannot read the partitions")?;
        row.map(|row| {
            Ok(Partitioning {
                oid: of,
                strategy: row.try_get("strategy")?,
                columns: row.try_get("columns")?,
                default: row.try_get("default_partition")?,
            })
        })
        .transpose()
    }

    /// Whether a domain of that name has a default.
    pub(super) fn has_domain_default(&mut self, name: &str) -> Result<bool> {
        if self.domains.is_none() {
            let sql = "SELECT typname::text AS name FROM pg_catalog.pg_type
                       WHERE typtype = 'd' AND typdefault IS NOT NULL ORDER BY 1";
            let rows = self.client.query(sql, &[]);
            let rows = rows.context("cannot read the domains")?;
            let names = rows.iter().map(|row| row.try_get("name"));
            self.domains = Some(names.collect::<Result<_, _>>()?);
        }
        Ok(self
            .domains
            .as_ref()
            .is_some_and(|names| names.contains(name)))
    }

    /// The columns of tables that are of the domain, and whether others hold it deeper within.
    pub(super) fn columns_of_domain(
        &mut self,
        domain: u32,
    ) -> Result<(Vec<(ObjectName, String)>, bool)> {
        let sql = "SELECT n.nspname::text AS namespace, c.relname::text AS name, a.attname::text AS column
                   FROM pg_catalog.pg_attribute a
                   JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                   WHERE a.atttypid = $1 AND NOT a.attisdropped AND c.relkind IN ('r', 'm', 'f') ORDER BY 1, 2, 3";
        let rows = self
            .client
            .query(sql, &[&domain])
            .context("cannot read the columns of the domain")?;
        let column = |row: &Row| -> Result<(ObjectName, String)> {
            Ok((read_name(row)?, row.try_get("column")?))
        };
        let within = "SELECT EXISTS (SELECT FROM pg_catalog.pg_type WHERE typbasetype = $1)
                      OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                 JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                                 WHERE t.typelem = $1 AND NOT a.attisdropped)
                      OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                 JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                                 WHERE a.atttypid = $1 AND c.relkind = 'c') AS is_within";
        let deeper = self.client.query_one(within, &[&domain]);
        let deeper = deeper.context("cannot read the uses of the domain")?;
        Ok((
            rows.iter().map(column).collect::<Result<_>>()?,
            deeper.try_get("is_within")?,
        ))
    }
}

fn read_name(row: &Row) -> Result<ObjectName> {
    Ok(ObjectName {
        namespace: row.try_get("namespace")?,
        name: row.try_get("name")?,
    })
}

fn read_table(row: &Row) -> Result<TargetTable> {
    let names: Vec<String> = row.try_get("columns")?;
    let types: Vec<String> = row.try_get("types")?;
    let not_null: Vec<bool> = row.try_get("not_null")?;
    let generated: Vec<bool> = row.try_get("generated")?;
    let defaults: Vec<String> = row.try_get("defaults")?;
    let sequences: Vec<String> = row.try_get("sequences")?;
    let parts: i64 = row.try_get("parts")?;
    let written = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let mut columns = Vec::new();
    for (at, (name, type_name)) in names.into_iter().zip(types).enumerate() {
        let default = defaults.get(at).and_then(written);
        let numbered = default.as_deref().and_then(numbering_sequence);
        columns.push(TargetColumn {
            name,
            type_name,
            not_null: not_null.get(at).copied().unwrap_or_default(),
            generated: generated.get(at).copied().unwrap_or_default(),
            sequence: sequences.get(at).and_then(written).or(numbered),
            default,
        });
    }
    let uncountable = if row.try_get("is_foreign")? {
        Some("its rows are on another server".to_owned())
    } else if !row.try_get::<_, bool>("is_readable")? {
        Some("this role may not read the table".to_owned())
    } else if row.try_get("is_hidden")? {
        Some("row-level security hides rows from this role".to_owned())
    } else if parts > MOST_PARTITIONS {
        Some(format!(
            "it has {parts} partitions, and counting locks each of them"
        ))
    } else {
        None
    };
    Ok(TargetTable {
        oid: row.try_get("oid")?,
        kind: row.try_get("kind")?,
        uncountable,
        has_children: parts > 0,
        has_triggers: row.try_get("has_triggers")?,
        columns,
        key: row.try_get("key")?,
    })
}

/// The sequence of `nextval('teams_id_seq'::regclass)`, as SQL names it.
fn numbering_sequence(default: &str) -> Option<String> {
    let inside = default
        .strip_prefix("nextval('")?
        .strip_suffix("'::regclass)")?;
    Some(inside.replace("''", "'"))
}

fn read_constraint(row: &Row) -> Result<TargetConstraint> {
    let namespace: Option<String> = row.try_get("namespace")?;
    let parent: Option<String> = row.try_get("parent")?;
    Ok(TargetConstraint {
        kind: row.try_get("kind")?,
        validated: row.try_get("validated")?,
        deferred: row.try_get("deferred")?,
        no_inherit: row.try_get("no_inherit")?,
        check: row.try_get("check_sql")?,
        columns: row.try_get("columns")?,
        parent: namespace
            .zip(parent)
            .map(|(namespace, name)| ObjectName { namespace, name }),
        referenced: row.try_get("referenced")?,
        full: row.try_get("is_full")?,
    })
}
