//! Privileges and owners that a rollback did not put back. They are no part of the verdict, since servers grant by themselves
//! what no migration says; but a function that everybody may call now, and nobody might before, is not passed over in silence.

use std::collections::BTreeSet;

use crate::schema::model::{ObjectName, Schema};

/// The privileges that a rollback should lead to.
#[derive(Debug, Clone, Copy)]
pub struct Privileges<'a> {
    /// The database before the rollback.
    pub live: &'a Schema,
    /// A scratch database before and after the rollback as it should be; none where that is not known.
    pub scratch: Option<(&'a Schema, &'a Schema)>,
}

impl Privileges<'_> {
    /// The privileges and owners of `actual`, the database after the rollback, that are others than they should be: each in
    /// words. Only objects that were there before and are there now have privileges that the rollback took or gave; those
    /// that it made again have what the server grants.
    #[must_use]
    pub fn not_restored(&self, actual: &Schema) -> Vec<String> {
        let mut expected = each(self.live);
        if let Some((before, after)) = self.scratch {
            let (before, after) = (each(before), each(after));
            expected.retain(|privilege| after.contains(privilege) || !before.contains(privilege));
            expected.extend(after.difference(&before).cloned());
        }
        let now = each(actual);
        let stays = |privilege: &&Privilege| privilege.is_of(self.live) && privilege.is_of(actual);
        let given = now.difference(&expected).filter(stays).map(Privilege::given);
        let taken = expected.difference(&now).filter(stays).map(Privilege::taken);
        given.chain(taken).collect()
    }
}

/// One privilege of one grantee, or one owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Privilege {
    /// `table public.users`
    object: String,
    /// `app`, `PUBLIC`, `OWNER`; none where this is the owner.
    grantee: Option<String>,
    /// `SELECT`; the name of the owner.
    what: String,
    /// Whether this says that a default privilege is revoked.
    is_revoked: bool,
}

impl Privilege {
    /// The words for a privilege that is there, and should not be.
    fn given(&self) -> String {
        self.in_words(true)
    }

    /// The words for a privilege that is not there, and should be.
    fn taken(&self) -> String {
        self.in_words(false)
    }

    fn in_words(&self, is_there: bool) -> String {
        let Self { object, grantee, what, is_revoked } = self;
        let grantee = grantee.as_deref().map(|grantee| if grantee == "OWNER" { "its owner" } else { grantee });
        match grantee {
            None if is_there => format!("the {object} is owned by `{what}`"),
            None => format!("the {object} is no longer owned by `{what}`"),
            Some(grantee) if is_there != *is_revoked => format!("{grantee} may now {what} on the {object}"),
            Some(grantee) => format!("{grantee} may no longer {what} on the {object}"),
        }
    }

    /// Whether its object is in `schema`. Of kinds that are not known here it is taken to be.
    fn is_of(&self, schema: &Schema) -> bool {
        let Some((kind, name)) = self.object.split_once(' ') else { return true };
        let names = identifiers(name);
        let [namespace, name, ..] = names.as_slice() else {
            return kind != "namespace" || names.first().is_none_or(|name| schema.namespaces.contains_key(name));
        };
        let object = ObjectName { namespace: namespace.clone(), name: name.clone() };
        match kind {
            "table" | "column" => schema.tables.contains_key(&object) || schema.views.contains_key(&object),
            "view" => schema.views.contains_key(&object),
            "sequence" => schema.sequences.contains_key(&object),
            "type" => {
                schema.enums.contains_key(&object)
                    || schema.domains.contains_key(&object)
                    || schema.composites.contains_key(&object)
                    || schema.ranges.contains_key(&object)
            }
            "routine" => schema.routines.keys().any(|routine| {
                let called = routine.name.split_once('(').map_or(routine.name.as_str(), |(called, _)| called);
                routine.namespace == *namespace
                    && name.split_once('(').map_or(name.as_str(), |(name, _)| name) == called
            }),
            _ => true,
        }
    }
}

