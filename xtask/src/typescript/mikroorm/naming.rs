//! The names that MikroORM gives to tables and columns that nobody named: those of
//! `UnderscoreNamingStrategy`, its default, and of `EntityCaseNamingStrategy`. The test
//! `mikroorm_oracle` compares them.

use crate::config::MikroOrmNaming;

impl MikroOrmNaming {
    /// The table of a class that names none.
    pub(super) fn table(self, class: &str) -> String {
        match self {
            Self::Underscore => underscore(class),
            Self::EntityCase => class.to_owned(),
        }
    }

    /// The column of a property.
    pub(super) fn column(self, property: &str) -> String {
        self.table(property)
    }

    /// The foreign key of a relation, or of a table that joins two, to the key `referenced`.
    pub(super) fn join_key(self, entity: &str, referenced: &str, is_composite: bool) -> String {
        match self {
            Self::Underscore => format!("{}_{referenced}", underscore(entity)),
            Self::EntityCase => {
                let mut letters = entity.chars();
                let first = letters.next().map(|letter| letter.to_ascii_lowercase());
                let name: String = first.into_iter().chain(letters).collect();
                if is_composite {
                    format!("{name}_{referenced}")
                } else {
                    name
                }
            }
        }
    }

    /// The table that joins two others by a relation of the first.
    pub(super) fn join_table(self, first: &str, property: &str) -> String {
        format!("{}_{}", self.table(first), self.table(property))
    }
}

/// A small letter before a capital one ends a word.
fn underscore(name: &str) -> String {
    let mut result = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for letter in name.chars() {
        if after_small && letter.is_ascii_uppercase() {
            result.push('_');
        }
        after_small = letter.is_ascii_lowercase();
        result.extend(letter.to_lowercase());
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_mikro_orm() {
        let (underscore, kept) = (MikroOrmNaming::Underscore, MikroOrmNaming::EntityCase);
        assert_eq!(underscore.table("UserProfile"), "user_profile");
        assert_eq!(underscore.table("HTTPLog"), "httplog");
        assert_eq!(underscore.column("line2Text"), "line2text");
        assert_eq!(
            underscore.join_key("createdBy", "id", false),
            "created_by_id"
        );
        assert_eq!(underscore.join_table("book", "tags"), "book_tags");
        assert_eq!(kept.join_key("Author", "id", false), "author");
        assert_eq!(kept.join_key("author", "id", true), "author_id");
        assert_eq!(kept.join_table("Book", "tags"), "Book_tags");
    }
}
