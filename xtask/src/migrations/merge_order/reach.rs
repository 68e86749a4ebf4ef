//! The names that a statement is about though they do not stand in it: those in the functions that
//! it calls, in the triggers of the tables that it writes, and the tables of its sequences.

use std::collections::BTreeSet;

use super::statements::{NamedStatement, words};
use crate::migrations::sql::{Statement, TokenKind};
use crate::schema::model::{Routine, Schema};

/// How many functions that call each other are followed: deeper ones are rare, and each round reads
/// all functions.
const DEPTH: usize = 3;

/// Words of code that writes rows.
const WRITING: [&str; 8] = [
    "insert", "update", "delete", "truncate", "merge", "copy", "execute", "perform",
];

/// The names that `one` is about. Functions and triggers count where it `writes`.
pub(super) fn names(
    one: &NamedStatement<'_>,
    writes: bool,
    schemas: &[&Schema],
) -> BTreeSet<String> {
    let mut names = one.names.clone();
    for schema in schemas {
        if writes {
            for (_, routine) in routines(one, schema) {
                names.extend(words(&routine.definition));
            }
        }
        names.extend(owners(&names, schema));
    }
    names
}

/// The tables whose columns are numbered by the sequences in `names`.
fn owners(names: &BTreeSet<String>, schema: &Schema) -> Vec<String> {
    let named = schema
        .sequences
        .iter()
        .filter(|(name, _)| names.contains(&name.name));
    let paths = named.filter_map(|(_, sequence)| sequence.owned_by.as_deref());
    // `public.users.id`: the name of the table is the last but one.
    let table = |path: &str| {
        let parts: Vec<String> = path
            .split('.')
            .map(|part| part.trim_matches('"').to_owned())
            .collect();
        parts.iter().nth_back(1).cloned()
    };
    paths.filter_map(table).collect()
}

/// The routines that a statement runs: those that it names, those of the triggers of the tables that
/// it names, and those that these call.
fn routines<'s>(one: &NamedStatement<'_>, schema: &'s Schema) -> Vec<(&'s str, &'s Routine)> {
    let mut names = one.names.clone();
    let mut found: Vec<(&str, &Routine)> = Vec::new();
    for _ in 0..DEPTH {
        for (table, of_table) in &schema.tables {
            if names.contains(&table.name) {
                let triggers = of_table.triggers.values();
                names.extend(triggers.filter_map(|trigger| called(&trigger.definition)));
            }
        }
        let mut more = BTreeSet::new();
        for (name, routine) in &schema.routines {
            let name = name.name.split('(').next().unwrap_or_default();
            let is_new = !found.iter().any(|(known, _)| *known == name);
            if is_new && names.contains(name) {
                found.push((name, routine));
                more.extend(words(&routine.definition));
            }
        }
        if more.is_empty() {
            break;
        }
        names.extend(more);
    }
    found
}

/// The function of a trigger: `… EXECUTE FUNCTION public.touch()`.
fn called(definition: &str) -> Option<String> {
    let (_, call) = definition.rsplit_once(" EXECUTE FUNCTION ")?;
    let name = call.split('(').next()?.rsplit('.').next()?;
    Some(name.trim_matches('"').to_owned())
}

/// Says what cannot be seen of the rows that a statement writes.
pub(super) fn unseen(one: &NamedStatement<'_>, schemas: &[&Schema]) -> Vec<String> {
    let mut all = Vec::new();
    if one.statement.cursor().at("do") && has_word_in_text(&one.statement, "execute") {
        all.push("it builds statements when it runs".to_owned());
    }
    for schema in schemas {
        for (name, routine) in routines(one, schema) {
            let definition = routine.definition.to_lowercase();
            let is_read = ["language plpgsql", "language sql"]
                .iter()
                .any(|language| definition.contains(language));
            // The header of a trigger never says it, and a comment that does costs a note.
            let builds = words(&definition).any(|word| word == "execute");
            if !is_read {
                all.push(format!("`{name}` is not written in SQL"));
            } else if builds && definition.contains("language plpgsql") {
                all.push(format!("`{name}` builds statements when it runs"));
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Whether the text of a statement that runs code may write rows.
pub(super) fn writes_in_text(statement: &Statement<'_>) -> bool {
    WRITING.iter().any(|word| has_word_in_text(statement, word))
}

fn has_word_in_text(statement: &Statement<'_>, wanted: &str) -> bool {
    statement
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::String | TokenKind::DollarString))
        .any(|token| words(token.text(statement.source)).any(|word| word == wanted))
}

#[cfg(test)]
mod tests {
    use super::super::statements;
    use super::*;
    use crate::migrations::Migration;
    use crate::schema::model::{ObjectName, RoutineKind, Sequence, Table, Trigger};

    fn schema() -> Schema {
        let routine = |definition: &str| Routine {
            kind: RoutineKind::Function,
            comment: None,
            definition: definition.into(),
        };
        let trigger = Trigger {
            definition: "CREATE TRIGGER t AFTER UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.note()".into(),
            ..Trigger::default()
        };
        let users = Table {
            triggers: [("t".to_owned(), trigger)].into(),
            ..Table::default()
        };
        Schema {
            tables: [(ObjectName::public("users"), users)].into(),
            routines: [
                (
                    ObjectName::public("note()"),
                    routine("… LANGUAGE plpgsql AS $$ begin insert into log values (1); end $$"),
                ),
                (
                    ObjectName::public("tidy(text)"),
                    routine("… LANGUAGE plpgsql AS $$ begin execute 'delete from ' || $1; perform sweep(); end $$"),
                ),
                (
                    ObjectName::public("sweep()"),
                    routine("… LANGUAGE sql AS $$ delete from dust $$"),
                ),
            ]
            .into(),
            sequences: [(
                ObjectName::public("tags_id_seq"),
                Sequence {
                    owned_by: Some("public.tags.id".into()),
                    ..Sequence::default()
                },
            )]
            .into(),
            ..Schema::default()
        }
    }

    fn reached(sql: &str) -> (BTreeSet<String>, Vec<String>) {
        let migration = Migration::sample(1, "a", sql, "");
        let all = statements::of(&[&migration]);
        let schema = schema();
        (
            names(&all[0], true, &[&schema]),
            unseen(&all[0], &[&schema]),
        )
    }

    #[test]
    fn functions_triggers_and_sequences_are_followed() {
        let (names, unseen) = reached("UPDATE users SET a = 1");
        assert!(names.contains("log") && unseen.is_empty());
        let (names, unseen) = reached("SELECT tidy('x')");
        assert!(names.contains("dust"));
        assert_eq!(unseen, ["`tidy` builds statements when it runs"]);
        let (names, _) = reached("SELECT setval('tags_id_seq', 7)");
        assert!(names.contains("tags"));
        let (_, unseen) = reached("DO $$ BEGIN EXECUTE 'delete from ' || x; END $$");
        assert_eq!(unseen, ["it builds statements when it runs"]);
    }
}
