//! Tables and views, and what belongs to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Distribution, ObjectName, Policy, Rule, Trigger};

/// Leaves a field out of the snapshot where it is false.
fn is_false(value: &bool) -> bool {
    !value
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// `COMMENT ON TABLE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// `PARTITION BY …` of a partitioned table, as `pg_get_partkeydef` writes it: `RANGE
    /// (created_at)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_by: Option<String>,
    /// The parent table and bounds of a partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Partition>,
    /// The tables it inherits from, in order; not those it is a partition of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherits: Vec<ObjectName>,
    /// The composite type of `CREATE TABLE … OF`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_type: Option<ObjectName>,
    /// The server and options of a foreign table: `SERVER files OPTIONS (filename 'x')`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<String>,
    /// The distribution of its rows over several servers; only with Citus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<Distribution>,
    /// `UNLOGGED`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unlogged: bool,
    /// `ENABLE ROW LEVEL SECURITY`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub row_security: bool,
    /// `FORCE ROW LEVEL SECURITY`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_row_security: bool,
    /// Where other than the default: `nothing`, `full`, `index users_email_key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_identity: Option<String>,
    /// How it is stored.
    #[serde(default, skip_serializing_if = "Storage::is_default")]
    pub storage: Storage,
    /// In physical order.
    pub columns: Vec<Column>,
    /// Keys, uniques, checks, foreign keys, exclusions; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub constraints: BTreeMap<String, Constraint>,
    /// Indexes that no constraint owns; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, Index>,
    /// Extended statistics (`CREATE STATISTICS`); by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub statistics: BTreeMap<ObjectName, Statistics>,
    /// User-defined triggers; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<String, Trigger>,
    /// Row-level-security policies; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<String, Policy>,
    /// Rewrite rules; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Rule>,
}

impl Table {
    /// The column `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The parent table and bounds of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// The parent table.
    pub of: ObjectName,
    /// `FOR VALUES …` or `DEFAULT`.
    pub bound: String,
}

/// How a table, materialised view or index is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// `WITH (…)`, sorted: `fillfactor=70`, `toast.autovacuum_enabled=false`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Where other than `heap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_method: Option<String>,
    /// Where other than the database's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
}

impl Storage {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A column of a table, view or composite type.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name, unquoted.
    pub name: String,
    /// As `format_type` writes it under an empty search path: `character varying(100)`,
    /// `public.user_role[]`. [`crate::schema::types`] takes it apart.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `NOT NULL`, of its own or of its domain.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_null: bool,
    /// Whether only the domain says `NOT NULL`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_null_by_domain: bool,
    /// The expression of `DEFAULT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// `always` or `by default`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The expression of `GENERATED ALWAYS AS (…)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<String>,
    /// Whether the expression is computed on reading (`VIRTUAL`, PostgreSQL 18) instead of stored.
    #[serde(default, skip_serializing_if = "is_false")]
    pub generated_virtual: bool,
    /// Where it differs from the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// `SET STORAGE`, where it differs from the type's: `plain`, `external`, `extended`, `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// `SET COMPRESSION`: `pglz`, `lz4`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// `SET STATISTICS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<i32>,
    /// `SET (n_distinct = …)`, and the options of a foreign table's column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Whether only the parents that the table inherits from define it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// `COMMENT ON COLUMN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Column {
    /// Whether an `INSERT` may leave the column out.
    #[must_use]
    pub fn may_be_omitted(&self) -> bool {
        !self.not_null
            || self.default.is_some()
            || self.identity.is_some()
            || self.generated.is_some()
    }

    /// Whether an `INSERT` must leave the column out.
    #[must_use]
    pub fn must_be_omitted(&self) -> bool {
        self.generated.is_some() || self.identity == Some(Identity::Always)
    }
}

/// `GENERATED … AS IDENTITY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// `GENERATED ALWAYS AS IDENTITY`: an explicit value is refused.
    Always,
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    ByDefault,
}

