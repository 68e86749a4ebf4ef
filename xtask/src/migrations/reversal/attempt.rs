//! Runs steps on a scratch database, in the order in which PostgreSQL accepts them. The model knows
//! what an object is, but not what it needs: a view its table, a default its function. PostgreSQL
//! knows, so each step that it refuses is tried again after the others.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use postgres::Transaction;

use super::step::{Step, Target};
use crate::migrations::scratch_environment::privileges::LentPrivileges;
use crate::migrations::script::{self, Script};
use crate::postgres::error::{ServerError, whole};

/// The name of the way back in errors, which has no file yet.
const FILE: &str = "the way back";

/// How often the same statement may be part of a way back. An object may have to go twice, for two
/// others that change, but one that never becomes as it is wanted is not made for ever.
const AGAIN: usize = 3;

/// The objects that depend on others, with SQL's words for their kinds. They hold no data, so that
/// they may go, and come again in a later round.
const DEPENDENTS: &[(&str, &str)] = &[
    ("view", "DROP VIEW "),
    ("materialized view", "DROP MATERIALIZED VIEW "),
    ("rule", "DROP RULE "),
    ("policy", "DROP POLICY "),
    ("trigger", "DROP TRIGGER "),
    ("function", "DROP FUNCTION "),
    ("procedure", "DROP PROCEDURE "),
    ("aggregate", "DROP AGGREGATE "),
    ("index", "DROP INDEX "),
    ("statistics object", "DROP STATISTICS "),
];

/// The objects that depend on `target`, the last first, each with its kind and its name. Those that
/// belong to an object (its index, its row type) go with it, and are only a way to others.
const QUERY: &str = "
    , reached (class, object, part, depth, needs) AS (
        SELECT class, object, part, 0, false FROM target
        UNION
        SELECT coalesce(v.class, d.classid), coalesce(v.object, d.objid), coalesce(v.part, d.objsubid),
               r.depth + 1, d.deptype = 'n'
        FROM reached AS r
        JOIN pg_catalog.pg_depend AS d ON d.refclassid = r.class AND d.refobjid = r.object
            AND (r.part = 0 OR d.refobjsubid = r.part)
        LEFT JOIN LATERAL (
            SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid AS class, w.ev_class AS object, 0 AS part
            FROM pg_catalog.pg_rewrite AS w
            WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.oid = d.objid AND w.rulename = '_RETURN'
        ) AS v ON true
        WHERE r.depth < 12 AND (coalesce(v.class, d.classid), coalesce(v.object, d.objid)) <> (r.class, r.object))
    SELECT i.type, i.identity, max(r.depth) AS depth
    FROM reached AS r CROSS JOIN LATERAL pg_catalog.pg_identify_object(r.class, r.object, r.part) AS i
    WHERE r.needs AND (r.class, r.object) NOT IN (SELECT class, object FROM target WHERE part = 0)
    GROUP BY i.type, i.identity
    ORDER BY depth DESC, i.type, i.identity";

/// What ran, as it will stand in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    pub comment: Option<String>,
    pub statements: Vec<String>,
}

/// The transaction on a scratch database in which a way back is found.
pub(super) struct Attempt<'a, 'c> {
    pub transaction: &'a mut Transaction<'c>,
    pub privileges: &'a mut LentPrivileges,
    /// What ran until now, in its order.
    pub done: Vec<Done>,
    /// The steps that did not run in the last round, with PostgreSQL's reasons.
    pub refused: Vec<(Step, String)>,
    repeated: BTreeMap<String, usize>,
}

impl<'a, 'c> Attempt<'a, 'c> {
    pub(super) fn new(
        transaction: &'a mut Transaction<'c>,
        privileges: &'a mut LentPrivileges,
    ) -> Self {
        Self {
            transaction,
            privileges,
            done: Vec::new(),
            refused: Vec::new(),
            repeated: BTreeMap::new(),
        }
    }

