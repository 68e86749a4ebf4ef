//! The columns that a query written in SQL lists: under which name of its rows each column stands.

use squawk_syntax::ast::{self, AstNode, FromListItem, JoinType, SelectVariant, Stmt};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

/// The rows of a query that lists what it returns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selection {
    /// The table behind `FROM`, `users` or `audit.users`; none where it reads from something else.
    pub(super) table: Option<String>,
    /// Each name of its rows, with the column of the table whose value stands under it as it is.
    columns: Vec<(String, Option<String>)>,
}

/// The words with which a query may begin. Other texts of a program are not parsed.
const BEGINNINGS: &[&str] = &["select", "with", "insert", "update", "delete"];

impl Selection {
    /// Reads a query; none where it returns whole rows, or is no query.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let end = sql
            .trim_start()
            .find(|character: char| !character.is_ascii_alphabetic());
        let first = &sql.trim_start()[..end?];
        let begins = |word: &&str| first.eq_ignore_ascii_case(word);
        if !BEGINNINGS.iter().any(begins) {
            return None;
        }
        match SourceFile::parse(sql).tree().stmts().next()? {
            // What a query before the query returns is not followed.
            Stmt::Select(select) if select.with_clause().is_some() => Some(Self::default()),
            Stmt::Select(select) => {
                let list = select.select_clause()?.target_list()?;
                Self::of(&list, &FromTables::of_query(&select))
            }
            Stmt::CompoundSelect(combined) => {
                let names = Self::first_of(&combined)?;
                Some(names.without_columns())
            }
            Stmt::Insert(insert) => {
                let list = insert.returning_clause()?.target_list()?;
                let table = insert.relation_name_ref()?;
                let tables = FromTables::one(table.syntax()).called(insert.alias());
                Self::of(&list, &tables)
            }
            Stmt::Update(update) => {
                let list = update.returning_clause()?.target_list()?;
                let table = update.relation_name()?.relation_name_ref()?;
                let mut tables = FromTables::one(table.syntax()).called(update.alias());
                tables.is_joined = update.from_clause().is_some();
                Self::of(&list, &tables)
            }
            Stmt::Delete(delete) => {
                let list = delete.returning_clause()?.target_list()?;
                let table = delete.relation_name()?.relation_name_ref()?;
                let mut tables = FromTables::one(table.syntax()).called(delete.alias());
                tables.is_joined = delete.using_clause().is_some();
                Self::of(&list, &tables)
            }
            _no_query => None,
        }
    }

    /// Of `UNION` and the like, the first query: it names the columns.
    fn first_of(combined: &ast::CompoundSelect) -> Option<Self> {
        match combined.lhs()? {
            SelectVariant::Select(select) => {
                let list = select.select_clause()?.target_list()?;
                Self::of(&list, &FromTables::default())
            }
            SelectVariant::CompoundSelect(combined) => Self::first_of(&combined),
            _ => None,
        }
    }

    fn of(list: &ast::TargetList, tables: &FromTables) -> Option<Self> {
        let mut columns = Vec::new();
        for target in list.targets() {
            if is_whole(&target) {
                return None;
            }
            let Some(expression) = target.expr() else {
                continue;
            };
            let column = SelectedColumn::read(&expression);
            let alias = target.as_name().and_then(|alias| alias.name());
            let alias = alias.map(|alias| name_in(alias.syntax()));
            if let Some(name) = alias.or_else(|| own_name(&expression)) {
                let column = column.filter(|column| tables.has(column));
                columns.push((name, column.map(|column| column.name)));
            }
        }
        Some(Self {
            table: tables.first.clone(),
            columns,
        })
    }

    fn without_columns(self) -> Self {
        let names = self.columns.into_iter().map(|(name, _column)| (name, None));
        Self {
            table: None,
            columns: names.collect(),
        }
    }

    /// The column whose value stands under `name` of a row.
    pub(super) fn column(&self, name: &str) -> Option<&str> {
        let (_, column) = self.columns.iter().find(|(known, _)| known == name)?;
        column.as_deref()
    }

    /// Whether a row has a value under `name`.
    pub(super) fn lists(&self, name: &str) -> bool {
        self.columns.iter().any(|(known, _)| known == name)
    }

    /// Each name of a row, with its column.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.columns
            .iter()
            .map(|(name, column)| (name.as_str(), column.as_deref()))
    }

    /// What is known of a row that one of two queries returns.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        let same = |(name, column): &(String, Option<String>)| {
            let column = column.clone();
            let column = column.filter(|column| other.column(name) == Some(column));
            (name.clone(), column)
        };
        let table = self.table.clone();
        Self {
            table: table.filter(|_| self.table == other.table),
            columns: self.columns.iter().map(same).collect(),
        }
    }
}

