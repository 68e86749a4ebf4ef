//! Poses the questions about each kind of clause that rows can stop.

mod added;
mod deleted;
mod domains;
mod inserted;
mod kept;
mod keys;
mod partitions;
mod retyped;
mod updated;

use anyhow::Result;

use super::pending::{Pending, PendingTable, Place};
use super::question::{Posed, Question, RowsInTheWay, Which};
use super::source::RowSource;
use super::target::Target;
use crate::migrations::sql::identifier;
use crate::migrations::statements::{
    Constraint, ConstraintKind, Effect, Expression, Reference, TableAction,
};
use crate::schema::model::ObjectName;

/// Poses the questions about one effect.
pub(super) fn pose(
    pending: &mut Pending,
    target: &mut Target<'_>,
    place: Place<'_>,
    effect: &Effect,
) -> Result<Vec<Posed>> {
    let (reference, only) = match effect {
        Effect::AlterTable { table, only, .. } => (table, *only),
        Effect::CreateIndex(index) => (&index.table, false),
        Effect::CreateTable(created) => match &created.partition_of {
            Some((parent, _)) => (parent, false),
            None => return Ok(Vec::new()),
        },
        Effect::Insert(insertion) => (&insertion.table, false),
        Effect::Update(update) => (&update.table, update.only),
        Effect::Delete { table, only, .. } => (table, *only),
        Effect::AlterDomain { name, action } => {
            return domains::pose(pending, target, place, name, action);
        }
        _never_stopped => return Ok(Vec::new()),
    };
    let Some(name) = pending.resolve(target, place, reference)? else {
        return Ok(Vec::new());
    };
    // Partitions that a clause concerns are followed before questions borrow the state.
    let partition = match effect {
        Effect::AlterTable {
            action: TableAction::AttachPartition { partition, .. },
            ..
        } => pending.resolve(target, place, partition)?,
        _other => None,
    };
    let parents = parents(pending, target, place, effect)?;
    let restricting = match (
        effect,
        pending.table(&name).and_then(|one| one.table.clone()),
    ) {
        (Effect::Delete { .. }, Some(table)) => target.restricting(table.oid, None)?,
        (Effect::Update(update), Some(table)) => {
            target.restricting(table.oid, Some(&update.columns))?
        }
        _other => Vec::new(),
    };
    for key in &restricting {
        pending.is_there(target, &key.table)?;
    }
    if let Some(why) = pending.why_filled(&name)
        && let Some(clause) = stoppable(effect)
    {
        return Ok(vec![Posed::Unknown {
            what: format!("{clause} on `{name}`"),
            why,
        }]);
    }
    if let (Effect::Insert(insertion), None) = (
        effect,
        pending.table(&name).and_then(|one| one.table.as_ref()),
    ) && insertion.rows.is_none()
    {
        return Ok(inserted::of_query(place, &name));
    }
    let Some(mut poser) = Poser::new(pending, target, place, name) else {
        return Ok(Vec::new());
    };
    poser.only = only;
    poser.parents = parents;
    match effect {
        Effect::AlterTable { action, .. } => poser.pose_action(action, partition)?,
        Effect::CreateIndex(index) => poser.pose_index(index)?,
        Effect::CreateTable(created) => {
            if let Some((_, bounds)) = &created.partition_of {
                partitions::pose_default(&mut poser, bounds)?;
            }
        }
        Effect::Insert(insertion) => poser.pose_insertion(insertion)?,
        Effect::Update(update) => poser.pose_update(update, restricting)?,
        Effect::Delete { rows, .. } => poser.pose_delete(rows, restricting)?,
        _never_stopped => {}
    }
    Ok(poser.posed)
}