    /// Runs as many of `steps` as PostgreSQL accepts. Returns whether any ran.
    ///
    /// # Errors
    /// When the scratch database goes away.
    pub(super) fn run(&mut self, steps: Vec<Step>) -> Result<bool> {
        self.refused.clear();
        let before = self.done.len();
        let mut open = steps;
        loop {
            let count = open.len();
            let mut left = Vec::new();
            for step in open {
                if let Some(reason) = self.step(&step)? {
                    left.push((step, reason));
                }
            }
            if left.len() == count && !self.unblock(&left)? {
                self.refused = left;
                return Ok(self.done.len() > before);
            }
            if left.is_empty() {
                return Ok(self.done.len() > before);
            }
            open = left.into_iter().map(|(step, _)| step).collect();
        }
    }

    /// Runs a step in the first way that works. Returns the reason why none does.
    fn step(&mut self, step: &Step) -> Result<Option<String>> {
        let mut reason = None;
        for way in &step.ways {
            let Some(refusal) = self.statements(way)? else {
                self.done.push(Done {
                    comment: step.comment.clone(),
                    statements: way.clone(),
                });
                return Ok(None);
            };
            reason.get_or_insert(refusal);
        }
        Ok(Some(reason.unwrap_or_default()))
    }

    /// Runs statements, all or none. Returns the reason why they do not run.
    pub(super) fn statements(&mut self, statements: &[String]) -> Result<Option<String>> {
        if self.is_vain(statements) {
            return Ok(Some("it does not become as it was".to_owned()));
        }
        let text = format!("{};", statements.join(";\n"));
        let script = Script::new(FILE, &text, false);
        match script::attempt(self.transaction, script, self.privileges) {
            Ok(()) => {
                for statement in statements {
                    *self.repeated.entry(statement.clone()).or_default() += 1;
                }
                Ok(None)
            }
            Err(error) if is_of_server(&error) => Ok(Some(whole(&error))),
            Err(error) => Err(error),
        }
    }

    /// Whether the statements ran before and did not help. What was made and is still there would
    /// only be made in the same way again.
    fn is_vain(&self, statements: &[String]) -> bool {
        let count = |statement: &String| self.repeated.get(statement).copied().unwrap_or_default();
        let is_replaced =
            statements.len() > 1 && statements.last().is_some_and(|last| count(last) > 0);
        is_replaced || statements.iter().any(|statement| count(statement) >= AGAIN)
    }

