//! The keys of a table in the database, taken from the definitions that PostgreSQL prints: what is
//! unique, by a constraint or by an index, and where foreign keys lead.

use crate::facts::ReferentialAction;
use crate::schema::model::{Constraint, ConstraintKind, ObjectName, Table};

/// A key over some columns, each row of which it covers.
#[derive(Debug)]
pub struct UniqueKey<'t> {
    /// The name of the constraint or index.
    pub name: &'t str,
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// Whether null differs from null, so that many rows may hold it.
    pub nulls_distinct: bool,
}

/// A foreign key.
#[derive(Debug)]
pub struct DatabaseForeignKey<'t> {
    /// The name of the constraint.
    pub name: &'t str,
    /// Its columns, in their order.
    pub columns: &'t [String],
    /// The table that it leads to.
    pub table: ObjectName,
    /// The columns there, in the same order.
    pub referenced: Vec<String>,
    /// The effect of deleting the other row.
    pub on_delete: ReferentialAction,
    /// The effect of changing the key of the other row.
    pub on_update: ReferentialAction,
}

/// The columns of the primary key.
pub fn primary_key(table: &Table) -> Option<&[String]> {
    let mut constraints = table.constraints.values();
    constraints
        .find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
        .map(|key| key.columns.as_slice())
}

/// The unique constraints, and the unique indexes over columns alone and all rows.
pub fn unique_keys(table: &Table) -> Vec<UniqueKey<'_>> {
    let constraints = table.constraints.iter();
    let constraints = constraints
        .filter(|(_, constraint)| constraint.kind == ConstraintKind::Unique)
        .map(|(name, constraint)| UniqueKey {
            name,
            columns: constraint.columns.clone(),
            nulls_distinct: !constraint
                .definition
                .starts_with("UNIQUE NULLS NOT DISTINCT "),
        });
    let indexes = table.indexes.iter().filter_map(|(name, index)| {
        let (columns, options) = columns_of_unique_index(&index.definition)?;
        Some(UniqueKey {
            name,
            columns,
            nulls_distinct: !options.contains("NULLS NOT DISTINCT"),
        })
    });
    constraints.chain(indexes).collect()
}

/// An index, unique or not.
#[derive(Debug)]
pub struct DatabaseIndex<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// Its method: `btree`.
    pub method: String,
    /// Whether it refuses a second row.
    pub unique: bool,
    /// Whether it is of some rows only, or holds more columns than it sorts by.
    pub special: bool,
}

/// The indexes over columns alone. What made an unfinished one is another matter.
pub fn indexes(table: &Table) -> Vec<DatabaseIndex<'_>> {
    let indexes = table.indexes.iter().filter(|(_, index)| index.valid);
    let indexes = indexes.filter_map(|(name, index)| {
        let (head, rest) = index.definition.split_once(" USING ")?;
        let (method, rest) = rest.split_once(" (")?;
        let (columns, rest) = indexed_columns(rest)?;
        Some(DatabaseIndex {
            name,
            columns,
            method: method.to_owned(),
            unique: head.starts_with("CREATE UNIQUE "),
            special: rest.contains("WHERE ") || rest.starts_with("INCLUDE "),
        })
    });
    indexes.collect()
}

/// The foreign keys.
pub fn foreign_keys(table: &Table) -> Vec<DatabaseForeignKey<'_>> {
    let constraints = table.constraints.iter();
    constraints
        .filter(|(_, constraint)| constraint.kind == ConstraintKind::ForeignKey)
        .filter_map(|(name, constraint)| foreign_key(name, constraint))
        .collect()
}

/// `FOREIGN KEY (team_id) REFERENCES public.teams(id) ON UPDATE CASCADE ON DELETE SET NULL`
fn foreign_key<'t>(name: &'t str, constraint: &'t Constraint) -> Option<DatabaseForeignKey<'t>> {
    let (_, target) = constraint.definition.split_once(" REFERENCES ")?;
    let (first, rest) = identifier(target)?;
    let (table, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (name, rest) = identifier(rest)?;
            let namespace = first;
            (ObjectName { namespace, name }, rest)
        }
        None => (ObjectName::public(first), rest),
    };
    let (referenced, rest) = identifiers(rest)?;
    Some(DatabaseForeignKey {
        name,
        columns: &constraint.columns,
        table,
        referenced,
        on_delete: action(rest, " ON DELETE "),
        on_update: action(rest, " ON UPDATE "),
    })
}

