//! Calls that return rows, by the words of each library: their chains say which they are.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use super::RowUseReader;
use super::flow::Flow;
use super::selection::Selection;
use crate::typescript::collect::qualified;
use crate::typescript::syntax::{Argument, Expr, ExprKind};
use crate::typescript::values::Value;

/// A call of a chain: the method with its arguments.
pub(super) type Link<'p> = (&'p str, &'p [Argument]);

/// SQL that returns rows as they are stored. One that lists columns may return anything under
/// their names.
static RETURNS_ROWS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)^\s*select\s+(?:\w+\.)?\*\s*from\b|\breturning\s+\*").ok());

/// SQL that returns the rows of one table, as they are stored.
static WHOLE_ROWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?is)^\s*select\s+(?:\w+\.)?\*\s+from\s+((?:"?\w+"?\.)?"?\w+"?)"#).ok()
});

/// SQL that joins another table.
static JOINED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)\bjoin\b").ok());

/// Methods of Prisma's models and of Drizzle's `db.query` that return one row.
const ONE: &[&str] = &[
    "findFirst",
    "findFirstOrThrow",
    "findUnique",
    "findUniqueOrThrow",
];

/// Methods that begin a query of Kysely's.
const OF_KYSELY: &[&str] = &["deleteFrom", "insertInto", "selectFrom", "updateTable"];

/// Methods of Drizzle's and Kysely's queries that join other tables: what is selected then is none
/// of the one table.
const JOINS: &[&str] = &[
    "crossJoin",
    "fullJoin",
    "innerJoin",
    "leftJoin",
    "rightJoin",
];

impl<'p> RowUseReader<'_, 'p> {
    /// The rows that a query returns; unknown of what is no query.
    pub(super) fn query(&self, expression: &'p Expr) -> Flow<'p> {
        if let ExprKind::Tagged(tag, template) = &expression.kind {
            // postgres.js; Drizzle's `sql` is a part of a query, which is never parsed as a row.
            let is_sql = matches!(&tag.kind, ExprKind::Name(name) if name == "sql");
            let Some(sql) = sql_of(template).filter(|_| is_sql) else {
                return Flow::Unknown;
            };
            return match Selection::read(&sql) {
                Some(selection) => Flow::Listed(Rc::new(selection)),
                None if returns_rows(sql) => Flow::Rows(None),
                None => Flow::Unknown,
            };
        }
        let chain = chain_of(expression);
        let Some((last, arguments)) = chain.last().copied() else {
            return Flow::Unknown;
        };
        let has = |method: &str| chain.iter().any(|(name, _)| *name == method);
        if let Some((begin, of)) = chain.iter().find(|(name, _)| OF_KYSELY.contains(name)) {
            let returns = *begin == "selectFrom" || has("returning") || has("returningAll");
            return match returns {
                true => of_kysely(&chain, of, last),
                false => Flow::Unknown,
            };
        }
        if let Some((_, columns)) = chain.iter().find(|(name, _)| *name == "returning") {
            let table = self.drizzle_table(&chain, &["insert", "update", "delete"]);
            return Flow::Rows(table.filter(|_| columns.is_empty()));
        }
        if has("select") || has("selectDistinct") {
            return self.of_select(&chain);
        }
        match last {
            "findMany" if is_of_model(expression) => Flow::Rows(None),
            one if ONE.contains(&one) && is_of_model(expression) => Flow::Row(None),
            // node-postgres
            "query" => {
                let Some(sql) = arguments.first().map(|sql| &sql.value) else {
                    return Flow::Unknown;
                };
                if let Some(selection) = self.selection_of(sql) {
                    return Flow::Listed(Rc::new(selection));
                }
                match self.sql_text(sql).is_some_and(returns_rows) {
                    true => Flow::Under("rows", Box::new(Flow::Rows(None))),
                    false => Flow::Unknown,
                }
            }
            _ => Flow::Unknown,
        }
    }

    /// What a query lists that is written in SQL.
    pub(super) fn selection_of(&self, sql: &'p Expr) -> Option<Selection> {
        let sql = match &sql.kind {
            ExprKind::Tagged(_, template) => template,
            _ => sql,
        };
        Selection::read(&self.sql_text(sql)?)
    }

    /// The SQL of a text or template, with the texts of the file's constants in their places. What
    /// is put in otherwise is a value that a query compares with.
    pub(super) fn sql_text(&self, expression: &'p Expr) -> Option<String> {
        match &expression.kind {
            ExprKind::Template(texts, values) => {
                let mut sql = String::new();
                for (at, text) in texts.iter().enumerate() {
                    sql.push_str(text);
                    if let Some(value) = values.get(at) {
                        match self.top_value(value) {
                            Some(value) if value.as_str().is_some() => {
                                sql.push_str(value.as_str().unwrap_or_default());
                            }
                            _ => sql.push_str("$1"),
                        }
                    }
                }
                Some(sql)
            }
            ExprKind::Name(_) => Some(self.top_value(expression)?.as_str()?.to_owned()),
            _ => sql_of(expression),
        }
    }

    /// Drizzle's `db.select().from(users)`, and Supabase's `from('users').select()`.
    fn of_select(&self, chain: &[Link<'p>]) -> Flow<'p> {
        let at = |method: &str| chain.iter().position(|(name, _)| *name == method);
        let Some(from) = at("from") else {
            return Flow::Unknown;
        };
        let Some(argument) = chain[from].1.first() else {
            return Flow::Unknown;
        };
        if let Some(table) = text(&argument.value) {
            let is_one = at("single").is_some() || at("maybeSingle").is_some();
            let is_whole = |(name, columns): &Link<'p>| {
                let all = columns
                    .first()
                    .is_none_or(|all| text(&all.value) == Some("*"));
                *name == "select" && all
            };
            let table = chain.iter().any(is_whole).then(|| table.to_owned());
            let rows = match is_one {
                true => Flow::Row(table),
                false => Flow::Rows(table),
            };
            return Flow::Under("data", Box::new(rows));
        }
        let is_of_columns = |(name, arguments): &Link<'p>| {
            matches!(*name, "select" | "selectDistinct") && !arguments.is_empty()
        };
        let is_joined = chain.iter().any(|(name, _)| JOINS.contains(name));
        let of_columns = chain.iter().any(is_of_columns);
        match self.drizzle_table(chain, &["from"]) {
            // Without columns, each table of a join is under its name.
            // Columns may be expressions.
            Some(_) if of_columns => Flow::Unknown,
            Some(table) if !is_joined => Flow::Rows(Some(table)),
            _ => Flow::Unknown,
        }
    }

    /// The table of Drizzle that one of `methods` is given.
    pub(super) fn drizzle_table(&self, chain: &[Link<'p>], methods: &[&str]) -> Option<String> {
        let (_, arguments) = chain.iter().find(|(name, _)| methods.contains(name))?;
        let value = self.top_value(&arguments.first()?.value)?;
        let Value::Table(table) = value.uncast() else {
            return None;
        };
        let namespace = table.namespace.as_deref().unwrap_or("public");
        Some(qualified(namespace, table.name.as_deref()?))
    }
}

/// The rows of a query of Kysely's that begins at the table `of`.
fn of_kysely<'p>(chain: &[Link<'_>], of: &[Argument], last: &str) -> Flow<'p> {
    let has = |method: &str| chain.iter().any(|(name, _)| *name == method);
    let is_joined = chain.iter().any(|(name, _)| JOINS.contains(name));
    let is_whole = (has("selectAll") || has("returningAll")) && !has("select");
    // Columns may be expressions.
    if !is_whole {
        return Flow::Unknown;
    }
    let table = of
        .first()
        .and_then(|table| text(&table.value))
        .filter(|_| !is_joined)
        // `users as u`
        .and_then(|table| table.split_whitespace().next())
        .map(str::to_owned);
    match last {
        "execute" => Flow::Rows(table),
        "executeTakeFirst" | "executeTakeFirstOrThrow" => Flow::Row(table),
        _ => Flow::Unknown,
    }
}

