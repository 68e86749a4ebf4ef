//! The fields of a declaration beside the columns of its table.

use super::accepted_kinds::{self, Layer};
use super::entities::{ColumnFacts, Entity};
use super::names::{self, Style};
use crate::config::Config;
use crate::schema::model::Column;
use crate::typescript::facts::{Declaration, Field, Kind, Origin};

/// The fields of a declaration beside the columns of its table.
#[derive(Debug)]
pub struct Pairing<'a> {
    /// Each column that has a field, in the order of the columns.
    pub pairs: Vec<Pair<'a>>,
    /// Columns without a field.
    pub missing: Vec<&'a Column>,
    /// Fields without a column that are not relations.
    pub extra: Vec<&'a Field>,
    /// Fields whose type is another entity: what is joined, not what is stored.
    pub relations: Vec<&'a Field>,
    /// Columns that stand under another name, as far as can be told.
    pub renamed: Vec<Pair<'a>>,
}

/// A column and the field that describes it, by their names.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The column.
    pub column: &'a Column,
    /// The field.
    pub field: &'a Field,
}

impl<'a> Pairing<'a> {
    /// Puts the fields of `declaration` beside the columns of `entity`.
    #[must_use]
    pub fn new(entity: &Entity<'a>, declaration: &'a Declaration, config: &Config) -> Self {
        let style = names::majority_style(declaration.fields.iter().map(|field| field.name.as_str()));
        let mut pairing = Self {
            pairs: Vec::new(),
            missing: Vec::new(),
            extra: Vec::new(),
            relations: Vec::new(),
            renamed: Vec::new(),
        };
        for facts in &entity.columns {
            match field_of(facts, declaration, style) {
                Some(field) => pairing.pairs.push(Pair { column: facts.column, field }),
                None => pairing.missing.push(facts.column),
            }
        }
        pairing.place_other_fields(declaration);
        pairing.find_renamed(entity, declaration, config);
        pairing
    }

    /// Whether the declaration holds only some of the columns, on purpose: most are missing.
    #[must_use]
    pub fn is_projection(&self, declaration: &Declaration) -> bool {
        declaration.tags.projection || self.missing.len() > self.pairs.len() + self.renamed.len()
    }

    /// Whether the declaration and the table have so little in common that their names agree by accident.
    #[must_use]
    pub fn is_accidental(&self) -> bool {
        let columns = self.pairs.len() + self.missing.len();
        let fields = self.pairs.len() + self.extra.len() + self.relations.len();
        self.pairs.len() * 3 < columns && self.pairs.len() * 3 < fields
    }

    /// The field that stands for the missing `column` before the server has worked on it: `password` for
    /// `password_hash`.
    #[must_use]
    pub fn counterpart(&self, column: &Column) -> Option<&'a Field> {
        self.extra.iter().find(|field| stands_for(column, field)).copied()
    }

    fn place_other_fields(&mut self, declaration: &'a Declaration) {
        let paired: Vec<*const Field> = self.pairs.iter().map(|pair| std::ptr::from_ref(pair.field)).collect();
        for field in declaration.fields.iter().filter(|field| !paired.contains(&std::ptr::from_ref(*field))) {
            if is_relation(field) { self.relations.push(field) } else { self.extra.push(field) }
        }
    }

    /// One column without a field and one field without a column, where the two are alike, are one mistake.
    fn find_renamed(&mut self, entity: &Entity<'a>, declaration: &Declaration, config: &Config) {
        let columns = std::mem::take(&mut self.missing);
        for column in columns {
            let alike = |field: &&'a Field| is_renamed(column, field, entity, declaration, config);
            match self.extra.iter().position(alike) {
                Some(at) => self.renamed.push(Pair { column, field: self.extra.remove(at) }),
                None => self.missing.push(column),
            }
        }
    }
}

/// The field of `declaration` that is called like the column, if it follows the declaration's style.
fn field_of<'a>(facts: &ColumnFacts<'_>, declaration: &'a Declaration, style: Style) -> Option<&'a Field> {
    if let Some(field) = declaration.field(&facts.column.name) {
        let consistent = names::style(&field.name) != Style::Snake || style != Style::Camel;
        return consistent.then_some(field);
    }
    let key = names::key(&facts.column.name);
    let mut alike = declaration.fields.iter().filter(|field| names::key(&field.name) == key);
    alike.find(|field| names::style(&field.name) != Style::Camel || style != Style::Snake)
}

/// Another entity, or an array of them: an object type that has a name.
fn is_relation(field: &Field) -> bool {
    let is_object = match &field.kind {
        Kind::Json => true,
        Kind::Array(items) => **items == Kind::Json,
        _other => false,
    };
    is_object && field.reference.is_some()
}

/// Whether the field's name is the column's less some words.
fn stands_for(column: &Column, field: &Field) -> bool {
    let (of_column, of_field) = (names::words(&column.name), names::words(&field.name));
    of_field.len() < of_column.len() && of_field.iter().all(|word| of_column.contains(word))
}

fn is_renamed(column: &Column, field: &Field, entity: &Entity<'_>, declaration: &Declaration, config: &Config) -> bool {
    // A request's `password` becomes the `password_hash`; it is not called so.
    if declaration.origin == Origin::Zod && stands_for(column, field) {
        return false;
    }
    let (left, right) = (names::key(&column.name), names::key(&field.name));
    left == right
        || strsim::jaro_winkler(&left, &right) > 0.85
        || is_abbreviated(&left, &right)
        || (stands_in_its_place(column, field, entity, declaration) && may_hold(column, field, entity, config))
}

/// Whether the field may hold what the column holds; if not, that it stands in the column's place means nothing.
fn may_hold(column: &Column, field: &Field, entity: &Entity<'_>, config: &Config) -> bool {
    let facts = entity.column(&column.name);
    facts.is_some_and(|facts| accepted_kinds::accepts(&facts.ty, &field.kind, Layer::Wire, config))
}

/// `bio` and `biography`.
fn is_abbreviated(left: &str, right: &str) -> bool {
    left.len().min(right.len()) >= 3 && (left.starts_with(right) || right.starts_with(left))
}

/// Whether the field stands between the fields of the columns on both sides of `column`. At either end one neighbour
/// says too little.
fn stands_in_its_place(column: &Column, field: &Field, entity: &Entity<'_>, declaration: &Declaration) -> bool {
    let column_at = entity.columns.iter().position(|facts| facts.column.name == column.name);
    let field_at = declaration.fields.iter().position(|other| std::ptr::eq(other, field));
    let (Some(column_at), Some(field_at)) = (column_at, field_at) else { return false };
    let key_of_column = |at: usize| entity.columns.get(at).map(|facts| names::key(&facts.column.name));
    let key_of_field = |at: usize| declaration.fields.get(at).map(|field| names::key(&field.name));
    let same = |of_column: Option<String>, of_field: Option<String>| of_column.is_some() && of_column == of_field;
    same(column_at.checked_sub(1).and_then(key_of_column), field_at.checked_sub(1).and_then(key_of_field))
        && same(key_of_column(column_at + 1), key_of_field(field_at + 1))
}
