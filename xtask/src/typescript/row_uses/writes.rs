//! Calls that write rows: `insert(users).values(user)`, `insertInto('users').values(user)`,
//! `knex('users').insert(user)`, `update(users).set(user)`, and SQL with values of one object.

use std::sync::LazyLock;

use regex::Regex;

use super::RowUseReader;
use super::flow::Flow;
use super::queries::{chain_of, sql_of, text};
use crate::facts::{DeclarationName, RowUsage};
use crate::typescript::syntax::{Argument, Binary, Expr, ExprKind, ObjectMember};

/// The table of an `INSERT` or `UPDATE`, which may be quoted.
static WRITTEN_TABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)^\s*(?:insert\s+into|update)\s+((?:"?\w+"?\.)?"?\w+"?)"#).ok()
});

impl<'p> RowUseReader<'_, 'p> {
    /// Records the declarations whose values the call writes.
    pub(super) fn written(&mut self, callee: &'p Expr, arguments: &'p [Argument]) {
        let Some(first) = arguments.first() else {
            return;
        };
        let ExprKind::Member(object, method, _) = &callee.kind else {
            return self.by_sql(arguments);
        };
        let chain = chain_of(object);
        match method.as_str() {
            "values" => {
                if let Some(table) = self.table_of(&chain, "insert", "insertInto") {
                    self.values(&first.value, &RowUsage::Inserted, &table);
                }
            }
            "set" => {
                if let Some(table) = self.table_of(&chain, "update", "updateTable") {
                    self.values(&first.value, &RowUsage::Written, &table);
                }
            }
            // `knex('users').insert(user)`, `supabase.from('users').insert(user)`
            "insert" => {
                if let [.., (_, [table])] = chain.as_slice()
                    && let Some(table) = text(&table.value)
                {
                    self.values(&first.value, &RowUsage::Inserted, table);
                }
            }
            _ => self.by_sql(arguments),
        }
    }

    /// The table of Drizzle's `drizzle(users)`, or of Kysely's `kysely('users')`.
    fn table_of(
        &self,
        chain: &[super::queries::Link<'p>],
        drizzle: &str,
        kysely: &str,
    ) -> Option<String> {
        let of_kysely = chain.iter().find(|(name, _)| *name == kysely);
        if let Some((_, arguments)) = of_kysely {
            return text(&arguments.first()?.value).map(str::to_owned);
        }
        self.drizzle_table(chain, &[drizzle])
    }

    /// The declarations that the written `expression` is of.
    fn values(&mut self, expression: &'p Expr, usage: &RowUsage, table: &str) {
        match &expression.kind {
            ExprKind::Object(members) => {
                for member in members {
                    if let ObjectMember::Spread(value) = member {
                        self.values(value, &RowUsage::Written, table);
                    }
                }
            }
            ExprKind::Array(items) => {
                for item in items {
                    self.values(&item.value, usage, table);
                }
            }
            _ => {
                if let Flow::Values(declaration) = self.flow(expression) {
                    self.add(declaration, usage.clone(), Some(table.to_owned()));
                }
            }
        }
    }

    /// `query('INSERT INTO users (email, name) VALUES ($1, $2)', [user.email, user.name])`, also by
    /// way of a helper: `run(db, 'INSERT …', […])`.
    fn by_sql(&mut self, arguments: &'p [Argument]) {
        for pair in arguments.windows(2) {
            let [sql, values] = pair else { return };
            let ExprKind::Array(items) = &values.value.kind else {
                continue;
            };
            let Some(table) = sql_of(&sql.value).as_deref().and_then(written_table) else {
                continue;
            };
            for item in items {
                if let Some(declaration) = self.holder(&item.value) {
                    self.add(declaration, RowUsage::Written, Some(table.clone()));
                }
            }
        }
    }

    /// The declaration whose value holds what is written: `user` of `user.email ?? null`.
    fn holder(&mut self, expression: &'p Expr) -> Option<DeclarationName> {
        match &expression.kind {
            ExprKind::Member(object, ..) => match self.flow(object) {
                Flow::Values(declaration) => Some(declaration),
                _ => None,
            },
            ExprKind::Binary(Binary::Coalesce | Binary::Or, value, _)
            | ExprKind::NonNull(value) => self.holder(value),
            _ => None,
        }
    }
}

fn written_table(sql: &str) -> Option<String> {
    let found = WRITTEN_TABLE.as_ref()?.captures(sql)?;
    Some(found.get(1)?.as_str().replace('"', ""))
}
