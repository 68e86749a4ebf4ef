//! Reads from statements which data they destroy, as far as their text tells. A function or a `DO`
//! block may destroy any, so the audit before each COMMIT decides. The text serves to ask before
//! anything runs, and to judge a migration without a database.

use std::collections::BTreeSet;

use super::storage_identity::StorageChange;
use crate::migrations::provenance::SearchPath;
use crate::migrations::statements::{
    self, AffectedRows, Effect, ParsedStatement, Reference, TableAction, TypeAction,
};
use crate::schema::model::ObjectName;
use crate::source::Span;

/// A destruction of data that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destruction {
    /// `DROP TABLE`
    Table(Name),
    /// `DROP SCHEMA … CASCADE`
    Schema(String),
    /// `DROP TYPE … CASCADE`, `DROP DOMAIN … CASCADE`: the columns of that type go.
    Type(Name),
    /// `ALTER TABLE … DROP COLUMN`
    Column(Name, String),
    /// `TRUNCATE`; with `CASCADE` also the tables that refer to it.
    Truncated(Name, bool),
    /// `DELETE FROM`
    Deleted(Name, AffectedRows),
    /// `UPDATE`
    Updated(Name, NewValues),
    /// `ALTER COLUMN … TYPE`, with the type, and the expression of `USING`.
    Converted(Name, String, String, Option<String>),
    /// `MERGE`, which may delete and update.
    Merged(Name),
    /// `ALTER TYPE … RENAME VALUE`, several of one type in order: earlier and later labels. Values
    /// may be read as others by then.
    Relabelled(Name, Vec<(String, String)>),
    /// The statement may do anything; the text says why, after "it".
    Opaque(String),
}

/// The values that an `UPDATE` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValues {
    /// The rows that it writes them to.
    pub rows: AffectedRows,
    /// The columns.
    pub columns: Vec<String>,
    /// The values of the columns that are set one by one.
    pub values: Vec<(String, String)>,
}

/// The name of a table or type, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The namespace, where one is written.
    pub namespace: Option<String>,
    /// The name itself.
    pub name: String,
    /// Whether the statement says `ONLY`, so that tables that inherit from it are left out.
    pub only: bool,
    /// The namespaces that are searched for a name without one.
    searched: Vec<String>,
}

impl Name {
    /// The object that is meant, among those that are known: in the first namespace that is
    /// searched, else in `public`, else the only one of its name.
    #[must_use]
    pub fn among<'o>(&self, known: impl Iterator<Item = &'o ObjectName>) -> Option<&'o ObjectName> {
        let candidates: Vec<&ObjectName> = known.filter(|known| known.name == self.name).collect();
        let is_in = |namespace: &str| {
            let mut all = candidates.iter();
            all.find(|known| known.namespace == namespace).copied()
        };
        if let Some(namespace) = &self.namespace {
            return is_in(namespace);
        }
        let searched = self.searched.iter().find_map(|namespace| is_in(namespace));
        let only = candidates
            .first()
            .copied()
            .filter(|_| candidates.len() == 1);
        searched.or_else(|| is_in("public")).or(only)
    }

    /// The namespaces in which it is looked for, in order.
    #[must_use]
    pub fn namespaces(&self) -> Vec<String> {
        match &self.namespace {
            Some(namespace) => vec![namespace.clone()],
            None => self.searched.clone(),
        }
    }

    /// The object, in the first namespace that is searched where none is written.
    #[must_use]
    pub fn object(&self) -> ObjectName {
        let searched = || self.searched.first().cloned();
        let namespace = self.namespace.clone().or_else(searched);
        ObjectName {
            namespace: namespace.unwrap_or_else(|| "public".to_owned()),
            name: self.name.clone(),
        }
    }

    /// The name that `reference` writes in `statement`.
    #[must_use]
    pub(in crate::migrations) fn of(reference: &Reference, statement: &ParsedStatement) -> Self {
        let namespace = match reference.parts.as_slice() {
            [.., namespace, _name] => Some(namespace.name.clone()),
            _unqualified => None,
        };
        Self {
            namespace,
            name: reference.name().to_owned(),
            only: false,
            searched: statement.path.namespaces().to_vec(),
        }
    }

    fn only(self, only: bool) -> Self {
        Self { only, ..self }
    }
}

