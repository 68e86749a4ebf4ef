//! Splits the statements of a new migration: what breaks running code goes into the second release,
//! with what both codes need meanwhile in the first one.

use std::collections::BTreeSet;

use super::basis::Basis;
use super::draft::{Draft, Steps};
use super::{enum_values, identity, old_name, other_type, renamed_column, required};
use crate::migrations::Migration;
use crate::migrations::provenance::SearchPath;
use crate::migrations::sql::{self, Statement};
use crate::migrations::statements::{self, Effect, ParsedStatement, TableAction, TypeAction};
use crate::rollout::loss::{Loss, Lost};
use crate::rollout::places::Cause;
use crate::schema::model::{ConstraintKind, ObjectName};
use crate::source::Span;

/// A loss for sure, with its cause.
pub(super) struct Caused<'l> {
    /// The loss.
    pub loss: &'l Loss<'l>,
    /// The statement behind it.
    pub cause: Cause,
}

/// An enum whose labels change, so that running code loses some.
pub(super) struct ChangedEnum {
    /// The type.
    pub object: ObjectName,
    /// The labels that go.
    pub gone: Vec<String>,
}

/// A clause of `ALTER TABLE`.
struct Clause<'s> {
    /// `ALTER TABLE runs`
    head: &'s str,
    /// As it is written.
    text: &'s str,
    span: Span,
    table: ObjectName,
    action: &'s TableAction,
}

/// A statement of a migration.
struct Part<'s> {
    migration: &'s Migration,
    statement: &'s Statement<'s>,
    parsed: &'s ParsedStatement,
    /// The comments above it, which give consent, or accept.
    comments: String,
}

impl Part<'_> {
    /// The statement with its comments.
    fn whole(&self) -> String {
        format!("{}{};", self.comments, self.statement.text())
    }
}

/// Splits one migration.
pub(super) struct Splitter<'s> {
    pub basis: Basis<'s>,
    pub caused: &'s [Caused<'s>],
    pub enums: &'s [ChangedEnum],
}

