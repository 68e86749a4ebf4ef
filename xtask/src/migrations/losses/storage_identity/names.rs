//! The names under which a person accepts a loss: each means one object.

use std::collections::BTreeSet;

use crate::report::LossName;

/// Names the things of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectNames {
    /// Its namespaces: a part before a dot is first taken for one of these.
    namespaces: BTreeSet<String>,
    /// The namespace whose objects are called without it: `public`, or that of a tenant.
    home: String,
}

impl Default for ObjectNames {
    fn default() -> Self {
        Self {
            namespaces: BTreeSet::new(),
            home: "public".to_owned(),
        }
    }
}

impl ObjectNames {
    pub(super) fn new<'n>(namespaces: impl Iterator<Item = &'n str>, tenant: Option<&str>) -> Self {
        Self {
            home: tenant.unwrap_or("public").to_owned(),
            namespaces: namespaces
                // The path of large objects begins with it.
                .chain(["pg_catalog"])
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The names of the object at `path`, a list of identifiers that begins with a namespace.
    /// People write `users`, not `public.users`, and the same for every tenant. Where there is a namespace `users` too,
    /// `users.bio` could mean two objects, and the full name is written.
    #[must_use]
    pub fn name(&self, path: &[&str]) -> LossName {
        let full = join(path);
        match path {
            [home, short @ ..]
                if *home == self.home
                    && !short
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
/// by commas; a part that holds a dot, a comma or a quote is quoted, and one with a line break is
/// escaped as PostgreSQL does it: `U&"two\000alines"`.
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
    // Consent stands in one line of a file.
    if part.contains(breaks_line) {
        return escaped(part);
    }
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
    let inside = |part: &str| {
        let inside = part.strip_prefix('"')?.strip_suffix('"')?;
        Some(inside.replace("\"\"", "\""))
    };
    let escaped = ["U&", "u&"].iter().find_map(|mark| part.strip_prefix(mark));
    if let Some(escaped) = escaped.and_then(inside) {
        return unescaped(&escaped);
    }
    inside(part).unwrap_or_else(|| part.to_owned())
}

/// Whether the character would end a line, or do something to the terminal.
fn breaks_line(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

/// A part as `U&"…"`, PostgreSQL's own form with escapes.
fn escaped(part: &str) -> String {
    let mut text = String::from("U&\"");
    for character in part.chars() {
        match character {
            '"' => text.push_str("\"\""),
            '\\' => text.push_str("\\\\"),
            // All of these have four digits at most.
            _ if breaks_line(character) => text += &format!("\\{:04x}", u32::from(character)),
            _ => text.push(character),
        }
    }
    text + "\""
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = |digits: &str| {
            // The conversion alone would take a sign before them.
            let is_hex = digits.chars().all(|digit| digit.is_ascii_hexdigit());
            let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex);
            number.and_then(char::from_u32)
        };
        let short = after.get(..4).and_then(code).map(|one| (one, 4));
        let long = after.strip_prefix('+').and_then(|after| after.get(..6));
        let long = || long.and_then(code).map(|one| (one, 7));
        let doubled = || after.starts_with('\\').then_some(('\\', 1));
        let (character, length) = short.or_else(long).or_else(doubled).unwrap_or(('\\', 0));
        plain.push(character);
        rest = &after[length..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(namespaces: &[&str], path: &[&str]) -> (String, String) {
        let LossName { object, full } =
            ObjectNames::new(namespaces.iter().copied(), None).name(path);
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
    fn what_is_of_the_tenant_is_named_without_its_namespace() {
        let names = ObjectNames::new(["acme", "public"].into_iter(), Some("acme"));
        let object = |path: &[&str]| names.name(path).object;
        assert_eq!(object(&["acme", "users", "bio"]), "users.bio");
        assert_eq!(object(&["public", "plans"]), "public.plans");
    }

    #[test]
    fn names_of_anything_are_read_back_as_they_are_written() {
        for path in [
            &["public", "a.b", "c"][..],
            &["public", "a,b"],
            &["we\"ird", "", "x y"],
            &["public", "\""],
            &["public", "two\nlines", "a\\b"],
            &["public", "U&\"x\r\\\"", "\u{2028}"],
        ] {
            let (object, full) = named(&["public"], path);
            assert_eq!(
                given([format!("{object},{full}").as_str()]),
                BTreeSet::from([object.clone(), full]),
                "{path:?}"
            );
            assert!(!object.contains(breaks_line), "{object}");
        }
        assert_eq!(
            given(["U&\"a\\000ab\\\\c\\+00000ad\""]),
            given([named(&[], &["x", "a\nb\\c\nd"]).0.trim_start_matches("x.")])
        );
        assert_eq!(
            given(["users,\"posts\".\"x\"", "a"]),
            ["a", "posts.x", "users"].map(str::to_owned).into()
        );
    }
}