/// The kind of a constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintKind {
    /// `PRIMARY KEY`
    PrimaryKey,
    /// `UNIQUE`
    Unique,
    /// `CHECK`
    Check,
    /// `FOREIGN KEY`
    ForeignKey,
    /// `EXCLUDE`
    Exclusion,
    /// `CREATE CONSTRAINT TRIGGER`
    Trigger,
    /// `NOT NULL` with a name (PostgreSQL 18).
    NotNull,
}

/// A table constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// The kind of constraint.
    pub kind: ConstraintKind,
    /// The table's columns that it names, in its order.
    pub columns: Vec<String>,
    /// As `pg_get_constraintdef` writes it.
    pub definition: String,
    /// False after `NOT VALID`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub validated: bool,
    /// Whether triggers that enforce it were disabled (`DISABLE TRIGGER ALL`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Whether only a parent of the table defines it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inherited: bool,
    /// Whether the index behind the constraint is the one that `CLUSTER` uses.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clustered: bool,
    /// Whether the index behind the constraint is valid; false while it does not cover every
    /// partition.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub index_valid: bool,
    /// How the index behind it is stored.
    #[serde(default, skip_serializing_if = "Storage::is_default")]
    pub storage: Storage,
    /// `COMMENT ON CONSTRAINT`, or on the index behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Constraint {
    /// Whether it only repeats the `NOT NULL` of its column. Since PostgreSQL 18 each such `NOT
    /// NULL` is a constraint as well, and PostgreSQL makes up a name for it. The name is made of
    /// those that table and column had then, and a dump of an earlier release only has today's. A
    /// name of that form therefore does not count.
    #[must_use]
    pub fn is_said_by_column(&self, name: &str) -> bool {
        self.kind == ConstraintKind::NotNull
            && self.columns.len() == 1
            && !self.definition.contains(" NO INHERIT")
            && self.validated
            && self.comment.is_none()
            && name
                .trim_end_matches(|digit: char| digit.is_ascii_digit())
                .ends_with("_not_null")
    }
}

impl Default for Constraint {
    fn default() -> Self {
        Self {
            kind: ConstraintKind::Check,
            columns: Vec::new(),
            definition: String::new(),
            validated: true,
            disabled: false,
            inherited: false,
            clustered: false,
            index_valid: true,
            storage: Storage::default(),
            comment: None,
        }
    }
}

fn yes() -> bool {
    true
}

/// Leaves a field out of the snapshot where it is true.
fn is_true(value: &bool) -> bool {
    *value
}

/// An index that no constraint owns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// As `pg_get_indexdef` writes it.
    pub definition: String,
    /// False after a `CREATE INDEX CONCURRENTLY` that did not finish.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub valid: bool,
    /// Whether `CLUSTER` uses it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub clustered: bool,
    /// The index of the parent table that this index of a partition is attached to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<ObjectName>,
    /// Where other than the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<String>,
    /// `ALTER COLUMN … SET STATISTICS` by position: `1=500`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<String>,
    /// `COMMENT ON INDEX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            definition: String::new(),
            valid: true,
            clustered: false,
            part_of: None,
            tablespace: None,
            statistics: Vec::new(),
            comment: None,
        }
    }
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistics {
    /// As `pg_get_statisticsobjdef` writes it.
    pub definition: String,
    /// `SET STATISTICS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<i32>,
    /// `COMMENT ON STATISTICS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A view or materialised view.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// `COMMENT ON VIEW`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether it is materialised.
    #[serde(default, skip_serializing_if = "is_false")]
    pub materialized: bool,
    /// How it is stored; of a view its options: `security_barrier=true`, `check_option=local`.
    #[serde(default, skip_serializing_if = "Storage::is_default")]
    pub storage: Storage,
    /// In order.
    pub columns: Vec<Column>,
    /// As `pg_get_viewdef` writes it.
    #[serde(with = "super::objects::lines")]
    pub definition: String,
    /// The indexes of a materialised view, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub indexes: BTreeMap<String, Index>,
    /// `INSTEAD OF` triggers; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub triggers: BTreeMap<String, Trigger>,
    /// Rewrite rules other than the view's own; by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, Rule>,
}