impl Splitter<'_> {
    /// The statements of `migration` in both releases.
    pub(super) fn split(&self, migration: &Migration, steps: &mut Steps) -> Draft {
        let mut draft = Draft::default();
        let text = &migration.sql;
        let parsed = statements::read(text, &SearchPath::default());
        let mut end = 0;
        for (statement, parsed) in sql::statements(text).iter().zip(&parsed) {
            let part = Part {
                migration,
                statement,
                parsed,
                comments: comments(text, end, statement),
            };
            end = statement.span.end;
            if !self.of_enum(&part, &mut draft, steps) {
                self.of_statement(&part, &mut draft, steps);
            }
        }
        draft
    }

    /// Places a statement about an enum whose labels change; false for any other.
    fn of_enum(&self, part: &Part<'_>, draft: &mut Draft, steps: &mut Steps) -> bool {
        for changed in self.enums {
            let names = enum_values::names_on_the_way(part.migration, &changed.object);
            let columns = enum_values::columns_of(self.basis.running.schema, &changed.object);
            // Its rows move when nobody writes the old values any more.
            if updates_one_of(part.parsed, &columns) {
                draft.put_off(part.whole());
                return true;
            }
            if !enum_values::is_about(part.statement, &names, &columns) {
                continue;
            }
            if draft.enums.insert(changed.object.clone()) {
                let gone = &changed.gone;
                enum_values::add_new(&self.basis, &changed.object, gone, (draft, steps));
            }
            let renames = part.parsed.effects.iter().any(|one| {
                let Effect::AlterType { action, .. } = &one.effect else {
                    return false;
                };
                matches!(action, TypeAction::RenameValue { .. })
            });
            if !renames {
                draft.put_off(part.whole());
            } else if draft.enums_anew.insert(changed.object.clone()) {
                enum_values::take_renamed(&self.basis, &changed.object, draft);
            }
            return true;
        }
        false
    }

    fn of_statement(&self, part: &Part<'_>, draft: &mut Draft, steps: &mut Steps) {
        let caused: Vec<&Caused<'_>> = self
            .caused
            .iter()
            .filter(|one| is_in(&one.cause, part.migration, part.statement.span))
            .collect();
        let clauses = self.clauses(part);
        let is_changed = |clause: &Clause<'_>| {
            self.is_drop_of_used_column(clause)
                || self.loss_of(clause, &caused).is_some()
                || self.is_of_changed_type(clause)
        };
        if caused.is_empty() && !clauses.iter().any(is_changed) {
            let text = part.whole();
            if self.writes_column_that_is_required(part.parsed) {
                draft.is_split = true;
            }
            return match self.view_that_goes(part.parsed) {
                Some(view) => self.put_off_view(view, text, draft, steps),
                None => draft.expand.push(text),
            };
        }
        if clauses.is_empty() {
            for one in &caused {
                self.soften(one.loss, draft, steps);
            }
            let text = part.whole();
            return match self.view_that_goes(part.parsed) {
                Some(view) => self.put_off_view(view, text, draft, steps),
                None => draft.put_off(text),
            };
        }
        // Comments give consent, or accept: they stay with what they are about.
        let mut comments = part.comments.as_str();
        for clause in clauses {
            let of_clause = self.loss_of(&clause, &caused);
            match of_clause {
                Some(loss) => {
                    if !comments.is_empty() {
                        draft.contract.push(comments.trim_end().to_owned());
                        comments = "";
                    }
                    self.of_clause(part.migration, loss, &clause, draft, steps);
                }
                None if self.is_drop_of_used_column(&clause) => {
                    draft.put_off(format!("{comments}{} {};", clause.head, clause.text));
                }
                // The second column takes over its default.
                None if self.is_of_changed_type(&clause) => draft.is_split = true,
                None => {
                    let text = format!("{} {};", clause.head, clause.text);
                    draft.expand.push(text);
                }
            }
        }
    }

    /// The loss behind a clause. A change of a type is found by its column, since other clauses may
    /// touch the column later.
    fn loss_of<'l>(
        &'l self,
        clause: &Clause<'_>,
        caused: &[&'l Caused<'l>],
    ) -> Option<&'l Loss<'l>> {
        if let TableAction::SetType { column, .. } = clause.action {
            let of_type = self.of_changed_type(clause, column);
            if of_type.is_some() {
                return of_type;
            }
        }
        let mut overlapping = caused.iter().filter(|one| {
            let span = one.cause.location.span;
            span.start < clause.span.end && clause.span.start < span.end
        });
        let found = overlapping.find(|one| !is_of_type(&one.loss.what));
        found.map(|one| one.loss)
    }

    /// The loss that the column `column` has another type.
    fn of_changed_type(&self, clause: &Clause<'_>, column: &str) -> Option<&Loss<'_>> {
        let mut losses = self.caused.iter().map(|one| one.loss);
        losses.find(|loss| {
            is_of_type(&loss.what)
                && loss.demand.table == clause.table
                && loss.column.as_deref() == Some(column)
        })
    }

    /// Whether a clause changes a column that gets another type as well.
    fn is_of_changed_type(&self, clause: &Clause<'_>) -> bool {
        let tokens: Vec<_> = sql::tokens(clause.text)
            .into_iter()
            .filter(|token| token.is_significant())
            .collect();
        let mut cursor = sql::Cursor::new(clause.text, &tokens);
        let alters = cursor.eat("alter");
        let _noise = cursor.eat("column");
        let column = cursor.identifier().filter(|_| alters);
        column.is_some_and(|column| self.of_changed_type(clause, &column.name).is_some())
    }

    /// The clauses of `ALTER TABLE`; none of another statement.
    fn clauses<'s>(&self, part: &Part<'s>) -> Vec<Clause<'s>> {
        let (statement, parsed) = (part.statement, part.parsed);
        let text = |span: Span| statement.source.get(span.range()).unwrap_or_default();
        let Some(first) = parsed.effects.first() else {
            return Vec::new();
        };
        let head = Span {
            start: statement.span.start,
            end: first.span.start,
        };
        let mut clauses = Vec::new();
        for placed in &parsed.effects {
            let Effect::AlterTable { table, action, .. } = &placed.effect else {
                return Vec::new();
            };
            let is_known = |name: &ObjectName| {
                let schemas = [self.basis.running.schema, self.basis.new.schema];
                schemas
                    .iter()
                    .any(|schema| schema.tables.contains_key(name))
            };
            clauses.extend(table.object(&parsed.path, is_known).map(|table| Clause {
                head: text(head).trim_end(),
                text: text(placed.span),
                span: placed.span,
                table,
                action,
            }));
        }
        clauses
    }

    fn of_clause(
        &self,
        migration: &Migration,
        loss: &Loss<'_>,
        clause: &Clause<'_>,
        draft: &mut Draft,
        steps: &mut Steps,
    ) {
        let table = &loss.demand.table;
        let column = loss.column.as_deref().unwrap_or_default();
        let old = self.basis.old_column(table, column);
        let now = self.basis.new_column(table, column);
        let text = format!("{} {};", clause.head, clause.text);
        match (&loss.what, clause.action, old, now) {
            (Lost::Table, TableAction::RenameTo(_) | TableAction::SetSchema(_), _, _) => {
                old_name::plan(&self.basis, table, &text, (draft, steps));
            }
            (Lost::Column, TableAction::RenameColumn { .. }, Some(old), _) => {
                match self.basis.renamed(table, &old.name) {
                    Some(now) if now.type_name != old.type_name => steps.refuse(format!(
                        "`{table}.{}` becomes `{}` and changes its type at once: make two branches of it, of which the first one only renames",
                        old.name, now.name
                    )),
                    Some(now) => {
                        let columns = (old, now);
                        renamed_column::plan(&self.basis, table, columns, &text, (draft, steps));
                    }
                    None => draft.put_off(text),
                }
            }
            (Lost::NotWritten | Lost::LeftOut, TableAction::AddColumn(_), None, Some(now)) => {
                draft.serve(format!(
                    "-- Not NOT NULL yet: the running code does not write it. A constant default would do as well.\n{} {};",
                    clause.head,
                    required::without_not_null(clause.text)
                ));
                let filled = updates(migration, table, column);
                draft.put_off(required::fill_and_require(table, now, &filled));
            }
            (Lost::LeftOut | Lost::NotWritten, TableAction::SetNotNull(_), _, Some(now)) => {
                let filled = updates(migration, table, column);
                draft.put_off(required::fill_and_require(table, now, &filled));
            }
            (
                Lost::Kind(..) | Lost::Narrowed(..),
                TableAction::SetType { using, .. },
                Some(old),
                Some(now),
            ) => {
                let columns = (old, now);
                other_type::plan(&self.basis, table, columns, using.as_ref(), (draft, steps));
            }
            (Lost::Computed | Lost::LeftOut, _, _, _)
                if identity::plan(table, column, (clause.head, clause.text), draft) => {}
            (_, _, _, _) => {
                self.soften(loss, draft, steps);
                draft.put_off(text);
            }
        }
    }

    /// Lets the new code leave out a column that only goes in the second release.
    fn soften(&self, loss: &Loss<'_>, draft: &mut Draft, steps: &mut Steps) {
        let table = &loss.demand.table;
        let column = loss.column.as_deref().unwrap_or_default();
        let (Some(of), Some(old)) = (
            self.basis.old_table(table),
            self.basis.old_column(table, column),
        ) else {
            return;
        };
        let goes = matches!(loss.what, Lost::Column | Lost::Computed);
        if !goes || old.may_be_omitted() {
            return;
        }
        let is_key = of.constraints.values().any(|one| {
            one.kind == ConstraintKind::PrimaryKey && one.columns.iter().any(|key| key == column)
        });
        if is_key {
            return steps.refuse(format!(
                "`{table}.{column}` is part of the primary key, so that no INSERT can leave it out before it goes: add the new key beside it, and move to it release by release"
            ));
        }
        let statement = required::drop_not_null(table, column);
        if !draft.expand.contains(&statement) {
            draft.serve(statement);
        }
    }

    /// Whether a clause drops a column that the running code uses, or one of a table whose old name
    /// stays as a view.
    fn is_drop_of_used_column(&self, clause: &Clause<'_>) -> bool {
        let TableAction::DropColumn { column, .. } = clause.action else {
            return false;
        };
        self.caused.iter().any(|one| {
            let loss = one.loss;
            let is_of_column =
                loss.demand.table == clause.table && loss.column.as_ref() == Some(column);
            let is_of_view = loss.what == Lost::Table
                && self.basis.renames.table_now(&loss.demand.table) == Some(&clause.table);
            is_of_column || is_of_view
        })
    }

    /// The view of which a statement makes another one, so that the running code loses something.
    fn view_that_goes(&self, parsed: &ParsedStatement) -> Option<&ObjectName> {
        let is_of = |view: &ObjectName| {
            parsed.effects.iter().any(|placed| match &placed.effect {
                Effect::CreateView(name) => name.name() == view.name,
                Effect::DropViews { views, .. } => views.iter().any(|one| one.name() == view.name),
                _other => false,
            })
        };
        let lost = self.caused.iter().map(|one| &one.loss.demand.table);
        let mut views = lost.filter(|name| self.basis.running.schema.views.contains_key(*name));
        views.find(|view| is_of(view))
    }

    fn put_off_view(&self, view: &ObjectName, text: String, draft: &mut Draft, steps: &mut Steps) {
        if let Some(now) = self.basis.new.schema.views.get(view) {
            let columns: Vec<String> = now
                .columns
                .iter()
                .map(|column| format!("`{}`", column.name))
                .collect();
            steps.by_hand(format!(
                "add to the first release a `CREATE OR REPLACE VIEW` of `{view}` that has its columns of today, and behind them those of the branch ({})",
                columns.join(", ")
            ));
        }
        draft.put_off(text);
    }

    /// Whether a statement fills a column that becomes NOT NULL in the second release.
    fn writes_column_that_is_required(&self, parsed: &ParsedStatement) -> bool {
        parsed.effects.iter().any(|placed| {
            let Effect::Update(update) = &placed.effect else {
                return false;
            };
            self.caused.iter().any(|one| {
                one.loss.what == Lost::LeftOut
                    && one.loss.demand.table.name == update.table.name()
                    && update
                        .columns
                        .iter()
                        .any(|name| one.loss.column.as_ref() == Some(name))
            })
        })
    }
}

