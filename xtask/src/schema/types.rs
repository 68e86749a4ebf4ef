//! Takes apart the type of a column: `character varying(100)[]` is an array of strings of at most
//! 100 characters, `public.user_role` an enum with these labels. Works on names alone, so that it
//! works on a snapshot too.

use super::model::{ObjectName, Schema};

/// The type of a column, looked up in its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The scalar type below array and domains.
    pub scalar: Scalar,
    /// Whether it is an array of [`ColumnType::scalar`], of any number of dimensions (PostgreSQL
    /// does not enforce it).
    pub array: bool,
    /// `n` of `varchar(n)`, `char(n)`; of `numeric(precision, scale)` the precision.
    pub length: Option<u32>,
    /// Scale of `numeric(precision, scale)`.
    pub scale: Option<u32>,
    /// The domains on the way, outermost first.
    pub domains: Vec<ObjectName>,
}

/// A scalar type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A type of PostgreSQL's own, by the name `format_type` gives without its modifiers:
    /// `character varying`.
    Builtin(String),
    /// An enum with its labels.
    Enum(ObjectName, Vec<String>),
    /// Composite, range, extension or unknown type.
    Other(ObjectName),
}

impl ColumnType {
    /// Reads `type_name` as `format_type` wrote it, with the enums and domains of `schema`.
    #[must_use]
    pub fn resolve(type_name: &str, schema: &Schema) -> Self {
        Self::resolve_within(type_name, schema, Vec::new())
    }

    /// Whether it is a text of any length.
    #[must_use]
    pub fn is_text(&self) -> bool {
        let is_text =
            |name: &String| matches!(name.as_str(), "text" | "character varying" | "character");
        !self.array && matches!(&self.scalar, Scalar::Builtin(name) if is_text(name))
    }

    fn resolve_within(type_name: &str, schema: &Schema, mut domains: Vec<ObjectName>) -> Self {
        let element = type_name.trim_end_matches("[]");
        let array = element.len() < type_name.len();
        let (name, modifiers) = split_modifiers(element);
        let object = parse_name(&name);
        // The depth is bounded: the domains of a damaged snapshot may lead in a circle.
        if let Some(domain) = object
            .as_ref()
            .and_then(|object| schema.domains.get(object))
            && domains.len() < schema.domains.len()
        {
            domains.extend(object);
            let mut inner = Self::resolve_within(&domain.type_name, schema, domains);
            inner.array |= array;
            return inner;
        }
        let scalar = match object {
            None => Scalar::Builtin(name),
            Some(object) => match schema.enums.get(&object) {
                Some(found) => Scalar::Enum(object, found.labels.clone()),
                None => Scalar::Other(object),
            },
        };
        Self {
            scalar,
            array,
            length: modifiers.first().copied(),
            scale: modifiers.get(1).copied(),
            domains,
        }
    }
}

/// `numeric(12,2)` → `numeric`, `[12, 2]`; `timestamp(3) with time zone` → `timestamp with time
/// zone`, `[3]`.
fn split_modifiers(type_name: &str) -> (String, Vec<u32>) {
    let Some((head, rest)) = type_name.split_once('(') else {
        return (type_name.to_owned(), Vec::new());
    };
    let Some((modifiers, tail)) = rest.split_once(')') else {
        return (type_name.to_owned(), Vec::new());
    };
    let numbers = modifiers
        .split(',')
        .filter_map(|number| number.trim().parse().ok())
        .collect();
    (format!("{head}{tail}"), numbers)
}

/// A name with a namespace; none for a type of PostgreSQL's own, which `format_type` writes without
/// one.
fn parse_name(name: &str) -> Option<ObjectName> {
    let (namespace, name) = split_qualified(name)?;
    Some(ObjectName {
        namespace: unquote(namespace),
        name: unquote(name),
    })
}

fn split_qualified(name: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let dot = name.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == '.' && !quoted
    });
    dot.map(|(at, _)| (&name[..at], &name[at + 1..]))
}

fn unquote(name: &str) -> String {
    match name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{Domain, Enum};

    fn sample() -> Schema {
        let mut schema = Schema::default();
        schema.enums.insert(
            ObjectName::public("role"),
            Enum {
                labels: vec!["admin".into()],
                ..Enum::default()
            },
        );
        let domain = Domain {
            type_name: "character varying(5)".into(),
            ..Domain::default()
        };
        schema.domains.insert(ObjectName::public("Code"), domain);
        schema
    }

    #[test]
    fn modifiers_arrays_enums_and_domains_are_taken_apart() {
        let resolve = |name| ColumnType::resolve(name, &sample());
        let numeric = resolve("numeric(12,2)");
        assert_eq!(
            (numeric.scalar, numeric.length, numeric.scale),
            (Scalar::Builtin("numeric".into()), Some(12), Some(2))
        );
        let stamp = resolve("timestamp(3) with time zone[]");
        assert_eq!(
            (stamp.scalar, stamp.array),
            (Scalar::Builtin("timestamp with time zone".into()), true)
        );
        let role = resolve("public.role[]");
        assert_eq!(
            (role.scalar, role.array),
            (
                Scalar::Enum(ObjectName::public("role"), vec!["admin".into()]),
                true
            )
        );
        let code = resolve("public.\"Code\"");
        assert_eq!(
            (code.scalar, code.length),
            (Scalar::Builtin("character varying".into()), Some(5))
        );
        assert_eq!(code.domains, [ObjectName::public("Code")]);
    }

    #[test]
    fn an_unknown_type_keeps_its_name() {
        let vector = ColumnType::resolve("extensions.vector(3)", &sample());
        assert_eq!(
            vector.scalar,
            Scalar::Other(ObjectName {
                namespace: "extensions".into(),
                name: "vector".into()
            })
        );
    }
}
