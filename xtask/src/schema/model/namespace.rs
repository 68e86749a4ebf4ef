//! The part of a schema that lies in one namespace, and the same part under another name. Tenants of
//! one database have a namespace each, with the same objects.

use serde_json::{Map, Value};

use super::{ObjectName, Schema};

impl Schema {
    /// The objects in `namespace` alone. Namespaces and extensions belong to the whole database, and
    /// are left out.
    #[must_use]
    pub fn of_namespace(mut self, namespace: &str) -> Self {
        let is_in = |name: &ObjectName| name.namespace == namespace;
        self.enums.retain(|name, _| is_in(name));
        self.domains.retain(|name, _| is_in(name));
        self.composites.retain(|name, _| is_in(name));
        self.ranges.retain(|name, _| is_in(name));
        self.sequences.retain(|name, _| is_in(name));
        self.tables.retain(|name, _| is_in(name));
        self.views.retain(|name, _| is_in(name));
        self.routines.retain(|name, _| is_in(name));
        let prefixes = [
            format!("{namespace}."),
            format!("{}.", identifier(namespace)),
        ];
        let begins = |name: &str| {
            prefixes
                .iter()
                .any(|prefix| name.starts_with(prefix.as_str()))
        };
        self.objects
            .values_mut()
            .for_each(|objects| objects.retain(|name, _| begins(name)));
        self.objects.retain(|_, objects| !objects.is_empty());
        self.grants
            .retain(|object, _| object.split_once(' ').is_some_and(|(_, name)| begins(name)));
        self.namespaces.clear();
        self.extensions.clear();
        self
    }

    /// The one namespace of a schema that [`Self::of_namespace`] returned; none where it is empty.
    #[must_use]
    pub fn only_namespace(&self) -> Option<&str> {
        let tables = self.tables.keys().chain(self.views.keys());
        let types = self.enums.keys().chain(self.domains.keys());
        let others = self.composites.keys().chain(self.ranges.keys());
        let rest = self.sequences.keys().chain(self.routines.keys());
        let mut names = tables.chain(types).chain(others).chain(rest);
        names.next().map(|name| name.namespace.as_str())
    }

    /// The same objects in the namespace `to` instead of `from`, their definitions included. `from` is
    /// not `public`, whose names the model keeps without it. Texts
    /// that only look like such a name may be changed with them, so that a difference to another
    /// schema has to be looked at again. No difference is one: only an equal text is equal.
    #[must_use]
    pub fn renamed(&self, from: &str, to: &str) -> Self {
        if from == to {
            return self.clone();
        }
        let renaming = Renaming::new(from, to);
        let text = serde_json::to_value(self).map(|value| renaming.value(value));
        // It was made from the same type a moment ago. An empty schema would be seen as different.
        text.and_then(serde_json::from_value).unwrap_or_default()
    }
}

/// A new name for a namespace in texts.
#[derive(Debug)]
pub struct Renaming {
    /// The old name before a dot: `tenant_a.`
    from: String,
    /// The new name before a dot.
    to: String,
    /// The old name without quotes, where SQL needs them. Keys of the model have none.
    bare: Option<String>,
}

impl Renaming {
    fn new(from: &str, to: &str) -> Self {
        let quoted = format!("{}.", identifier(from));
        let bare = format!("{from}.");
        Self {
            to: format!("{}.", identifier(to)),
            bare: (bare != quoted).then_some(bare),
            from: quoted,
        }
    }

    /// Takes the namespace `from` away: `users` for `acme.users`.
    #[must_use]
    pub fn away(from: &str) -> Self {
        Self {
            to: String::new(),
            ..Self::new(from, "public")
        }
    }

    /// Renames in all texts of `value`, also in keys.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(object) => {
                let renamed = object
                    .into_iter()
                    .map(|(key, value)| (self.text(&key), self.value(value)));
                Value::Object(renamed.collect::<Map<_, _>>())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Renames in `text`.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut renamed = replaced(text, &self.from, &self.to);
        if let Some(bare) = &self.bare {
            renamed = replaced(&renamed, bare, &self.to);
        }
        renamed
    }
}

/// Replaces the name `from` before a dot by `to`, where no other name ends with it: `my_tenant.` holds
/// `tenant.`, and `a.tenant.` a table of that name.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let is_part = |last: char| last.is_alphanumeric() || "_$.\"".contains(last);
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        renamed.push_str(before);
        let is_other = renamed.ends_with(is_part);
        renamed.push_str(if is_other { from } else { to });
        rest = &found[from.len()..];
    }
    renamed + rest
}

/// A name as PostgreSQL writes it: in quotes where it needs them. Reserved words are quoted, too,
/// but no list of them is kept here: a definition with such a name is looked at again.
fn identifier(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name
            .chars()
            .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_');
    match is_plain {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Column, Sequence, Table};
    use super::*;

    fn table(type_name: &str, default: &str) -> Table {
        let column = Column {
            name: "id".into(),
            type_name: type_name.into(),
            default: Some(default.into()),
            ..Column::default()
        };
        Table {
            columns: vec![column],
            ..Table::default()
        }
    }

    fn name(namespace: &str, name: &str) -> ObjectName {
        ObjectName {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    fn schema(namespace: &str, written: &str) -> Schema {
        let mut schema = Schema::default();
        let default = format!("nextval('{written}.users_id_seq'::regclass)");
        schema.tables.insert(
            name(namespace, "users"),
            table(&format!("{written}.role"), &default),
        );
        schema
            .sequences
            .insert(name(namespace, "users_id_seq"), Sequence::default());
        schema
    }

    #[test]
    fn a_schema_is_the_same_in_another_namespace() {
        for (one, written) in [("acme", "acme"), ("My-Co", "\"My-Co\"")] {
            for (other, written_other) in
                [("beta", "beta"), ("a.b", "\"a.b\""), ("public", "public")]
            {
                let renamed = schema(one, written).renamed(one, other);
                assert_eq!(renamed, schema(other, written_other), "{one} {other}");
                assert_eq!(renamed.only_namespace(), Some(other));
            }
        }
        let other = Renaming::new("me", "x");
        let away = Renaming::away("My-Co");
        assert_eq!(
            away.text("table My-Co.users of \"My-Co\".users"),
            "table users of users"
        );
        assert_eq!(
            other.text("acme.users me.users a.me.b (me.c)"),
            "acme.users x.users a.me.b (x.c)"
        );
    }

    #[test]
    fn only_objects_of_the_namespace_stay() {
        let mut both = schema("acme", "acme");
        both.tables
            .insert(name("beta", "users"), table("integer", "1"));
        both.namespaces.insert("beta".into(), Default::default());
        both.grants
            .insert("table beta.users".into(), vec!["app: SELECT".into()]);
        assert_eq!(both.of_namespace("acme"), schema("acme", "acme"));
        assert!(schema("acme", "acme").of_namespace("beta").is_empty());
    }
}
