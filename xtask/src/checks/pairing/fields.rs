//! Which field of a declaration describes which column, by name.

use crate::checks::entities::{ColumnFacts, Entity};
use crate::checks::names::{self, NameStyle};
use crate::facts::{Declaration, Field};

/// The fields of a declaration, with what is known of their names.
pub(super) struct DeclarationFields<'a, 'r> {
    declaration: &'a Declaration,
    /// The style that they have to follow; none where they need not.
    style: Option<NameStyle>,
    /// The column of each, where an ORM says it.
    columns: Vec<Option<&'r str>>,
}

impl<'a, 'r> DeclarationFields<'a, 'r> {
    /// The fields of `declaration`. `linked` says which column an ORM links to a field; `lenient`
    /// fields may be written in any style.
    pub(super) fn new(
        entity: &Entity<'_>,
        declaration: &'a Declaration,
        linked: impl Fn(&'a Field) -> Option<&'r str>,
        lenient: bool,
    ) -> Self {
        // That an ORM names a column that is not there is the ORM's fault alone.
        let is_orm = declaration.origin.is_table();
        let column =
            |field| linked(field).filter(|column| is_orm || entity.column(column).is_some());
        let majority =
            names::majority_style(declaration.fields.iter().map(|field| field.name.as_str()));
        Self {
            declaration,
            style: (!lenient).then_some(majority),
            columns: declaration.fields.iter().map(column).collect(),
        }
    }

    /// The field of each column of `entity`, in their order: the one that an ORM links to it, else
    /// the one that is called just like it, else one that is called alike. A field is of one
    /// column: the `id` beside a column `id` says nothing of a column `_id`.
    pub(super) fn of_columns(&self, entity: &Entity<'_>) -> Vec<Option<&'a Field>> {
        let mut taken: Vec<*const Field> = Vec::new();
        let exact: Vec<ExactField<'a>> = entity
            .columns
            .iter()
            .map(|facts| self.exactly(facts))
            .collect();
        taken.extend(exact.iter().filter_map(|one| match one {
            ExactField::Described(field) | ExactField::OddStyle(field) => {
                Some(std::ptr::from_ref(*field))
            }
            ExactField::None => None,
        }));
        let mut fields = Vec::with_capacity(exact.len());
        for (facts, exact) in entity.columns.iter().zip(exact) {
            fields.push(match exact {
                ExactField::Described(field) => Some(field),
                ExactField::OddStyle(_) => None,
                ExactField::None => {
                    let alike = self.called_alike(&facts.column.name, &taken);
                    taken.extend(alike.map(std::ptr::from_ref));
                    alike
                }
            });
        }
        fields
    }

    /// The field that an ORM links to the column, else the one that is called just like it.
    fn exactly(&self, facts: &ColumnFacts<'_>) -> ExactField<'a> {
        let column = facts.column.name.as_str();
        let mut fields = self.declaration.fields.iter().zip(&self.columns);
        if let Some((field, _)) = fields.find(|(_, linked)| **linked == Some(column)) {
            return ExactField::Described(field);
        }
        let Some(field) = self.free().find(|field| field.name == column) else {
            return ExactField::None;
        };
        let style = self.style.unwrap_or(NameStyle::Either);
        if names::style(&field.name) != NameStyle::Snake || style != NameStyle::Camel {
            ExactField::Described(field)
        } else {
            ExactField::OddStyle(field)
        }
    }

    /// The field that is called like the column in another style, and is none of those `taken`.
    fn called_alike(&self, column: &str, taken: &[*const Field]) -> Option<&'a Field> {
        let style = self.style.unwrap_or(NameStyle::Either);
        let key = names::key(column);
        let mut alike = self.free().filter(|field| {
            names::key(&field.name) == key && !taken.contains(&std::ptr::from_ref(*field))
        });
        alike.find(|field| {
            names::style(&field.name) != NameStyle::Camel || style != NameStyle::Snake
        })
    }

    /// The fields that no ORM links to a column.
    fn free(&self) -> impl Iterator<Item = &'a Field> {
        let fields = self.declaration.fields.iter().zip(&self.columns);
        fields
            .filter(|(_, linked)| linked.is_none())
            .map(|(field, _)| field)
    }
}

/// A field that is called just like a column, or linked to it.
enum ExactField<'a> {
    /// It describes the column.
    Described(&'a Field),
    /// It is written in another style than its siblings, and so describes none.
    OddStyle(&'a Field),
    None,
}
