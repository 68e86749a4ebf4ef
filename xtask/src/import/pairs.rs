//! Makes pairs of files from the migrations that were read, and notes the points that a person has
//! to check.

use crate::layouts::{self, DirectionPart, Draft, ImportedMigrations, Note};
use crate::migrations::preflight::{self, FileDirection, PreflightProblem};
use crate::migrations::sql::{self, Statement};
use crate::migrations::{is_no_transaction, next, preflight::irreversible_reason};

/// The two files of one migration, relative to the folder of migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFiles {
    /// `V7__add_user_bio`
    pub stem: String,
    /// The file that it was read from.
    pub from: String,
    /// The text of `V7__add_user_bio.sql`.
    pub up: String,
    /// The text of `V7__add_user_bio.down.sql`.
    pub down: String,
    /// Whether there is a way back.
    pub reversible: bool,
    /// The problems for which the preflight refuses either text. The file in each location is the
    /// name of the new file.
    pub problems: Vec<PreflightProblem>,
}

/// Returns the pairs, and notes on the changes that were made.
#[must_use]
pub fn pairs(found: &ImportedMigrations, tool: &str) -> (Vec<MigrationFiles>, Vec<Note>) {
    let written: Vec<_> = found
        .drafts
        .iter()
        .map(|draft| draft.version.as_str())
        .collect();
    let digits = layouts::assign(&written);
    let mut notes = found.notes.clone();
    let pairs = found.drafts.iter().zip(digits);
    let pairs = pairs
        .map(|(draft, digits)| pair(draft, &digits, tool, &mut notes))
        .collect();
    (pairs, notes)
}

fn pair(draft: &Draft, digits: &str, tool: &str, notes: &mut Vec<Note>) -> MigrationFiles {
    let plain: String = draft.version.chars().filter(char::is_ascii_digit).collect();
    // Digits that only gained or lost zeros at their end are the same version: only another number
    // is worth a note.
    let (short, long) = if plain.len() < digits.len() {
        (plain.as_str(), digits)
    } else {
        (digits, plain.as_str())
    };
    let zeros = long
        .strip_prefix(short)
        .filter(|rest| rest.bytes().all(|digit| digit == b'0'));
    if zeros.is_none() {
        let text = format!(
            "has version {}, which became {digits} to keep the order",
            draft.version
        );
        notes.push(Note::new(&draft.up.file, text));
    }
    let slug = next::slug(&draft.name);
    let stem = format!(
        "V{digits}__{}",
        if slug.is_empty() { "migration" } else { &slug }
    );
    let up = text(&draft.up, notes);
    let does_nothing = sql::statements(&up).is_empty();
    if does_nothing {
        notes.push(Note::new(
            &draft.up.file,
            "holds no statement: it does nothing",
        ));
    }
    let (down, reversible) = match does_nothing {
        true => nothing_to_undo(draft.down.as_ref(), tool, notes),
        false => way_back(draft.down.as_ref(), tool, notes),
    };
    let mut problems = preflight::problems(&format!("{stem}.sql"), &up, FileDirection::Up);
    problems.extend(preflight::problems(
        &format!("{stem}.down.sql"),
        &down,
        FileDirection::Down,
    ));
    MigrationFiles {
        stem,
        from: draft.up.file.clone(),
        up,
        down,
        reversible,
        problems,
    }
}

/// A migration that does nothing is undone by doing nothing.
fn nothing_to_undo(
    part: Option<&DirectionPart>,
    tool: &str,
    notes: &mut Vec<Note>,
) -> (String, bool) {
    match part {
        Some(part) if !sql::statements(&part.text()).is_empty() => {
            way_back(Some(part), tool, notes)
        }
        Some(_) | None => (
            // `SELECT;`, because the preflight refuses a down file without a statement.
            "-- nothing to undo: the migration holds no statement\nSELECT;\n".to_owned(),
            true,
        ),
    }
}

/// The text of the down file. A missing or empty way back is declared irreversible, so that this is
/// known before it is needed.
fn way_back(part: Option<&DirectionPart>, tool: &str, notes: &mut Vec<Note>) -> (String, bool) {
    let lacks = if part.is_some() {
        "with an empty down migration"
    } else {
        "without a down migration"
    };
    let irreversible = format!("-- irreversible: imported from {tool} {lacks}\n");
    match part {
        None => (irreversible, false),
        Some(part) if irreversible_reason(&part.text()).is_some() => (part.text(), false),
        Some(part) if sql::statements(&part.text()).is_empty() => {
            let text = part.text();
            let comments = text.trim();
            let text = if comments.is_empty() {
                irreversible
            } else {
                format!("{irreversible}\n{comments}\n")
            };
            (text, false)
        }
        Some(part) => (text(part, notes), true),
    }
}