/// The clause of an effect that rows may stop, for a table that a pending query fills.
fn stoppable(effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::AlterTable { action, .. } => match action {
            TableAction::SetNotNull(_) => Some("`SET NOT NULL`"),
            TableAction::AddColumn(column) => {
                let has_value =
                    column.numbered || column.default.as_ref().is_some_and(|one| !one.is_null());
                (column.not_null && !has_value).then_some("`ADD COLUMN … NOT NULL`")
            }
            TableAction::AddConstraint(constraint) => {
                (!constraint.not_valid).then_some("`ADD CONSTRAINT`")
            }
            TableAction::ValidateConstraint(_) => Some("`VALIDATE CONSTRAINT`"),
            TableAction::SetType { .. } => Some("`ALTER COLUMN … TYPE`"),
            _other => None,
        },
        Effect::CreateIndex(index) if index.unique => Some("`CREATE UNIQUE INDEX`"),
        _other => None,
    }
}

/// Resolves the tables that foreign keys of the effect refer to.
fn parents(
    pending: &mut Pending,
    target: &mut Target<'_>,
    place: Place<'_>,
    effect: &Effect,
) -> Result<Vec<(Reference, ObjectName)>> {
    let Effect::AlterTable { action, .. } = effect else {
        return Ok(Vec::new());
    };
    let constraints: Vec<Constraint> = match action {
        TableAction::AddColumn(column) => column.constraints.clone(),
        TableAction::AddConstraint(constraint) => vec![(**constraint).clone()],
        TableAction::ValidateConstraint(named) => {
            let of_name = pending
                .constraints
                .iter()
                .filter(|((_, name), _)| name == named);
            of_name.map(|(_, constraint)| constraint.clone()).collect()
        }
        _other => Vec::new(),
    };
    let mut found = Vec::new();
    for constraint in constraints {
        if let ConstraintKind::ForeignKey(key) = constraint.kind
            && let Some(name) = pending.resolve(target, place, &key.table)?
        {
            found.push((key.table, name));
        }
    }
    Ok(found)
}

/// Poses questions about one table.
pub(super) struct Poser<'a, 't> {
    pub(super) pending: &'a Pending,
    pub(super) target: &'a mut Target<'t>,
    place: Place<'a>,
    name: ObjectName,
    pub(super) table: &'a PendingTable,
    source: &'a RowSource,
    /// Whether the statement leaves children out.
    only: bool,
    parents: Vec<(Reference, ObjectName)>,
    posed: Vec<Posed>,
}

/// A question before it is known whether it can be asked.
pub(super) struct Draft {
    pub(super) clause: String,
    pub(super) column: Option<String>,
    /// The columns that decide; all where there are none.
    pub(super) columns: Vec<String>,
    pub(super) expressions: Vec<Expression>,
    pub(super) rows: RowsInTheWay,
    pub(super) which: Which,
    pub(super) help: String,
    /// Whether rows of children count as well.
    pub(super) inherits: bool,
    pub(super) at_least: i64,
    /// Another source than the table as it is.
    pub(super) source: Option<RowSource>,
}

impl Draft {
    pub(super) fn new(clause: &str, rows: RowsInTheWay, which: Which, help: &str) -> Self {
        Self {
            clause: clause.to_owned(),
            column: None,
            columns: Vec::new(),
            expressions: Vec::new(),
            rows,
            which,
            help: help.to_owned(),
            inherits: true,
            at_least: 1,
            source: None,
        }
    }
}

/// The advice for rows that need another value.
const GIVE_VALUES: &str =
    "give these rows a value that fits, with an `UPDATE` in an earlier statement or migration";

impl<'a, 't> Poser<'a, 't> {
    /// `None` for a table that a pending statement makes: a scratch database had the same rows.
    fn new(
        pending: &'a Pending,
        target: &'a mut Target<'t>,
        place: Place<'a>,
        name: ObjectName,
    ) -> Option<Self> {
        let table = pending.table(&name).filter(|table| !table.empty)?;
        let source = table.source.as_ref()?;
        Some(Self {
            pending,
            target,
            place,
            name,
            table,
            source,
            only: false,
            parents: Vec::new(),
            posed: Vec::new(),
        })
    }

    /// Says that the rows cannot be counted.
    pub(super) fn unknown(&mut self, clause: &str, why: impl Into<String>) {
        self.posed.push(Posed::Unknown {
            what: format!("{clause} on `{}`", self.name),
            why: why.into(),
        });
    }

