//! Places changes in the text of a Prisma schema, whose fields and values each have a line.

use super::placed::Placed;
use crate::report::Edit;
use crate::source::Span;

/// Where `edit` goes in `text`, and what stands there then.
pub(super) fn placed(text: &str, edit: &Edit) -> Option<Placed> {
    match edit {
        Edit::Replace { span, replacement } => Some(Placed {
            span: *span,
            replacement: replacement.clone(),
            rank: None,
        }),
        Edit::AddLine { after, rank, line } => added_line(text, *after, *rank, line),
        Edit::ChangeType { ty, name, native } => changed_type(text, *ty, name, native.as_deref()),
        Edit::NameColumn {
            column,
            present,
            name,
        } => named_column(text, *column, present, name),
        Edit::AddValues {
            set,
            present,
            wanted,
        } => added_values(text, *set, present, wanted),
        Edit::AddMember { .. }
        | Edit::AddCheck { .. }
        | Edit::ChangeCheck { .. }
        | Edit::Wrap { .. }
        | Edit::RemoveCall { .. } => None,
    }
}

/// The rest of the line from the byte `at`, without its comment.
fn rest_of_line(text: &str, at: u32) -> Option<&str> {
    let rest = text.get(at as usize..)?;
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let line = line.strip_suffix('\r').unwrap_or(line);
    Some(line.split("//").next().unwrap_or(line).trim_end())
}

fn insertion(at: usize, replacement: String) -> Option<Placed> {
    let at = u32::try_from(at).ok()?;
    Some(Placed {
        span: Span { start: at, end: at },
        replacement,
        rank: None,
    })
}

/// The line end that the text has, and the indentation of the line that the byte `at` is on.
fn line_start(text: &str, at: usize) -> Option<String> {
    let line = text.get(..at)?.rsplit('\n').next()?;
    let indentation: String = line
        .chars()
        .take_while(|character| character.is_whitespace())
        .collect();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{end}{indentation}"))
}

fn added_line(text: &str, after: Span, rank: u32, line: &str) -> Option<Placed> {
    let start = line_start(text, after.start as usize)?;
    let rest = text.get(after.end as usize..)?;
    let length = rest.find('\n').unwrap_or(rest.len());
    let length = rest[..length].trim_end_matches('\r').len();
    // A model on one line has no place for another.
    if rest[..length].contains('}') {
        return None;
    }
    let placed = insertion(after.end as usize + length, format!("{start}{line}"))?;
    Some(Placed {
        rank: Some(rank),
        ..placed
    })
}

/// The type of a field with its native type, which may stand behind other attributes.
fn changed_type(text: &str, ty: Span, name: &str, native: Option<&str>) -> Option<Placed> {
    let written = text.get(ty.range())?;
    let suffix: String = written
        .chars()
        .skip_while(|character| character.is_alphanumeric() || *character == '_')
        .collect();
    let rest = rest_of_line(text, ty.end)?;
    let found = native_type(rest);
    let (end, replacement) = match (found, native) {
        (Some((from, to)), Some(native)) => {
            (to, format!("{name}{suffix}{}{native}", &rest[..from]))
        }
        (Some((from, to)), None) => (to, format!("{name}{suffix}{}", rest[..from].trim_end())),
        (None, Some(native)) => (0, format!("{name}{suffix} {native}")),
        (None, None) => (0, format!("{name}{suffix}")),
    };
    Some(Placed {
        span: Span {
            start: ty.start,
            end: ty.end + u32::try_from(end).ok()?,
        },
        replacement,
        rank: None,
    })
}

/// The bytes of `@db.VarChar(255)` in the attributes of a field.
fn native_type(attributes: &str) -> Option<(usize, usize)> {
    let dot = attributes.match_indices('@').find_map(|(at, _)| {
        let name = &attributes[at + 1..];
        let end = name.find(|one: char| !one.is_alphanumeric() && one != '_')?;
        name[end..]
            .starts_with('.')
            .then_some((at, at + 1 + end + 1))
    })?;
    let (from, start) = dot;
    let rest = &attributes[start..];
    let end = rest
        .find(|one: char| !one.is_alphanumeric())
        .unwrap_or(rest.len());
    let arguments = match rest[end..].starts_with('(') {
        true => rest[end..].find(')')? + 1,
        false => 0,
    };
    Some((from, start + end + arguments))
}

/// The name in `@map("…")`; where there is none, that of the field is the column's.
fn named_column(text: &str, ty: Span, present: &str, name: &str) -> Option<Placed> {
    if name.contains(['"', '\\', '\n']) {
        return None;
    }
    let rest = rest_of_line(text, ty.end)?;
    let written = format!("@map(\"{present}\")");
    match rest.find(&written) {
        Some(at) => {
            let start = ty.end + u32::try_from(at).ok()?;
            Some(Placed {
                span: Span {
                    start,
                    end: start + u32::try_from(written.len()).ok()?,
                },
                replacement: format!("@map(\"{name}\")"),
                rank: None,
            })
        }
        None if rest.contains("@map(") => None,
        None => insertion(ty.end as usize, format!(" @map(\"{name}\")")),
    }
}

/// The values that an enum lacks, behind its last one.
fn added_values(text: &str, set: Span, present: &[String], wanted: &[String]) -> Option<Placed> {
    let rest = text.get(set.end as usize..)?;
    let (open, close) = (rest.find('{')?, rest.find('}')?);
    let body = &rest[open + 1..close];
    let last = set.end as usize + open + 1 + body.trim_end().len();
    let is_name = |value: &&String| {
        value.starts_with(|first: char| first.is_ascii_alphabetic())
            && value
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || one == '_')
    };
    let missing: Vec<&String> = wanted
        .iter()
        .filter(|value| !present.contains(value))
        .collect();
    // What is no name needs one, which a person has to find. Attributes end the values.
    if !missing.iter().all(is_name) || body.contains("@@") {
        return None;
    }
    let start = if body.contains('\n') {
        line_start(text, last)?
    } else {
        " ".to_owned()
    };
    let values = missing.iter().map(|value| format!("{start}{value}"));
    insertion(last, values.collect())
}
