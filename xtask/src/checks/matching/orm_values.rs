//! The columns of a table as an ORM shows them to the application.

use crate::checks::entities::{ColumnFacts, Entity};
use crate::facts::{Declaration, SqlScalar};
use crate::schema::types::Scalar;

/// Makes of the columns what the application sees of them through the ORM that `declaration` is of.
pub(super) fn read_by_orm(entity: &mut Entity<'_>, declaration: &Declaration) {
    if declaration.origin.null_is_empty {
        for facts in &mut entity.columns {
            facts.null_is_empty |= facts.ty.array;
        }
    }
    for field in &declaration.fields {
        if let Some(sql) = field.sql.as_deref()
            && let Some(names) = &sql.application_values
            && let SqlScalar::Enum(_, labels) = &sql.ty.scalar
        {
            let column = field.column.as_deref().unwrap_or(&field.name);
            let mut columns = entity.columns.iter_mut();
            if let Some(facts) = columns.find(|facts| facts.column.name == column) {
                name_values(facts, labels, names);
            }
        }
    }
}

/// Puts the names that an ORM gives to the values of an enum in the place of their labels: the
/// application knows no others.
fn name_values(facts: &mut ColumnFacts<'_>, labels: &[String], names: &[String]) {
    let Scalar::Enum(_, values) = &facts.ty.scalar else {
        return;
    };
    let named = |value: &String| {
        let at = labels.iter().position(|label| label == value);
        at.and_then(|at| names.get(at)).unwrap_or(value).clone()
    };
    facts.demands.values = Some(values.iter().map(named).collect());
}