/// The calls of a chain `a.b(…).c(…)`, in order.
pub(super) fn chain_of<'p>(expression: &'p Expr) -> Vec<Link<'p>> {
    let mut chain = Vec::new();
    let mut next = expression;
    while let ExprKind::Call(callee, _, arguments) = &next.kind {
        match &callee.kind {
            ExprKind::Member(object, method, _) => {
                chain.push((method.as_str(), &**arguments));
                next = object;
            }
            // `knex('users')`
            ExprKind::Name(name) => {
                chain.push((name.as_str(), &**arguments));
                break;
            }
            _ => break,
        }
    }
    chain.reverse();
    chain
}

/// Whether a call is of a model: `prisma.user.findMany()`, `db.query.users.findMany()`.
fn is_of_model(expression: &Expr) -> bool {
    let ExprKind::Call(callee, ..) = &expression.kind else {
        return false;
    };
    let ExprKind::Member(model, ..) = &callee.kind else {
        return false;
    };
    matches!(&model.kind, ExprKind::Member(..))
}

/// The SQL of a text or template; of a template, its first part and the others behind it.
pub(super) fn sql_of(expression: &Expr) -> Option<String> {
    match &expression.kind {
        ExprKind::String(text) => Some(text.to_string()),
        ExprKind::Template(texts, _) => {
            let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
            Some(texts.join(" "))
        }
        _ => None,
    }
}

/// The table of SQL that returns whole rows of one table alone.
pub(super) fn whole_table(sql: &str) -> Option<String> {
    let found = WHOLE_ROWS.as_ref()?.captures(sql)?;
    let is_joined = JOINED.as_ref().is_some_and(|joined| joined.is_match(sql));
    Some(found.get(1)?.as_str().replace('"', "")).filter(|_| !is_joined)
}

fn returns_rows(sql: String) -> bool {
    RETURNS_ROWS
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(&sql))
}

/// A text that is written out.
pub(super) fn text(expression: &Expr) -> Option<&str> {
    match &expression.kind {
        ExprKind::String(text) => Some(text.as_str()),
        _ => None,
    }
}
