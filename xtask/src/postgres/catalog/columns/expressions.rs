//! Defaults and generation expressions. Writing an expression out is the most expensive thing that the catalogs can be
//! asked for, and thousands of columns share a few of them: those whose parse trees are equal, but for the places in
//! the statement that made them, are asked for once.

use std::collections::HashMap;

use postgres::{Error, GenericClient, Row};

const EXPRESSIONS: &str = "
    SELECT d.oid, pg_get_expr(d.adbin, d.adrelid) AS expression
    FROM pg_attrdef AS d WHERE d.oid = ANY ($1) ORDER BY d.oid";

/// Where in a parse tree a place in the statement begins.
const LOCATION: &str = ":location ";

/// A tree that names columns means others in another relation.
const COLUMN: &str = "{VAR ";

/// The expressions of columns, as SQL.
#[derive(Debug, Default)]
pub(super) struct Expressions {
    /// The expression that stands for the one of this OID.
    alike: HashMap<u32, u32>,
    texts: HashMap<u32, String>,
}

impl Expressions {
    /// Reads those of `rows`, which have `default_oid` and `default_tree`.
    pub(super) fn read(client: &mut impl GenericClient, rows: &[Row]) -> Result<Self, Error> {
        let mut alike = HashMap::new();
        let mut first: HashMap<String, u32> = HashMap::new();
        let mut asked = Vec::new();
        for row in rows {
            let (Some(oid), Some(tree)) = (row.get::<_, Option<u32>>("default_oid"), row.get("default_tree")) else {
                continue;
            };
            let known = if contains_column(tree) { oid } else { *first.entry(without_places(tree)).or_insert(oid) };
            if known == oid {
                asked.push(oid);
            }
            alike.insert(oid, known);
        }
        let texts = client.query(EXPRESSIONS, &[&asked])?;
        let texts = texts.iter().map(|row| (row.get("oid"), row.get("expression"))).collect();
        Ok(Self { alike, texts })
    }

    /// The expression of a column, if it has one.
    pub(super) fn of(&self, row: &Row) -> Option<String> {
        let oid: Option<u32> = row.get("default_oid");
        self.texts.get(self.alike.get(&oid?)?).cloned()
    }
}

fn contains_column(tree: &str) -> bool {
    tree.contains(COLUMN)
}

/// `tree` without the numbers after each `:location`.
fn without_places(tree: &str) -> String {
    let mut text = String::with_capacity(tree.len());
    let mut rest = tree;
    while let Some(at) = rest.find(LOCATION) {
        let (before, after) = rest.split_at(at + LOCATION.len());
        text.push_str(before);
        rest = after.trim_start_matches(|digit: char| digit == '-' || digit.is_ascii_digit());
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::{contains_column, without_places};

    #[test]
    fn trees_that_differ_by_their_places_are_alike() {
        let tree =
            |place: &str| format!("{{CONST :consttype 23 :location {place} :constvalue 4 [ 1 0 ]}} :location -1}}");
        assert_eq!(without_places(&tree("85")), without_places(&tree("-1")));
        assert_ne!(without_places(&tree("85")), without_places(&tree("85").replace("[ 1 0 ]", "[ 2 0 ]")));
        assert!(contains_column("{OPEXPR :args ({VAR :varno 1 :varattno 2})}") && !contains_column(&tree("1")));
    }
}
