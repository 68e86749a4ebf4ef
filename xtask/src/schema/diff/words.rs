//! The differences in the words of a reviewer, a line each: `user_profiles: column bio added (text,
//! nullable)`.

use std::collections::BTreeSet;

use super::{Change, ChangeKind, SchemaDiff};

/// Longer texts are not repeated: the migration shows them.
const LONG: usize = 120;

impl SchemaDiff {
    /// A line for each difference. The columns of a new table stand in the line of the table.
    #[must_use]
    pub fn in_words(&self) -> Vec<String> {
        let new: BTreeSet<(&str, &str)> = self
            .changes
            .iter()
            .filter(|change| is_new(change))
            .map(object)
            .collect();
        let is_told = |change: &&Change| {
            let of_new = change
                .part
                .as_ref()
                .is_some_and(|(kind, _)| kind == "column")
                && new.contains(&object(change));
            !of_new
        };
        self.changes
            .iter()
            .filter(is_told)
            .map(|change| format!("{}: {}", change.object, self.words(change)))
            .collect()
    }

    fn words(&self, change: &Change) -> String {
        let subject = match &change.part {
            Some((kind, name)) => format!("{kind} {name}"),
            None => change.kind.clone(),
        };
        match &change.what {
            ChangeKind::Added(definition) if is_index(change) => {
                index(&subject, "added", definition)
            }
            ChangeKind::Removed(definition) if is_index(change) => {
                index(&subject, "removed", definition)
            }
            ChangeKind::Added(short) => format!(
                "{subject} added{}",
                in_brackets(&self.contents(change, short))
            ),
            ChangeKind::Removed(short) => format!("{subject} removed{}", in_brackets(short)),
            ChangeKind::Changed {
                attribute,
                before,
                after,
            } => changed(&subject, attribute, before, after),
            ChangeKind::Reordered { after, .. } => {
                format!("columns stand in another order ({})", after.join(", "))
            }
        }
    }

    /// Summarises an addition: the columns of a table, or the type and nullability of a column.
    fn contents(&self, change: &Change, short: &str) -> String {
        match &change.part {
            Some((kind, _)) if kind == "column" => nullable(short),
            Some(_) => short.to_owned(),
            None => {
                let of_object = self
                    .changes
                    .iter()
                    .filter(|other| object(other) == object(change));
                let columns: Vec<String> = of_object.filter_map(column).collect();
                if columns.is_empty() {
                    short.to_owned()
                } else {
                    columns.join("; ")
                }
            }
        }
    }
}

fn object(change: &Change) -> (&str, &str) {
    (&change.kind, &change.object)
}

fn is_index(change: &Change) -> bool {
    change
        .part
        .as_ref()
        .is_some_and(|(kind, _)| kind == "index")
}

/// Describes a change of an index. The details come from a definition such as `CREATE UNIQUE INDEX
/// users_name ON public.users USING btree (name)`: uniqueness and columns. The index's name is
/// already in the line.
fn index(subject: &str, verb: &str, definition: &str) -> String {
    let Some((head, on)) = definition.split_once(" USING ") else {
        return format!("{subject} {verb}");
    };
    let unique = if head.starts_with("CREATE UNIQUE") {
        "unique "
    } else {
        ""
    };
    let on = on.strip_prefix("btree ").unwrap_or(on);
    if is_long(on) {
        format!("{unique}{subject} {verb}")
    } else {
        format!("{unique}{subject} {verb} on {on}")
    }
}

fn is_new(change: &Change) -> bool {
    change.part.is_none() && matches!(change.what, ChangeKind::Added(_))
}

/// `name text, not null`
fn column(change: &Change) -> Option<String> {
    match (&change.part, &change.what) {
        (Some((kind, name)), ChangeKind::Added(short)) if kind == "column" => {
            Some(format!("{name} {}", nullable(short)))
        }
        _ => None,
    }
}

/// Adds `nullable` where it applies: a snapshot only marks columns that cannot be null.
fn nullable(short: &str) -> String {
    if short.split(", ").any(|word| word == "not null") {
        short.to_owned()
    } else {
        format!("{short}, nullable")
    }
}