/// Whether a target is `*` or `users.*`.
fn is_whole(target: &ast::Target) -> bool {
    let is_of_table = |expression: ast::Expr| match expression {
        ast::Expr::FieldExpr(field) => field.star_token().is_some(),
        _ => false,
    };
    target.star_token().is_some() || target.expr().is_some_and(is_of_table)
}

/// The name under which PostgreSQL returns what has no other name.
fn own_name(expression: &ast::Expr) -> Option<String> {
    match expression {
        // `created_at::text` is still called so.
        ast::Expr::CastExpr(cast) => own_name(&cast.expr()?),
        _ => SelectedColumn::read(expression).map(|column| column.name),
    }
}

/// A column as a query names it.
struct SelectedColumn {
    /// The table, or its other name.
    of: Option<String>,
    name: String,
}

impl SelectedColumn {
    /// Reads `name` or `table.name`. Whatever is computed is no column.
    fn read(expression: &ast::Expr) -> Option<Self> {
        match expression {
            ast::Expr::NameRef(name) => Some(Self {
                of: None,
                name: name_in(name.syntax()),
            }),
            ast::Expr::FieldExpr(field) => {
                let ast::Expr::NameRef(table) = field.base()? else {
                    return None;
                };
                Some(Self {
                    of: Some(name_in(table.syntax())),
                    name: name_in(field.field()?.syntax()),
                })
            }
            _ => None,
        }
    }
}

/// The tables of a query, of which the first is followed.
#[derive(Default)]
struct FromTables {
    /// `users` or `audit.users`.
    first: Option<String>,
    /// The names by which its columns may be qualified.
    names: Vec<String>,
    /// Whether other tables stand beside it.
    is_joined: bool,
    /// Whether its columns may be null because of a join.
    is_padded: bool,
}

impl FromTables {
    fn of_query(select: &ast::Select) -> Self {
        let Some(from) = select.from_clause() else {
            return Self::default();
        };
        let mut items = from.items();
        let Some(first) = items.next() else {
            return Self::default();
        };
        let mut tables = Self::of_item(first);
        tables.is_joined |= items.next().is_some();
        tables
    }

    fn of_item(item: FromListItem) -> Self {
        match item {
            FromListItem::FromItem(ast::FromItem::RelationFromItem(relation)) => {
                let Some(name) = relation.relation_name_ref() else {
                    return Self::default();
                };
                Self::one(name.syntax()).called(relation.alias())
            }
            FromListItem::FromItem(_no_table) => Self::default(),
            FromListItem::JoinExpr(joined) => {
                let left = joined.from_list_item();
                let mut tables = left.map_or_else(Self::default, Self::of_item);
                let kind = joined.join().and_then(|join| join.join_type());
                tables.is_joined = true;
                tables.is_padded |=
                    matches!(kind, Some(JoinType::JoinRight(_) | JoinType::JoinFull(_)));
                tables
            }
        }
    }

    /// The one table that a node names.
    fn one(node: &SyntaxNode) -> Self {
        let parts = names_in(node);
        Self {
            names: parts.last().cloned().into_iter().collect(),
            first: Some(parts.join(".")),
            is_joined: false,
            is_padded: false,
        }
    }

    /// The same table under its other name. Names of columns may follow that.
    fn called(mut self, alias: Option<impl AstNode>) -> Self {
        let names = alias.map(|alias| names_in(alias.syntax()));
        self.names.extend(names.into_iter().flatten().take(1));
        self
    }

