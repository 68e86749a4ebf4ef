//! Adds string values to a set of them: a union of literals, an array, a TypeScript enum, an object
//! of constants.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::insert::insert;
use super::lists::{List, ListItem, ListKind};
use super::outline::Outline;
use crate::source::Span;

/// The text of the file with the values of `wanted` that the set lacks, each behind the one that
/// the database has before it. `set` is the name of the set, or the type or schema that writes it
/// out.
pub(super) fn added(
    path: &str,
    text: &str,
    set: Span,
    present: &[String],
    wanted: &[String],
) -> Option<String> {
    let outline = Outline::of(path, text)?;
    let within = outline
        .declaration(set)
        .unwrap_or_else(|| whole(&outline, set));
    let present: HashSet<&String> = present.iter().collect();
    let list = outline
        .lists
        .iter()
        .find(|list| list.is_within(within) && holds(list, &present))?;
    let mut text = text.to_owned();
    let mut writing = Writing::of(list);
    // From the end, so that the places before are still those of the outline.
    for (after, values) in missing(list, &present, wanted).into_iter().rev() {
        let neighbour = text.get(list.items[after].span.range())?.to_owned();
        let items: Option<Vec<String>> = values
            .iter()
            .map(|value| writing.item(&neighbour, value))
            .collect();
        let items = items?;
        let (span, replacement) = insert(&text, list, after, &items);
        text.replace_range(span.range(), &replacement);
    }
    Some(text)
}

/// The list or call that starts where `set` does.
fn whole(outline: &Outline, set: Span) -> Span {
    let lists = outline
        .lists
        .iter()
        .filter(|list| list.start() == set.start)
        .map(|list| list.end);
    let chains = outline
        .chains
        .iter()
        .filter(|chain| chain.span.start == set.start)
        .map(|chain| chain.span.end);
    Span {
        start: set.start,
        end: lists.chain(chains).fold(set.end, u32::max),
    }
}

/// Whether the strings of the list are just these.
fn holds(list: &List, values: &HashSet<&String>) -> bool {
    let strings: HashSet<&String> = list
        .items
        .iter()
        .filter_map(|item| item.value.as_ref())
        .collect();
    let count = list
        .items
        .iter()
        .filter(|item| item.value.is_some())
        .count();
    // Beside the strings a union may hold `null`.
    let complete = list.kind == ListKind::Union || count == list.items.len();
    complete && count == values.len() && strings == *values
}

/// The values that are missing, by the item that they follow: the one that the database has before
/// them, else the last one with a string.
fn missing<'w>(
    list: &List,
    present: &HashSet<&String>,
    wanted: &'w [String],
) -> BTreeMap<usize, Vec<&'w String>> {
    let places = list
        .items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| Some((item.value.as_ref()?, at)));
    let places: HashMap<&String, usize> = places.collect();
    let mut after = list
        .items
        .iter()
        .rposition(|item| item.value.is_some())
        .unwrap_or(0);
    let mut following: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    let mut run = Vec::new();
    for value in wanted {
        if !present.contains(value) {
            run.push(value);
            continue;
        }
        follow(&mut following, after, &mut run);
        after = places.get(value).copied().unwrap_or(after);
    }
    follow(&mut following, after, &mut run);
    following
}

/// Puts a run of values directly behind its item, before those that came to stand there for want of
/// a better place.
fn follow<'w>(
    following: &mut BTreeMap<usize, Vec<&'w String>>,
    after: usize,
    run: &mut Vec<&'w String>,
) {
    if !run.is_empty() {
        following
            .entry(after)
            .or_default()
            .splice(0..0, run.drain(..));
    }
}

/// How the items of a list are written.
struct Writing {
    kind: ListKind,
    /// How a name is made of a value; none where no way fits all items.
    naming: Option<fn(&str) -> String>,
    names: HashSet<String>,
}

impl Writing {
    fn of(list: &List) -> Self {
        let names = list
            .items
            .iter()
            .filter_map(|item| item.name.clone())
            .collect();
        Self {
            kind: list.kind,
            naming: naming(&list.items),
            names,
        }
    }

    /// The value as the list writes its values, in the quotes of its `neighbour`; none where that
    /// cannot be told.
    fn item(&mut self, neighbour: &str, value: &str) -> Option<String> {
        let quote = neighbour
            .chars()
            .rev()
            .find(|character| matches!(character, '\'' | '"' | '`'))?;
        if value.contains(['\\', '\n', '\r', quote]) {
            return None;
        }
        let quoted = format!("{quote}{value}{quote}");
        Some(match self.kind {
            ListKind::Union | ListKind::Elements => quoted,
            ListKind::EnumMembers => format!("{} = {quoted}", self.new_name(value)?),
            ListKind::Entries => format!("{}: {quoted}", self.new_name(value)?),
            ListKind::TypeMembers | ListKind::ClassMembers => return None,
        })
    }

    /// A name that no other item has.
    fn new_name(&mut self, value: &str) -> Option<String> {
        let name = self.naming?(value);
        let is_identifier = name
            .chars()
            .all(|character| character.is_alphanumeric() || character == '_')
            && !name.starts_with(|character: char| character.is_numeric());
        (is_identifier && !name.is_empty() && self.names.insert(name.clone())).then_some(name)
    }
}

/// The way in which the names of all items are made from their values.
fn naming(items: &[ListItem]) -> Option<fn(&str) -> String> {
    let ways: [fn(&str) -> String; 4] = [pascal, upper_snake, camel, str::to_owned];
    let named: Vec<(&String, &String)> = items
        .iter()
        .filter_map(|item| item.name.as_ref().zip(item.value.as_ref()))
        .collect();
    ways.into_iter()
        .find(|way| named.iter().all(|(name, value)| way(value) == **name))
}

fn words(value: &str) -> Vec<&str> {
    value
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect()
}

fn upper_snake(value: &str) -> String {
    words(value).join("_").to_uppercase()
}

fn pascal(value: &str) -> String {
    words(value).into_iter().map(capitalized).collect()
}

fn camel(value: &str) -> String {
    let words = words(value);
    let (first, rest) = words
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (*first, rest));
    first.to_lowercase()
        + &rest
            .iter()
            .map(|word| capitalized(word))
            .collect::<String>()
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}
