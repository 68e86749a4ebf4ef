//! Adds items to a list as its author would: on a line of their own where the others have one, with
//! the separators and line ends of the others, behind a comment that belongs to the item before it.

use super::lists::{List, ListKind};
use crate::source::Span;

/// The bytes to replace, and by what, so that `items` follow the item number `at` of `list`.
pub(super) fn insert(text: &str, list: &List, at: usize, items: &[String]) -> (Span, String) {
    let before = Predecessor::new(text, list, at);
    if list.kind == ListKind::Union {
        before.union_members(items)
    } else {
        before.members(items)
    }
}

/// The item that the new one follows, and what stands behind it.
struct Predecessor<'t> {
    text: &'t str,
    list: &'t List,
    at: usize,
    /// Its end.
    end: usize,
    /// The separator behind it, and its end.
    separator: Option<(char, usize)>,
    /// Where its line ends, if nothing but comments follows on it.
    line_end: Option<usize>,
}

impl<'t> Predecessor<'t> {
    fn new(text: &'t str, list: &'t List, at: usize) -> Self {
        let end = list.items[at].span.end as usize;
        let separator = match list.kind {
            ListKind::Union => None,
            _separated => separator(text, end),
        };
        let rest = separator.map_or(end, |(_, end)| end);
        Self {
            text,
            list,
            at,
            end,
            separator,
            line_end: line_end(text, rest),
        }
    }

    fn is_last(&self) -> bool {
        self.at + 1 == self.list.items.len()
    }

    fn members(&self, items: &[String]) -> (Span, String) {
        let own = self.separator.map(|(separator, _)| separator);
        let usual = own.or_else(|| self.usual_separator());
        let Some(line_end) = self.line_end else {
            return match self.separator {
                Some((own, end)) => insertion(
                    end,
                    items.iter().map(|item| format!(" {item}{own}")).collect(),
                ),
                None => {
                    let separator = usual.unwrap_or(self.default_separator());
                    insertion(
                        self.end,
                        items
                            .iter()
                            .map(|item| format!("{separator} {item}"))
                            .collect(),
                    )
                }
            };
        };
        let start = format!("{}{}", self.newline(line_end), self.indentation());
        let lines: Vec<String> = items.iter().map(|item| format!("{start}{item}")).collect();
        match (own, usual) {
            (Some(own), _) => insertion(
                line_end,
                lines.iter().map(|line| format!("{line}{own}")).collect(),
            ),
            // Line by line, without separators.
            (None, None) => insertion(line_end, lines.concat()),
            (None, Some(missing)) => {
                let comment = &self.text[self.end..line_end];
                let lines = lines.join(&missing.to_string());
                replacement(self.end, line_end, format!("{missing}{comment}{lines}"))
            }
        }
    }

    fn union_members(&self, items: &[String]) -> (Span, String) {
        let Some(indentation) = self.bar_indentation() else {
            return insertion(
                self.end,
                items.iter().map(|item| format!(" | {item}")).collect(),
            );
        };
        let at = self.line_end.unwrap_or(self.end);
        let start = format!("{}{indentation}| ", self.newline(at));
        insertion(
            at,
            items.iter().map(|item| format!("{start}{item}")).collect(),
        )
    }

    /// The white space in front of the bars of a union with a line for each member.
    fn bar_indentation(&self) -> Option<&'t str> {
        let items = &self.list.items;
        let neighbour = if self.is_last() {
            self.at.checked_sub(1)?
        } else {
            self.at + 1
        };
        let (first, second) = (self.at.min(neighbour), self.at.max(neighbour));
        let between = &self.text[items[first].span.end as usize..items[second].span.start as usize];
        let line = line_of(self.text, items[second].span.start as usize);
        let is_bar = line.trim_start().starts_with('|');
        (between.contains('\n') && is_bar).then(|| leading_space(line))
    }

    /// Returns the separator between the other items, if there is one.
    fn usual_separator(&self) -> Option<char> {
        let commas = matches!(
            self.list.kind,
            ListKind::Entries | ListKind::Elements | ListKind::EnumMembers
        );
        if commas {
            return Some(',');
        }
        let others = self
            .list
            .items
            .iter()
            .filter_map(|item| separator(self.text, item.span.end as usize));
        match others.map(|(separator, _)| separator).next() {
            Some(separator) => Some(separator),
            // The only member of its type: as the rest of the file does it.
            None if self.list.items.len() == 1
                && self.text.lines().any(|line| line.trim_end().ends_with(';')) =>
            {
                Some(';')
            }
            None => None,
        }
    }

    fn default_separator(&self) -> char {
        match self.list.kind {
            ListKind::TypeMembers | ListKind::ClassMembers => ';',
            ListKind::Entries | ListKind::Elements | ListKind::EnumMembers | ListKind::Union => ',',
        }
    }

    fn indentation(&self) -> &'t str {
        leading_space(line_of(
            self.text,
            self.list.items[self.at].span.start as usize,
        ))
    }

    /// As the line around `at` ends.
    fn newline(&self, at: usize) -> &'static str {
        let rest = &self.text[at..];
        let end = rest
            .find('\n')
            .map_or(self.text, |end| &self.text[..at + end]);
        let windows = end.ends_with('\r') || (!rest.contains('\n') && self.text.contains("\r\n"));
        if windows { "\r\n" } else { "\n" }
    }
}

fn insertion(at: usize, text: String) -> (Span, String) {
    replacement(at, at, text)
}

fn replacement(start: usize, end: usize, text: String) -> (Span, String) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    (
        Span {
            start: offset(start),
            end: offset(end),
        },
        text,
    )
}

/// `;` or `,` behind white space and comments, and its end.
fn separator(text: &str, from: usize) -> Option<(char, usize)> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        match trimmed.chars().next()? {
            separator @ (';' | ',') => return Some((separator, at + 1)),
            '/' => at += comment(trimmed)?,
            _other => return None,
        }
    }
}

/// The end of the line, without its line break, if nothing but comments stands between it and
/// `from`.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start_matches([' ', '\t']);
        at += rest.len() - trimmed.len();
        match trimmed.chars().next()? {
            '\n' => return Some(at),
            '\r' if trimmed.starts_with("\r\n") => return Some(at),
            '/' => {
                let length = comment(trimmed)?;
                let is_one_line = !trimmed[..length].contains('\n');
                at += is_one_line.then_some(length)?;
            }
            _other => return None,
        }
    }
}

/// The length of the comment at the start of `text`, without its line break; none where there is no
/// comment.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        let length = text.find('\n').unwrap_or(text.len());
        return Some(text[..length].trim_end_matches('\r').len());
    }
    let body = text.strip_prefix("/*")?;
    Some(body.find("*/")? + 4)
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default()
}

fn leading_space(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}
