//! The fields of a declaration beside the columns of its table.

mod fields;
mod relations;
mod renaming;
mod thresholds;

use std::collections::BTreeSet;

use super::entities::{ColumnFacts, Entity};
use super::names;
use super::row_uses::SelectedFields;
use crate::config::Config;
use crate::facts::{Declaration, Field, Kind, StatedValue};
use crate::schema::model::Column;
use crate::schema::provenance::Provenance;
use fields::DeclarationFields;
pub use relations::RelationNames;
use relations::is_joined_by;
use renaming::{
    is_held_as_others, is_longer, is_renamed, is_stood_for, may_hold, stands_for,
    stands_in_its_place,
};
use thresholds::{ACCIDENT, FEWEST_FIELDS, FEWEST_FIELDS_BY_NAME, is_joined_part, is_small_part};

/// The fields of a declaration beside the columns of its table.
#[derive(Debug, Default)]
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
    /// The fields without a column and the renamed ones that were columns, as the migrations say:
    /// those speak for the declaration's being of this table.
    former: Vec<&'a Field>,
    /// Whether its fields are just what the columns were after some migration: then nobody has
    /// followed those since.
    was_whole: bool,
}

/// A column and the field that describes it, by their names.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// The column.
    pub column: &'a Column,
    /// The field.
    pub field: &'a Field,
}

/// How fields and columns are put side by side.
pub struct PairingRules<'r> {
    /// The monorepo's configuration.
    pub config: &'r Config,
    /// The names that an ORM gives to the columns.
    pub orm: &'r OrmNames<'r>,
    /// The rules that recognise relations.
    pub relations: RelationNames<'r>,
    /// Which columns the migrations dropped and renamed.
    pub provenance: &'r Provenance,
}

/// The names that an ORM's tables give to the columns, which are those of the rows that it returns.
#[derive(Debug, Default)]
pub struct OrmNames<'a> {
    fields: Vec<&'a Field>,
}

impl<'a> OrmNames<'a> {
    /// The names that those of `declarations` give that are an ORM's tables.
    pub fn new(declarations: impl Iterator<Item = &'a Declaration>) -> Self {
        let tables = declarations.filter(|declaration| declaration.origin.is_table());
        // The target of a foreign key is no value of the column in any other declaration.
        let is_value = |field: &&Field| field.stated_value() != StatedValue::Related;
        Self {
            fields: tables
                .flat_map(|table| &table.fields)
                .filter(is_value)
                .collect(),
        }
    }

    /// The column that `field` stands for, where the ORM says it: of the field itself, of the one
    /// that it is inferred from, or of the one that is called so.
    fn column<'f>(&self, field: &'f Field) -> Option<&'f str>
    where
        'a: 'f,
    {
        if field.column.is_some() {
            return field.column.as_deref();
        }
        let inferred = self
            .fields
            .iter()
            .find(|other| other.location == field.location);
        if let Some(known) = inferred {
            return known.column.as_deref();
        }
        let mut named = self.fields.iter().filter(|other| other.name == field.name);
        let first = named.next()?.column.as_deref()?;
        named
            .all(|other| other.column.as_deref() == Some(first))
            .then_some(first)
    }
}

impl<'a> Pairing<'a> {
    /// Puts the fields of `declaration` beside the columns of `entity`.
    #[must_use]
    pub fn new(
        entity: &Entity<'a>,
        declaration: &'a Declaration,
        rules: &PairingRules<'_>,
    ) -> Self {
        let mut pairing = Self::default();
        let fields = DeclarationFields::new(
            entity,
            declaration,
            |field| rules.orm.column(field),
            rules.relations.lenient,
        );
        for (facts, field) in entity.columns.iter().zip(fields.of_columns(entity)) {
            match field {
                Some(field) => pairing.pairs.push(Pair {
                    column: facts.column,
                    field,
                }),
                None => pairing.missing.push(facts.column),
            }
        }
        pairing.place_other_fields(entity, declaration, rules);
        pairing.find_former(entity, rules.provenance);
        pairing.find_renamed(entity, declaration, rules.config);
        pairing.was_whole = pairing.was_whole(entity, rules);
        pairing
    }

