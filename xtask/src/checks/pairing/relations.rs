//! Fields that hold other entities instead of a column: `team`, `posts`.

use crate::checks::entities::Entity;
use crate::checks::names;
use crate::facts::{Field, Kind};
use crate::schema::model::Column;

/// The rules by which a field is recognised as a relation.
pub struct RelationNames<'r> {
    /// Whether a type of this name describes the row of some table.
    pub is_row_type: &'r dyn Fn(&str) -> bool,
    /// Whether the name of some table's row ends like this: `billingHistory` of
    /// `infra_billing_history`.
    pub ends_row_name: &'r dyn Fn(&str) -> bool,
    /// Whether the declaration is only called like a table: then any array of objects in it is
    /// taken for what is joined, and its fields may follow either style of names.
    pub lenient: bool,
}

impl RelationNames<'_> {
    /// Whether `field` is another entity, or an array of them or their ids: objects whose type or
    /// name is that of a row, or the name of a foreign key without its `_id`.
    pub(super) fn hold(&self, field: &Field, entity: &Entity<'_>) -> bool {
        // `tags: string[]` holds the ids or names of other rows.
        if matches!(&field.kind, Kind::Array(items) if is_text(items)) {
            return (self.is_row_type)(&field.name);
        }
        let is_array = matches!(&field.kind, Kind::Array(items) if is_object(items));
        if !is_object(&field.kind) && !is_array {
            return may_be_object(&field.kind) && (self.is_row_type)(&field.name);
        }
        let keys = entity.columns.iter().filter(|facts| facts.foreign_key);
        (self.is_row_type)(&field.name)
            || (self.lenient && (self.ends_row_name)(&field.name))
            || field.reference.as_deref().is_some_and(self.is_row_type)
            || keys
                .map(|facts| facts.column)
                .any(|column| is_joined_by(column, field))
            || (self.lenient
                && (is_array || (field.kind == Kind::Json && field.reference.is_some())))
    }
}

fn is_text(kind: &Kind) -> bool {
    matches!(kind, Kind::String | Kind::Enum(_))
}

fn is_object(kind: &Kind) -> bool {
    matches!(kind, Kind::Json | Kind::Any)
}

/// Returns whether `kind` may be an object: a type of a package that is not read, or an array of
/// such types.
fn may_be_object(kind: &Kind) -> bool {
    match kind {
        Kind::Array(items) => may_be_object(items),
        other => matches!(other, Kind::Unresolved(_)),
    }
}

/// `team` and `teamMembers` are joined by `team_id`, and `creator` is by `created_by`.
pub(super) fn is_joined_by(key: &Column, field: &Field) -> bool {
    let of_key = names::words(&key.name);
    if let ([done, by], [doer]) = (of_key.as_slice(), names::words(&field.name).as_slice())
        && by == "by"
        && let Some(verb) = done.strip_suffix("ed")
        && doer
            .strip_prefix(verb)
            .is_some_and(|end| matches!(end, "or" | "er"))
    {
        return true;
    }
    let stem = match of_key.split_last() {
        Some((last, stem))
            if matches!(last.as_str(), "id" | "uuid" | "key" | "by") && !stem.is_empty() =>
        {
            stem
        }
        _whole => &of_key,
    };
    names::words(&field.name).starts_with(stem)
}
