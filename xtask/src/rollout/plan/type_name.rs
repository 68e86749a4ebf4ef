//! An enum that gets another name: the old name stays as a domain, to which the running code casts
//! its values.

use std::collections::BTreeSet;

use super::basis::Basis;
use super::draft::{Draft, Steps};
use crate::migrations::reversal::ddl::names::qualified;
use crate::rollout::loss::{Loss, Lost};
use crate::schema::model::ObjectName;
use crate::schema::types::{ColumnType, Scalar};

/// Keeps the old names of the types in `losses`.
pub(super) fn keep(losses: &[&Loss<'_>], basis: &Basis<'_>, draft: &mut Draft, steps: &mut Steps) {
    let mut kept: BTreeSet<ObjectName> = BTreeSet::new();
    for loss in losses {
        let (Lost::TypeName(..), Some(column)) = (&loss.what, &loss.column) else {
            continue;
        };
        let table = &loss.demand.table;
        let of = |schema, column: Option<&crate::schema::model::Column>| {
            column.map(|column| ColumnType::resolve(&column.type_name, schema))
        };
        let old = of(basis.running.schema, basis.old_column(table, column));
        let now = of(basis.new.schema, basis.new_column(table, column));
        let (Some(old), Some(now)) = (old, now) else {
            continue;
        };
        let (Scalar::Enum(former, _), Scalar::Enum(name, _)) = (&old.scalar, &now.scalar) else {
            continue;
        };
        let is_taken = basis.new.schema.enums.contains_key(former)
            || basis.new.schema.domains.contains_key(former);
        if old.array || is_taken {
            steps.refuse(format!(
                "the running code casts values to `{former}`, which is `{name}` in the branch, and nothing can stand for the old name meanwhile: leave the name of the type"
            ));
        } else if kept.insert(former.clone()) {
            draft.is_split = true;
            draft.expand_last.push(format!(
                "-- The running code casts its values to the old name.\nCREATE DOMAIN {} AS {};",
                qualified(former),
                qualified(name)
            ));
            draft
                .contract_first
                .push(format!("DROP DOMAIN {};", qualified(former)));
        }
    }
}