    /// The pairing of a declaration whose values code makes of what a query lists: each field beside
    /// the column that it holds. What is computed stands for no column, and no column is missing.
    #[must_use]
    pub fn selected(
        self,
        entity: &Entity<'a>,
        declaration: &'a Declaration,
        selected: &SelectedFields<'_>,
    ) -> Self {
        let mut pairing = Self {
            former: self.former,
            ..Self::default()
        };
        let held = |field: &Field| {
            let name = selected.column(&field.name)?;
            let written = names::key(name);
            let alike = |facts: &&ColumnFacts<'_>| names::key(&facts.column.name) == written;
            let column = entity.column(name);
            Some(column.or_else(|| entity.columns.iter().find(alike)))
        };
        for field in &declaration.fields {
            match held(field) {
                Some(Some(facts)) => pairing.pairs.push(Pair {
                    column: facts.column,
                    field,
                }),
                // The query asks for a column that is not there.
                Some(None) => pairing.extra.push(field),
                None => {}
            }
        }
        let place = |pair: &Pair<'_>| {
            let mut columns = entity.columns.iter();
            columns.position(|facts| facts.column.name == pair.column.name)
        };
        pairing.pairs.sort_by_key(place);
        let is_left = |facts: &&ColumnFacts<'_>| {
            let mut pairs = pairing.pairs.iter();
            !pairs.any(|pair| pair.column.name == facts.column.name)
        };
        let missing = entity.columns.iter().filter(is_left);
        pairing.missing = missing.map(|facts| facts.column).collect();
        pairing
    }

    fn is_former(&self, field: &Field) -> bool {
        self.former
            .iter()
            .any(|former| std::ptr::eq(*former, field))
    }

    /// Whether what is joined through the missing foreign key `column` stands in its place: `team`
    /// for `team_id`.
    #[must_use]
    pub fn is_joined(&self, column: &Column) -> bool {
        self.relations
            .iter()
            .any(|field| is_joined_by(column, field))
    }

    /// The field that stands for the missing `column` before or after the server has worked on it:
    /// `password` for `password_hash`, `encodedBody` for `body`.
    #[must_use]
    pub fn counterpart(&self, column: &Column) -> Option<&'a Field> {
        let stands =
            |field: &&&Field| stands_for(column, field) || is_longer(&field.name, &column.name);
        self.extra
            .iter()
            .filter(|field| !self.is_former(field))
            .find(stands)
            .copied()
    }

    fn place_other_fields(
        &mut self,
        entity: &Entity<'a>,
        declaration: &'a Declaration,
        rules: &PairingRules<'_>,
    ) {
        let was_column = |field: &Field| {
            let key = names::key(&field.name);
            let gone = rules
                .provenance
                .gone(entity.name, |column| names::key(column) == key);
            gone.is_some()
        };
        let paired: Vec<*const Field> = self
            .pairs
            .iter()
            .map(|pair| std::ptr::from_ref(pair.field))
            .collect();
        for field in declaration
            .fields
            .iter()
            .filter(|field| !paired.contains(&std::ptr::from_ref(*field)))
        {
            // A list of texts may be a column that a migration took away.
            let is_list = matches!(&field.kind, Kind::Array(items) if **items == Kind::String);
            if rules.relations.hold(field, entity) && !(is_list && was_column(field)) {
                self.relations.push(field)
            } else {
                self.extra.push(field)
            }
        }
    }

    /// Finds the fields whose columns were renamed or dropped, according to the migrations.
    fn find_former(&mut self, entity: &Entity<'a>, provenance: &Provenance) {
        self.rename_where(|column, field| {
            let key = names::key(&field.name);
            provenance
                .former_names(entity.name, &column.name)
                .any(|former| names::key(former) == key)
        });
        let was_column = |field: &&&Field| {
            let key = names::key(&field.name);
            provenance
                .gone(entity.name, |column| names::key(column) == key)
                .is_some()
        };
        let extra = self.extra.iter().filter(was_column).copied();
        self.former = self
            .renamed
            .iter()
            .map(|pair| pair.field)
            .chain(extra)
            .collect();
    }

    /// Whether its fields are just what the columns were after some migration, but for those that
    /// the server fills in. What only is called like the table may also be a part of it that
    /// happens to agree.
    fn was_whole(&self, entity: &Entity<'a>, rules: &PairingRules<'_>) -> bool {
        // What agrees with the table today needs no history.
        if self.missing.is_empty() && self.renamed.is_empty() && self.extra.is_empty() {
            return false;
        }
        let lenient = rules.relations.lenient;
        let fewest = if lenient {
            FEWEST_FIELDS_BY_NAME
        } else {
            FEWEST_FIELDS
        };
        if self.named() < fewest || (lenient && self.missing.len() > self.named()) {
            return false;
        }
        let others = self
            .renamed
            .iter()
            .map(|pair| pair.field)
            .chain(self.extra.iter().copied());
        let others = others.map(|field| field.name.as_str());
        let names = self
            .pairs
            .iter()
            .map(|pair| pair.column.name.as_str())
            .chain(others);
        let names: BTreeSet<names::Word> = names.map(names::key).collect();
        let filled_in = |name: &str| {
            entity
                .column(name)
                .is_some_and(|facts| facts.made_by_server)
        };
        rules
            .provenance
            .column_history(entity.name)
            .iter()
            .any(|columns| {
                let asked: BTreeSet<names::Word> =
                    columns.iter().map(|name| names::key(name)).collect();
                let unasked = columns
                    .iter()
                    .filter(|name| filled_in(name))
                    .map(|name| names::key(name));
                let needed: BTreeSet<names::Word> =
                    asked.difference(&unasked.collect()).cloned().collect();
                names.is_subset(&asked) && needed.is_subset(&names)
            })
    }

    /// One column without a field and one field without a column, where the two are alike, are one
    /// mistake. Where they are not, their place says it, if the declaration is like the table in
    /// everything else.
    fn find_renamed(&mut self, entity: &Entity<'a>, declaration: &Declaration, config: &Config) {
        self.rename_where(|column, field| is_renamed(column, field, entity, declaration, config));
        let (columns, fields) = (
            self.named() + self.missing.len(),
            self.named() + self.extra.len(),
        );
        if is_small_part(self.missing.len(), columns) && is_small_part(self.extra.len(), fields) {
            let pairs = self.pairs.clone();
            let of_type = |column: &Column| {
                let alike = pairs
                    .iter()
                    .filter(|pair| pair.column.type_name == column.type_name);
                alike.map(|pair| pair.field).collect::<Vec<_>>()
            };
            self.rename_where(|column, field| {
                stands_in_its_place(column, field, entity, declaration)
                    && is_held_as_others(field, of_type(column).into_iter())
                    && !is_stood_for(column, field, declaration)
                    && may_hold(column, field, entity, config)
            });
        }
    }

    fn rename_where(&mut self, is_renamed: impl Fn(&Column, &'a Field) -> bool) {
        for column in std::mem::take(&mut self.missing) {
            match self
                .extra
                .iter()
                .position(|field| is_renamed(column, field))
            {
                Some(at) => self.renamed.push(Pair {
                    column,
                    field: self.extra.remove(at),
                }),
                None => self.missing.push(column),
            }
        }
    }
}

