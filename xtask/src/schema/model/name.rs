//! Names of objects, and how they are written where a name must be one word.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of a table, type, view or function in its namespace (PostgreSQL calls the namespace a
/// schema).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// `public`, unless the migration says otherwise.
    pub namespace: String,
    /// The name, unquoted.
    pub name: String,
}

impl ObjectName {
    /// A name in the namespace `public`.
    #[must_use]
    pub fn public(name: impl Into<String>) -> Self {
        Self {
            namespace: "public".into(),
            name: name.into(),
        }
    }

    /// `users`, `audit.log`; `public.odd.name` where the name itself has a dot, so that
    /// [`ObjectName::from_key`] reads back the same name.
    #[must_use]
    pub fn to_key(&self) -> String {
        match self.namespace.as_str() {
            "public" if !self.name.contains('.') && !self.name.starts_with('"') => {
                self.name.clone()
            }
            namespace if namespace.contains(['.', '"']) => {
                format!("\"{}\".{}", namespace.replace('"', "\"\""), self.name)
            }
            namespace => format!("{namespace}.{}", self.name),
        }
    }

    /// Reads what [`ObjectName::to_key`] wrote.
    #[must_use]
    pub fn from_key(key: &str) -> Self {
        if let Some(quoted) = key.strip_prefix('"')
            && let Some((namespace, name)) = split_quoted(quoted)
        {
            return Self {
                namespace,
                name: name.into(),
            };
        }
        match key.split_once('.') {
            Some((namespace, name)) => Self {
                namespace: namespace.into(),
                name: name.into(),
            },
            None => Self::public(key),
        }
    }
}

/// `a"".b".c` → `a".b` and `c`.
fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut quotes = text.match_indices('"').map(|(at, _)| at);
    while let Some(at) = quotes.next() {
        if text[at..].starts_with("\"\"") {
            quotes.next();
        } else {
            let name = text[at..].strip_prefix("\".")?;
            return Some((text[..at].replace("\"\"", "\""), name));
        }
    }
    None
}

/// People write `users`, not `public.users`.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "public" => f.write_str(&self.name),
            namespace => write!(f, "{namespace}.{}", self.name),
        }
    }
}

impl Serialize for ObjectName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_key())
    }
}

impl<'de> Deserialize<'de> for ObjectName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_key(&String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_as_it_was() {
        let name = |namespace: &str, name: &str| ObjectName {
            namespace: namespace.into(),
            name: name.into(),
        };
        for name in [
            name("public", "users"),
            name("public", "odd.name"),
            name("public", "\"quoted\""),
            name("public", "touch(public.users, integer)"),
            name("audit", "log"),
            name("audit.v2", "log.old"),
            name("a\".b", "c"),
            name("", "x"),
        ] {
            assert_eq!(
                ObjectName::from_key(&name.to_key()),
                name,
                "{}",
                name.to_key()
            );
        }
        assert_eq!(name("public", "users").to_key(), "users");
    }
}
