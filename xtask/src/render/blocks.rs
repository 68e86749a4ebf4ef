//! Findings in the order in which a person reads them: errors first, and those of one kind about
//! one declaration as one, with one excerpt and one suggested change.

use std::borrow::Cow;

use crate::report::{Finding, Label, SourceTexts, Suggestion, Verification};
use crate::source::Span;

/// The first `shown` findings of `report` as blocks, errors before warnings.
pub fn blocks(report: &Verification, shown: usize) -> Vec<Cow<'_, Finding>> {
    let mut ordered: Vec<&Finding> = report.findings.iter().collect();
    // A stable sort: otherwise the order of the report stays.
    ordered.sort_by_key(|finding| finding.severity);
    ordered.truncate(shown);
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in ordered {
        match groups.iter_mut().find(|group| is_alike(group[0], finding)) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    let mut blocks = Vec::new();
    for group in groups {
        match merged(&group, &report.sources) {
            Some(block) => blocks.push(Cow::Owned(block)),
            None => blocks.extend(group.into_iter().map(Cow::Borrowed)),
        }
    }
    blocks
}

/// Whether both are of one kind, about one declaration, and stand at one place.
fn is_alike(a: &Finding, b: &Finding) -> bool {
    a.declaration.is_some()
        && a.declaration == b.declaration
        && (a.kind, a.severity, &a.entity) == (b.kind, b.severity, &b.entity)
        && a.location().is_some()
        && a.location() == b.location()
        && a.timing == b.timing
}

/// One finding that says what `group` says; `None` where they differ in more than a name.
fn merged(group: &[&Finding], sources: &SourceTexts) -> Option<Finding> {
    let [first, _, ..] = group else { return None };
    let texts: Vec<&str> = group.iter().map(|one| one.message.as_str()).collect();
    let message = joined(&texts)?;
    let helps: Option<Vec<&str>> = group.iter().map(|one| one.help.as_deref()).collect();
    let help = match helps {
        Some(helps) => Some(joined(&helps)?),
        None if group.iter().all(|one| one.help.is_none()) => None,
        None => return None,
    };
    let suggestions: Option<Vec<&Suggestion>> =
        group.iter().map(|one| one.suggestion.as_ref()).collect();
    let suggestion = match suggestions {
        Some(suggestions) => Some(combined(suggestions, sources)?),
        None if group.iter().all(|one| one.suggestion.is_none()) => None,
        None => return None,
    };
    Some(Finding {
        message,
        help,
        suggestion,
        labels: labels(group)?,
        ..(*first).clone()
    })
}

/// The places of `group`, each once.
fn labels(group: &[&Finding]) -> Option<Vec<Label>> {
    let at_first: Vec<&str> = group
        .iter()
        .filter_map(|one| Some(one.labels.first()?.text.as_str()))
        .collect();
    let mut labels = vec![Label {
        location: group[0].location()?.clone(),
        text: joined(&at_first)?,
    }];
    let others = group.iter().flat_map(|one| one.labels.iter().skip(1));
    for label in others {
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    Some(labels)
}

/// One change that makes all of `suggestions`; `None` where they get into each other's way.
fn combined(mut suggestions: Vec<&Suggestion>, sources: &SourceTexts) -> Option<Suggestion> {
    let texts: Vec<&str> = suggestions.iter().map(|one| one.text.as_str()).collect();
    let text = joined(&texts).unwrap_or_else(|| texts.join("; "));
    suggestions.sort_by_key(|one| (one.span, one.rank));
    let (first, last) = (suggestions.first()?, suggestions.last()?);
    let source = sources.text(&first.file)?;
    let mut replacement = String::new();
    let mut end = first.span.start;
    let mut before: Option<&Suggestion> = None;
    for one in &suggestions {
        // Only members of a list may be inserted at one place.
        let is_free = before.is_none_or(|before| {
            one.span.start > before.span.end
                || one.span.start == before.span.end && before.rank.is_some() && one.rank.is_some()
        });
        if one.file != first.file || !is_free {
            return None;
        }
        replacement += source.get(end as usize..one.span.start as usize)?;
        replacement += &one.replacement;
        end = one.span.end;
        before = Some(one);
    }
    Some(Suggestion {
        text,
        file: first.file.clone(),
        span: Span {
            start: first.span.start,
            end: last.span.end,
        },
        replacement,
        safe: suggestions.iter().all(|one| one.safe),
        rank: first.rank,
    })
}

/// The quotes around names.
const QUOTES: [char; 2] = ['`', '\''];

/// `texts` as one, where they differ in one quoted name only: `no field for 'a', 'b'`.
fn joined(texts: &[&str]) -> Option<String> {
    let first = *texts.first()?;
    if texts.iter().all(|text| *text == first) {
        return Some(first.to_owned());
    }
    let mut start = first.len();
    let mut tail = first.len();
    for text in texts {
        start = start.min(shared(first.chars(), text.chars()));
        tail = tail.min(shared(first.chars().rev(), text.chars().rev()));
    }
    // The name begins behind the last quote that all have, and ends before the next one.
    let quote_at = first.get(..start)?.rfind(QUOTES)?;
    let quote = first[quote_at..].chars().next()?;
    let behind = first.get(first.len() - tail..)?;
    let behind = &behind[behind.find(quote)?..];
    let prefix = &first[..=quote_at];
    let mut names: Vec<&str> = Vec::new();
    for text in texts {
        let name = text.strip_prefix(prefix)?.strip_suffix(behind)?;
        if name.is_empty() || name.contains(quote) {
            return None;
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let list = names.join(&format!("{quote}, {quote}"));
    Some(plural(prefix, &list, behind))
}

/// The number of bytes with which both begin.
fn shared(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b)
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
}

/// The sentence about several names: `fields`, `columns`, `are`.
fn plural(prefix: &str, list: &str, behind: &str) -> String {
    let mut prefix = prefix.to_owned();
    for noun in ["field", "column", "value"] {
        if prefix[..prefix.len() - 1].ends_with(&format!("{noun} ")) {
            prefix.insert(prefix.len() - 2, 's');
            break;
        }
    }
    let behind = behind
        .replacen(
            &format!("{} field", &behind[..1]),
            &format!("{} fields", &behind[..1]),
            1,
        )
        .replacen(
            &format!("{} is ", &behind[..1]),
            &format!("{} are ", &behind[..1]),
            1,
        );
    format!("{prefix}{list}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_differ_in_a_name_become_one() {
        let texts = [
            "Missing field 'bio' in type `User`",
            "Missing field 'born' in type `User`",
        ];
        assert_eq!(
            joined(&texts).as_deref(),
            Some("Missing fields 'bio', 'born' in type `User`")
        );
        let texts = [
            "Validation schema missing 'a' field: `S`",
            "Validation schema missing 'b' field: `S`",
        ];
        assert_eq!(
            joined(&texts).as_deref(),
            Some("Validation schema missing 'a', 'b' fields: `S`")
        );
        assert_eq!(joined(&["`a` is text", "`b` is int"]), None);
        assert_eq!(joined(&["same", "same"]).as_deref(), Some("same"));
    }
}
