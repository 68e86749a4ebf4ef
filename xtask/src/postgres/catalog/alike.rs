//! Queries similar definitions once. Writing out an expression, a check or an index is the most
//! expensive query of the catalogs, since PostgreSQL opens the table for each of them. Thousands
//! share a few: the defaults of columns, the checks and indexes of partitions and of tables made by
//! one template.

use std::collections::HashMap;

use postgres::{Error, GenericClient};

use super::prepared::Prepared;
/// The beginning of a parse tree's node that names a column.
const COLUMN: &str = "{VAR ";

/// Definitions by the OID of their object.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// The first object of each shape.
    first: HashMap<String, u32>,
    /// The object that is queried in place of this one.
    alike: HashMap<u32, u32>,
    asked: Vec<u32>,
    texts: HashMap<u32, String>,
}

impl Definitions {
    /// Adds `oid`, whose definition is queried, unless an earlier one has the same `shape`. Without
    /// a shape it is similar to no other.
    pub(super) fn add(&mut self, oid: u32, shape: Option<&str>) {
        let known = match shape {
            None => oid,
            Some(shape) => match self.first.get(shape) {
                Some(first) => *first,
                None => {
                    self.first.insert(shape.to_owned(), oid);
                    oid
                }
            },
        };
        if known == oid {
            self.asked.push(oid);
        }
        self.alike.insert(oid, known);
    }

    /// Runs `query`, which returns `oid` and `definition` for the OIDs in `$1`.
    pub(super) fn read(
        &mut self,
        client: &mut Prepared<'_, impl GenericClient>,
        query: &'static str,
    ) -> Result<(), Error> {
        if !self.asked.is_empty() {
            let rows = client.query(query, &[&self.asked])?;
            self.texts = rows
                .iter()
                .map(|row| (row.get("oid"), row.get("definition")))
                .collect();
        }
        Ok(())
    }

    /// The definition of `oid`, or of the similar object, with the OID of the object that was
    /// queried.
    pub(super) fn of(&self, oid: u32) -> Option<(u32, &str)> {
        let known = self.alike.get(&oid)?;
        Some((*known, self.texts.get(known)?))
    }
}

/// Writes to `shape` everything that decides how the parse tree `tree` is written out. That is the
/// tree without positions in its statement, and with the names of columns in place of their
/// numbers. Returns `false` where more than that decides.
pub(super) fn write_shape<'n>(
    tree: &str,
    name: impl Fn(i16) -> Option<&'n str>,
    shape: &mut String,
) -> bool {
    let mut rest = tree;
    let names_columns = tree.contains(COLUMN);
    while let Some(at) = memchr::memchr(b':', rest.as_bytes()) {
        let (before, field) = rest.split_at(at);
        shape.push_str(before);
        if let Some(number) = field.strip_prefix(":location ") {
            rest = after_number(number);
        } else if let (true, Some(number)) = (names_columns, field.strip_prefix(":varattnosyn ")) {
            rest = after_number(number);
        } else if let (true, Some(number)) = (names_columns, field.strip_prefix(":varattno ")) {
            rest = after_number(number);
            let digits = &number[..number.len() - rest.len()];
            // A whole row (0) is written with the name of its table.
            let Some(name) = digits
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .and_then(&name)
            else {
                return false;
            };
            shape.push_str(":column ");
            shape.push_str(name);
        } else {
            shape.push(':');
            rest = &field[1..];
        }
    }
    shape.push_str(rest);
    true
}

fn after_number(text: &str) -> &str {
    text.trim_start_matches(|digit: char| digit == '-' || digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::write_shape;

    fn shape(tree: &str, names: &[&'static str]) -> Option<String> {
        let mut shape = String::new();
        let name = |number: i16| names.get(usize::try_from(number).ok()? - 1).copied();
        write_shape(tree, name, &mut shape).then_some(shape)
    }

    #[test]
    fn trees_that_differ_by_their_places_are_alike() {
        let tree = |place: &str| {
            format!(
                "{{CONST :consttype 23 :location {place} :constvalue 4 [ 1 0 ]}} :location -1}}"
            )
        };
        assert_eq!(shape(&tree("85"), &[]), shape(&tree("-1"), &[]));
        assert_ne!(
            shape(&tree("85"), &[]),
            shape(&tree("85").replace("[ 1 0 ]", "[ 2 0 ]"), &[])
        );
    }

    #[test]
    fn trees_that_name_columns_are_alike_where_the_names_are() {
        let tree = |number: i16, place: &str| {
            format!(
                "{{OPEXPR :args ({{VAR :varno 1 :varattno {number} :vartype 23 :varattnosyn {number} :location {place}}})}}"
            )
        };
        assert_eq!(
            shape(&tree(1, "7"), &["a", "b"]),
            shape(&tree(2, "9"), &["b", "a"])
        );
        assert_ne!(
            shape(&tree(1, "7"), &["a", "b"]),
            shape(&tree(2, "7"), &["a", "b"])
        );
        assert_eq!(shape(&tree(0, "7"), &["a"]), None, "a whole row");
        assert_eq!(shape(&tree(-6, "7"), &["a"]), None, "`tableoid`");
        assert_eq!(
            shape(&tree(3, "7"), &["a"]),
            None,
            "a column that is not known"
        );
    }
}
