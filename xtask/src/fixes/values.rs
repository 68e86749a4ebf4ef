//! Adds string values to a set of them: a union of literals, an array, a TypeScript enum, an object of constants.

use super::insert::insert;
use super::lists::{Item, List, ListKind};
use super::outline::Outline;
use crate::source::Span;

/// The text of the file with the values of `wanted` that the set lacks. `set` is the name of the set, or the type or
/// schema that writes it out.
pub(super) fn added(path: &str, text: &str, set: Span, present: &[String], wanted: &[String]) -> Option<String> {
    let mut text = text.to_owned();
    let mut present = present.to_vec();
    for value in wanted {
        if present.contains(value) {
            continue;
        }
        let outline = Outline::of(path, &text)?;
        // What is inserted stands behind the name, and makes a type longer.
        let within = outline.declaration(set).unwrap_or_else(|| longer(&outline, set));
        let list = outline.lists.iter().find(|list| list.is_within(within) && holds(list, &present))?;
        let after = predecessor(list, value, wanted);
        let item = item(&text, list, after, value)?;
        let (span, replacement) = insert(&text, list, after, &item);
        text.replace_range(span.range(), &replacement);
        present.push(value.clone());
    }
    Some(text)
}

/// The list or call that starts where `set` does, and has grown.
fn longer(outline: &Outline, set: Span) -> Span {
    let lists = outline.lists.iter().filter(|list| list.start() == set.start).map(|list| list.end);
    let chains = outline.chains.iter().filter(|chain| chain.span.start == set.start).map(|chain| chain.span.end);
    Span { start: set.start, end: lists.chain(chains).fold(set.end, u32::max) }
}

/// Whether the strings of the list are just these.
fn holds(list: &List, values: &[String]) -> bool {
    let strings: Vec<&String> = list.items.iter().filter_map(|item| item.value.as_ref()).collect();
    // Beside the strings a union may hold `null`.
    let complete = list.kind == ListKind::Union || strings.len() == list.items.len();
    complete && strings.len() == values.len() && values.iter().all(|value| strings.contains(&value))
}

/// The item that the database has before `value`, else the last one with a string.
fn predecessor(list: &List, value: &String, wanted: &[String]) -> usize {
    let position = |value: &String| list.items.iter().position(|item| item.value.as_ref() == Some(value));
    let before = wanted.iter().take_while(|other| *other != value);
    let last = list.items.iter().rposition(|item| item.value.is_some()).unwrap_or(0);
    before.filter_map(position).last().unwrap_or(last)
}

/// The value as the list writes its values.
fn item(text: &str, list: &List, like: usize, value: &str) -> Option<String> {
    let neighbour = text.get(list.items[like].span.range())?;
    let quote = neighbour.chars().rev().find(|character| matches!(character, '\'' | '"' | '`'))?;
    if value.contains(['\\', '\n', '\r', quote]) {
        return None;
    }
    let quoted = format!("{quote}{value}{quote}");
    Some(match list.kind {
        ListKind::Union | ListKind::Elements => quoted,
        ListKind::EnumMembers => format!("{} = {quoted}", member_name(&list.items, value)?),
        ListKind::Entries => format!("{}: {quoted}", member_name(&list.items, value)?),
        ListKind::TypeMembers | ListKind::ClassMembers => return None,
    })
}

/// A name for the value, made as the other names are made from their values; none where no way fits them all.
fn member_name(items: &[Item], value: &str) -> Option<String> {
    let named: Vec<(&String, &String)> =
        items.iter().filter_map(|item| item.name.as_ref().zip(item.value.as_ref())).collect();
    let fits = |way: &&fn(&str) -> String| named.iter().all(|(name, value)| way(value) == **name);
    let ways: [fn(&str) -> String; 4] = [pascal, |value| words(value).join("_").to_uppercase(), camel, str::to_owned];
    let name = ways.iter().find(fits)?(value);
    let is_identifier = name.chars().all(|character| character.is_alphanumeric() || character == '_')
        && !name.starts_with(|character: char| character.is_numeric());
    (is_identifier && !name.is_empty() && named.iter().all(|(other, _)| **other != name)).then_some(name)
}

fn words(value: &str) -> Vec<&str> {
    value.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

fn pascal(value: &str) -> String {
    words(value).into_iter().map(capitalized).collect()
}

fn camel(value: &str) -> String {
    let words = words(value);
    let (first, rest) = words.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    first.to_lowercase() + &rest.iter().map(|word| capitalized(word)).collect::<String>()
}

fn capitalized(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