/// Whether a statement updates one of `columns`, each with the name of its table.
fn updates_one_of(parsed: &ParsedStatement, columns: &BTreeSet<(String, String)>) -> bool {
    parsed.effects.iter().any(|placed| {
        let Effect::Update(update) = &placed.effect else {
            return false;
        };
        let mut all = columns.iter();
        all.any(|(table, column)| update.table.name() == table && update.columns.contains(column))
    })
}

fn is_of_type(what: &Lost) -> bool {
    matches!(what, Lost::Kind(..) | Lost::Narrowed(..))
}

/// The statements of `migration` that write `column`: the second release needs them again.
fn updates(migration: &Migration, table: &ObjectName, column: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for statement in statements::read(&migration.sql, &SearchPath::default()) {
        let writes = statement.effects.iter().any(|placed| match &placed.effect {
            Effect::Update(update) => {
                update.table.name() == table.name && update.columns.iter().any(|one| one == column)
            }
            _other => false,
        });
        let text = migration.sql.get(statement.span.range());
        if let Some(text) = text.filter(|text| writes && seen.insert(*text)) {
            all.push(text.to_owned());
        }
    }
    all
}

fn is_in(cause: &Cause, migration: &Migration, span: Span) -> bool {
    *cause.location.file == migration.file
        && span.start <= cause.location.span.start
        && cause.location.span.start < span.end
}

/// The comments between the statement before, which ends at `end`, and this one, each on its line.
fn comments(text: &str, end: u32, statement: &Statement<'_>) -> String {
    let mut all = String::new();
    for token in sql::tokens(text) {
        let is_between = end <= token.span.start && token.span.end <= statement.span.start;
        let comment = token.text(text).trim_end();
        let is_comment = matches!(
            token.kind,
            sql::TokenKind::LineComment | sql::TokenKind::BlockComment
        );
        // The file that a plan writes says itself whether it runs in a transaction.
        if is_between && is_comment && comment != "-- no-transaction" {
            all.push_str(comment);
            all.push('\n');
        }
    }
    all
}