/// How much the declaration and the table have in common.
impl<'a> Pairing<'a> {
    /// Whether the declaration holds only some of the columns, on purpose: most are missing.
    #[must_use]
    pub fn is_projection(&self, declaration: &Declaration) -> bool {
        declaration.tags.projection || (self.missing.len() > self.named() && !self.was_whole)
    }

    /// Whether the declaration and the table have so little in common that their names agree by
    /// accident.
    #[must_use]
    pub fn is_accidental(&self) -> bool {
        let columns = self.pairs.len() + self.missing.len();
        let fields = self.pairs.len() + self.extra.len() + self.relations.len();
        self.pairs.len() * ACCIDENT < columns && self.pairs.len() * ACCIDENT < fields
    }

    /// How many columns have a field, under whatever name.
    #[must_use]
    pub fn named(&self) -> usize {
        self.pairs.len() + self.renamed.len()
    }

    /// Whether nearly all columns have fields, and nearly all fields are columns, see
    /// [`SMALL_PART`].
    #[must_use]
    pub fn is_nearly_whole(&self) -> bool {
        self.is_nearly_whole_but_for(|_| false)
    }

    /// The same, where nobody expects the columns that `is_unasked`.
    #[must_use]
    pub fn is_nearly_whole_but_for(&self, is_unasked: impl Fn(&Column) -> bool) -> bool {
        let missing = self
            .missing
            .iter()
            .filter(|column| !is_unasked(column))
            .count();
        let renamed = self
            .renamed
            .iter()
            .filter(|pair| !self.is_former(pair.field))
            .count();
        is_small_part(missing + renamed, self.named() + missing) && self.has_few_odd_fields()
    }

