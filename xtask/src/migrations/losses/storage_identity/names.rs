//! The names under which a person accepts a loss: each means one object.

use std::collections::BTreeSet;

use crate::report::LossName;

/// Names the things of one database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ObjectNames {
    /// Its namespaces: a part before a dot is first taken for one of these.
    namespaces: BTreeSet<String>,
}

impl ObjectNames {
    pub(super) fn new<'n>(namespaces: impl Iterator<Item = &'n str>) -> Self {
        Self {
            namespaces: namespaces
                // The path of large objects begins with it.
                .chain(["pg_catalog"])
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The names of the object at `path`, a list of identifiers that begins with a namespace.
    /// People write `users`, not `public.users`. Where there is a namespace `users` too,
    /// `users.bio` could mean two objects, and the full name is written.
    #[must_use]
    pub fn name(&self, path: &[&str]) -> LossName {
        let full = join(path);
        match path {
            ["public", short @ ..]
                if !short
                    .first()
                    .is_some_and(|first| self.namespaces.contains(*first)) =>
            {
                LossName {
                    object: join(short),
                    full,
                }
            }
            _ => LossName {
                object: full.clone(),
                full,
            },
        }
    }
}

/// The names that a person gave, written as [`ObjectNames::name`] writes them. They are separated
/// by commas; a part that holds a dot, a comma or a quote is quoted.
#[must_use]
pub fn given<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    let names = texts.into_iter().flat_map(|text| split(text, ','));
    names
        .map(|name| {
            join(
                &split(&name, '.')
                    .iter()
                    .map(|part| unquoted(part))
                    .collect::<Vec<_>>(),
            )
        })
        .collect()
}

fn join(path: &[impl AsRef<str>]) -> String {
    path.iter()
        .map(|part| identifier(part.as_ref()))
        .collect::<Vec<_>>()
        .join(".")
}

fn identifier(part: &str) -> String {
    match part.is_empty() || part.contains(['.', ',', '"']) {
        true => format!("\"{}\"", part.replace('"', "\"\"")),
        false => part.to_owned(),
    }
}

/// Splits a text at the separators outside quotes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    for character in text.chars() {
        is_quoted ^= character == '"';
        match parts.last_mut() {
            Some(part) if is_quoted || character != separator => part.push(character),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn unquoted(part: &str) -> String {
    let inside = part
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside.map_or_else(|| part.to_owned(), |inside| inside.replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(namespaces: &[&str], path: &[&str]) -> (String, String) {
        let LossName { object, full } = ObjectNames::new(namespaces.iter().copied()).name(path);
        (object, full)
    }

    #[test]
    fn what_is_of_public_is_named_without_it_unless_that_means_something_else() {
        let name = |object: &str, full: &str| (object.to_owned(), full.to_owned());
        assert_eq!(
            named(&["public"], &["public", "users", "bio"]),
            name("users.bio", "public.users.bio")
        );
        assert_eq!(
            named(&["public", "users"], &["public", "users", "bio"]).0,
            "public.users.bio"
        );
        assert_eq!(
            named(&["public", "users"], &["users", "bio"]),
            name("users.bio", "users.bio")
        );
        assert_eq!(
            named(&["public"], &["public", "pg_catalog", "x"]).0,
            "public.pg_catalog.x"
        );
    }

    #[test]
    fn names_of_anything_are_read_back_as_they_are_written() {
        for path in [
            &["public", "a.b", "c"][..],
            &["public", "a,b"],
            &["we\"ird", "", "x y"],
            &["public", "\""],
        ] {
            let (object, full) = named(&["public"], path);
            assert_eq!(
                given([format!("{object},{full}").as_str()]),
                BTreeSet::from([object, full]),
                "{path:?}"
            );
        }
        assert_eq!(
            given(["users,\"posts\".\"x\"", "a"]),
            ["a", "posts.x", "users"].map(str::to_owned).into()
        );
    }
}