fn action(clauses: &str, clause: &str) -> ReferentialAction {
    let after = clauses.split_once(clause).map_or("", |(_, after)| after);
    let actions = [
        ReferentialAction::Restrict,
        ReferentialAction::Cascade,
        ReferentialAction::SetNull,
        ReferentialAction::SetDefault,
    ];
    let written = |action: &ReferentialAction| after.starts_with(&action.to_string());
    // PostgreSQL does not print what is its own default.
    actions
        .into_iter()
        .find(written)
        .unwrap_or(ReferentialAction::NoAction)
}

/// The columns of `CREATE UNIQUE INDEX users_email ON public.users USING btree (email DESC, "teamId")`
/// and the text behind them; none of an index over expressions, or of some rows only.
fn columns_of_unique_index(definition: &str) -> Option<(Vec<String>, &str)> {
    let rest = definition.strip_prefix("CREATE UNIQUE INDEX ")?;
    let (_, rest) = rest.split_once(" USING ")?;
    let (columns, rest) = indexed_columns(rest.split_once('(')?.1)?;
    (!rest.contains("WHERE ")).then_some((columns, rest))
}

/// `email DESC, "teamId") WHERE (…)`: the columns, and the text behind them; none of an index over
/// expressions.
fn indexed_columns(mut rest: &str) -> Option<(Vec<String>, &str)> {
    let mut columns = Vec::new();
    loop {
        let (column, after) = identifier(rest)?;
        columns.push(column);
        // Options: `DESC NULLS LAST`, `text_pattern_ops`; an expression has a parenthesis.
        let end = after.find([',', ')', '('])?;
        let is_last = after[end..].starts_with(')');
        if after[end..].starts_with('(') {
            return None;
        }
        rest = after[end + 1..].trim_start();
        if is_last {
            return Some((columns, rest));
        }
    }
}

/// `(id, "teamId")` and the rest.
fn identifiers(text: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = text.strip_prefix('(')?;
    let mut names = Vec::new();
    loop {
        let (name, after) = identifier(rest)?;
        names.push(name);
        match after.strip_prefix(", ") {
            Some(next) => rest = next,
            None => return Some((names, after.strip_prefix(')')?)),
        }
    }
}

/// A name, with or without quotes, and the rest.
fn identifier(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|character: char| !character.is_alphanumeric() && !"_$".contains(character))
            .unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_over_columns_and_all_rows_are_unique_keys() {
        let columns = |rest: &str| {
            let definition = format!("CREATE UNIQUE INDEX i ON public.t USING btree {rest}");
            columns_of_unique_index(&definition).map(|(columns, _)| columns)
        };
        let some = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(columns("(email)"), some(&["email"]));
        assert_eq!(
            columns("(email DESC NULLS LAST, \"a \"\"b\" text_pattern_ops) INCLUDE (c)"),
            some(&["email", "a \"b"])
        );
        let definition = "CREATE UNIQUE INDEX i ON public.t USING btree (a) NULLS NOT DISTINCT";
        let (_, options) = columns_of_unique_index(definition).expect("a key");
        assert_eq!(options, "NULLS NOT DISTINCT");
        assert_eq!(columns("(lower(email))"), None);
        assert_eq!(columns("(((a || b)))"), None);
        assert_eq!(columns("(email) WHERE (deleted_at IS NULL)"), None);
        assert_eq!(
            columns_of_unique_index("CREATE INDEX i ON public.t USING btree (a)"),
            None
        );
    }

    #[test]
    fn foreign_keys_are_read_with_their_actions() {
        let constraint = Constraint {
            kind: ConstraintKind::ForeignKey,
            columns: vec!["a".into(), "b".into()],
            definition: "FOREIGN KEY (a, b) REFERENCES \"Audit\".\"Log\"(id, \"teamId\") MATCH FULL ON DELETE SET NULL".into(),
            ..Constraint::default()
        };
        let key = foreign_key("k", &constraint).expect("a foreign key");
        assert_eq!(key.table.to_string(), "Audit.Log");
        assert_eq!(key.referenced, ["id", "teamId"]);
        assert_eq!(key.on_delete, ReferentialAction::SetNull);
        assert_eq!(key.on_update, ReferentialAction::NoAction);
    }
}