impl Destruction {
    /// The table that it names; none where it names a schema or a type, or nothing.
    #[must_use]
    pub fn table(&self) -> Option<&Name> {
        match self {
            Self::Table(table)
            | Self::Column(table, _)
            | Self::Truncated(table, _)
            | Self::Deleted(table, _)
            | Self::Updated(table, _)
            | Self::Converted(table, ..)
            | Self::Merged(table) => Some(table),
            Self::Schema(_) | Self::Type(_) | Self::Relabelled(..) | Self::Opaque(_) => None,
        }
    }

    /// The change of the storage that it makes; none where only the catalogs tell.
    fn change(&self) -> Option<StorageChange> {
        match self {
            Self::Table(table) => Some(StorageChange::DroppedTable(table.object())),
            Self::Column(table, column) => {
                Some(StorageChange::DroppedColumn(table.object(), column.clone()))
            }
            Self::Truncated(table, _)
            | Self::Deleted(table, _)
            | Self::Updated(table, _)
            | Self::Converted(table, ..)
            | Self::Merged(table) => Some(StorageChange::TouchedTable(table.object())),
            Self::Schema(_) | Self::Type(_) | Self::Relabelled(..) | Self::Opaque(_) => None,
        }
    }
}

/// Reads the statements of `sql`.
#[must_use]
pub fn read(sql: &str) -> Vec<ParsedStatement> {
    statements::read(sql, &SearchPath::default())
}

/// The changes that `sql` makes by name. A wrong name only costs a second run.
#[must_use]
pub fn changes(sql: &str) -> BTreeSet<StorageChange> {
    let mut all = BTreeSet::new();
    for statement in &read(sql) {
        let destructions = destructions(statement);
        all.extend(destructions.iter().filter_map(|(_, one)| one.change()));
    }
    all
}

/// The tables that `sql` locks against everybody by name. A weaker lock on them would be raised
/// later.
#[must_use]
pub fn locked(sql: &str) -> BTreeSet<ObjectName> {
    let mut all = BTreeSet::new();
    for statement in &read(sql) {
        for placed in &statement.effects {
            match &placed.effect {
                Effect::AlterTable { table, .. } => {
                    all.insert(Name::of(table, statement).object());
                }
                Effect::Truncate { tables, .. } => {
                    let names = tables
                        .iter()
                        .map(|(table, _only)| Name::of(table, statement));
                    all.extend(names.map(|name| name.object()));
                }
                _others => {}
            }
        }
    }
    all
}

/// The tables that `sql` updates, deletes from or truncates by name.
#[must_use]
pub fn touched(sql: &str) -> BTreeSet<StorageChange> {
    let mut touched = changes(sql);
    touched.retain(|change| !change.is_drop());
    touched
}

/// Earlier and later labels of an enum.
type Relabelling = Vec<(String, String)>;

/// The enums of which `statements` rename several values, each with the bytes of the last statement
/// that does. One value alone gets no other's name.
#[must_use]
pub fn relabelled(statements: &[ParsedStatement]) -> Vec<(Span, Destruction)> {
    let mut types: Vec<(Span, Name, Relabelling)> = Vec::new();
    for statement in statements.iter().filter(|statement| !statement.undone) {
        for placed in &statement.effects {
            let Effect::AlterType {
                name,
                action: TypeAction::RenameValue { from, to },
            } = &placed.effect
            else {
                continue;
            };
            let name = Name::of(name, statement);
            let renamed = (from.clone(), to.clone());
            match types.iter_mut().find(|(_, known, _)| *known == name) {
                Some((span, _, renames)) => {
                    *span = placed.span;
                    renames.push(renamed);
                }
                None => types.push((placed.span, name, vec![renamed])),
            }
        }
    }
    types.retain(|(_, _, renames)| renames.len() > 1);
    let destruction = |(span, name, renames)| (span, Destruction::Relabelled(name, renames));
    types.into_iter().map(destruction).collect()
}

