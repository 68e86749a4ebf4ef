//! Where the bytes of a proposed change go. A change that cannot be placed without guessing is not
//! suggested.

use std::sync::LazyLock;

use regex::Regex;

use super::insert::insert;
use super::lists::{List, ListKind};
use super::outline::Outline;
use super::placed::Placed;
use super::{prisma, values};
use crate::report::{Edit, Finding, Proposal, SourceTexts, Suggestion};
use crate::source::Span;
use crate::typescript::parse;

/// Calls that make a schema of strings or numbers, and calls that refine one and return another of
/// the same kind.
const CHECKED: &[&str] = &[
    "string",
    "number",
    "bigint",
    "int",
    "int32",
    "email",
    "url",
    "uuid",
    "guid",
    "cuid",
    "cuid2",
    "ulid",
    "nanoid",
    "min",
    "max",
    "length",
    "regex",
    "trim",
    "toLowerCase",
    "toUpperCase",
    "startsWith",
    "endsWith",
    "includes",
    "nonempty",
    "datetime",
    "date",
    "time",
    "ip",
    "ipv4",
    "ipv6",
    "base64",
    "gt",
    "gte",
    "lt",
    "lte",
    "positive",
    "negative",
    "nonnegative",
    "nonpositive",
    "finite",
    "safe",
    "step",
    "multipleOf",
    "describe",
];

/// Makes an exact suggestion of each finding's proposal.
pub fn place(findings: &mut [Finding], sources: &SourceTexts) {
    if findings.iter().all(|finding| finding.proposal.is_none()) {
        return;
    }
    // The parser is recursive.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(parse::STACK_SIZE);
        let placed = thread.spawn_scoped(scope, || place_all(findings, sources));
        drop(placed.map(std::thread::ScopedJoinHandle::join));
    });
}

fn place_all(findings: &mut [Finding], sources: &SourceTexts) {
    // Findings of one file mostly follow each other.
    let mut last: Option<(String, Option<Outline>)> = None;
    for finding in findings {
        let Some(proposal) = &finding.proposal else {
            continue;
        };
        let Some(text) = sources.text(&proposal.file) else {
            continue;
        };
        if proposal.file.ends_with(".prisma") {
            let placed = prisma::placed(text, &proposal.edit);
            finding.suggestion =
                placed.and_then(|placed| suggested(proposal, text, placed, proposal.safe));
            continue;
        }
        if last.as_ref().is_none_or(|(file, _)| *file != proposal.file) {
            last = Some((proposal.file.clone(), Outline::of(&proposal.file, text)));
        }
        if let Some((_, Some(outline))) = &last {
            finding.suggestion = suggestion(proposal, text, outline);
        }
    }
}

fn suggestion(proposal: &Proposal, text: &str, outline: &Outline) -> Option<Suggestion> {
    let placed = match &proposal.edit {
        Edit::Replace { span, replacement } => replaced(text, *span, replacement)?,
        Edit::AddMember {
            declaration,
            after,
            rank,
            name,
            value,
        } => {
            let list = list_at(outline, *declaration, *after)?;
            let item = member(text, list, *after, name, value)?;
            let (span, replacement) = insert(text, list, list.position(after.end)?, &[item]);
            Placed {
                span,
                replacement,
                rank: Some(*rank),
            }
        }
        Edit::AddCheck { schema, call } => check(text, outline, *schema, call)?,
        Edit::ChangeCheck {
            schema,
            method,
            given,
            limit,
        } => changed_check(text, outline, *schema, method, (given, limit))?,
        Edit::RemoveCall { column, method } => without_call(outline, *column, method)?,
        Edit::NameColumn {
            column,
            present,
            name,
        } => renamed_column(text, outline, *column, present, name)?,
        Edit::Wrap { schema, call } => wrap(text, outline, *schema, call)?,
        Edit::AddLine { .. } | Edit::ChangeType { .. } => return None,
        Edit::AddValues {
            set,
            present,
            wanted,
        } => {
            let changed = values::added(&proposal.file, text, *set, present, wanted)?;
            let (span, replacement) = difference(text, &changed);
            Placed {
                span,
                replacement,
                rank: None,
            }
        }
    };
    let safe = proposal.safe && !is_combined(outline, &proposal.edit);
    suggested(proposal, text, placed, safe)
}

fn suggested(proposal: &Proposal, text: &str, placed: Placed, safe: bool) -> Option<Suggestion> {
    // What changes nothing suggests nothing.
    if text.get(placed.span.range())? == placed.replacement {
        return None;
    }
    Some(Suggestion {
        text: proposal.text.clone(),
        file: proposal.file.clone(),
        span: placed.span,
        replacement: placed.replacement,
        safe,
        rank: placed.rank,
    })
}

fn replaced(text: &str, span: Span, replacement: &str) -> Option<Placed> {
    text.get(span.range())?;
    // Behind a function or a conditional type `| null` would belong to its last part.
    let line = text[..span.start as usize]
        .rsplit('\n')
        .next()
        .unwrap_or_default();
    let ambiguous =
        replacement.starts_with(" |") && (line.contains("=>") || line.contains(" extends "));
    (!ambiguous).then(|| Placed {
        span,
        replacement: replacement.to_owned(),
        rank: None,
    })
}

