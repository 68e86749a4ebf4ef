//! The names that TypeORM gives to tables and columns that nobody named: those of its default
//! strategy, and of `SnakeNamingStrategy` of typeorm-naming-strategies. The names are the
//! libraries' own, odd ones included; the test `typeorm_oracle` compares them.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::config::NamingStrategy;

impl NamingStrategy {
    /// The table of a class that names none.
    pub(super) fn table(self, class: &str) -> String {
        snake_case(class)
    }

    /// The column of a property inside embedded classes, of which each may have a prefix.
    pub(super) fn column(self, property: &str, given: Option<&str>, prefixes: &[String]) -> String {
        let name = given.unwrap_or(property);
        match self {
            Self::Default if prefixes.is_empty() => name.to_owned(),
            Self::Default => camel_case(&prefixes.join("_")) + &title_case(name),
            Self::Snake => {
                let mut before = snake_case(&prefixes.join("_"));
                if !prefixes.is_empty() {
                    before.push('_');
                }
                before + &given.map_or_else(|| snake_case(property), str::to_owned)
            }
        }
    }

    /// The foreign key of a relation.
    pub(super) fn join_column(self, relation: &str, referenced: &str) -> String {
        let name = format!("{relation}_{referenced}");
        match self {
            Self::Default => camel_case(&name),
            Self::Snake => snake_case(&name),
        }
    }

    /// The table that joins two others by a relation of the first.
    pub(super) fn join_table(self, first: &str, second: &str, property: &str) -> String {
        snake_case(&format!("{first}_{}_{second}", property.replace('.', "_")))
    }

    /// A column of such a table.
    pub(super) fn join_table_column(self, table: &str, column: &str) -> String {
        let name = format!("{table}_{column}");
        match self {
            Self::Default => camel_case(&name),
            Self::Snake => snake_case(&name),
        }
    }
}

macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
    };
}

pattern!(WORD_IN_CAPITALS, "([A-Z])([A-Z])([a-z])");
pattern!(WORD, "([a-z0-9])([A-Z])");
pattern!(CAMEL, r"^([A-Z])|[\s\-_](\w)");
pattern!(TITLE, r"\w\S*");

fn replaced(pattern: &Option<Regex>, text: &str, by: impl Fn(&Captures<'_>) -> String) -> String {
    match pattern {
        Some(pattern) => pattern.replace_all(text, by).into_owned(),
        None => text.to_owned(),
    }
}

fn snake_case(text: &str) -> String {
    let text = replaced(&WORD_IN_CAPITALS, text, |found| {
        format!("{}_{}{}", &found[1], &found[2], &found[3])
    });
    replaced(&WORD, &text, |found| format!("{}_{}", &found[1], &found[2])).to_lowercase()
}

fn camel_case(text: &str) -> String {
    replaced(&CAMEL, text, |found| match found.get(2) {
        Some(letter) => letter.as_str().to_uppercase(),
        None => found[1].to_lowercase(),
    })
}

fn title_case(text: &str) -> String {
    replaced(&TITLE, text, |found| {
        let word = &found[0];
        let mut letters = word.chars();
        let first: String = letters.by_ref().take(1).collect();
        first.to_uppercase() + &letters.as_str().to_lowercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_typeorm() {
        let (default, snake) = (NamingStrategy::Default, NamingStrategy::Snake);
        assert_eq!(default.table("UserEntity"), "user_entity");
        assert_eq!(default.table("HTTPLog"), "http_log");
        assert_eq!(default.column("firstName", None, &[]), "firstName");
        assert_eq!(snake.column("firstName", None, &[]), "first_name");
        let prefixes = ["homeAddress".to_owned()];
        assert_eq!(
            default.column("streetName", None, &prefixes),
            "homeAddressStreetname"
        );
        assert_eq!(
            snake.column("streetName", None, &prefixes),
            "home_address_street_name"
        );
        assert_eq!(default.join_column("owner", "id"), "ownerId");
        assert_eq!(snake.join_column("createdBy", "id"), "created_by_id");
        assert_eq!(default.join_table("post", "tag", "tags"), "post_tags_tag");
        assert_eq!(default.join_table_column("post", "id"), "postId");
    }
}
