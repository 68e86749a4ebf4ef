//! Tries ways back over rows that use the looser rules of their migration. Each trial is undone.

use anyhow::{Context as _, Result};
use postgres::Transaction;

use super::allowances::Allowance;
use crate::migrations::replay;
use crate::migrations::rollback::far_servers::KeptAway;
use crate::migrations::scratch_environment::ScratchSession;
use crate::migrations::script::Script;
use crate::migrations::seed::{self, MadeUpRow};
use crate::migrations::sql::{literal, quoted};
use crate::postgres::error::whole;
use crate::schema::model::{ObjectName, Schema};

/// A way back that works over the rows from before its migration.
#[derive(Clone, Copy)]
pub(super) struct Trial<'a> {
    /// The way back.
    pub script: Script<'a>,
    /// The schema that the migration made.
    pub after: &'a Schema,
    /// The rules that it loosens.
    pub allowances: &'a [Allowance],
    /// The columns that it added and that hold values by now.
    pub filled: &'a [String],
    /// The number of the rows, which no other row of their tables has.
    pub number: usize,
}

/// The outcome of a way back.
enum TrialOutcome {
    /// PostgreSQL accepted no such row.
    NoRow,
    /// It works, but deletes such rows: in words.
    Works { deleted: Vec<String> },
    /// It fails over such rows: in words.
    Fails {
        words: Vec<String>,
        error: anyhow::Error,
    },
}

impl Trial<'_> {
    /// Returns warnings that the way back fails or deletes rows, as soon as rows use the looser
    /// rules.
    ///
    /// # Errors
    /// When the scratch database goes away.
    pub(super) fn warnings(self, session: &mut ScratchSession) -> Result<Vec<String>> {
        if self.allowances.is_empty() && self.filled.is_empty() {
            return Ok(Vec::new());
        }
        // All allowances in one trial first: where that works, one run is enough. Otherwise each is
        // tried alone, to find the one to name.
        let all: Vec<&Allowance> = self.allowances.iter().collect();
        match self.run(session, &all)? {
            TrialOutcome::NoRow => return Ok(Vec::new()),
            TrialOutcome::Works { deleted } => {
                return Ok(deleted.iter().map(|words| deletes(words)).collect());
            }
            TrialOutcome::Fails { .. } => {}
        }
        // Without such rows: where it fails then, the filled columns are the cause and no
        // allowance.
        if let TrialOutcome::Fails { error, .. } = self.run(session, &[])? {
            return Ok(self.without_allowances(&error).into_iter().collect());
        }
        let mut warnings = Vec::new();
        for one in all {
            match self.run(session, &[one])? {
                TrialOutcome::NoRow => {}
                TrialOutcome::Works { deleted } => {
                    warnings.extend(deleted.iter().map(|words| deletes(words)))
                }
                TrialOutcome::Fails { words, error } => warnings.push(format!(
                    "the way back fails as soon as a row uses what the migration allows ({}): {}",
                    words.join(", "),
                    whole(&error)
                )),
            }
        }
        Ok(warnings)
    }

    /// The warning where the way back fails without such rows too: it worked before the added
    /// columns were filled.
    fn without_allowances(&self, error: &anyhow::Error) -> Option<String> {
        let columns: Vec<String> = self
            .filled
            .iter()
            .map(|column| format!("`{column}`"))
            .collect();
        let what = format!(
            "the way back fails as soon as rows hold values in {}: {}",
            columns.join(", "),
            whole(error)
        );
        (!columns.is_empty()).then_some(what)
    }

    fn run(&self, session: &mut ScratchSession, allowances: &[&Allowance]) -> Result<TrialOutcome> {
        let mut observer = KeptAway::new(&mut session.client, self.after)?;
        let (mut transaction, _, privileges) = session.transaction()?;
        let mut used = Vec::new();
        for (position, allowance) in allowances.iter().enumerate() {
            let words = insert(
                &mut transaction,
                self.after,
                allowance,
                self.number + position,
            )?;
            used.extend(words.map(|words| (&allowance.table, words)));
        }
        if used.is_empty() && !allowances.is_empty() {
            return Ok(TrialOutcome::NoRow);
        }
        // A check that waits for the COMMIT would stop an `ALTER TABLE`. For a row that an earlier
        // transaction wrote no check waits.
        if !used.is_empty()
            && transaction
                .batch_execute("SET CONSTRAINTS ALL IMMEDIATE")
                .is_err()
        {
            return Ok(TrialOutcome::NoRow);
        }
        let mut before = Vec::new();
        for (table, _) in &used {
            before.push(count(&mut transaction, table)?);
        }
        if let Err(error) = replay::run_in(&mut transaction, privileges, self.script, &mut observer)
        {
            return Ok(TrialOutcome::Fails {
                words: used.into_iter().map(|(_, words)| words).collect(),
                error,
            });
        }
        let mut deleted = Vec::new();
        for ((table, words), before) in used.into_iter().zip(before) {
            if count(&mut transaction, table)?.is_some_and(|now| Some(now) < before) {
                deleted.push(words);
            }
        }
        Ok(TrialOutcome::Works { deleted })
    }
}

