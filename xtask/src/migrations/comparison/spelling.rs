//! Definitions that are written in two ways. PostgreSQL keeps a definition as a tree and writes it
//! out when asked. The text makes a slightly different tree when it is parsed again, as after
//! `pg_dump` and restore (`IN` on a `varchar`, `BETWEEN` inside an `AND`). So both texts go through
//! the parser again, on a scratch database, until they agree.

use anyhow::{Context as _, Result, anyhow};
use postgres::{GenericClient, Transaction};

use crate::migrations::sql::{identifier, literal, quoted};
use crate::postgres::catalog::settings;
use crate::postgres::error::ServerError;
use crate::schema::diff::{Change, ChangeKind, SchemaDiff};
use crate::schema::model::ObjectName;

/// How often a text goes through the parser. The second time a text is parsed it has reached its
/// final form.
const ROUNDS: usize = 2;

/// The name of the objects that are made only to be written out.
const NAME: &str = "cargo_xtask_compared";

/// Returns the changes of `difference` whose definitions differ in meaning, as far as the database
/// of `client` can tell. That database holds their tables and is not changed.
pub fn leave_out(client: &mut impl GenericClient, difference: &SchemaDiff) -> Result<SchemaDiff> {
    let mut transaction = client.transaction().context("cannot begin a transaction")?;
    let read_alike = format!(
        "SELECT {}",
        settings::expressions(&[("check_function_bodies", "on")])
    );
    transaction.batch_execute(&read_alike).map_err(failed)?;
    let mut changes = Vec::new();
    for change in &difference.changes {
        if !is_spelling(&mut transaction, change)? {
            changes.push(change.clone());
        }
    }
    transaction.rollback().map_err(failed)?;
    Ok(SchemaDiff { changes })
}

fn is_spelling(transaction: &mut Transaction<'_>, change: &Change) -> Result<bool> {
    let ChangeKind::Changed { before, after, .. } = &change.what else {
        return Ok(false);
    };
    let Some(definition) = Definition::of(change) else {
        return Ok(false);
    };
    let ours = spellings(transaction, &definition, before)?;
    let theirs = spellings(transaction, &definition, after)?;
    Ok(ours.iter().any(|text| theirs.contains(text)))
}

/// A text, followed by each form in which PostgreSQL writes it out after parsing it again.
fn spellings(
    transaction: &mut Transaction<'_>,
    definition: &Definition,
    text: &str,
) -> Result<Vec<String>> {
    let mut spellings = vec![text.to_owned()];
    for _ in 0..ROUNDS {
        let Some(next) = definition.rewritten(transaction, &spellings[spellings.len() - 1])? else {
            break;
        };
        spellings.push(next);
    }
    Ok(spellings)
}

/// A kind of definition, and the SQL that makes an object of a text.
struct Definition {
    /// The kind and the name, for a text that is a whole statement: `CREATE … <kind> <name> …`. The
    /// statement is run under another name.
    named: Option<(&'static str, String)>,
    /// The SQL before the text.
    head: String,
    /// The SQL after it.
    tail: String,
    /// The query that writes out the object.
    read: String,
}

impl Definition {
    /// Returns the definition that a change is about. `None` where no definition is known to have
    /// more than one spelling.
    fn of(change: &Change) -> Option<Self> {
        let ChangeKind::Changed { attribute, .. } = &change.what else {
            return None;
        };
        let part = change
            .part
            .as_ref()
            .map(|(kind, name)| (kind.as_str(), name.as_str()));
        let object = quoted(&ObjectName::from_key(&change.object));
        match (change.kind.as_str(), part, attribute.as_str()) {
            ("table", Some(("constraint", _)), "definition") => {
                Some(constraint("TABLE", &object, "conrelid", "regclass"))
            }
            ("domain", Some(("check", _)), "definition") => {
                Some(constraint("DOMAIN", &object, "contypid", "regtype"))
            }
            ("table" | "view", Some(("index", name)), "definition") => Some(statement(
                "INDEX",
                name,
                format!(
                    "SELECT pg_get_indexdef({})",
                    regclass(&namespaced(&change.object))
                ),
            )),
            ("table" | "view", Some(("trigger", name)), "definition") => {
                let read = format!(
                    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = {} AND tgname = '{NAME}'",
                    regclass(&object)
                );
                Some(statement("TRIGGER", name, read))
            }
            ("table" | "view", Some(("rule", name)), "definition") => {
                let read = format!(
                    "SELECT pg_get_ruledef(oid) FROM pg_rewrite WHERE ev_class = {} AND rulename = '{NAME}'",
                    regclass(&object)
                );
                Some(statement("RULE", name, read))
            }
            ("table", Some(("policy", _)), "using" | "check") => {
                Some(expression(&format!("SELECT FROM {object} WHERE"), ""))
            }
            ("table", Some(("column", _)), "default" | "generated") => {
                Some(expression("SELECT", &format!("AS it FROM {object}")))
            }
            ("domain", None, "default") => Some(expression("SELECT", "AS it")),
            ("view", None, "definition") => Some(query("", "")),
            ("routine", None, "definition") => Some(routine(&change.object)),
            _ => None,
        }
    }