/// The innermost list around `after` that is written in the declaration itself.
fn list_at(outline: &Outline, declaration: Span, after: Span) -> Option<&List> {
    let whole = outline.declaration(declaration)?;
    let members = |list: &&List| {
        matches!(
            list.kind,
            ListKind::TypeMembers | ListKind::ClassMembers | ListKind::Entries
        )
    };
    let mut around = outline
        .lists
        .iter()
        .filter(members)
        .filter(|list| list.position(after.end).is_some());
    around.rfind(|list| list.is_within(whole))
}

/// `name: value` as the list writes its members.
fn member(text: &str, list: &List, after: Span, name: &str, value: &str) -> Option<String> {
    let neighbour = &list.items[list.position(after.end)?];
    if !neighbour.simple
        || list
            .items
            .iter()
            .any(|item| item.name.as_deref() == Some(name))
    {
        return None;
    }
    let written = text.get(neighbour.span.range())?;
    let key = if is_identifier(name) {
        name.to_owned()
    } else {
        format!("'{name}'")
    };
    let readonly = list.items.iter().all(|item| {
        text.get(item.span.range())
            .is_some_and(|text| text.starts_with("readonly ") || text.contains(" readonly "))
    });
    let readonly = if readonly && list.kind != ListKind::Entries {
        "readonly "
    } else {
        ""
    };
    match list.kind {
        ListKind::Entries if value.starts_with("z.") => {
            Some(format!("{key}: {}", with_binding(text, value)?))
        }
        ListKind::Entries => Some(format!("{key}: {}", with_builder(text, written, value)?)),
        ListKind::TypeMembers => Some(format!("{readonly}{}: {}", key, quoted(text, value))),
        // Without a value it would have to be set in the constructor.
        ListKind::ClassMembers if written.contains("!:") => {
            Some(format!("{readonly}{key}!: {}", quoted(text, value)))
        }
        ListKind::ClassMembers | ListKind::Elements | ListKind::EnumMembers | ListKind::Union => {
            None
        }
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '$'))
        && !name.starts_with(|character: char| character.is_numeric())
}

/// With the quotes of the file.
fn quoted(text: &str, value: &str) -> String {
    let double = text.matches('"').count() > text.matches('\'').count();
    if double {
        value.replace('\'', "\"")
    } else {
        value.to_owned()
    }
}

/// The schema with the name that the file gives to Zod; none where there is no such name, or no
/// methods.
fn with_binding(text: &str, schema: &str) -> Option<String> {
    static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"import\s+(?:\*\s+as\s+(\w+)|(\w+)(?:\s*,\s*\{[^}]*\})?|\{[^}]*?\bz(?:\s+as\s+(\w+))?\s*[,}][^;]*?)\s*from\s*['"]zod(?:/v[34])?['"]"#).ok()
    });
    if is_mini(text) {
        return None;
    }
    let found = IMPORT.as_ref()?.captures(text)?;
    let name = found
        .get(1)
        .or(found.get(2))
        .or(found.get(3))
        .map_or("z", |name| name.as_str());
    schema
        .strip_prefix("z.")
        .map(|rest| format!("{name}.{rest}"))
}

/// The column with its builder as its neighbour reaches those: as members of the same object
/// (`t.text()`), or by the name that the file imports.
fn with_builder(text: &str, neighbour: &str, column: &str) -> Option<String> {
    static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"import\s*\{([^}]*)\}\s*from\s*['"]drizzle-orm/pg-core['"]"#).ok()
    });
    let column = quoted(text, column);
    let (_, written) = neighbour.split_once(':')?;
    let builder = written.trim_start().split('(').next()?;
    if let Some((object, _)) = builder.split_once('.') {
        return is_identifier(object).then(|| format!("{object}.{column}"));
    }
    let name = column.split('(').next()?;
    let mut imports = IMPORT.as_ref()?.captures_iter(text);
    let is_imported = imports.any(|import| {
        let mut names = import[1].split(',');
        names.any(|imported| imported.trim() == name)
    });
    is_imported.then_some(column)
}

/// Zod's small edition has functions in place of methods.
fn is_mini(text: &str) -> bool {
    ["zod/mini", "zod/v4-mini", "zod/v4/mini", "@zod/mini"]
        .iter()
        .any(|name| text.contains(name))
}

/// Behind the calls that make it a string or number, in front of those that wrap it.
fn check(text: &str, outline: &Outline, schema: Span, call: &str) -> Option<Placed> {
    let calls = outline.calls(schema).filter(|_| !is_mini(text))?;
    let checked = calls
        .iter()
        .take_while(|(name, _)| CHECKED.contains(&name.as_str()));
    let end = checked.map(|(_, end)| *end).last()?;
    Some(Placed {
        span: Span { start: end, end },
        replacement: call.to_owned(),
        rank: None,
    })
}