fn deletes(words: &str) -> String {
    format!("the way back deletes rows that use what the migration allows ({words})")
}

/// Makes up a row that uses the looser rule. Returns its description; `None` where PostgreSQL
/// accepts no such row.
fn insert(
    transaction: &mut Transaction<'_>,
    schema: &Schema,
    allowance: &Allowance,
    number: usize,
) -> Result<Option<String>> {
    let Some(table) = schema.tables.get(&allowance.table) else {
        return Ok(None);
    };
    for values in &allowance.values {
        let mut row = MadeUpRow::new(schema, table, number);
        for (column, value) in values {
            row = row.with(column, value);
        }
        let mut attempt = transaction
            .transaction()
            .context("cannot set a savepoint")?;
        let mut breaks_rule = true;
        let refused = row.insert(&allowance.table, &mut |sql| {
            // A second savepoint, because the row is sent many times with other values until one
            // passes.
            let mut statement = attempt.transaction()?;
            match &allowance.broken_rule {
                None => statement.batch_execute(sql)?,
                Some(rule) => {
                    // A check passes where it is NULL: only FALSE breaks it.
                    let answer =
                        statement.query(&format!("{sql} RETURNING ({rule}) IS FALSE"), &[])?;
                    breaks_rule = answer.first().is_some_and(|row| row.get(0));
                }
            }
            statement.commit()
        })?;
        if refused.is_none() && breaks_rule {
            attempt.commit().context("cannot release a savepoint")?;
            let said = || in_words(&allowance.table, values);
            return Ok(Some(allowance.words.clone().unwrap_or_else(said)));
        }
        attempt
            .rollback()
            .context("cannot go back to a savepoint")?;
    }
    Ok(None)
}

/// `bonus.kind` is 'c'
fn in_words(table: &ObjectName, values: &[(String, String)]) -> String {
    let one = |(column, value): &(String, String)| {
        if seed::is_reference(value) {
            return format!("`{table}.{column}` refers to a row");
        }
        // For people: `'c'` instead of `'c'::kind`, and neither the `E` of a literal nor the
        // parentheses of a number.
        let plain = value
            .rsplit_once("::")
            .map_or(value.as_str(), |(plain, _)| plain);
        let plain = plain.strip_prefix('E').unwrap_or(plain);
        let plain = plain
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
            .unwrap_or(plain);
        format!("`{table}.{column}` is {plain}")
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Counts the rows of a table; `None` where there is no such table.
fn count(transaction: &mut Transaction<'_>, table: &ObjectName) -> Result<Option<i64>> {
    let name = quoted(table);
    let exists = format!(
        "SELECT pg_catalog.to_regclass({}) IS NOT NULL",
        literal(&name)
    );
    if !transaction.query_one(&exists, &[])?.try_get::<_, bool>(0)? {
        return Ok(None);
    }
    let row = transaction.query_one(&format!("SELECT count(*) FROM {name}"), &[]);
    Ok(Some(
        row.with_context(|| format!("cannot count the rows of `{table}`"))?
            .try_get(0)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_without_what_only_sql_needs() {
        let words = |value: &str| {
            in_words(
                &ObjectName::public("bonus"),
                &[("kind".into(), value.into())],
            )
        };
        assert_eq!(words("'c'::text"), "`bonus.kind` is 'c'");
        assert_eq!(words("E'c'::public.kind"), "`bonus.kind` is 'c'");
        assert_eq!(words("(5)::integer"), "`bonus.kind` is 5");
        assert_eq!(words("NULL"), "`bonus.kind` is NULL");
        assert_eq!(
            words("(SELECT r.id FROM public.kinds AS r LIMIT 1)"),
            "`bonus.kind` refers to a row"
        );
    }
}
