//! Finds descriptions of a table that no type, or no schema, is named after. One candidate is a
//! class that implements a type of the table's name (an ORM's `ConfigSnippets`). Another has nearly
//! all of the table's columns and little else, and is named after the end of the table's name
//! (`DbCrontab` for `known_crontabs`). The candidate that is most like the table is taken. Where the
//! table has a type, those of its name behind a prefix or before a suffix (`IUser`) are judged too.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::checks::entities::{Entity, EntityKind};
use crate::checks::names::{self, Word};
use crate::checks::pairing::Pairing;
use crate::facts::{Declaration, Side};
use crate::schema::model::Column;

use super::TableMatches;
use super::names::{is_shared, side_of_name};

/// A declaration that is taken for a description of the table at this place among the entities.
pub(super) struct Adopted<'a> {
    pub(super) at: usize,
    pub(super) declaration: &'a Declaration,
}

/// Types and schemas that no table was found for.
#[derive(Debug, Default)]
pub(super) struct Unclaimed<'a> {
    by_last_word: HashMap<Word, Vec<NamedRow<'a>>>,
    by_implemented: HashMap<Word, Vec<&'a Declaration>>,
}

#[derive(Debug)]
struct NamedRow<'a> {
    words: Vec<Word>,
    declaration: &'a Declaration,
}

/// The kind of declaration of which none is named after a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    Type,
    Schema,
}

impl Lacking {
    fn is(self, declaration: &Declaration) -> bool {
        declaration.origin.is_validation() == (self == Self::Schema)
    }
}

/// The prefixes, and below the suffixes, that make the name of a thing the name of its row type.
const PREFIXES: &[&str] = &["db", "base", "i"];
const SUFFIXES: &[&str] = &[
    "table",
    "row",
    "record",
    "entity",
    "model",
    "type",
    "schema",
    "validation",
    "dto",
];

/// How many columns a type must have for its name's end to mean anything: `{ id, name }` is
/// anything.
const ENOUGH: usize = 3;

/// How many columns of one table a request must ask for, for its fields to say which table it is of
/// where its name does not. Fewer (`name`, `description`, `status` and the like) stand in half of
/// all tables, and a request of another thing would be judged; with more, only the widest tables
/// would be known.
const DISTINCT: usize = 8;

/// And at least one in so many of the columns that a client may know.
const KNOWN_PART: usize = 2;

impl<'a> Unclaimed<'a> {
    pub(super) fn add(&mut self, declaration: &'a Declaration) {
        if declaration.names_table() || !is_shared(declaration) || declaration.unresolved.is_some()
        {
            return;
        }
        for implemented in &declaration.implements {
            self.by_implemented
                .entry(names::key(implemented))
                .or_default()
                .push(declaration);
        }
        let words = thing(&declaration.name);
        if let Some(last) = words.last() {
            self.by_last_word
                .entry(last.clone())
                .or_default()
                .push(NamedRow { words, declaration });
        }
    }

