//! Values for which the application has names of its own: `'scores-numeric'` where the database
//! has `SCORES_NUMERIC`. Where an ORM's table or a generated type gives the column its values in
//! TypeScript, the compiler refuses every other name in a query, so that code must translate them.

use super::Model;
use super::entities::ColumnFacts;
use super::matching::{Description, Role, TableMatches};
use super::pairing::Pair;
use crate::facts::Field;
use crate::report::Unjudged;

/// Whether `values`, which `description` has for a column, are other names for those that queries
/// take and return. One value in common is enough to tell that they are no translation: then the
/// others are missing or unknown.
pub(super) fn are_translated(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    column: &ColumnFacts<'_>,
    values: &[String],
) -> bool {
    if states_what_queries_take(description) {
        return false;
    }
    let stating = described
        .descriptions
        .iter()
        .filter(|other| states_what_queries_take(other));
    let mut pairs = stating.flat_map(|other| &other.pairing.pairs);
    pairs.any(|pair| {
        pair.column.name == column.column.name
            && taken_by_queries(pair.field)
                .is_some_and(|taken| !values.iter().any(|value| taken.contains(value)))
    })
}

/// Names the fields with such values: what code translates them to is not compared.
pub(super) fn unjudged(model: &Model<'_>) -> Vec<Unjudged> {
    let mut found = Vec::new();
    for (described, description) in model.judged() {
        let translated = description
            .pairing
            .pairs
            .iter()
            .filter(|pair| is_translated(described, description, pair));
        for pair in translated {
            found.push(Unjudged {
                what: if description.role.is_validation() {
                    "schema"
                } else {
                    "type"
                },
                name: description.declaration.name.clone(),
                reason: format!(
                    "has names of its own for all values of `{}.{}`: code translates them",
                    described.entity.title(),
                    pair.column.name
                ),
                location: Some(pair.field.location.clone()),
            });
        }
    }
    found
}

fn is_translated(
    described: &TableMatches<'_>,
    description: &Description<'_>,
    pair: &Pair<'_>,
) -> bool {
    let column = described.entity.column(&pair.column.name);
    let values = pair.field.enumerated();
    column
        .zip(values)
        .is_some_and(|(column, values)| are_translated(described, description, column, values))
}

/// Whether the compiler holds queries to the values of the declaration: it is a table of an ORM, or
/// a type that a list of tables or a generator links to its table. A tag alone binds no query.
fn states_what_queries_take(description: &Description<'_>) -> bool {
    let declaration = description.declaration;
    let is_linked = declaration.origin.is_type()
        && (declaration.origin.names_table || declaration.table_link.is_some());
    description.role == Role::Orm || is_linked
}

/// The values that a field takes in queries. Prisma may give them other names than the database.
fn taken_by_queries(field: &Field) -> Option<&[String]> {
    let sql = field.sql.as_ref();
    let named = sql.and_then(|sql| sql.application_values.as_deref());
    named.or_else(|| field.enumerated())
}
