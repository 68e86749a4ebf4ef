//! Columns that something fills in before a row is inserted, though they have no default: a trigger
//! of the table, or Prisma's client, whose `@updatedAt` and `@default(cuid())` leave no trace in
//! the database.

use crate::config::{Config, Driver};
use crate::schema::model::{Column, Routine, Schema, Table, Trigger};
use crate::schema::types::{ColumnType, Scalar};

/// The columns that the triggers of `table` assign before each `INSERT`.
pub(super) fn by_triggers(table: &Table, schema: &Schema) -> Vec<String> {
    let routines = table
        .triggers
        .values()
        .filter_map(|trigger| routine(trigger, schema));
    routines
        .flat_map(|routine| assigned(&routine.definition))
        .collect()
}

/// Whether Prisma's client makes the value of a column that is `NOT NULL` without a default.
pub(super) fn by_client(
    column: &Column,
    ty: &ColumnType,
    alone_in_key: bool,
    config: &Config,
) -> bool {
    let Scalar::Builtin(name) = &ty.scalar else {
        return false;
    };
    let is_instant =
        name.starts_with("timestamp") && super::names::key(&column.name) == "updatedat";
    let is_id = alone_in_key && (ty.is_text() || name == "uuid");
    config.driver == Some(Driver::Prisma) && !ty.array && (is_instant || is_id)
}

/// The function that a trigger runs before each row that is inserted; both are as the server writes
/// them.
fn routine<'s>(trigger: &Trigger, schema: &'s Schema) -> Option<&'s Routine> {
    let (_, rest) = trigger.definition.split_once(" BEFORE ")?;
    let (events, rest) = rest.split_once(" ON ")?;
    let (_, call) = rest.rsplit_once(" EXECUTE FUNCTION ")?;
    let name = call.split_once('(')?.0;
    let fires = trigger.firing.is_none() || trigger.firing.as_deref() == Some("always");
    let runs = fires
        && events.split(" OR ").any(|event| event == "INSERT")
        && rest.contains(" FOR EACH ROW ");
    let begins = |routine: &&Routine| {
        let named = routine
            .definition
            .strip_prefix("CREATE OR REPLACE FUNCTION ");
        named
            .and_then(|named| named.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    };
    schema.routines.values().find(begins).filter(|_| runs)
}

/// The fields of `NEW` that PL/pgSQL assigns: `NEW.a := …`, `NEW.a = …` where a statement begins,
/// `INTO NEW.a, NEW.b`.
fn assigned(definition: &str) -> Vec<String> {
    const BEGINS: &[&str] = &[";", "begin", "then", "else", "loop", "declare", "$"];
    let words = words(definition);
    let mut found = Vec::new();
    let mut listed = false;
    for (at, window) in words.windows(4).enumerate() {
        let [new, dot, column, next] = window else {
            continue;
        };
        let before = at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .map_or("", String::as_str);
        if new != "new" || dot != "." {
            continue;
        }
        listed = matches!(before, "into" | "strict") || (listed && before == ",");
        let is_set = next == ":=" || (next == "=" && BEGINS.contains(&before));
        if listed || is_set {
            found.push(column.clone());
        }
    }
    found
}

