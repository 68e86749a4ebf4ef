//! The effects of statements on tables, types and rows, as data.

use super::{AffectedRows, Expression};
use crate::migrations::provenance::SearchPath;
use crate::migrations::sql::Identifier;
use crate::schema::model::ObjectName;

/// The name of an object, as a statement writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name, after that of its schema where it has one.
    pub parts: Vec<Identifier>,
}

impl Reference {
    /// The object of that name in the first schema of `path` where it `is_known`, else in the first
    /// one.
    #[must_use]
    pub fn object(
        &self,
        path: &SearchPath,
        is_known: impl Fn(&ObjectName) -> bool,
    ) -> Option<ObjectName> {
        path.resolve(&self.parts, is_known)
    }

    /// Whether the schema is written.
    #[must_use]
    pub fn is_qualified(&self) -> bool {
        self.parts.len() > 1
    }

    /// The name without its schema.
    #[must_use]
    pub fn name(&self) -> &str {
        self.parts.last().map_or("", |part| &part.name)
    }
}

/// What one statement, or one clause of `ALTER TABLE`, does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// `CREATE TABLE`, also `AS` a query and `SELECT INTO`.
    CreateTable(CreatedTable),
    /// `CREATE [MATERIALIZED] VIEW`
    CreateView(Reference),
    /// One clause of `ALTER TABLE`.
    AlterTable {
        /// The table.
        table: Reference,
        /// Whether its children are left out: `ONLY`.
        only: bool,
        /// Whether the statement does nothing where the table does not exist.
        if_exists: bool,
        /// What the clause does.
        action: TableAction,
    },
    /// `CREATE INDEX`
    CreateIndex(NewIndex),
    /// `CREATE TYPE … AS ENUM`, with its labels.
    CreateEnum {
        /// The type.
        name: Reference,
        /// Its labels, in order.
        labels: Vec<String>,
    },
    /// `CREATE TYPE` of another kind, `CREATE DOMAIN`.
    CreateType(Reference),
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`, also where it replaces one.
    CreateFunction(Reference),
    /// `ALTER TYPE`
    AlterType {
        /// The type.
        name: Reference,
        /// What it does.
        action: TypeAction,
    },
    /// `ALTER DOMAIN`
    AlterDomain {
        /// The domain.
        name: Reference,
        /// What it does.
        action: DomainAction,
    },
    /// `DROP TABLE`, also of foreign tables.
    DropTables {
        /// The tables.
        tables: Vec<Reference>,
        /// Whether what depends on them goes as well.
        cascade: bool,
    },
    /// `DROP MATERIALIZED VIEW`, `DROP VIEW`
    DropViews {
        /// The views.
        views: Vec<Reference>,
        /// Whether what depends on them goes as well.
        cascade: bool,
    },
    /// `DROP TYPE`, `DROP DOMAIN`
    DropTypes {
        /// The types.
        types: Vec<Reference>,
        /// Whether columns of these types go as well.
        cascade: bool,
    },
    /// `DROP SCHEMA`
    DropSchemas {
        /// The schemas.
        schemas: Vec<String>,
        /// Whether their objects go as well.
        cascade: bool,
    },
    /// `DROP INDEX`
    DropIndexes(Vec<Reference>),
    /// `DROP SEQUENCE`
    DropSequences(Vec<Reference>),
    /// `DROP OWNED`, `DROP EXTENSION … CASCADE`: anything may go.
    DropOthers(String),
    /// `TRUNCATE`
    Truncate {
        /// The tables, each with whether its children are left out.
        tables: Vec<(Reference, bool)>,
        /// Whether tables that refer to them are emptied as well.
        cascade: bool,
    },
    /// `DELETE`, also within `WITH`.
    Delete {
        /// The table.
        table: Reference,
        /// Whether its children are left out.
        only: bool,
        /// Whether all rows go: there is no condition.
        all: bool,
        /// The rows that go.
        rows: AffectedRows,
    },
    /// `UPDATE`, also within `WITH`.
    Update(Update),
    /// `INSERT`, also within `WITH`.
    Insert(Insertion),
    /// `MERGE`, `COPY … FROM`: rows of this table change in ways that are not looked at.
    Write(Reference),
    /// `REFRESH MATERIALIZED VIEW`
    Refresh(Reference),
    /// `CREATE TRIGGER`, `CREATE RULE`, `CREATE EVENT TRIGGER`: later statements may do more than
    /// they say. The table, where there is one.
    CreateTrigger(Option<Reference>),
    /// The statement may do anything; the text says why, after "it": `runs a block of PL/pgSQL`.
    Opaque(String),
}

/// A table that a statement creates.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatedTable {
    /// Its name.
    pub name: Reference,
    /// Whether the statement does nothing where the table exists. A temporary table is made in any
    /// case, and hides it.
    pub if_not_exists: bool,
    /// Whether a query fills it.
    pub from_query: bool,
    /// The table that it is a partition of, and the bounds.
    pub partition_of: Option<(Reference, PartitionBounds)>,
    /// The tables that it inherits from.
    pub inherits: Vec<Reference>,
    /// The names of its columns that cannot be NULL.
    pub not_null: Vec<String>,
}

/// The bounds of a partition, as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartitionBounds {
    /// `FOR VALUES FROM (…) TO (…)`; a bound is `None` where it is `MINVALUE` or `MAXVALUE`.
    Range {
        /// The lower bounds, included.
        from: Vec<Option<String>>,
        /// The upper bounds, excluded.
        to: Vec<Option<String>>,
    },
    /// `FOR VALUES IN (…)`
    List(Vec<String>),
    /// `FOR VALUES WITH (MODULUS …, REMAINDER …)`
    Hash {
        /// The modulus.
        modulus: String,
        /// The remainder.
        remainder: String,
    },
    /// `DEFAULT`
    Default,
}

/// What a clause of `ALTER TABLE` does.
#[derive(Debug, Clone, PartialEq)]
pub enum TableAction {
    /// `ADD COLUMN`
    AddColumn(Box<AddedColumn>),
    /// `ADD CONSTRAINT`
    AddConstraint(Box<Constraint>),
    /// `VALIDATE CONSTRAINT`
    ValidateConstraint(String),
    /// `ALTER COLUMN … SET NOT NULL`
    SetNotNull(String),
    /// `ALTER COLUMN … TYPE`
    SetType {
        /// The column.
        column: String,
        /// The new type, as it is written.
        type_name: String,
        /// The name of the type alone, without its modifiers and brackets.
        type_reference: Option<Reference>,
        /// `COLLATE`
        collation: Option<String>,
        /// `USING`
        using: Option<Expression>,
    },
    /// `ALTER COLUMN … SET DEFAULT`
    SetDefault(String, Expression),
    /// `ALTER COLUMN … SET EXPRESSION`: a generated column gets other values.
    SetExpression(String, Expression),
    /// `DROP COLUMN`
    DropColumn {
        /// The column.
        column: String,
        /// Whether what depends on it goes as well.
        cascade: bool,
        /// `IF EXISTS`
        if_exists: bool,
    },
    /// `DROP CONSTRAINT`
    DropConstraint {
        /// The constraint.
        name: String,
        /// Whether foreign keys that need it go as well.
        cascade: bool,
    },
    /// `RENAME COLUMN`
    RenameColumn {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// `RENAME CONSTRAINT`
    RenameConstraint {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// `RENAME TO`
    RenameTo(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// `ATTACH PARTITION`
    AttachPartition {
        /// The table that becomes a partition.
        partition: Reference,
        /// Its bounds; `None` where they cannot be read.
        bounds: Option<PartitionBounds>,
    },
    /// `DETACH PARTITION`
    DetachPartition(Reference),
    /// `INHERIT`: its rows are rows of that table as well.
    Inherit(Reference),
    /// `NO INHERIT`
    NoInherit(Reference),
    /// `SPLIT PARTITION`, `MERGE PARTITIONS`, `OF`: rows move, or others count.
    Restructure(String),
    /// `SET LOGGED`, `SET TABLESPACE`, `SET ACCESS METHOD`: the table is written anew, and every row
    /// stays.
    Rewrite(String),
    /// Anything that no row can stop and that changes none.
    Harmless,
}

/// A column that `ALTER TABLE` adds.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedColumn {
    /// Its name.
    pub name: String,
    /// Its type, as it is written.
    pub type_name: String,
    /// The name of the type alone.
    pub type_reference: Option<Reference>,
    /// `IF NOT EXISTS`
    pub if_not_exists: bool,
    /// Whether it cannot be NULL: `NOT NULL`, `PRIMARY KEY`, identity.
    pub not_null: bool,
    /// `DEFAULT`
    pub default: Option<Expression>,
    /// `GENERATED ALWAYS AS (…)`
    pub generated: Option<Expression>,
    /// Whether a sequence fills it: `GENERATED … AS IDENTITY`, `serial`.
    pub numbered: bool,
    /// Its own constraints: `CHECK`, `UNIQUE`, `PRIMARY KEY`, `REFERENCES`.
    pub constraints: Vec<Constraint>,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// Its name, where it is written.
    pub name: Option<String>,
    /// Whether rows that are there are not looked at: `NOT VALID`, `NOT ENFORCED`.
    pub not_valid: bool,
    /// Whether it is checked at the end of the transaction at the earliest.
    pub deferrable: bool,
    /// Whether tables that inherit from this one do without it: `NO INHERIT`.
    pub no_inherit: bool,
    /// The kind.
    pub kind: ConstraintKind,
}

/// The kinds of constraints.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintKind {
    /// `NOT NULL`, from PostgreSQL 18 on a constraint of the table.
    NotNull(String),
    /// `CHECK`
    Check(Expression),
    /// `UNIQUE`
    Unique {
        /// The columns.
        columns: Vec<String>,
        /// `NULLS NOT DISTINCT`
        nulls_not_distinct: bool,
    },
    /// `PRIMARY KEY`
    PrimaryKey(Vec<String>),
    /// `UNIQUE USING INDEX`, `PRIMARY KEY USING INDEX`
    UsingIndex {
        /// The index.
        index: String,
        /// Whether it becomes the primary key, so that its columns cannot be NULL.
        primary: bool,
    },
    /// `FOREIGN KEY`, `REFERENCES`
    ForeignKey(ForeignKey),
    /// `EXCLUDE`: pairs of rows for which all operators are true.
    Exclude {
        /// The expressions, each with its operator.
        elements: Vec<(Expression, String)>,
        /// `WHERE`
        condition: Option<Expression>,
    },
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The columns.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub table: Reference,
    /// The columns there; empty for its primary key.
    pub referenced: Vec<String>,
    /// `MATCH FULL`
    pub full: bool,
    /// Whether it follows changes of the other table: `ON DELETE CASCADE`, `SET NULL`.
    pub has_actions: bool,
    /// Whether it is temporal (`PERIOD`), so that columns are compared in another way.
    pub temporal: bool,
}

/// An index that a statement makes.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIndex {
    /// Its name, where it is written.
    pub name: Option<String>,
    /// The table.
    pub table: Reference,
    /// `UNIQUE`
    pub unique: bool,
    /// `CONCURRENTLY`
    pub concurrently: bool,
    /// `IF NOT EXISTS`
    pub if_not_exists: bool,
    /// Columns and expressions.
    pub elements: Vec<IndexElement>,
    /// `WHERE`
    pub condition: Option<Expression>,
    /// `NULLS NOT DISTINCT`
    pub nulls_not_distinct: bool,
}

/// A column or an expression of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexElement {
    /// The column or expression, with its `COLLATE`.
    pub expression: Expression,
    /// The name, where it is a column.
    pub column: Option<String>,
}

/// What `ALTER TYPE` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeAction {
    /// `ADD VALUE`
    AddValue(String),
    /// `RENAME VALUE`
    RenameValue {
        /// The old label.
        from: String,
        /// The new label.
        to: String,
    },
    /// `RENAME TO`
    RenameTo(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// Changes of the attributes of a composite type.
    Attributes,
    /// Anything that changes no value.
    Harmless,
}

/// What `ALTER DOMAIN` does.
#[derive(Debug, Clone, PartialEq)]
pub enum DomainAction {
    /// `SET NOT NULL`
    SetNotNull,
    /// `ADD CONSTRAINT`
    AddConstraint(Box<Constraint>),
    /// `VALIDATE CONSTRAINT`
    ValidateConstraint(String),
    /// `RENAME TO`
    RenameTo(String),
    /// `SET SCHEMA`
    SetSchema(String),
    /// Anything that no row can stop.
    Harmless,
}

/// An `UPDATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The table.
    pub table: Reference,
    /// Whether its children are left out.
    pub only: bool,
    /// The columns that get values.
    pub columns: Vec<String>,
    /// Whether all rows change: there is no condition.
    pub all: bool,
    /// The rows that change.
    pub rows: AffectedRows,
    /// The new values of the columns that are set one by one, as they are written.
    pub values: Vec<(String, String)>,
}

/// An `INSERT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// The table.
    pub table: Reference,
    /// The columns; empty where all of the table's are meant.
    pub columns: Vec<String>,
    /// The rows of `VALUES`; none where they come from a query.
    pub rows: Option<Vec<Vec<Expression>>>,
    /// `ON CONFLICT`
    pub on_conflict: bool,
    /// Whether it changes the rows with which it conflicts: `ON CONFLICT … DO UPDATE`.
    pub updates: bool,
}