    /// Whether the value of a column of the first table stands in the row as it is.
    fn has(&self, column: &SelectedColumn) -> bool {
        let is_its = match &column.of {
            Some(of) => self.names.contains(of),
            None => !self.is_joined,
        };
        self.first.is_some() && is_its && !self.is_padded
    }
}

/// The last name in a node.
fn name_in(node: &SyntaxNode) -> String {
    names_in(node).pop().unwrap_or_default()
}

/// The names in a node, as PostgreSQL reads them: those without quotes in lower case.
fn names_in(node: &SyntaxNode) -> Vec<String> {
    let tokens = node.descendants_with_tokens();
    let tokens = tokens.filter_map(|element| element.into_token());
    let names = tokens.filter(|token| {
        let is_word = |character: char| character.is_alphabetic() || "_\"".contains(character);
        token.kind() != SyntaxKind::AS_KW && token.text().starts_with(is_word)
    });
    let read = |token: squawk_syntax::SyntaxToken| {
        let text = token.text();
        let quoted = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'));
        match quoted {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => text.to_lowercase(),
        }
    };
    names.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn shown(sql: &str) -> Option<String> {
        let selection = Selection::read(sql)?;
        let columns = selection.names();
        let columns = columns.map(|(name, column)| format!("{name}={}", column.unwrap_or("?")));
        let table = selection.table.as_deref().unwrap_or("?");
        Some(format!(
            "{table}: {}",
            columns.collect::<Vec<_>>().join(" ")
        ))
    }

    #[test]
    fn columns_stand_under_their_names() {
        for (sql, expected) in [
            (
                "SELECT id, Label, to_char(made, 'a, b') AS made FROM audit.device ORDER BY (x = 'y')",
                "audit.device: id=id label=label made=?",
            ),
            (
                "select d.id, d.site_id as site, s.name, count(*) total from device d left join site s on s.id = d.site_id",
                "device: id=id site=site_id name=? total=?",
            ),
            (
                "SELECT DISTINCT ON (a, b) \"siteId\", made::text FROM \"Device\" WHERE a IN (SELECT x FROM y)",
                "Device: siteId=siteId made=?",
            ),
            ("SELECT id, name FROM a, b", "a: id=? name=?"),
            ("SELECT id FROM a UNION SELECT id FROM b", "?: id=?"),
            (
                "INSERT INTO users (id) VALUES ($1) RETURNING id, name AS n",
                "users: id=id n=name",
            ),
            ("UPDATE users SET a = 1 RETURNING id", "users: id=id"),
            (
                "UPDATE users u SET a = 1, b = 2 WHERE id = $1 RETURNING id, u.b",
                "users: id=id b=b",
            ),
            (
                "UPDATE users u SET a = 1, b = t.b FROM teams t WHERE t.id = $1 RETURNING u.id, name",
                "users: id=id name=?",
            ),
            (
                "INSERT INTO users (id, a) VALUES ($1, $2), ($3, $4) ON CONFLICT (id) DO UPDATE SET a = EXCLUDED.a, b = 2 RETURNING id",
                "users: id=id",
            ),
            (
                "INSERT INTO users (id, a) SELECT id, a FROM teams, parts RETURNING id",
                "users: id=id",
            ),
            ("WITH x AS (SELECT 1) SELECT id FROM x", "?: "),
            ("SELECT id FROM generate_series(1, 2) AS id", "?: id=?"),
            ("SELECT a.id FROM b RIGHT JOIN a ON true", "b: id=?"),
            ("SELECT u.id FROM users AS u (id, name)", "users: id=id"),
            (
                "UPDATE users SET a = 1 FROM b RETURNING id, users.name",
                "users: id=? name=name",
            ),
            // Placeholders of other drivers, and parts that are put in later.
            (
                "select id from users where a = ? and b = :b and",
                "users: id=id",
            ),
        ] {
            assert_eq!(shown(sql).as_deref(), Some(expected), "{sql}");
        }
    }

    #[test]
    fn whole_rows_list_nothing() {
        for sql in [
            "SELECT * FROM users",
            "SELECT u.*, count(x) FROM users u",
            "INSERT INTO users (id) VALUES ($1)",
            "BEGIN",
            "",
        ] {
            assert_eq!(shown(sql), None, "{sql}");
        }
    }
}