/// Words in lower case unless they are quoted, and symbols; without comments and strings.
fn words(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let start = at;
        let next = characters.get(at + 1).copied();
        let until = |end: &dyn Fn(usize) -> bool| (start + 1..characters.len()).find(|at| end(*at));
        at = match (character, next) {
            ('-', Some('-')) => {
                until(&|at| characters.get(at) == Some(&'\n')).unwrap_or(characters.len())
            }
            ('/', Some('*')) => until(&|at| characters.get(at..at + 2) == Some(&['*', '/']))
                .map_or(characters.len(), |end| end + 2),
            ('\'' | '"', _) => until(&|at| characters.get(at) == Some(&character))
                .map_or(characters.len(), |end| end + 1),
            (':', Some('=')) => at + 2,
            (letter, _) if is_word(letter) => {
                until(&|at| !is_word(characters[at])).unwrap_or(characters.len())
            }
            _symbol => at + 1,
        };
        let word: String = characters[start..at].iter().collect();
        match character {
            '"' => words.push(word.trim_matches('"').to_owned()),
            '\'' => words.push("''".to_owned()),
            '-' | '/' if word.len() > 1 => {}
            blank if blank.is_whitespace() => {}
            _word => words.push(word.to_lowercase()),
        }
    }
    words
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::{Input, test_utils};
    use crate::schema::model::{ObjectName, RoutineKind};
    use crate::schema::provenance::Provenance;

    const FUNCTION: &str = "CREATE OR REPLACE FUNCTION public.fill()\n RETURNS trigger\n LANGUAGE plpgsql\nAS $function$ ";

    #[test]
    fn what_plpgsql_assigns_is_told_from_what_it_compares() {
        let of = |body: &str| assigned(&format!("{FUNCTION}{body} $function$"));
        assert_eq!(
            of("begin new.a := 1; NEW.b = new.c; return new; end"),
            ["a", "b"]
        );
        assert_eq!(
            of("begin if new.a = old.a then new.\"tenantId\" = 'x'; end if; end"),
            ["tenantId"]
        );
        assert_eq!(
            of("begin select x, y into strict new.a, new.b from t; -- new.c := 1;\n end"),
            ["a", "b"]
        );
        assert_eq!(
            of("begin insert into log values (new.a, new.b); /* new.a := 1; */ end"),
            Vec::<String>::new()
        );
        assert_eq!(
            of("begin raise 'it''s new.a := '; end"),
            Vec::<String>::new()
        );
    }

    /// Counts the findings about an insert type that may omit the tenant, where the table has this
    /// trigger.
    fn found(trigger: &str) -> usize {
        let mut schema = test_utils::schema(
            "CREATE TABLE notes (id uuid NOT NULL DEFAULT x, tenant_id text NOT NULL);",
        );
        let trigger = Trigger {
            definition: trigger.to_owned(),
            ..Trigger::default()
        };
        let table = schema
            .tables
            .get_mut(&ObjectName::public("notes"))
            .expect("the table");
        table.triggers.insert("t".to_owned(), trigger);
        let definition =
            format!("{FUNCTION}begin new.tenant_id := 'a'; return new; end $function$");
        let routine = Routine {
            kind: RoutineKind::Function,
            comment: None,
            definition,
        };
        schema
            .routines
            .insert(ObjectName::public("fill()"), routine);
        let config = test_utils::config("");
        let ts = "export interface NoteRow { id: string; tenant_id: string }\n\
                  export interface NoteInsert { id?: string; tenant_id?: string }";
        let facts = test_utils::facts(ts, &config);
        let provenance = Provenance::default();
        crate::checks::verify(&Input {
            schema: &schema,
            facts: &facts,
            config: &config,
            provenance: &provenance,
        })
        .0
        .len()
    }

    #[test]
    fn an_insert_may_leave_out_what_a_trigger_fills_in() {
        let call = "ON public.notes FOR EACH ROW EXECUTE FUNCTION public.fill()";
        assert_eq!(found(&format!("CREATE TRIGGER t BEFORE INSERT {call}")), 0);
        assert_eq!(
            found(&format!("CREATE TRIGGER t BEFORE DELETE OR INSERT {call}")),
            0
        );
        assert_eq!(found(&format!("CREATE TRIGGER t BEFORE UPDATE {call}")), 1);
        assert_eq!(found(&format!("CREATE TRIGGER t AFTER INSERT {call}")), 1);
        assert_eq!(
            found(
                "CREATE TRIGGER t BEFORE INSERT ON public.notes FOR EACH ROW EXECUTE FUNCTION public.filled()"
            ),
            1
        );
    }
}