/// The identifiers of a qualified name as SQL writes it; what follows a parenthesis belongs to the last.
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

fn each(schema: &Schema) -> BTreeSet<Privilege> {
    let of_object = |(object, grants): (&String, &Vec<String>)| {
        grants.iter().flat_map(|grant| of_grant(object, grant)).collect::<Vec<_>>()
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
    let Some((grantee, words)) = grant.rsplit_once(": ") else {
        return vec![privilege(None, grant.strip_prefix("owned by ").unwrap_or(grant), false)];
    };
    let (grantee, is_revoked) = grantee.strip_prefix("not ").map_or((grantee, false), |grantee| (grantee, true));
    words.split(", ").map(|word| privilege(Some(grantee), word, is_revoked)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{Routine, RoutineKind, Table};

    /// A schema with the tables `t` and `u`, the function `f(integer)`, and these grants.
    fn schema(grants: &[(&str, &str)]) -> Schema {
        let mut schema = Schema::default();
        for name in ["t", "u"] {
            schema.tables.insert(ObjectName::public(name), Table::default());
        }
        let routine = Routine { kind: RoutineKind::Function, comment: None, definition: String::new() };
        schema.routines.insert(ObjectName::public("f(integer)"), routine);
        for (object, grant) in grants {
            schema.grants.entry((*object).to_owned()).or_default().push((*grant).to_owned());
        }
        schema
    }

    const T: &str = "table public.t";

    #[test]
    fn what_the_way_back_itself_takes_or_gives_is_told() {
        let granted =
            [("routine public.f(integer)", "not PUBLIC: EXECUTE"), (T, "app: INSERT, SELECT"), (T, "owned by app")];
        let scratch = schema(&granted);
        let told = |live: &Schema, actual: &[(&str, &str)]| {
            Privileges { live, scratch: Some((&scratch, &scratch)) }.not_restored(&schema(actual))
        };
        let taken = [
            "PUBLIC may now EXECUTE on the routine public.f(integer)",
            "the table public.t is no longer owned by `app`",
            "app may no longer INSERT on the table public.t",
            "app may no longer SELECT on the table public.t",
        ];
        let mut found = told(&schema(&granted), &[]);
        found.sort();
        let mut taken = taken.map(str::to_owned).to_vec();
        taken.sort();
        assert_eq!(found, taken);
        assert_eq!(told(&schema(&granted), &granted), [""; 0]);
        // What the server granted beyond that is to stay too.
        let live = schema(&[granted.as_slice(), &[(T, "ops: SELECT")]].concat());
        assert_eq!(told(&live, &granted), ["ops may no longer SELECT on the table public.t"]);
    }

    #[test]
    fn what_the_migrations_changed_is_to_be_as_it_was() {
        let (before, after) = (schema(&[(T, "app: SELECT")]), schema(&[(T, "ops: SELECT")]));
        let expects = Privileges { live: &before, scratch: Some((&before, &after)) };
        assert_eq!(expects.not_restored(&after), [""; 0]);
        let found = expects.not_restored(&before);
        assert_eq!(
            found,
            ["app may now SELECT on the table public.t", "ops may no longer SELECT on the table public.t"]
        );
    }

    #[test]
    fn objects_that_come_or_go_with_the_rollback_have_what_the_server_grants() {
        let mut live = schema(&[("table public.gone", "app: SELECT")]);
        live.tables.insert(ObjectName::public("gone"), Table::default());
        let expects = Privileges { live: &live, scratch: None };
        assert_eq!(expects.not_restored(&schema(&[("table public.\"Made again\"", "app: SELECT")])), [""; 0]);
    }

    #[test]
    fn names_are_taken_apart_as_sql_writes_them() {
        assert_eq!(identifiers("public.\"a.b\".c"), ["public", "a.b", "c"]);
        assert_eq!(identifiers("public.f(public.users, integer)"), ["public", "f(public.users, integer)"]);
    }
}
