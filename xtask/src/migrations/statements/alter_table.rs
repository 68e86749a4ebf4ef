//! Reads the clauses of `ALTER TABLE`.

use squawk_syntax::ast::{
    self, AlterColumnOption, AlterTableAction as Action, AstNode as _, PartitionType,
};

use super::constraints::{constraint, is_not_null};
use super::reader::{Reader, is_cascade};
use super::{AddedColumn, Effect, PartitionBounds, TableAction, syntax};
use crate::migrations::sql::Cursor;

pub(super) fn read(reader: &mut Reader<'_>, statement: &ast::AlterTable) {
    let Some(relation) = statement.table_relation_name() else {
        // `ALL IN TABLESPACE` moves tables, and changes no row.
        return;
    };
    let (table, only) = reader.relation(relation.syntax());
    let if_exists = statement.if_exists().is_some();
    for clause in statement.actions() {
        let action = action(reader, &clause).unwrap_or(TableAction::Restructure(
            "does something that cannot be read".into(),
        ));
        let table = table.clone();
        let effect = Effect::AlterTable {
            table,
            only,
            if_exists,
            action,
        };
        reader.add_at(clause.syntax(), effect);
    }
}

/// The action of a clause; `None` where a part of it is missing.
fn action(reader: &Reader<'_>, clause: &Action) -> Option<TableAction> {
    Some(match clause {
        Action::AddColumn(column) => TableAction::AddColumn(Box::new(added(reader, column)?)),
        Action::AddConstraint(added) => {
            TableAction::AddConstraint(Box::new(constraint(reader, &added.constraint()?, None)?))
        }
        Action::AlterColumn(altered) => return altered_column(reader, altered),
        Action::AttachPartition(attached) => TableAction::AttachPartition {
            partition: reader.reference(attached.table_name_ref()?.syntax()),
            bounds: attached
                .partition_type()
                .and_then(|bounds| partition_bounds(reader, &bounds)),
        },
        Action::DetachPartition(detached) => {
            TableAction::DetachPartition(reader.reference(detached.table_name_ref()?.syntax()))
        }
        Action::DropColumn(dropped) => TableAction::DropColumn {
            column: reader.name(dropped.column_name_ref())?,
            cascade: is_cascade(dropped.drop_behavior()),
            if_exists: dropped.if_exists().is_some(),
        },
        Action::DropConstraint(dropped) => TableAction::DropConstraint {
            name: reader.name(dropped.constraint_name_ref())?,
            cascade: is_cascade(dropped.drop_behavior()),
        },
        Action::RenameColumn(renamed) => TableAction::RenameColumn {
            from: reader.name(renamed.column_name_ref())?,
            to: reader.name(renamed.column_name())?,
        },
        Action::RenameConstraint(renamed) => TableAction::RenameConstraint {
            from: reader.name(renamed.constraint_name_ref())?,
            to: reader.name(renamed.constraint_name())?,
        },
        Action::TableRenameTo(renamed) => TableAction::RenameTo(reader.name(renamed.table_name())?),
        Action::SetSchema(moved) => TableAction::SetSchema(reader.name(moved.schema_ref())?),
        Action::ValidateConstraint(validated) => {
            TableAction::ValidateConstraint(reader.name(validated.constraint_name_ref())?)
        }
        Action::MergePartitions(_) => TableAction::Restructure("merges partitions".into()),
        Action::SplitPartition(_) => TableAction::Restructure("splits a partition".into()),
        Action::InheritTable(parent) => {
            TableAction::Inherit(reader.reference(parent.table_name_ref()?.syntax()))
        }
        Action::NoInheritTable(parent) => {
            TableAction::NoInherit(reader.reference(parent.table_name_ref()?.syntax()))
        }
        Action::OfType(_) => TableAction::Restructure("makes it a typed table".into()),
        Action::SetAccessMethod(_) => TableAction::Rewrite("sets the access method".into()),
        Action::SetLogged(_) | Action::SetUnlogged(_) => {
            TableAction::Rewrite("sets whether the table is logged".into())
        }
        Action::SetTablespace(_) => TableAction::Rewrite("sets the tablespace".into()),
        Action::AlterConstraint(_)
        | Action::AlterOptionList(_)
        | Action::ClusterOn(_)
        | Action::DisableRls(_)
        | Action::DisableRule(_)
        | Action::DisableTrigger(_)
        | Action::EnableAlwaysRule(_)
        | Action::EnableAlwaysTrigger(_)
        | Action::EnableReplicaRule(_)
        | Action::EnableReplicaTrigger(_)
        | Action::EnableRls(_)
        | Action::EnableRule(_)
        | Action::EnableTrigger(_)
        | Action::ForceRls(_)
        | Action::NoForceRls(_)
        | Action::NotOf(_)
        | Action::OptionItemList(_)
        | Action::OwnerTo(_)
        | Action::ReplicaIdentity(_)
        | Action::ResetOptions(_)
        | Action::SetOptions(_)
        | Action::SetWithoutCluster(_)
        | Action::SetWithoutOids(_) => TableAction::Harmless,
    })
}