/// The destructions of a statement, each with the bytes of its clause. One that a savepoint takes
/// back destroys nothing.
#[must_use]
pub fn destructions(statement: &ParsedStatement) -> Vec<(Span, Destruction)> {
    let mut all = Vec::new();
    if statement.undone {
        return all;
    }
    for placed in &statement.effects {
        let found = of_effect(&placed.effect, statement);
        all.extend(found.into_iter().map(|one| (placed.span, one)));
    }
    all
}

fn of_effect(effect: &Effect, statement: &ParsedStatement) -> Vec<Destruction> {
    let name = |reference: &Reference| Name::of(reference, statement);
    match effect {
        Effect::AlterTable {
            table,
            only,
            action,
            ..
        } => of_action(name(table).only(*only), action)
            .into_iter()
            .collect(),
        Effect::DropTables { tables, .. } => {
            let names = tables.iter().map(name);
            names.map(Destruction::Table).collect()
        }
        Effect::DropTypes {
            types,
            cascade: true,
        } => types.iter().map(name).map(Destruction::Type).collect(),
        Effect::DropSchemas {
            schemas,
            cascade: true,
        } => schemas.iter().cloned().map(Destruction::Schema).collect(),
        Effect::DropOthers(why) | Effect::Opaque(why) => vec![Destruction::Opaque(why.clone())],
        Effect::Truncate { tables, cascade } => {
            let names = tables.iter().map(|(table, only)| name(table).only(*only));
            names
                .map(|table| Destruction::Truncated(table, *cascade))
                .collect()
        }
        Effect::Delete {
            table, only, rows, ..
        } => vec![Destruction::Deleted(name(table).only(*only), rows.clone())],
        Effect::Update(update) => {
            let values = NewValues {
                rows: update.rows.clone(),
                columns: update.columns.clone(),
                values: update.values.clone(),
            };
            vec![Destruction::Updated(
                name(&update.table).only(update.only),
                values,
            )]
        }
        Effect::Write(table) => vec![Destruction::Merged(name(table))],
        Effect::CreateTable(_)
        | Effect::CreateView(_)
        | Effect::CreateIndex(_)
        | Effect::CreateEnum { .. }
        | Effect::CreateType(_)
        | Effect::CreateFunction(_)
        | Effect::AlterType { .. }
        | Effect::AlterDomain { .. }
        | Effect::DropViews { .. }
        | Effect::DropTypes { cascade: false, .. }
        | Effect::DropSchemas { cascade: false, .. }
        | Effect::DropIndexes(_)
        | Effect::DropSequences(_)
        | Effect::Insert(_)
        | Effect::Refresh(_)
        | Effect::CreateTrigger(_) => Vec::new(),
    }
}