/// The text as it runs here: without the transaction around it, and marked if it refuses one.
fn text(part: &DirectionPart, notes: &mut Vec<Note>) -> String {
    let mut note = |text: &str| notes.push(Note::new(&part.file, text));
    let unwrapped = without_transaction(&part.text());
    if unwrapped.is_some() {
        note(
            "had BEGIN and COMMIT around it, which were removed: each migration is one transaction anyway",
        );
    }
    let text = unwrapped.unwrap_or_else(|| part.text());
    // Prisma wraps the statements in which it changes an enum.
    let joined = without_inner_transaction(&text);
    if joined.is_some() {
        note(
            "had a transaction of its own for some statements, whose BEGIN and COMMIT were removed: all are one transaction",
        );
    }
    let text = joined.unwrap_or(text);
    // A COMMIT in the middle ends the transaction that the other tool began.
    let left = without_commits(&text);
    let leaves = left.is_some();
    if leaves {
        note(
            "left its transaction with COMMIT, which was removed: it was marked `-- no-transaction`",
        );
    }
    let text = left.unwrap_or(text);
    let refuses = sql::statements(&text)
        .iter()
        .any(|statement| sql::refuses_transaction(statement).is_some());
    if is_no_transaction(&text) || !(part.no_transaction || refuses || leaves) {
        return text;
    }
    if refuses && !part.no_transaction && !leaves {
        note("holds a statement that refuses transactions, and was marked `-- no-transaction`");
    }
    format!("-- no-transaction\n{text}")
}

/// The text between the first statement, a `BEGIN`, and the last, a `COMMIT`.
fn without_transaction(text: &str) -> Option<String> {
    let statements = sql::statements(text);
    let [first, .., last] = statements.as_slice() else {
        return None;
    };
    let control = |statement: &Statement<'_>| preflight::controls_transaction(statement);
    let begins = matches!(control(first)?.as_str(), "BEGIN" | "START TRANSACTION");
    let ends = matches!(control(last)?.as_str(), "COMMIT" | "END");
    let inner = statements
        .get(1..statements.len() - 1)?
        .iter()
        .any(|statement| control(statement).is_some());
    if !begins || !ends || inner {
        return None;
    }
    let cut = |statement: &Statement<'_>| with_semicolon(text, statement);
    let ((begin, after_begin), (commit, after_commit)) = (cut(first), cut(last));
    let between = text[after_begin..commit]
        .trim_start_matches(['\n', ' '])
        .trim_end();
    Some(format!(
        "{}{between}\n{}",
        &text[..begin],
        text[after_commit..].trim_start_matches('\n')
    ))
}

/// The text without the one `BEGIN` and the `COMMIT` after it that stand between other statements.
fn without_inner_transaction(text: &str) -> Option<String> {
    let statements = sql::statements(text);
    let controls: Vec<_> = statements
        .iter()
        .filter_map(|one| Some((one, preflight::controls_transaction(one)?)))
        .collect();
    let [(begin, begins), (commit, commits)] = controls.as_slice() else {
        return None;
    };
    let is_pair = matches!(begins.as_str(), "BEGIN" | "START TRANSACTION")
        && matches!(commits.as_str(), "COMMIT" | "END");
    is_pair.then(|| without(text, &[begin, commit]))
}

/// The text without the statements that begin and end transactions, where there are any and they do
/// nothing else.
fn without_commits(text: &str) -> Option<String> {
    let statements = sql::statements(text);
    let controls: Vec<_> = statements
        .iter()
        .filter_map(|one| Some((one, preflight::controls_transaction(one)?)))
        .collect();
    let plain = |control: &str| matches!(control, "BEGIN" | "START TRANSACTION" | "COMMIT" | "END");
    // A text whose first control statement is BEGIN has its own transactions, which are to stay
    // whole.
    let leaves = controls
        .first()
        .is_some_and(|(_, control)| matches!(control.as_str(), "COMMIT" | "END"));
    if !leaves || !controls.iter().all(|(_, control)| plain(control)) {
        return None;
    }
    Some(without(
        text,
        &controls
            .iter()
            .map(|(statement, _)| *statement)
            .collect::<Vec<_>>(),
    ))
}