    /// Drops what depends on the first object that nothing else lets change. Returns whether
    /// anything was dropped.
    fn unblock(&mut self, left: &[(Step, String)]) -> Result<bool> {
        for (step, _) in left {
            let Some(target) = &step.target else { continue };
            let before = self.done.len();
            for statement in self.dependents(target)? {
                if self.statements(std::slice::from_ref(&statement))?.is_none() {
                    self.done.push(Done {
                        comment: None,
                        statements: vec![statement],
                    });
                }
            }
            if self.done.len() > before {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The statements that drop what depends on `target`.
    fn dependents(&mut self, target: &Target) -> Result<Vec<String>> {
        let (query, parameters) = query(target);
        let parameters: Vec<&(dyn postgres::types::ToSql + Sync)> =
            parameters.iter().map(|one| one as _).collect();
        // A savepoint: the object may be gone by now.
        let mut savepoint = self
            .transaction
            .transaction()
            .context("cannot set a savepoint")?;
        let rows = match savepoint.query(&query, &parameters) {
            Ok(rows) => rows,
            Err(error) if error.as_db_error().is_some() => return Ok(Vec::new()),
            Err(error) => {
                return Err(anyhow!(ServerError::from(error)).context("cannot read dependences"));
            }
        };
        Ok(rows
            .iter()
            .filter_map(|row| drop_statement(row.get(0), row.get(1)))
            .collect())
    }
}

/// Whether PostgreSQL refused a statement, and the connection is still there.
fn is_of_server(error: &anyhow::Error) -> bool {
    format!("{error:#}").contains("(SQLSTATE ")
}

/// `view` and `public.v` as `DROP VIEW public.v`; none where it holds data.
fn drop_statement(kind: &str, identity: &str) -> Option<String> {
    match kind {
        "table constraint" => {
            let (constraint, table) = named_on(identity)?;
            Some(format!("ALTER TABLE {table} DROP CONSTRAINT {constraint}"))
        }
        "default value" => {
            let (table, column) = identity.strip_prefix("for ")?.rsplit_once('.')?;
            Some(format!(
                "ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT"
            ))
        }
        "domain constraint" => {
            let (constraint, domain) = named_on(identity)?;
            Some(format!(
                "ALTER DOMAIN {domain} DROP CONSTRAINT {constraint}"
            ))
        }
        _ => DEPENDENTS
            .iter()
            .find(|(known, _)| *known == kind)
            .map(|(_, drop)| format!("{drop}{identity}")),
    }
}

/// Splits `name on table`, where a name in quotes may hold the same word.
fn named_on(identity: &str) -> Option<(&str, &str)> {
    let is_outside = |at: &usize| identity[..*at].matches('"').count().is_multiple_of(2);
    let mut places = identity.match_indices(" on ").map(|(at, _)| at);
    let at = places.find(is_outside)?;
    Some((&identity[..at], &identity[at + " on ".len()..]))
}

/// The query for the dependents of `target`, and its parameters.
fn query(target: &Target) -> (String, Vec<&str>) {
    let class = |class: &str| format!("'pg_catalog.{class}'::pg_catalog.regclass::oid");
    let (row, parameters): (String, Vec<&str>) = match target {
        Target::Relation(name) => (
            format!("SELECT {}, $1::text::regclass::oid, 0", class("pg_class")),
            vec![name],
        ),
        Target::Type(name) => (
            // A table's columns hold the array of a type as well.
            format!(
                "SELECT {0}, t.oid, 0 FROM pg_catalog.pg_type AS t
                 WHERE t.oid = $1::text::regtype OR t.typelem = $1::text::regtype AND t.typarray = 0",
                class("pg_type")
            ),
            vec![name],
        ),
        Target::Routine(name) => (
            format!("SELECT {}, $1::text::regprocedure::oid, 0", class("pg_proc")),
            vec![name],
        ),
        Target::Column(table, column) => (
            format!(
                "SELECT {}, a.attrelid, a.attnum::int4 FROM pg_catalog.pg_attribute AS a
                 WHERE a.attrelid = $1::text::regclass AND a.attname = $2",
                class("pg_class")
            ),
            vec![table, column],
        ),
        Target::Constraint(table, constraint) => (
            format!(
                "SELECT {}, k.oid, 0 FROM pg_catalog.pg_constraint AS k
                 WHERE k.conrelid = $1::text::regclass AND k.conname = $2",
                class("pg_constraint")
            ),
            vec![table, constraint],
        ),
    };
    (
        format!("WITH RECURSIVE target (class, object, part) AS ({row}){QUERY}"),
        parameters,
    )
}

#[cfg(test)]
mod tests {
    use super::drop_statement;

    #[test]
    fn dependents_without_data_can_go() {
        let written = |kind, identity| drop_statement(kind, identity);
        assert_eq!(
            written("table constraint", "\"a on b\" on public.t").as_deref(),
            Some("ALTER TABLE public.t DROP CONSTRAINT \"a on b\"")
        );
        assert_eq!(
            written("default value", "for public.t.\"C\"").as_deref(),
            Some("ALTER TABLE public.t ALTER COLUMN \"C\" DROP DEFAULT")
        );
        assert_eq!(
            written("policy", "p on public.t").as_deref(),
            Some("DROP POLICY p on public.t")
        );
        assert_eq!(written("table", "public.t"), None);
        assert_eq!(written("table column", "public.t.c"), None);
    }
}