    /// Returns descriptions for the tables that lack one. Each declaration describes at most one
    /// table.
    pub(super) fn adopted<'e>(
        &self,
        lacking: impl Iterator<Item = (usize, &'e Entity<'a>, Lacking)>,
        pairing: &dyn Fn(&Entity<'a>, &'a Declaration) -> Pairing<'a>,
    ) -> Vec<Adopted<'a>>
    where
        'a: 'e,
    {
        let mut offers: Vec<_> = lacking
            .filter_map(|(at, entity, what)| self.likest(at, entity, what, pairing))
            .collect();
        offers.sort_by_key(|(_, likeness)| std::cmp::Reverse(*likeness));
        let mut adopted: Vec<Adopted<'a>> = Vec::new();
        for (offer, _) in offers {
            if !adopted
                .iter()
                .any(|one| std::ptr::eq(one.declaration, offer.declaration))
            {
                adopted.push(offer);
            }
        }
        adopted
    }

    /// Returns the types that are called as a row of the table is, but for the usual prefixes and
    /// suffixes (`IUser`, `UserDto`), and that nearly are or were one. They are judged beside the
    /// types that the table has.
    pub(super) fn alike<'e>(
        &self,
        described: impl Iterator<Item = (usize, &'e Entity<'a>)>,
        pairing: &dyn Fn(&Entity<'a>, &'a Declaration) -> Pairing<'a>,
    ) -> Vec<Adopted<'a>>
    where
        'a: 'e,
    {
        let mut alike = Vec::new();
        for (at, entity) in described {
            let row = row_words(&entity.name.name);
            let ending = row.last().and_then(|last| self.by_last_word.get(last));
            for named in ending.into_iter().flatten() {
                let declaration = named.declaration;
                if named.words != row || !Lacking::Type.is(declaration) {
                    continue;
                }
                let pairing = pairing(entity, declaration);
                if pairing.is_or_was_whole() && pairing.columns_ever() >= ENOUGH {
                    alike.push(Adopted { at, declaration });
                }
            }
        }
        alike
    }

    /// Returns the requests for making or changing rows (`CreateAssetProfileDto`) that no table has
    /// the name of, and whose fields are those of one table alone, whose name ends as theirs
    /// (`symbol_profiles`). They are judged beside whatever else the table has.
    pub(super) fn requests(
        &self,
        described: &[TableMatches<'a>],
        pairing: &dyn Fn(&Entity<'a>, &'a Declaration) -> Pairing<'a>,
    ) -> Vec<Adopted<'a>> {
        let each = described.iter().enumerate();
        let tables: Vec<_> = each
            .map(|(at, described)| (at, &described.entity))
            .filter(|(_, entity)| entity.kind == EntityKind::Table)
            .collect();
        let mut requests = Vec::new();
        for (at, entity) in &tables {
            let row = row_words(&entity.name.name);
            let ending = row.last().and_then(|last| self.by_last_word.get(last));
            for named in ending.into_iter().flatten() {
                let declaration = named.declaration;
                if !is_request(declaration) || !asks_for_rows(entity, &pairing(entity, declaration))
                {
                    continue;
                }
                let shared = pairing(entity, declaration).columns_ever();
                let mut others = tables.iter().filter(|(other, _)| other != at);
                let is_of_other =
                    others.any(|(_, other)| pairing(other, declaration).columns_ever() >= shared);
                if !is_of_other {
                    requests.push(Adopted {
                        at: *at,
                        declaration,
                    });
                }
            }
        }
        requests
    }

    fn likest(
        &self,
        at: usize,
        entity: &Entity<'a>,
        lacking: Lacking,
        pairing: &dyn Fn(&Entity<'a>, &'a Declaration) -> Pairing<'a>,
    ) -> Option<(Adopted<'a>, (usize, usize))> {
        let implementing = self
            .implementing(entity)
            .map(|declaration| (declaration, 1));
        let called_alike = self
            .called_alike(entity)
            .map(|declaration| (declaration, ENOUGH));
        let of_kind = implementing
            .chain(called_alike)
            .filter(|(declaration, _)| lacking.is(declaration));
        let alike = of_kind.filter_map(|(declaration, enough)| {
            let pairing = pairing(entity, declaration);
            // A schema need not ask for what the server fills in.
            let filled_in = |column: &Column| {
                entity
                    .column(&column.name)
                    .is_some_and(|facts| facts.made_by_server)
            };
            let is_unasked = |column: &Column| lacking == Lacking::Schema && filled_in(column);
            let is_alike =
                pairing.is_nearly_whole_but_for(is_unasked) && pairing.columns_ever() >= enough;
            let likeness = (
                pairing.columns_ever(),
                usize::MAX - pairing.extra.len() - pairing.relations.len(),
            );
            is_alike.then_some((Adopted { at, declaration }, likeness))
        });
        alike.max_by_key(|(_, likeness)| *likeness)
    }

    fn implementing(&self, entity: &Entity<'_>) -> impl Iterator<Item = &'a Declaration> {
        let names = names::row_names(&entity.name.name);
        names
            .into_iter()
            .filter_map(|name| self.by_implemented.get(&name))
            .flatten()
            .copied()
    }

    /// The types whose name ends the table's, or whose name the table's ends.
    fn called_alike(&self, entity: &Entity<'_>) -> impl Iterator<Item = &'a Declaration> {
        let row = row_words(&entity.name.name);
        let named = row
            .last()
            .and_then(|last| self.by_last_word.get(last))
            .into_iter()
            .flatten();
        named
            .filter(move |named| are_alike(&row, &named.words))
            .map(|one| one.declaration)
    }
}

/// Whether it is a validation schema whose name says that a row is made or changed.
fn is_request(declaration: &Declaration) -> bool {
    let asks_for_change = side_of_name(&declaration.name) != Side::Row;
    declaration.origin.is_validation() && asks_for_change && declaration.fields.len() >= DISTINCT
}

/// Whether fields are little but columns of the table, and most of those that a client may know.
fn asks_for_rows(entity: &Entity<'_>, pairing: &Pairing<'_>) -> bool {
    let known = entity.columns.iter().filter(|facts| !facts.made_by_server);
    let shared = pairing.columns_ever();
    pairing.has_few_odd_fields()
        && pairing.relations.is_empty()
        && shared >= DISTINCT
        && shared * KNOWN_PART >= known.count()
}

/// The words of the name of a row of the table `name`.
fn row_words(name: &str) -> Vec<Word> {
    names::words(&names::row_name(name))
}

/// Whether a type's name ends the table's, or the table's the type's.
fn are_alike(row: &[Word], thing: &[Word]) -> bool {
    row.ends_with(thing) || thing.ends_with(row)
}

/// The words of a type's name that name the thing: `job` of `DbJobRow`.
fn thing(name: &str) -> Vec<Word> {
    let parts: SmallVec<[&str; 8]> = names::parts(name).collect();
    let words: Vec<Word> = stem(&parts)
        .iter()
        .map(|part| names::lowercase(part))
        .collect();
    names::words(&names::row_name(&words.join("_")))
}

fn is_one_of(part: &str, usual: &[&str]) -> bool {
    usual.iter().any(|one| part.eq_ignore_ascii_case(one))
}

/// Returns the parts of a name between the usual prefix and the usual suffixes.
fn stem<'p, 'n>(mut parts: &'p [&'n str]) -> &'p [&'n str] {
    while let [rest @ .., last] = parts
        && !rest.is_empty()
        && is_one_of(last, SUFFIXES)
    {
        parts = rest;
    }
    match parts {
        [first, rest @ ..] if !rest.is_empty() && is_one_of(first, PREFIXES) => rest,
        parts => parts,
    }
}
