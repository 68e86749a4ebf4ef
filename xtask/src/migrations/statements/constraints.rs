//! Reads constraints, of tables and of columns.

use squawk_syntax::ast::{self, AstChildren, AstNode as _, ConstraintOption};

use super::reader::Reader;
use super::{Constraint, ConstraintKind, ForeignKey};

/// Whether the constraint is `NOT NULL` of the column that it stands with.
pub(super) fn is_not_null(written: &ast::Constraint) -> bool {
    matches!(written, ast::Constraint::NotNullConstraint(_))
}

/// The constraint that is `written`, of the table or of `column`. `None` where a part of it is
/// missing, and for `DEFAULT` and the like, which are none.
pub(super) fn constraint(
    reader: &Reader<'_>,
    written: &ast::Constraint,
    column: Option<&str>,
) -> Option<Constraint> {
    let own = |columns: Vec<String>| match column {
        Some(column) => vec![column.to_owned()],
        None => columns,
    };
    let (clause, options, kind) = match written {
        ast::Constraint::CheckConstraint(check) => (
            check.constraint_name_clause(),
            check.constraint_options(),
            ConstraintKind::Check(reader.maybe(check.expr())?),
        ),
        ast::Constraint::UniqueConstraint(unique) => (
            unique.constraint_name_clause(),
            unique.constraint_options(),
            key(
                reader,
                unique.using_index(),
                unique.index_parameters(),
                own,
                false,
            )?,
        ),
        ast::Constraint::PrimaryKeyConstraint(primary) => (
            primary.constraint_name_clause(),
            primary.constraint_options(),
            key(
                reader,
                primary.using_index(),
                primary.index_parameters(),
                own,
                true,
            )?,
        ),
        ast::Constraint::ForeignKeyConstraint(foreign) => {
            let lists = [foreign.from_columns(), foreign.to_columns()];
            let temporal = lists.iter().flatten().any(|list| {
                // `PERIOD` stands before a column, so that two words follow each other.
                let mut cursor = reader.cursor(list.syntax());
                cursor.parenthesised().is_some_and(|inside| {
                    let parts = inside.split_at_commas();
                    parts
                        .iter()
                        .any(|part| part.at("period") && part.rest().len() > 1)
                })
            });
            let [from, to] = lists;
            let key = ForeignKey {
                columns: reader.names(from),
                table: reader.reference(foreign.table_name_ref()?.syntax()),
                referenced: reader.names(to),
                full: matches!(foreign.match_type(), Some(ast::MatchType::MatchFull(_))),
                has_actions: foreign.referential_actions().next().is_some(),
                temporal,
            };
            (
                foreign.constraint_name_clause(),
                foreign.constraint_options(),
                ConstraintKind::ForeignKey(key),
            )
        }
        ast::Constraint::ReferencesConstraint(references) => {
            let key = ForeignKey {
                columns: own(Vec::new()),
                table: reader.reference(references.table()?.syntax()),
                referenced: reader.name(references.column()).into_iter().collect(),
                full: matches!(references.match_type(), Some(ast::MatchType::MatchFull(_))),
                has_actions: references.referential_actions().next().is_some(),
                temporal: false,
            };
            (
                references.constraint_name_clause(),
                references.constraint_options(),
                ConstraintKind::ForeignKey(key),
            )
        }
        ast::Constraint::ExcludeConstraint(exclude) => {
            let list = exclude.constraint_exclusion_list()?;
            let element = |element: ast::ConstraintExclusion| {
                let operator = match (element.op(), element.operator_call()) {
                    (Some(operator), _) => reader.text(operator.syntax()),
                    (None, Some(call)) => reader.text(call.syntax()),
                    (None, None) => return None,
                };
                Some((reader.maybe(element.expr())?, operator))
            };
            let elements = list.constraint_exclusions().map(element);
            let condition = exclude.where_condition_clause();
            (
                exclude.constraint_name_clause(),
                exclude.constraint_options(),
                ConstraintKind::Exclude {
                    elements: elements.collect::<Option<_>>()?,
                    condition: condition.and_then(|clause| reader.maybe(clause.expr())),
                },
            )
        }
        ast::Constraint::NotNullConstraint(not_null) => (
            not_null.constraint_name_clause(),
            not_null.constraint_options(),
            ConstraintKind::NotNull(match column {
                Some(column) => column.to_owned(),
                None => reader.name(not_null.column_name_ref())?,
            }),
        ),
        ast::Constraint::DefaultConstraint(_)
        | ast::Constraint::GeneratedConstraint(_)
        | ast::Constraint::NullConstraint(_) => return None,
    };
    let name = clause.and_then(|clause| reader.name(clause.constraint_name()));
    let mut constraint = Constraint {
        name,
        not_valid: false,
        deferrable: false,
        no_inherit: false,
        kind,
    };
    take_options(&mut constraint, options);
    Some(constraint)
}

fn take_options(constraint: &mut Constraint, options: AstChildren<ConstraintOption>) {
    for option in options {
        match option {
            ConstraintOption::NotValid(_) | ConstraintOption::NotEnforced(_) => {
                constraint.not_valid = true;
            }
            ConstraintOption::DeferrableConstraintOption(_)
            | ConstraintOption::InitiallyDeferredConstraintOption(_) => {
                constraint.deferrable = true;
            }
            ConstraintOption::NoInherit(_) => constraint.no_inherit = true,
            _other => {}
        }
    }
}

fn key(
    reader: &Reader<'_>,
    using: Option<ast::UsingIndexName>,
    parameters: Option<ast::IndexParameters>,
    own: impl Fn(Vec<String>) -> Vec<String>,
    primary: bool,
) -> Option<ConstraintKind> {
    if let Some(using) = using {
        return Some(ConstraintKind::UsingIndex {
            index: reader.name(using.index_ref())?,
            primary,
        });
    }
    let list = parameters
        .as_ref()
        .and_then(ast::IndexParameters::column_list);
    let columns = own(reader.names(list));
    if primary {
        return Some(ConstraintKind::PrimaryKey(columns));
    }
    let option = parameters.and_then(|parameters| parameters.nulls_distinct_option());
    Some(ConstraintKind::Unique {
        columns,
        nulls_not_distinct: matches!(option, Some(ast::NullsDistinctOption::NullsNotDistinct(_))),
    })
}
