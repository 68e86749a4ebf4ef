//! The text of a written down file. Its first line marks it as written by this tool and holds a
//! digest of the rest, so that a file that a person changed is never overwritten.

use sha2::{Digest as _, Sha256};

use super::attempt::Done;
use super::draft::Draft;
use super::losses::ForeseenLoss;
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
            text += &format!("-- {comment}\n");
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
                "-- exact: `{proof} --test` proved it with rows in every table it could fill\n"
            );
        }
        Standing::ExceptOrder(tables) => {
            rest += &format!(
                "-- exact but for the order of columns in {}: `{proof} --test` proved it with rows in every table it could fill\n",
                tables.join(", ")
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
            one_line(&loss.name),
            one_line(&loss.why)
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
        };
        let text = file("V2__a", &draft(), &Standing::Exact, (&[loss], &[]));
        assert!(
            text.contains("\n-- loses: t.b (written since the migration)\n"),
            "{text}"
        );
        assert!(is_unedited(&text));
        assert!(is_unedited(&text.replace('\n', "\r\n")));
        let edited = text.replace("SET NOT NULL", "DROP NOT NULL");
        assert!(!is_unedited(&edited));
        assert!(!is_unedited("-- Undoes V2__a\nSELECT;") && !is_unedited(""));
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