    /// Returns the SQL that makes an object of `text`; `None` where the text has another form.
    fn making(&self, text: &str) -> Option<String> {
        let (before, name, after) = match &self.named {
            None => ("", "", text),
            Some((kind, name)) => {
                let at = text.find(&format!("{kind} "))? + kind.len() + 1;
                let (before, rest) = text.split_at(at);
                (
                    before,
                    NAME,
                    // PostgreSQL quotes a name only where it must.
                    rest.strip_prefix(&identifier(name))
                        .or_else(|| rest.strip_prefix(name))?,
                )
            }
        };
        Some([&self.head, before, name, after, &self.tail].concat())
    }

    /// Makes an object of `text` and returns its definition as PostgreSQL writes it; `None` where
    /// the object cannot be made.
    fn rewritten(&self, transaction: &mut Transaction<'_>, text: &str) -> Result<Option<String>> {
        let Some(make) = self.making(text) else {
            return Ok(None);
        };
        // A savepoint: an error in this text must not end the transaction in which the others are
        // tried.
        let mut attempt = transaction
            .transaction()
            .context("cannot set a savepoint")?;
        let made = attempt
            .batch_execute(&make)
            .and_then(|()| attempt.query_opt(&self.read, &[]));
        attempt.rollback().map_err(failed)?;
        match made {
            Ok(row) => Ok(row
                .and_then(|row| row.get::<_, Option<String>>(0))
                // The catalogs are read without the line end after a function.
                .map(|text| text.trim_end_matches('\n').to_owned())),
            Err(error) if error.as_db_error().is_some() => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }
}

fn constraint(kind: &str, object: &str, column: &str, class: &str) -> Definition {
    Definition {
        named: None,
        head: format!("ALTER {kind} {object} ADD CONSTRAINT {NAME} "),
        tail: String::new(),
        read: format!(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint
             WHERE {column} = {}::{class} AND conname = '{NAME}'",
            literal(object)
        ),
    }
}

fn statement(kind: &'static str, name: &str, read: String) -> Definition {
    Definition {
        named: Some((kind, name.to_owned())),
        head: String::new(),
        tail: String::new(),
        read,
    }
}

/// A definition that is an expression, in a query of `head`, the expression and `tail`.
fn expression(head: &str, tail: &str) -> Definition {
    query(&format!("{head} ("), &format!(") {tail}"))
}

/// A definition that is a query, or the part of one between `head` and `tail`.
fn query(head: &str, tail: &str) -> Definition {
    Definition {
        named: None,
        head: format!("CREATE TEMPORARY VIEW {NAME} AS {head}"),
        tail: tail.to_owned(),
        read: format!("SELECT pg_get_viewdef('pg_temp.{NAME}'::regclass)"),
    }
}

fn routine(object: &str) -> Definition {
    let ObjectName { namespace, name } = ObjectName::from_key(object);
    Definition {
        named: None,
        head: String::new(),
        tail: String::new(),
        read: format!(
            "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
             WHERE n.nspname = {} AND p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' = {}",
            literal(&namespace),
            literal(&name)
        ),
    }
}

/// The name of an object that is made as [`NAME`] in the namespace of `object`.
fn namespaced(object: &str) -> String {
    format!(
        "{}.{NAME}",
        identifier(&ObjectName::from_key(object).namespace)
    )
}

fn regclass(name: &str) -> String {
    format!("{}::regclass", literal(name))
}

fn failed(error: postgres::Error) -> anyhow::Error {
    anyhow!(ServerError::from(error)).context("cannot compare definitions on the scratch database")
}
