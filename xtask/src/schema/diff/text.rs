//! The differences as a person reads them, grouped by object.

use std::fmt;

use similar::{ChangeTag, TextDiff};

use super::{Change, ChangeKind, SchemaDiff};

/// ```text
/// ~ table users
///     + column bio text
///     ~ column email: type character varying(100) → text
/// - enum user_role admin, citizen
/// ```
impl fmt::Display for SchemaDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut open: Option<(&str, &str)> = None;
        for change in &self.changes {
            let object = (change.kind.as_str(), change.object.as_str());
            match (&change.part, &change.what) {
                (None, ChangeKind::Added(short)) => headline(f, '+', object, short)?,
                (None, ChangeKind::Removed(short)) => headline(f, '-', object, short)?,
                _ => {
                    if open != Some(object) {
                        headline(f, '~', object, "")?;
                    }
                    detail(f, change)?;
                }
            }
            open = Some(object);
        }
        Ok(())
    }
}

fn headline(
    f: &mut fmt::Formatter<'_>,
    sign: char,
    (kind, name): (&str, &str),
    short: &str,
) -> fmt::Result {
    let short = short.lines().next().unwrap_or_default();
    let space = if short.is_empty() { "" } else { " " };
    writeln!(f, "{sign} {kind} {name}{space}{short}")
}

fn detail(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    let part = change
        .part
        .as_ref()
        .map_or(String::new(), |(kind, name)| format!("{kind} {name}"));
    match &change.what {
        ChangeKind::Added(short) => writeln!(f, "    + {part} {short}"),
        ChangeKind::Removed(short) => writeln!(f, "    - {part} {short}"),
        ChangeKind::Changed {
            attribute,
            before,
            after,
        } => {
            let colon = if part.is_empty() { "" } else { ": " };
            write!(f, "    ~ {part}{colon}{attribute}")?;
            values(f, before, after)
        }
        ChangeKind::Reordered { before, after } => {
            writeln!(
                f,
                "    ~ order of columns: {} → {}",
                before.join(", "),
                after.join(", ")
            )
        }
    }
}

fn values(f: &mut fmt::Formatter<'_>, before: &str, after: &str) -> fmt::Result {
    if !before.contains('\n') && !after.contains('\n') {
        return writeln!(f, " {before} → {after}");
    }
    writeln!(f)?;
    for line in TextDiff::from_lines(before, after).iter_all_changes() {
        let sign = match line.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        writeln!(f, "        {sign} {}", line.value().trim_end_matches('\n'))?;
    }
    Ok(())
}
