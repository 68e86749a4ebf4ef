//! Questions about domains: a change of one concerns the rows of every column that is of it.

use anyhow::Result;

use super::{Draft, GIVE_VALUES, Poser, one_line};
use crate::migrations::data_preflight::pending::{Pending, Place};
use crate::migrations::data_preflight::question::{Posed, RowsInTheWay, Which};
use crate::migrations::data_preflight::target::Target;
use crate::migrations::provenance::SearchPath;
use crate::migrations::sql::{Identifier, identifier};
use crate::migrations::statements::{ConstraintKind, DomainAction, Expression, Reference};

/// Poses the questions about a change of a domain: one for each column that is of it.
pub(super) fn pose(
    pending: &mut Pending,
    target: &mut Target<'_>,
    place: Place<'_>,
    name: &Reference,
    action: &DomainAction,
) -> Result<Vec<Posed>> {
    let path = &place.statement.path;
    let mut found = None;
    for namespace in path.namespaces() {
        let Some(object) = name.object(&SearchPath::new(vec![namespace.clone()]), |_| false) else {
            continue;
        };
        found = target.domain(&object)?;
        if found.is_some() || name.is_qualified() {
            break;
        }
    }
    let Some((oid, base)) = found else {
        return Ok(Vec::new());
    };
    let mut check = match action {
        DomainAction::SetNotNull => None,
        DomainAction::AddConstraint(constraint) if !constraint.not_valid => {
            match &constraint.kind {
                ConstraintKind::Check(check) => Some(check.clone()),
                _other => return Ok(Vec::new()),
            }
        }
        DomainAction::ValidateConstraint(_) => None,
        _never_stopped => return Ok(Vec::new()),
    };
    if let DomainAction::ValidateConstraint(named) = action {
        let constraints = target.constraints(oid, named)?;
        let found = constraints.into_iter().find(|one| !one.validated);
        let Some(sql) = found.and_then(|found| found.check) else {
            return Ok(Vec::new());
        };
        check = Some(Expression {
            sql,
            span: place.span,
        });
    }
    let (columns, is_within) = target.columns_of_domain(oid)?;
    let mut posed = Vec::new();
    if is_within {
        posed.push(Posed::Unknown {
            what: format!("`ALTER DOMAIN {}`", name.name()),
            why: "arrays, rows or other domains hold it as well".into(),
        });
    }
    for (table, column) in columns {
        let reference = Reference {
            parts: [&table.namespace, &table.name]
                .map(|part| Identifier {
                    name: part.clone(),
                    span: place.span,
                })
                .to_vec(),
        };
        let Some(table) = pending.resolve(target, place, &reference)? else {
            continue;
        };
        let Some(mut poser) = Poser::new(pending, target, place, table) else {
            continue;
        };
        match &check {
            None => poser.pose_not_null(&column, "`ALTER DOMAIN … SET NOT NULL`")?,
            Some(check) => {
                let value = format!("({}::{base})", identifier(&column));
                let condition = format!("({}\n) IS FALSE", check.with_value(&value));
                let which = Which::same(format!(
                    "whose `{column}` makes `{}` false",
                    one_line(&check.sql)
                ));
                poser.put(Draft {
                    column: Some(column.clone()),
                    columns: vec![column],
                    expressions: vec![check.clone()],
                    ..Draft::new(
                        "`ALTER DOMAIN`",
                        RowsInTheWay::Where(condition),
                        which,
                        GIVE_VALUES,
                    )
                })?;
            }
        }
        posed.extend(poser.posed);
    }
    Ok(posed)
}