    /// Poses the question, or says why it cannot be asked.
    pub(super) fn put(&mut self, draft: Draft) -> Result<()> {
        let why = match self.why_not(&draft)? {
            Some(why) => Some(why),
            None => self.unclear(&draft.expressions)?,
        };
        if let Some(why) = why {
            self.unknown(&draft.clause, why);
            return Ok(());
        }
        let mut source = draft.source.unwrap_or_else(|| self.source.clone());
        let is_plain = self.table.table.as_ref().is_some_and(|one| one.kind == "r");
        source.only = self.only || (!draft.inherits && is_plain);
        self.posed.push(Posed::Question(Box::new(Question {
            source,
            table: self.name.to_string(),
            column: draft.column,
            rows: draft.rows,
            expressions: draft.expressions,
            path: self
                .place
                .statement
                .path
                .is_set()
                .then(|| self.place.statement.path.namespaces().to_vec()),
            clause: draft.clause,
            which: draft.which,
            help: draft.help,
            at_least: draft.at_least,
        })));
        Ok(())
    }

    fn unclear(&mut self, expressions: &[Expression]) -> Result<Option<String>> {
        for expression in expressions {
            if let Some(why) = self.pending.why_unclear(self.target, expression)? {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Why the rows of the table, or the values of the columns, are not to be counted on the target.
    fn why_not(&self, draft: &Draft) -> Result<Option<String>> {
        if let Some(why) = self
            .table
            .table
            .as_ref()
            .and_then(|one| one.uncountable.clone())
        {
            return Ok(Some(why));
        }
        let mut named = draft.columns.clone();
        for expression in &draft.expressions {
            let names = expression.names();
            named.extend(
                names
                    .into_iter()
                    .filter(|name| self.table.columns.contains(name)),
            );
        }
        if let Some(why) = named.iter().find_map(|name| self.table.unknown.get(name)) {
            return Ok(Some(why.clone()));
        }
        let columns = (!named.is_empty()).then_some(named.as_slice());
        Ok(self.pending.why_changed(&self.name, columns))
    }

    fn pose_action(&mut self, action: &TableAction, partition: Option<ObjectName>) -> Result<()> {
        match action {
            TableAction::SetNotNull(column) => self.pose_not_null(column, "`SET NOT NULL`"),
            TableAction::AddColumn(column) => self.pose_added(column),
            TableAction::AddConstraint(constraint) => self.pose_constraint(constraint),
            TableAction::ValidateConstraint(named) => self.pose_validation(named),
            TableAction::SetType {
                column,
                type_name,
                type_reference,
                collation,
                using,
            } => self.pose_type(
                column,
                (type_name, collation.as_deref()),
                type_reference.as_ref(),
                using.as_ref(),
            ),
            TableAction::AttachPartition { bounds, .. } => {
                // The rows of the new partition are looked at, not those of the parent.
                let parent = self.name.clone();
                if let Some(bounds) = bounds {
                    partitions::pose_default(self, bounds)?;
                }
                let Some(name) = partition else { return Ok(()) };
                let posed = std::mem::take(&mut self.posed);
                let place = self.place;
                let attached = Poser::new(self.pending, self.target, place, name);
                let Some(mut attached) = attached else {
                    self.posed = posed;
                    return Ok(());
                };
                attached.posed = posed;
                match bounds {
                    Some(bounds) => partitions::pose_attached(&mut attached, &parent, bounds)?,
                    None => attached.unknown("`ATTACH PARTITION`", "its bounds cannot be read"),
                }
                self.posed = attached.posed;
                Ok(())
            }
            _never_stopped => Ok(()),
        }
    }

    pub(super) fn pose_not_null(&mut self, column: &str, clause: &str) -> Result<()> {
        let is_stored = self.table.table.as_ref().is_some_and(|table| {
            let same = |one: &&super::target::TargetColumn| one.name == column;
            table
                .columns
                .iter()
                .find(same)
                .is_some_and(|one| one.not_null)
        });
        if is_stored && !self.source.is_changed() {
            return Ok(());
        }
        let condition = format!("{} IS NOT DISTINCT FROM NULL", identifier(column));
        let which = Which::same(format!("with NULL in `{column}`"));
        self.put(Draft {
            column: Some(column.to_owned()),
            columns: vec![column.to_owned()],
            ..Draft::new(clause, RowsInTheWay::Where(condition), which, GIVE_VALUES)
        })
    }

    fn pose_constraint(&mut self, constraint: &Constraint) -> Result<()> {
        if constraint.not_valid {
            return Ok(());
        }
        match &constraint.kind {
            ConstraintKind::NotNull(column) => self.pose_not_null(column, "`NOT NULL`"),
            ConstraintKind::Check(check) => self.pose_check(check, constraint.no_inherit),
            ConstraintKind::Unique {
                columns,
                nulls_not_distinct,
            } => self.pose_unique(columns, *nulls_not_distinct, "`UNIQUE`"),
            ConstraintKind::PrimaryKey(columns) => {
                for column in columns {
                    self.pose_not_null(column, "`PRIMARY KEY`")?;
                }
                self.pose_unique(columns, false, "`PRIMARY KEY`")
            }
            ConstraintKind::UsingIndex { index, primary } => self.pose_using(index, *primary),
            ConstraintKind::ForeignKey(key) => {
                let parent = self.parent(&key.table);
                self.pose_foreign_key(key, parent, None)
            }
            ConstraintKind::Exclude {
                elements,
                condition,
            } => self.pose_exclusion(elements, condition.as_ref()),
        }
    }

    fn parent(&self, reference: &Reference) -> Option<ObjectName> {
        let found = self.parents.iter().find(|(known, _)| known == reference);
        found.map(|(_, name)| name.clone())
    }

    fn pose_check(&mut self, check: &Expression, no_inherit: bool) -> Result<()> {
        let rows = RowsInTheWay::Where(format!("({}\n) IS FALSE", check.sql));
        let which = Which::same(format!("for which `{}` is false", one_line(&check.sql)));
        self.put(Draft {
            expressions: vec![check.clone()],
            inherits: !no_inherit,
            ..Draft::new("`CHECK`", rows, which, GIVE_VALUES)
        })
    }

    fn pose_validation(&mut self, named: &str) -> Result<()> {
        let key = (self.name.clone(), named.to_owned());
        if let Some(constraint) = self.pending.constraints.get(&key) {
            let constraint = Constraint {
                not_valid: false,
                ..constraint.clone()
            };
            return self.pose_constraint(&constraint);
        }
        let Some(table) = &self.table.table else {
            return Ok(());
        };
        for found in self.target.constraints(table.oid, named)? {
            if found.validated {
                continue;
            }
            match (found.kind.as_str(), &found.check, &found.parent) {
                ("c", Some(check), _) => {
                    let check = Expression {
                        sql: check.clone(),
                        span: self.place.span,
                    };
                    self.pose_check(&check, found.no_inherit)?;
                }
                ("n", _, _) => {
                    for column in &found.columns {
                        self.pose_not_null(column, "`VALIDATE CONSTRAINT`")?;
                    }
                }
                ("f", _, Some(parent)) => {
                    let key = crate::migrations::statements::ForeignKey {
                        columns: found.columns.clone(),
                        table: Reference { parts: Vec::new() },
                        referenced: found.referenced.clone(),
                        full: found.full,
                        has_actions: false,
                        temporal: false,
                    };
                    self.target.table(parent)?;
                    self.pose_foreign_key(&key, Some(parent.clone()), None)?;
                }
                _other => {
                    self.unknown("`VALIDATE CONSTRAINT`", "its constraint is of another kind")
                }
            }
        }
        Ok(())
    }
}

/// A text of the migration on one line.
fn one_line(sql: &str) -> String {
    crate::migrations::sql::excerpt(sql)
}
