//! The text of a written down file. Its first line marks it as written by this tool and holds a
//! digest of the rest, so that a file that a person changed is never overwritten.

use sha2::{Digest as _, Sha256};

use super::attempt::Done;
use super::draft::Draft;
use super::losses::{ForeseenLoss, but_for_data};
use super::way_back::Standing;
use crate::called_as;

/// The beginning of the first line.
const MARK: &str = "-- generated way back of ";

/// How many characters of the digest are kept: enough to notice every edit.
const DIGITS: usize = 16;

/// Whether this tool wrote the text and nobody changed it. Line ends do not count, because git may
/// change them.
#[must_use]
pub fn is_unedited(text: &str) -> bool {
    let text = text.replace("\r\n", "\n");
    let Some((first, rest)) = text.split_once('\n') else {
        return false;
    };
    let noted = first
        .strip_prefix(MARK)
        .and_then(|first| first.strip_suffix(')'))
        .and_then(|first| first.rsplit_once(" ("));
    noted.is_some_and(|(_, noted)| noted == digest(rest))
}

fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let all: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    all[..DIGITS].to_owned()
}

/// The statements as SQL, each with its comment.
#[must_use]
pub(super) fn statements(done: &[Done]) -> String {
    let mut text = String::new();
    for one in done {
        if let Some(comment) = &one.comment {
            // A name in it may hold a line break, behind which SQL would begin.
            text += &format!("-- {}\n", without_breaks(comment));
        }
        for statement in &one.statements {
            text += &format!("{statement};\n");
        }
    }
    if text.is_empty() {
        // The preflight refuses a down file without a statement.
        text += "-- nothing to undo: the migration leaves the schema as it was\nSELECT;\n";
    }
    text
}

/// The whole file of the migration `name`.
#[must_use]
pub(super) fn file(
    name: &str,
    draft: &Draft,
    standing: &Standing,
    (losses, notes): (&[ForeseenLoss], &[String]),
) -> String {
    let mut rest = String::new();
    let proof = called_as::command("rollback");
    match standing {
        Standing::Exact => {
            rest += &format!(
                "-- exact{}: `{proof} --test` proved it with rows in every table it could fill\n",
                but_for_data(losses, notes)
            );
        }
        Standing::ExceptOrder(tables) => {
            rest += &format!(
                "-- exact but for the order of columns in {}{}: `{proof} --test` proved it with rows in every table it could fill\n",
                without_breaks(&tables.join(", ")),
                but_for_data(losses, notes)
            );
        }
        Standing::NotTried(why) => rest += &format!("-- not proven: {}\n", one_line(why)),
        Standing::None(why) => {
            rest += &format!(
                "-- irreversible: no exact way back is known: {}\n",
                one_line(why)
            );
            rest += &commented(why.lines().skip(1));
        }
    }
    for loss in losses {
        rest += &format!(
            "-- loses: {} ({})\n",
            without_breaks(&loss.name),
            without_breaks(&loss.why)
        );
    }
    for note in notes {
        rest += &format!("-- {}\n", one_line(note));
        rest += &commented(note.lines().skip(1));
    }
    rest += "\n";
    let statements = statements(&draft.done);
    match standing {
        Standing::None(_) if !draft.done.is_empty() => {
            rest += "-- What could be written, for a person to complete:\n";
            rest += &commented(statements.lines());
        }
        Standing::None(_) => {}
        _ => rest += &statements,
    }
    format!("{MARK}{name} ({})\n{rest}", digest(&rest))
}

/// A name or an expression in one line of a comment, whole.
fn without_breaks(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn commented<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    lines
        .map(|line| format!("--   {line}").trim_end().to_owned() + "\n")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::preflight::{self, FileDirection};

    fn draft() -> Draft {
        Draft {
            done: vec![Done {
                comment: Some("Fails while a row holds NULL.".into()),
                statements: vec!["ALTER TABLE public.t ALTER COLUMN a SET NOT NULL".into()],
            }],
            difference: None,
            reordered: Vec::new(),
            losses: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn an_edit_shows() {
        let loss = ForeseenLoss {
            name: "t.b".into(),
            why: "written since the migration".into(),
            is_earlier: false,
        };
        let text = file("V2__a", &draft(), &Standing::Exact, (&[loss], &[]));
        assert!(
            text.contains("\n-- loses: t.b (written since the migration)\n"),
            "{text}"
        );
        assert!(is_unedited(&text));
        assert!(is_unedited(&text.replace('\n', "\r\n")));
        assert!(text.contains("\n-- exact: "), "{text}");
        let edited = text.replace("SET NOT NULL", "DROP NOT NULL");
        assert!(!is_unedited(&edited));
        assert!(!is_unedited("-- Undoes V2__a\nSELECT;") && !is_unedited(""));
    }

    #[test]
    fn data_from_before_is_named_whole_and_not_called_exact() {
        let loss = ForeseenLoss {
            name: "t.\"two\nlines\"".into(),
            why: "cut".into(),
            is_earlier: true,
        };
        let mut draft = draft();
        draft.done[0].comment = Some("fill t.two\nlines before".into());
        let text = file("V2__a", &draft, &Standing::Exact, (&[loss], &[]));
        assert!(
            text.contains("\n-- exact for the schema, not for the data"),
            "{text}"
        );
        assert!(
            text.contains("\n-- loses: t.\"two\\nlines\" (cut)\n"),
            "{text}"
        );
        assert!(
            text.contains("\n-- fill t.two\\nlines before\nALTER"),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_exact_holds_no_statement_and_passes_the_preflight() {
        let standing = Standing::None("it fails:\n- a\n+ b".into());
        let text = file("V2__a", &draft(), &standing, (&[], &["stops\nhere".into()]));
        let problems = preflight::problems("V2__a.down.sql", &text, FileDirection::Down);
        assert_eq!(problems, []);
        assert_eq!(
            preflight::irreversible_reason(&text).as_deref(),
            Some("no exact way back is known: it fails:")
        );
        assert!(text.contains("\n--   ALTER TABLE public.t"), "{text}");
    }
}