fn of_action(table: Name, action: &TableAction) -> Option<Destruction> {
    match action {
        TableAction::DropColumn { column, .. } => Some(Destruction::Column(table, column.clone())),
        TableAction::SetType {
            column,
            type_name,
            using,
            ..
        } => {
            let using = using.as_ref().map(|using| using.sql.clone());
            Some(Destruction::Converted(
                table,
                column.clone(),
                type_name.clone(),
                using,
            ))
        }
        _keeps_all => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        for statement in &read(text) {
            for (_, one) in destructions(statement) {
                all.push(told(&one));
            }
        }
        all
    }

    fn told(one: &Destruction) -> String {
        let name = |name: &Name| match &name.namespace {
            Some(namespace) => format!("{namespace}.{}", name.name),
            None => name.name.clone(),
        };
        let rows = |rows: &AffectedRows| {
            let condition = rows.condition.as_deref().unwrap_or("all");
            format!("{:?} {condition:?} {}", rows.alias, rows.joins)
        };
        match one {
            Destruction::Table(table) => format!("table {}", name(table)),
            Destruction::Schema(schema) => format!("schema {schema}"),
            Destruction::Type(kind) => format!("type {}", name(kind)),
            Destruction::Column(table, column) => format!("column {}.{column}", name(table)),
            Destruction::Truncated(table, cascade) => {
                format!("truncated {} {cascade}", name(table))
            }
            Destruction::Deleted(table, of) => format!("deleted {} {}", name(table), rows(of)),
            Destruction::Updated(table, new) => {
                format!(
                    "updated {} {} {:?}",
                    name(table),
                    rows(&new.rows),
                    new.values
                )
            }
            Destruction::Converted(table, column, kind, using) => {
                format!("converted {}.{column} {kind} {using:?}", name(table))
            }
            Destruction::Merged(table) => format!("merged {}", name(table)),
            Destruction::Relabelled(kind, renames) => {
                format!("relabelled {} {renames:?}", name(kind))
            }
            Destruction::Opaque(why) => format!("opaque {why}"),
        }
    }

    #[test]
    fn statements_tell_what_they_destroy() {
        assert_eq!(
            read_all(
                "DROP TABLE IF EXISTS a, audit.\"B\" CASCADE; drop schema x cascade; drop schema y; drop type t cascade; \
                 drop type u; drop index i; drop view v"
            ),
            ["table a", "table audit.B", "schema x", "type t"]
        );
        assert_eq!(
            read_all(
                "alter table only a drop column if exists b, drop c cascade, drop constraint k, alter d drop not null, \
                 alter column e set data type numeric(10, 2) using round(e, 2), alter f type text, add column g int"
            ),
            [
                "column a.b",
                "column a.c",
                "converted a.e numeric(10, 2) Some(\"round(e, 2)\")",
                "converted a.f text None"
            ]
        );
        assert_eq!(
            read_all("truncate a, only s.b restart identity cascade"),
            ["truncated a true", "truncated s.b true"]
        );
        assert_eq!(
            read_all(
                "delete from a where b > 1 returning b; delete from only a as x using y where x.i = y.i; \
                 update a set b = 1, c = coalesce(1, 2) where d; update a z set b = y.b from y; insert into a values (1)"
            ),
            [
                "deleted a None \"b > 1\" false",
                "deleted a Some(\"x\") \"x.i = y.i\" true",
                "updated a None \"d\" false [(\"b\", \"1\"), (\"c\", \"coalesce(1, 2)\")]",
                "updated a Some(\"z\") \"all\" true [(\"b\", \"y.b\")]",
            ]
        );
        assert_eq!(
            read_all(
                "with gone as (delete from a returning *) insert into b select * from gone; \
                 merge into m using s on true when matched then delete"
            ),
            ["deleted a None \"all\" true", "merged m"]
        );
        assert!(read_all("do $$ begin end $$")[0].starts_with("opaque"));
        assert!(read_all("select wipe()")[0].starts_with("opaque"));
        assert_eq!(read_all("select set_config('a', 'b', false)"), [""; 0]);
    }

    #[test]
    fn several_new_names_of_values_of_one_enum_are_looked_at_together() {
        let renames = "alter type mood rename value 'a' to 'x'; alter type mood rename value 'b' to 'a'; \
                       alter type other rename value 'a' to 'b'";
        let found: Vec<String> = relabelled(&read(renames))
            .iter()
            .map(|(_, one)| told(one))
            .collect();
        assert_eq!(found, ["relabelled mood [(\"a\", \"x\"), (\"b\", \"a\")]"]);
    }

    #[test]
    fn what_a_savepoint_takes_back_destroys_nothing() {
        assert_eq!(
            read_all("savepoint s; delete from a; rollback to s; delete from b"),
            ["deleted b None \"all\" false"]
        );
    }

    #[test]
    fn a_name_without_a_namespace_is_searched_for() {
        let known = [("app", "t"), ("public", "t"), ("app", "alone")];
        let known = known.map(|(namespace, name)| ObjectName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        });
        for (sql, namespace) in [
            ("drop table t", Some("public")),
            ("set search_path = app; drop table t", Some("app")),
            ("drop table app.t", Some("app")),
            ("drop table alone", Some("app")),
            ("drop table other", None),
        ] {
            let statements = read(sql);
            let last = statements.last().expect("a statement");
            let (_, found) = destructions(last).remove(0);
            let table = found.table().expect("a table").among(known.iter());
            assert_eq!(
                table.map(|table| table.namespace.as_str()),
                namespace,
                "{sql}"
            );
        }
    }
}