fn without(text: &str, statements: &[&Statement<'_>]) -> String {
    let mut kept = String::new();
    let mut copied = 0;
    for statement in statements {
        let (start, end) = with_semicolon(text, statement);
        kept.push_str(&text[copied..start]);
        copied = end;
    }
    kept.push_str(&text[copied..]);
    kept
}

fn with_semicolon(text: &str, statement: &Statement<'_>) -> (usize, usize) {
    let range = statement.span.range();
    let after = &text[range.end..];
    let semicolon = after.len() - after.trim_start().strip_prefix(';').unwrap_or(after).len();
    (range.start, range.end + semicolon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::OrderKey;

    fn draft(up: &str, down: Option<&str>) -> ImportedMigrations {
        let part = |text: &str| DirectionPart::whole("7_x.sql", text.into());
        let draft = Draft {
            version: "7".into(),
            name: "Add-Bio".into(),
            up: part(up),
            down: down.map(part),
            order: OrderKey::default(),
        };
        ImportedMigrations {
            drafts: vec![draft],
            repeatable: Vec::new(),
            notes: Vec::new(),
            set_aside: Vec::new(),
        }
    }

    fn made(up: &str, down: Option<&str>) -> (MigrationFiles, Vec<String>) {
        let (mut pairs, notes) = pairs(&draft(up, down), "sqlx");
        (
            pairs.remove(0),
            notes.into_iter().map(|note| note.text).collect(),
        )
    }

    #[test]
    fn a_pair_passes_the_preflight_as_far_as_it_can() {
        let (pair, notes) = made("select 1;", Some("select 2;"));
        assert_eq!(
            (pair.stem.as_str(), pair.reversible, notes.len()),
            ("V7__add_bio", true, 0)
        );
        assert_eq!(pair.problems, []);
    }

    #[test]
    fn a_missing_way_back_says_so() {
        let (pair, _) = made("select 1;", None);
        assert_eq!(
            pair.down,
            "-- irreversible: imported from sqlx without a down migration\n"
        );
        let (pair, _) = made(
            "select 1;",
            Some("-- Could not auto-generate a down migration.\n-- drop x"),
        );
        assert!(
            !pair.reversible
                && pair
                    .down
                    .ends_with("\n\n-- Could not auto-generate a down migration.\n-- drop x\n")
        );
        assert_eq!(pair.problems, []);
    }

    #[test]
    fn a_migration_that_does_nothing_is_undone_by_doing_nothing() {
        for (up, down) in [
            ("", Some("")),
            ("-- not here\n", Some("-- nor here")),
            ("", None),
        ] {
            let (pair, notes) = made(up, down);
            assert!(
                pair.reversible && !pair.down.contains("irreversible"),
                "{}",
                pair.down
            );
            assert_eq!(
                (pair.problems, notes),
                (
                    vec![],
                    vec!["holds no statement: it does nothing".to_owned()]
                )
            );
        }
        let (pair, _) = made("select 1;", Some(""));
        assert_eq!(
            pair.down,
            "-- irreversible: imported from sqlx with an empty down migration\n"
        );
    }

    #[test]
    fn the_transaction_around_a_text_is_taken_off() {
        let (pair, notes) = made(
            "-- about\nBEGIN;\n\nselect 1;\nCOMMIT;\n",
            Some("begin; select 2; end"),
        );
        assert_eq!(
            (pair.up.as_str(), pair.down.as_str()),
            ("-- about\nselect 1;\n", "select 2;\n")
        );
        assert_eq!((notes.len(), pair.problems), (2, vec![]));
        let (pair, _) = made("begin; select 1; commit; begin; select 2; commit;", None);
        assert_eq!(pair.problems.len(), 4);
    }

    #[test]
    fn a_transaction_among_other_statements_becomes_part_of_the_one() {
        let (pair, notes) = made(
            "select 1;\n-- AlterEnum\nBEGIN;\nselect 2;\nCOMMIT;\nselect 3;\n",
            None,
        );
        assert_eq!(
            pair.up,
            "select 1;\n-- AlterEnum\n\nselect 2;\n\nselect 3;\n"
        );
        assert_eq!((notes.len(), pair.problems), (1, vec![]), "{notes:?}");
    }

    #[test]
    fn who_leaves_the_transaction_of_the_other_tool_has_none_here() {
        let (pair, notes) = made(
            "select 1;\ncommit;\ncreate index concurrently i on t (a);\n",
            None,
        );
        assert_eq!(
            pair.up,
            "-- no-transaction\nselect 1;\n\ncreate index concurrently i on t (a);\n"
        );
        assert_eq!((notes.len(), pair.problems), (1, vec![]), "{notes:?}");
    }

    #[test]
    fn statements_that_refuse_transactions_are_marked() {
        let (pair, notes) = made("create index concurrently i on t (a);", None);
        assert!(pair.up.starts_with("-- no-transaction\n") && pair.problems.is_empty());
        assert_eq!(
            notes,
            ["holds a statement that refuses transactions, and was marked `-- no-transaction`"]
        );
    }

    #[test]
    fn placeholders_stay_and_are_listed() {
        let (pair, _) = made("create table ${schema}.t ();", None);
        assert!(
            pair.up.contains("${schema}")
                && pair.problems[0].message == "`${schema}` is a placeholder"
        );
    }
}