/// Whether the calls of a schema that is to demand more say what else it takes, or make other
/// values of it: then the new demand is not all of it.
fn is_combined(outline: &Outline, edit: &Edit) -> bool {
    const COMBINING: &[&str] = &["or", "and", "pipe", "union", "overwrite", "transform"];
    let schema = match edit {
        Edit::AddCheck { schema, .. } | Edit::ChangeCheck { schema, .. } => *schema,
        Edit::Replace { .. }
        | Edit::AddMember { .. }
        | Edit::Wrap { .. }
        | Edit::RemoveCall { .. }
        | Edit::NameColumn { .. }
        | Edit::AddLine { .. }
        | Edit::ChangeType { .. }
        | Edit::AddValues { .. } => return false,
    };
    let calls = outline.calls(schema).unwrap_or_default();
    calls
        .iter()
        .any(|(name, _)| COMBINING.contains(&name.as_str()))
}

/// The one call of `method`, with nothing in its place.
fn without_call(outline: &Outline, column: Span, method: &str) -> Option<Placed> {
    let calls = outline.calls(column)?;
    let mut called = calls
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| name == method);
    let (at, (_, end)) = called.next().filter(|_| called.next().is_none())?;
    let (_, start) = calls.get(at.checked_sub(1)?)?;
    Some(Placed {
        span: Span {
            start: *start,
            end: *end,
        },
        replacement: String::new(),
        rank: None,
    })
}

/// The name in the first call of a column, in its quotes.
fn renamed_column(
    text: &str,
    outline: &Outline,
    column: Span,
    present: &str,
    name: &str,
) -> Option<Placed> {
    let (_, end) = outline.calls(column)?.first()?;
    let call = text.get(column.start as usize..*end as usize)?;
    let open = call.find('(')? + 1;
    let space = call[open..].len() - call[open..].trim_start().len();
    let start = open + space;
    let quote = call[start..]
        .chars()
        .next()
        .filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let written = format!("{quote}{present}{quote}");
    let is_plain = !name.contains(['\\', '\n', quote]);
    if !call[start..].starts_with(&written) || !is_plain {
        return None;
    }
    let start = column.start + u32::try_from(start).ok()?;
    let span = Span {
        start,
        end: start + u32::try_from(written.len()).ok()?,
    };
    Some(Placed {
        span,
        replacement: format!("{quote}{name}{quote}"),
        rank: None,
    })
}

/// The number in the one call of `method`, where it is `given`. A message beside it that names a
/// number would be wrong then.
fn changed_check(
    text: &str,
    outline: &Outline,
    schema: Span,
    method: &str,
    (given, limit): (&str, &str),
) -> Option<Placed> {
    let calls = outline.calls(schema)?;
    let mut called = calls
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| name == method);
    let (at, (_, end)) = called.next().filter(|_| called.next().is_none())?;
    let start = calls[..at].last().map_or(schema.start, |(_, end)| *end);
    let call = text.get(start as usize..*end as usize)?;
    let (before, arguments) = call.split_once('(')?;
    let number = arguments.trim_start();
    let length =
        number.find(|character: char| !matches!(character, '0'..='9' | '_' | '.' | '-'))?;
    let (number, rest) = number.split_at(length);
    if number.is_empty() || rest.contains(|character: char| character.is_ascii_digit()) {
        return None;
    }
    let is_given = number.replace('_', "").parse::<f64>().ok() == given.parse().ok();
    if !rest.trim_start().starts_with([',', ')']) || !is_given {
        return None;
    }
    let space = arguments.len() - arguments.trim_start().len();
    let start = start + u32::try_from(before.len() + 1 + space).ok()?;
    let span = Span {
        start,
        end: start + u32::try_from(number.len()).ok()?,
    };
    Some(Placed {
        span,
        replacement: limit.to_owned(),
        rank: None,
    })
}

/// Behind everything that the schema is.
fn wrap(text: &str, outline: &Outline, schema: Span, call: &str) -> Option<Placed> {
    let written = text.get(schema.range())?;
    let is_name = written
        .chars()
        .all(|character| character.is_alphanumeric() || "_$.".contains(character));
    let is_call = outline.calls(schema).is_some();
    let span = Span {
        start: schema.end,
        end: schema.end,
    };
    ((is_name || is_call) && !is_mini(text)).then(|| Placed {
        span,
        replacement: call.to_owned(),
        rank: None,
    })
}

/// The bytes in which two texts differ, and what stands there in the second.
fn difference(old: &str, new: &str) -> (Span, String) {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let start: usize = old
        .chars()
        .zip(new.chars())
        .take_while(same)
        .map(|(one, _)| one.len_utf8())
        .sum();
    let ends = old[start..].chars().rev().zip(new[start..].chars().rev());
    let end: usize = ends.take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span {
        start: offset(start),
        end: offset(old.len() - end),
    };
    (span, new[start..new.len() - end].to_owned())
}
