//! Whether a field without a column stands for a column without a field: under another name, in
//! another form, or in its place.

use crate::checks::accepted_kinds::{self, DescriptionLayer};
use crate::checks::entities::Entity;
use crate::checks::names;
use crate::config::Config;
use crate::facts::{Declaration, Field};
use crate::schema::model::Column;

/// Whether the field's name is the column's less some words: `password` for `password_hash`.
pub(super) fn stands_for(column: &Column, field: &Field) -> bool {
    is_longer(&column.name, &field.name)
}

/// Whether `longer` has every word of `shorter`, and more.
pub(super) fn is_longer(longer: &str, shorter: &str) -> bool {
    let (longer, shorter) = (names::words(longer), names::words(shorter));
    shorter.len() < longer.len() && shorter.iter().all(|word| longer.contains(word))
}

/// A request's `password` becomes the `password_hash`, and the `body` is told as `encodedBody`;
/// they are not called so.
pub(super) fn is_stood_for(column: &Column, field: &Field, declaration: &Declaration) -> bool {
    declaration.origin.is_validation() && (stands_for(column, field) || is_form_of(column, field))
}

/// Whether the field's name is the column's with words that say in which form it is.
fn is_form_of(column: &Column, field: &Field) -> bool {
    const FORMS: &[&str] = &[
        "encoded",
        "decoded",
        "encrypted",
        "decrypted",
        "hashed",
        "masked",
        "raw",
        "plain",
        "parsed",
        "formatted",
        "base64",
        "serialized",
        "serialised",
        "rendered",
        "resolved",
        "escaped",
        "compressed",
    ];
    let of_column = names::words(&column.name);
    let more = names::words(&field.name)
        .into_iter()
        .filter(|word| !of_column.contains(word));
    is_longer(&field.name, &column.name)
        && more.into_iter().all(|word| FORMS.contains(&word.as_str()))
}

/// By its names: of the property, and of the column that an ORM's says it is for.
pub(super) fn is_renamed(
    column: &Column,
    field: &Field,
    entity: &Entity<'_>,
    declaration: &Declaration,
    config: &Config,
) -> bool {
    let mut called = [Some(field.name.as_str()), field.column.as_deref()]
        .into_iter()
        .flatten();
    let is_same = names::key(&column.name) == names::key(&field.name);
    let is_alike = called.any(|name| names::are_alike(&column.name, name));
    let may_be = is_same || may_hold(column, field, entity, config);
    is_alike && may_be && !is_stood_for(column, field, declaration)
}

/// Whether the field may hold what the column holds; if not, that it stands in the column's place
/// means nothing.
pub(super) fn may_hold(
    column: &Column,
    field: &Field,
    entity: &Entity<'_>,
    config: &Config,
) -> bool {
    let facts = entity.column(&column.name);
    facts.is_some_and(|facts| {
        accepted_kinds::accepts(&facts.ty, &field.kind, DescriptionLayer::Wire, config)
    })
}

/// Whether the field holds what `others` do, the fields of other columns of the same type: where the
/// instants are `Date`s, a string is of something else.
pub(super) fn is_held_as_others<'f>(
    field: &Field,
    others: impl Iterator<Item = &'f Field>,
) -> bool {
    let mut others = others.peekable();
    let kind = std::mem::discriminant(&field.kind);
    others.peek().is_none() || others.any(|other| std::mem::discriminant(&other.kind) == kind)
}

/// Whether the field stands between the fields of the columns on both sides of `column`. At either
/// end one neighbour says too little.
pub(super) fn stands_in_its_place(
    column: &Column,
    field: &Field,
    entity: &Entity<'_>,
    declaration: &Declaration,
) -> bool {
    let column_at = entity
        .columns
        .iter()
        .position(|facts| facts.column.name == column.name);
    let field_at = declaration
        .fields
        .iter()
        .position(|other| std::ptr::eq(other, field));
    let (Some(column_at), Some(field_at)) = (column_at, field_at) else {
        return false;
    };
    let key_of_column = |at: usize| {
        entity
            .columns
            .get(at)
            .map(|facts| names::key(&facts.column.name))
    };
    let key_of_field = |at: usize| {
        declaration
            .fields
            .get(at)
            .map(|field| names::key(&field.name))
    };
    let same = |of_column: Option<names::Word>, of_field: Option<names::Word>| {
        of_column.is_some() && of_column == of_field
    };
    same(
        column_at.checked_sub(1).and_then(key_of_column),
        field_at.checked_sub(1).and_then(key_of_field),
    ) && same(key_of_column(column_at + 1), key_of_field(field_at + 1))
}
