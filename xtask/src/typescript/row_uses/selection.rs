//! The columns that a query written in SQL lists: under which name of its rows each column stands.

/// The rows of a query that lists what it returns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selection {
    /// The table behind `FROM`, `users` or `audit.users`; none where it reads from something else.
    pub(super) table: Option<String>,
    /// Each name of its rows, with the column of the table whose value stands under it as it is.
    columns: Vec<(String, Option<String>)>,
}

impl Selection {
    /// Reads a query; none where it returns whole rows, or is no query.
    pub(super) fn read(sql: &str) -> Option<Self> {
        let tokens = tokens(sql);
        let top: Vec<usize> = (0..tokens.len())
            .filter(|at| tokens[*at].depth == 0)
            .collect();
        let at = |word: &str| top.iter().copied().find(|at| tokens[*at].is(word));
        let first = tokens.first()?;
        let (list, table) = if first.is("select") {
            let end = at("from").unwrap_or(tokens.len());
            (&tokens[1..end], tokens.get(end + 1..).unwrap_or_default())
        } else if first.is("with") {
            // What a query before the query returns is not followed.
            return at("select").map(|_| Self::default());
        } else {
            let written = ["into", "update", "from"].into_iter().find_map(at)?;
            let list = at("returning")?;
            (&tokens[list + 1..], &tokens[written + 1..])
        };
        let list = without_distinct(list);
        let items = split(list);
        let is_whole = |item: &&[Token]| matches!(item, [.., last] if last.text == "*");
        if items.iter().any(is_whole) {
            return None;
        }
        let from = FromClause::read(table, first.is("insert"));
        let is_combined = ["union", "intersect", "except"]
            .iter()
            .any(|word| at(word).is_some());
        let mut columns = Vec::new();
        for item in items {
            if let Some((name, column)) = selected(item) {
                let column = column.filter(|column| !is_combined && from.has(column));
                columns.push((name, column.map(|column| column.name)));
            }
        }
        Some(Self {
            table: from.table.filter(|_| !is_combined),
            columns,
        })
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

/// A word, quoted name, text or sign of SQL.
struct Token {
    /// Words in lower case, as PostgreSQL reads them.
    text: String,
    /// Whether it is a name: a word, or quoted.
    name: bool,
    quoted: bool,
    /// How many parentheses are open around it.
    depth: usize,
}

impl Token {
    fn is(&self, word: &str) -> bool {
        self.name && !self.quoted && self.text == word
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut rest = sql.char_indices().peekable();
    while let Some((start, sign)) = rest.next() {
        let mut push = |text: String, name: bool, quoted: bool, depth: usize| {
            found.push(Token {
                text,
                name,
                quoted,
                depth,
            });
        };
        match sign {
            _ if sign.is_whitespace() => {}
            '-' if sql[start..].starts_with("--") => {
                while rest.next_if(|(_, sign)| *sign != '\n').is_some() {}
            }
            '\'' | '"' => {
                let mut text = String::new();
                while let Some((_, inner)) = rest.next_if(|(_, inner)| *inner != sign) {
                    text.push(inner);
                }
                rest.next();
                push(text, sign == '"', sign == '"', depth);
            }
            '(' | '[' => {
                push(sign.to_string(), false, false, depth);
                depth += 1;
            }
            ')' | ']' => {
                depth = depth.saturating_sub(1);
                push(sign.to_string(), false, false, depth);
            }
            _ if sign.is_alphabetic() || sign == '_' => {
                let mut text = sign.to_lowercase().to_string();
                while let Some((_, inner)) =
                    rest.next_if(|(_, inner)| inner.is_alphanumeric() || *inner == '_')
                {
                    text.extend(inner.to_lowercase());
                }
                push(text, true, false, depth);
            }
            _ => push(sign.to_string(), false, false, depth),
        }
    }
    found
}

/// The list behind `DISTINCT` or `DISTINCT ON (…)`.
fn without_distinct(list: &[Token]) -> &[Token] {
    match list {
        [first, on, rest @ ..] if first.is("distinct") && on.is("on") => {
            let end = rest
                .iter()
                .position(|token| token.depth == 0 && token.text == ")");
            &rest[end.map_or(0, |end| end + 1)..]
        }
        [first, rest @ ..] if first.is("distinct") || first.is("all") => rest,
        list => list,
    }
}

/// The parts between the commas that stand in no parentheses.
fn split(list: &[Token]) -> Vec<&[Token]> {
    let parts = list.split(|token| token.depth == 0 && token.text == "," && !token.name);
    parts.filter(|part| !part.is_empty()).collect()
}

/// A column as a query names it.
struct SelectedColumn {
    /// The table, or its other name.
    of: Option<String>,
    name: String,
}

/// The name under which an item of the list stands in the row, with the column that it is. Whatever
/// is computed has no column, and perhaps no name that is known here.
fn selected(item: &[Token]) -> Option<(String, Option<SelectedColumn>)> {
    let (value, alias) = match item {
        [value @ .., word, alias] if word.is("as") && alias.name => (value, Some(alias)),
        // `count(*) total`
        [value @ .., last, alias] if alias.name && (last.name || last.text == ")") => {
            (&item[..=value.len()], Some(alias))
        }
        _ => (item, None),
    };
    let column = match value {
        [column] if column.name => Some(SelectedColumn {
            of: None,
            name: column.text.clone(),
        }),
        [table, dot, column] if table.name && dot.text == "." && column.name => {
            Some(SelectedColumn {
                of: Some(table.text.clone()),
                name: column.text.clone(),
            })
        }
        _computed => None,
    };
    let own = || match value {
        // `created_at::text` is still called so.
        [column, colon, ..] if column.name && colon.text == ":" => Some(column.text.clone()),
        _ => column.as_ref().map(|column| column.name.clone()),
    };
    let name = alias.map(|alias| alias.text.clone()).or_else(own)?;
    Some((name, column))
}

/// The tables of a query, of which the first is followed.
#[derive(Default)]
struct FromClause {
    table: Option<String>,
    /// The names by which its columns may be qualified.
    names: Vec<String>,
    /// Whether other tables stand beside it.
    joined: bool,
    /// Whether its columns may be null because of a join.
    padded: bool,
}

/// Words that end a table's place, and so are no other name of it.
const CLAUSES: &[&str] = &[
    "where",
    "group",
    "order",
    "limit",
    "offset",
    "having",
    "for",
    "fetch",
    "window",
    "union",
    "intersect",
    "except",
    "returning",
    "set",
    "values",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "select",
    "default",
    "tablesample",
];

impl FromClause {
    /// Reads what stands behind `FROM`, `UPDATE` or `INTO`. Behind the latter, a table may be
    /// followed by a list of its columns.
    fn read(tokens: &[Token], is_insert: bool) -> Self {
        let mut from = Self::default();
        let mut tokens = tokens;
        if let [only, rest @ ..] = tokens
            && only.is("only")
        {
            tokens = rest;
        }
        let (table, rest) = match tokens {
            [space, dot, name, rest @ ..] if space.name && dot.text == "." && name.name => {
                from.names.push(name.text.clone());
                (format!("{}.{}", space.text, name.text), rest)
            }
            [name, rest @ ..] if name.name && !is_clause(name) => {
                from.names.push(name.text.clone());
                (name.text.clone(), rest)
            }
            _ => return from,
        };
        // A function in the place of a table.
        let is_call = !is_insert
            && rest
                .first()
                .is_some_and(|next| next.text == "(" && !next.name);
        from.table = Some(table).filter(|_| !is_call);
        let alias = match rest {
            [word, alias, ..] if word.is("as") && alias.name => Some(alias),
            [alias, ..] if alias.name && !is_clause(alias) => Some(alias),
            _ => None,
        };
        from.names.extend(alias.map(|alias| alias.text.clone()));
        // What is inserted comes from elsewhere, and what is returned is the table's alone.
        if !is_insert {
            from.read_other_tables(rest);
        }
        from
    }

    /// Reads what stands behind the first table. The commas between the assignments of an `UPDATE`
    /// separate no tables.
    fn read_other_tables(&mut self, rest: &[Token]) {
        let top = rest.iter().filter(|token| token.depth == 0);
        let mut is_assigning = false;
        for token in top.take_while(|token| !is_end_of_tables(token)) {
            if token.is("set") {
                is_assigning = true;
            } else if is_assigning && token.is("from") {
                is_assigning = false;
                self.joined = true;
            } else if !is_assigning {
                self.joined |= token.is("join") || (token.text == "," && !token.name);
                self.padded |= token.is("right") || token.is("full");
            }
        }
    }

    /// Whether the value of a column of the first table stands in the row as it is.
    fn has(&self, column: &SelectedColumn) -> bool {
        let is_its = match &column.of {
            Some(of) => self.names.contains(of),
            None => !self.joined,
        };
        self.table.is_some() && is_its && !self.padded
    }
}

fn is_clause(token: &Token) -> bool {
    !token.quoted && CLAUSES.contains(&token.text.as_str())
}

fn is_end_of_tables(token: &Token) -> bool {
    ["where", "group", "order", "limit", "having", "returning"]
        .iter()
        .any(|word| token.is(word))
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