    /// Whether its fields are just what the columns were after some migration, but for those that
    /// the server fills in.
    #[must_use]
    pub fn was_whole_once(&self) -> bool {
        self.was_whole
    }

    /// Whether it is nearly whole, or was all of the table once.
    #[must_use]
    pub fn is_or_was_whole(&self) -> bool {
        self.is_nearly_whole() || self.was_whole
    }

    /// Whether it was all of the table once, and still has what a migration took away since.
    #[must_use]
    pub fn outlives_columns(&self) -> bool {
        self.was_whole && !self.former.is_empty()
    }

    /// Whether it has at least half of the columns, and nothing else.
    #[must_use]
    pub fn is_most_of_columns(&self) -> bool {
        self.odd() == 0 && self.relations.is_empty() && self.missing.len() <= self.named()
    }

    /// Whether nearly all fields are called like columns.
    #[must_use]
    pub fn has_few_odd_fields(&self) -> bool {
        is_small_part(self.odd(), self.named() + self.extra.len())
    }

    /// Whether it is what a query returns, whatever it is called: it holds much that is joined or
    /// counted, and never was a column.
    #[must_use]
    pub fn is_of_query(&self) -> bool {
        let never_columns = || {
            let extra = self.extra.iter().filter(|field| !self.is_former(field));
            extra.chain(&self.relations)
        };
        let nests = never_columns().any(|field| matches!(field.kind, Kind::Json | Kind::Array(_)));
        let odd = self.odd() + self.relations.len();
        let all = self.named() + self.extra.len() + self.relations.len();
        !self.was_whole && is_joined_part(odd, all, nests)
    }

    /// How many fields are not called like columns, nor like what was one.
    #[must_use]
    pub fn odd(&self) -> usize {
        self.extra.len() + self.renamed.len() - self.former.len()
    }

    /// Whether one column and one field remain, and the field stands for the column under another
    /// name.
    #[must_use]
    pub fn is_whole_but_for_a_name(&self) -> bool {
        let nothing_else = self.missing.is_empty() && self.extra.is_empty();
        nothing_else && self.renamed.len() == 1 && self.is_nearly_whole()
    }

    /// How many fields are called like columns, or like what was one.
    #[must_use]
    pub fn columns_ever(&self) -> usize {
        self.pairs.len() + self.former.len()
    }

    /// Whether a field without a column was one, as the migrations say, of what else is like the
    /// table: then nobody has followed them, even where much of the table is not described.
    #[must_use]
    pub fn outlives_its_column(&self, field: &Field) -> bool {
        self.is_former(field)
            && self.pairs.len() >= FEWEST_FIELDS_BY_NAME
            && self.has_few_odd_fields()
    }
}