fn altered_column(reader: &Reader<'_>, altered: &ast::AlterColumn) -> Option<TableAction> {
    let column = reader.name(altered.column_name_ref())?;
    Some(match altered.option()? {
        AlterColumnOption::SetNotNull(_) => TableAction::SetNotNull(column),
        AlterColumnOption::SetType(set) => {
            let written = set.ty()?;
            TableAction::SetType {
                column,
                type_name: reader.text(written.syntax()),
                type_reference: reader.type_reference(written.syntax()),
                collation: syntax(set.collate().as_ref()).map(|collate| reader.text(collate)),
                using: set
                    .using_expr()
                    .and_then(|using| reader.maybe(using.expr())),
            }
        }
        AlterColumnOption::SetDefault(set) => {
            TableAction::SetDefault(column, reader.maybe(set.expr())?)
        }
        AlterColumnOption::SetExpression(set) => {
            TableAction::SetExpression(column, reader.maybe(set.expr())?)
        }
        _keeps_values => TableAction::Harmless,
    })
}

fn added(reader: &Reader<'_>, column: &ast::AddColumn) -> Option<AddedColumn> {
    let name = reader.name(column.column_name())?;
    let written = column.ty()?;
    let mut added = AddedColumn {
        type_name: reader.text(written.syntax()),
        type_reference: reader.type_reference(written.syntax()),
        if_not_exists: column.if_not_exists().is_some(),
        not_null: false,
        default: None,
        generated: None,
        numbered: false,
        constraints: Vec::new(),
        name,
    };
    if let Some(reference) = &added.type_reference {
        // These names of types are not stored: they stand for an integer with a sequence.
        let serial = [
            "serial",
            "bigserial",
            "smallserial",
            "serial4",
            "serial8",
            "serial2",
        ];
        added.numbered = !reference.is_qualified() && serial.contains(&reference.name());
    }
    for written in column.constraints() {
        match &written {
            ast::Constraint::DefaultConstraint(default) => {
                added.default = reader.maybe(default.expr());
            }
            ast::Constraint::GeneratedConstraint(generated) => match generated.generated_as()? {
                ast::GeneratedAs::GeneratedStored(stored) => {
                    added.generated = reader.maybe(stored.expr());
                }
                ast::GeneratedAs::GeneratedIdentity(_) => {
                    added.numbered = true;
                    added.not_null = true;
                }
            },
            ast::Constraint::NullConstraint(_) => {}
            other if is_not_null(other) => added.not_null = true,
            other => {
                added.not_null |= matches!(other, ast::Constraint::PrimaryKeyConstraint(_));
                let constraint = constraint(reader, other, Some(&added.name))?;
                added.constraints.push(constraint);
            }
        }
    }
    Some(added)
}

/// The bounds of a partition; `None` where they cannot be read.
pub(super) fn partition_bounds(
    reader: &Reader<'_>,
    written: &PartitionType,
) -> Option<PartitionBounds> {
    let text = |part: &Cursor<'_>| {
        let span = part.span()?;
        Some(part.source().get(span.range())?.to_owned())
    };
    let mut cursor = reader.cursor(written.syntax());
    if cursor.eat("default") {
        return Some(PartitionBounds::Default);
    }
    if !cursor.eat_all(&["for", "values"]) {
        return None;
    }
    if cursor.eat("in") {
        let values = cursor.parenthesised()?.split_at_commas();
        return Some(PartitionBounds::List(
            values.iter().map(text).collect::<Option<_>>()?,
        ));
    }
    if cursor.eat("with") {
        let (mut modulus, mut remainder) = (None, None);
        for mut part in cursor.parenthesised()?.split_at_commas() {
            let key = part.identifier()?.name;
            match key.as_str() {
                "modulus" => modulus = text(&part),
                "remainder" => remainder = text(&part),
                _other => return None,
            }
        }
        return Some(PartitionBounds::Hash {
            modulus: modulus?,
            remainder: remainder?,
        });
    }
    let bound = |part: &Cursor<'_>| {
        let is_open = part.at("minvalue") || part.at("maxvalue");
        Some(if is_open { None } else { Some(text(part)?) })
    };
    let from = cursor.eat("from").then(|| cursor.parenthesised())??;
    let to = cursor.eat("to").then(|| cursor.parenthesised())??;
    Some(PartitionBounds::Range {
        from: from
            .split_at_commas()
            .iter()
            .map(bound)
            .collect::<Option<_>>()?,
        to: to
            .split_at_commas()
            .iter()
            .map(bound)
            .collect::<Option<_>>()?,
    })
}