fn changed(subject: &str, attribute: &str, before: &str, after: &str) -> String {
    match (attribute, after) {
        ("not null", "yes") => format!("{subject} can no longer be null"),
        ("not null", _) => format!("{subject} can be null now"),
        ("labels", _) => values(subject, before, after),
        ("validated" | "valid", _) => {
            format!(
                "{subject} is {}{attribute} now",
                if after == "yes" { "" } else { "not " }
            )
        }
        (attribute, _) if is_long(before) || is_long(after) => {
            format!("{subject} has another {attribute}")
        }
        (attribute, after) => format!("{subject}: {attribute} changed from {before} to {after}"),
    }
}

/// The values of an enum that came and went.
fn values(subject: &str, before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (before.split(", ").collect(), after.split(", ").collect());
    let missing = |these: &[&str], those: &[&str]| {
        these
            .iter()
            .filter(|one| !those.contains(one))
            .copied()
            .collect::<Vec<_>>()
            .join(", ")
    };
    match (missing(&new, &old), missing(&old, &new)) {
        (added, removed) if added.is_empty() && removed.is_empty() => {
            format!("{subject} has its values in another order")
        }
        (added, removed) if removed.is_empty() => format!("{subject} gains {added}"),
        (added, removed) if added.is_empty() => format!("{subject} loses {removed}"),
        (added, removed) => format!("{subject} gains {added}, loses {removed}"),
    }
}

fn is_long(text: &str) -> bool {
    text.contains('\n') || text.chars().count() > LONG
}

fn in_brackets(text: &str) -> String {
    if text.is_empty() || text.contains('\n') {
        String::new()
    } else {
        format!(" ({text})")
    }
}

#[cfg(test)]
mod tests {
    use super::super::diff;
    use crate::schema::model::{Column, Enum, ObjectName, Schema, Table};

    fn column(name: &str, type_name: &str, not_null: bool) -> Column {
        Column {
            name: name.into(),
            type_name: type_name.into(),
            not_null,
            ..Column::default()
        }
    }

    fn schema(columns: &[Column], labels: &[&str]) -> Schema {
        let mut schema = Schema::default();
        schema.tables.insert(
            ObjectName::public("users"),
            Table {
                columns: columns.to_vec(),
                ..Table::default()
            },
        );
        let labels = labels.iter().map(ToString::to_string).collect();
        schema.enums.insert(
            ObjectName::public("role"),
            Enum {
                labels,
                ..Enum::default()
            },
        );
        schema
    }

    #[test]
    fn of_an_index_the_columns_are_told() {
        let unique =
            "CREATE UNIQUE INDEX users_name ON public.users USING btree (name) WHERE (id > 0)";
        let word = |definition: &str| super::index("index users_name", "added", definition);
        assert_eq!(
            word(unique),
            "unique index users_name added on (name) WHERE (id > 0)"
        );
        let tags = "CREATE INDEX users_name ON public.users USING gin (tags)";
        assert_eq!(word(tags), "index users_name added on gin (tags)");
    }

    #[test]
    fn a_reviewer_reads_what_changed() {
        let before = schema(
            &[column("id", "uuid", true), column("age", "integer", false)],
            &["admin", "citizen"],
        );
        let email = column("email", "text", true);
        let id = Column {
            type_name: "bigint".into(),
            ..column("id", "uuid", false)
        };
        let mut after = schema(
            &[id, column("bio", "text", false), email],
            &["admin", "guest"],
        );
        let columns = vec![column("id", "bigint", true), column("name", "text", false)];
        after.tables.insert(
            ObjectName::public("tags"),
            Table {
                columns,
                ..Table::default()
            },
        );
        let words = diff(&before, &after).in_words();
        assert_eq!(
            words,
            [
                "role: enum gains guest, loses citizen",
                "tags: table added (id bigint, not null; name text, nullable)",
                "users: column id: type changed from uuid to bigint",
                "users: column id can be null now",
                "users: column age removed (integer)",
                "users: column bio added (text, nullable)",
                "users: column email added (text, not null)",
            ]
        );
        assert_eq!(diff(&before, &before).in_words(), [""; 0]);
    }
}
