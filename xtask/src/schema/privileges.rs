//! Privileges and owners of a schema, one by one.

use std::collections::BTreeSet;

use super::model::{ObjectName, Schema};

/// One privilege of one grantee, or one owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Privilege {
    /// `table public.users`
    pub object: String,
    /// `app`, `PUBLIC`, `OWNER`; none where this is the owner.
    pub grantee: Option<String>,
    /// `SELECT`; the name of the owner.
    pub what: String,
    /// Whether this says that a default privilege is revoked.
    pub is_revoked: bool,
}

impl Privilege {
    /// The grantee as messages name it; none where this is the owner.
    #[must_use]
    pub fn grantee_in_words(&self) -> Option<&str> {
        self.grantee.as_deref().map(|grantee| {
            if grantee == "OWNER" {
                "its owner"
            } else {
                grantee
            }
        })
    }

    /// The object as messages name it: `table public.users`, `new tables of app in public`.
    #[must_use]
    pub fn object_in_words(&self) -> String {
        NewObjects::of(self).map_or_else(|| self.object.clone(), |new| new.in_words())
    }

    /// Whether its object is in `schema`. Objects of unknown kinds count as present.
    #[must_use]
    pub fn is_of(&self, schema: &Schema) -> bool {
        let Some((kind, name)) = self.object.split_once(' ') else {
            return true;
        };
        let names = identifiers(name);
        let [namespace, name, ..] = names.as_slice() else {
            return kind != "namespace"
                || names
                    .first()
                    .is_none_or(|name| schema.namespaces.contains_key(name));
        };
        let object = ObjectName {
            namespace: namespace.clone(),
            name: name.clone(),
        };
        match kind {
            "table" | "column" => {
                schema.tables.contains_key(&object) || schema.views.contains_key(&object)
            }
            "view" => schema.views.contains_key(&object),
            "sequence" => schema.sequences.contains_key(&object),
            "type" => {
                schema.enums.contains_key(&object)
                    || schema.domains.contains_key(&object)
                    || schema.composites.contains_key(&object)
                    || schema.ranges.contains_key(&object)
            }
            "routine" => schema.routines.keys().any(|routine| {
                let called = routine
                    .name
                    .split_once('(')
                    .map_or(routine.name.as_str(), |(called, _)| called);
                routine.namespace == *namespace
                    && name.split_once('(').map_or(name.as_str(), |(name, _)| name) == called
            }),
            _ => true,
        }
    }
}

/// The objects of one kind that a role is going to make, on which `ALTER DEFAULT PRIVILEGES`
/// grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObjects {
    /// `pg_default_acl.defaclobjtype`.
    pub kind: char,
    /// The role that makes them.
    pub maker: String,
    /// The namespace; none for all of them.
    pub namespace: Option<String>,
}

impl NewObjects {
    /// The objects of a default privilege, which [`Schema::grants`] holds under `new objects r of
    /// app in public`.
    #[must_use]
    pub fn of(privilege: &Privilege) -> Option<Self> {
        let (kind, place) = privilege
            .object
            .strip_prefix("new objects ")?
            .split_once(" of ")?;
        let (maker, namespace) = match place.rsplit_once(" in ") {
            Some((maker, namespace)) => (maker, Some(namespace.to_owned())),
            None => (place, None),
        };
        Some(Self {
            kind: kind.chars().next()?,
            maker: maker.to_owned(),
            namespace,
        })
    }

    /// The key in [`Schema::grants`].
    #[must_use]
    pub fn key(&self) -> String {
        format!(
            "new objects {} of {}{}",
            self.kind,
            self.maker,
            self.place()
        )
    }

    fn place(&self) -> String {
        self.namespace
            .as_ref()
            .map(|namespace| format!(" in {namespace}"))
            .unwrap_or_default()
    }

    /// `new tables of app in public`
    #[must_use]
    pub fn in_words(&self) -> String {
        let kind = match self.kind {
            'r' => "tables",
            'S' => "sequences",
            'f' => "routines",
            'T' => "types",
            'n' => "namespaces",
            'L' => "large objects",
            _ => "objects",
        };
        format!("new {kind} of {}{}", self.maker, self.place())
    }
}

/// Splits a qualified name as SQL writes it. Dots in quotes and in parentheses do not count.
fn identifiers(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut is_quoted, mut depth) = (false, 0);
    for character in name.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            _ if character == '.' && !is_quoted && depth == 0 => parts.push(String::new()),
            Some(part) if character != '"' => part.push(character),
            _ => {}
        }
    }
    parts
}

/// Every privilege and owner of `schema` that is not the server's default.
#[must_use]
pub fn each(schema: &Schema) -> BTreeSet<Privilege> {
    let of_object = |(object, grants): (&String, &Vec<String>)| {
        grants
            .iter()
            .flat_map(|grant| of_grant(object, grant))
            .collect::<Vec<_>>()
    };
    schema.grants.iter().flat_map(of_object).collect()
}

/// The privileges of `app: SELECT, INSERT`, `not PUBLIC: EXECUTE`, or `owned by app`.
fn of_grant(object: &str, grant: &str) -> Vec<Privilege> {
    let privilege = |grantee: Option<&str>, what: &str, is_revoked| Privilege {
        object: object.to_owned(),
        grantee: grantee.map(str::to_owned),
        what: what.to_owned(),
        is_revoked,
    };
    // From the right, because the name of a role may hold `: `.
    let Some((grantee, words)) = grant.rsplit_once(": ") else {
        return vec![privilege(
            None,
            grant.strip_prefix("owned by ").unwrap_or(grant),
            false,
        )];
    };
    let (grantee, is_revoked) = grantee
        .strip_prefix("not ")
        .map_or((grantee, false), |grantee| (grantee, true));
    words
        .split(", ")
        .map(|word| privilege(Some(grantee), word, is_revoked))
        .collect()
}

#[cfg(test)]
pub mod samples {
    use crate::schema::model::{ObjectName, Routine, RoutineKind, Schema, Table};

    /// A schema with the tables `t` and `u`, the function `f(integer)`, and these grants.
    pub fn schema(grants: &[(&str, &str)]) -> Schema {
        let mut schema = Schema::default();
        for name in ["t", "u"] {
            schema
                .tables
                .insert(ObjectName::public(name), Table::default());
        }
        let routine = Routine {
            kind: RoutineKind::Function,
            comment: None,
            definition: String::new(),
        };
        schema
            .routines
            .insert(ObjectName::public("f(integer)"), routine);
        for (object, grant) in grants {
            schema
                .grants
                .entry((*object).to_owned())
                .or_default()
                .push((*grant).to_owned());
        }
        schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_as_sql_writes_them() {
        assert_eq!(identifiers("public.\"a.b\".c"), ["public", "a.b", "c"]);
        assert_eq!(
            identifiers("public.f(public.users, integer)"),
            ["public", "f(public.users, integer)"]
        );
    }

    #[test]
    fn default_privileges_are_named_by_what_they_are_about() {
        let named = |object: &str| {
            let privilege = Privilege {
                object: object.into(),
                grantee: Some("app".into()),
                what: "SELECT".into(),
                is_revoked: false,
            };
            if let Some(new) = NewObjects::of(&privilege) {
                assert_eq!(new.key(), object);
            }
            privilege.object_in_words()
        };
        assert_eq!(
            named("new objects r of deploy in public"),
            "new tables of deploy in public"
        );
        assert_eq!(
            named("new objects f of who is in town"),
            "new routines of who is in town"
        );
        assert_eq!(named("new objects S of deploy"), "new sequences of deploy");
        assert_eq!(named("table public.t"), "table public.t");
    }
}
