//! Privileges and owners that were changed by hand, outside the migrations. Servers and providers
//! grant much by themselves, so only privileges that the migrations manage are compared. Those are
//! privileges on objects on which they grant or revoke any, and owners where they set any.
//! Migrations that set no privileges get no findings. The same holds for default privileges, which
//! apply to objects that a role is going to make.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use postgres::Client;
use regex::Regex;

use super::Context;
use crate::config::Config;
use crate::migrations::Migration;
use crate::report::{Category, Finding, Rule, Severity};
use crate::schema::model::Schema;
use crate::schema::privileges::{NewObjects, Privilege, each};

/// The type of the findings.
pub const KIND: &str = "PRIVILEGE_DRIFT";

/// The documentation of the findings, for reports that carry it.
#[must_use]
pub fn documentation() -> Rule {
    Rule {
        kind: KIND,
        summary: "Privileges or owners are not as the migrations set them.".into(),
        help: "Privileges or owners are not as the migrations set them.\n\n## Why\n\
               The application may read or change more than was reviewed, or fails on what it may no \
               longer do.\n\n\
               ## Example\n```sql\nGRANT DELETE ON users TO reporting;\n```\n\
               by hand in production. Write it as a migration, revoke it, or list it with a reason \
               under `accepted-drift` in the configuration.\n\n\
               Privileges count on objects on which the migrations grant or revoke something; owners \
               count where migrations set any. Default privileges count where the migrations set them \
               for that role and PostgreSQL schema. These do not count: what providers grant by \
               default, superusers, the database's owner and the role that migrates. Without GRANT in \
               the migrations, nothing is reported."
            .into(),
    }
}

/// The keywords of statements that grant or revoke privileges, or set an owner.
static WORDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\b(grant|revoke|owner\s+to|authorization)\b").ok());

/// The severity of the findings; none where the configuration switches them off.
#[must_use]
pub fn severity(config: &Config) -> Option<Severity> {
    config
        .severity
        .get(KIND)
        .copied()
        .unwrap_or(Some(Severity::Warning))
}

/// Whether to compare privileges: these migrations set some, and the findings are not switched off.
#[must_use]
pub fn is_asked_for<'m>(
    config: &Config,
    migrations: impl IntoIterator<Item = &'m Migration>,
) -> bool {
    let says = |migration: &Migration| {
        WORDS
            .as_ref()
            .is_some_and(|words| words.is_match(&migration.sql))
    };
    severity(config).is_some() && migrations.into_iter().any(says)
}

/// Compares the privileges of `live`, the schema of the database of `client`, with those of
/// `expected`, which its migrations make on a scratch database. Returns a finding for each object.
///
/// # Errors
/// When the query fails.
pub fn look(
    context: &Context,
    client: &mut Client,
    expected: &Schema,
    live: &Schema,
) -> Result<Vec<Finding>> {
    let Some(severity) = severity(&context.config) else {
        return Ok(Vec::new());
    };
    if expected.grants.is_empty() {
        return Ok(Vec::new());
    }
    let insiders = Insiders::read(client, &context.config.history_table)?;
    let mut objects: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for difference in differences(expected, live, &insiders) {
        if !context.config.accepted_drift.covers(&difference.subjects()) {
            objects
                .entry(difference.privilege.object_in_words())
                .or_default()
                .push(difference.to_string());
        }
    }
    Ok(objects
        .iter()
        .map(|(object, what)| finding(object, what, severity))
        .collect())
}

fn finding(object: &str, what: &[String], severity: Severity) -> Finding {
    let message = format!(
        "the privileges of the database are not what its migrations made them ({})",
        what.join("; ")
    );
    let mut finding = Finding::new(KIND, Category::Migrations, severity, object, message);
    finding.critical = severity == Severity::Error;
    finding.help = Some(format!(
        "put the change into a migration, or undo it in the database; if it is right as it is, say so in the configuration: \
         `accepted-drift = [{{ object = \"grants on {object}\", reason = \"…\" }}]`, or for all that one role may, \
         `\"grants to <role>\"`"
    ));
    finding
}

/// The role that makes snapshots.
const POSTGRES: &str = "postgres";

/// Roles whose privileges are not compared: those that own or make everything, and superusers.
#[derive(Debug, Default)]
struct Insiders {
    all: BTreeSet<String>,
    owner_of_database: String,
    /// The roles that migrate: those that own a history table.
    migrators: BTreeSet<String>,
}

const INSIDERS: &str = "
    WITH migrator AS (
        SELECT c.relowner AS oid FROM pg_catalog.pg_class AS c WHERE c.relkind IN ('r', 'p') AND c.relname = $1)
    SELECT r.rolname::text, r.oid = d.datdba, r.oid IN (SELECT oid FROM migrator) FROM pg_catalog.pg_roles AS r
    JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
    WHERE r.rolsuper OR r.oid = d.datdba OR r.rolname IN (session_user, current_user)
       OR r.oid IN (SELECT oid FROM migrator)";

impl Insiders {
    /// Reads the insiders of a database whose history table has this name.
    fn read(client: &mut Client, history_table: &str) -> Result<Self> {
        let name = history_table.rsplit('.').next().unwrap_or(history_table);
        let rows = client
            .query(INSIDERS, &[&name])
            .context("cannot read which roles own the database")?;
        let mut insiders = Self {
            all: BTreeSet::from([POSTGRES.to_owned()]),
            ..Self::default()
        };
        for row in rows {
            let role: String = row.try_get(0)?;
            if row.try_get(1)? {
                insiders.owner_of_database.clone_from(&role);
            }
            if row.try_get(2)? {
                insiders.migrators.insert(role.clone());
            }
            insiders.all.insert(role);
        }
        Ok(insiders)
    }

    /// Renames the role of a default privilege to the migrating role of this database. That role
    /// may have another name on the server where `privilege` was read. Returns any other privilege
    /// unchanged.
    fn here(&self, privilege: Privilege) -> Privilege {
        let Some(new) = NewObjects::of(&privilege).filter(|new| self.all.contains(&new.maker))
        else {
            return privilege;
        };
        let migrator = self
            .migrators
            .first()
            .filter(|_| !self.migrators.contains(&new.maker));
        let Some(migrator) = migrator else {
            return privilege;
        };
        Privilege {
            object: NewObjects {
                maker: migrator.clone(),
                ..new
            }
            .key(),
            ..privilege
        }
    }
}

/// A privilege or an owner that is not as the migrations made it.
#[derive(Debug, PartialEq, Eq)]
struct PrivilegeDifference {
    privilege: Privilege,
    /// Whether the database has it, and the migrations do not make it.
    is_there: bool,
}

impl PrivilegeDifference {
    /// The names under which `accepted-drift` covers it.
    fn subjects(&self) -> Vec<String> {
        let to = self
            .privilege
            .grantee
            .as_ref()
            .map(|grantee| format!("grants to {grantee}"));
        to.into_iter()
            .chain([format!("grants on {}", self.privilege.object_in_words())])
            .collect()
    }
}

impl std::fmt::Display for PrivilegeDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Privilege {
            what, is_revoked, ..
        } = &self.privilege;
        let object = self.privilege.object_in_words();
        match (self.privilege.grantee_in_words(), self.is_there) {
            (None, true) => write!(f, "`{what}` owns the {object}"),
            (None, false) => write!(f, "`{what}` does not own the {object}"),
            (Some(grantee), is_there) if is_there != *is_revoked => {
                write!(f, "{grantee} may {what} on the {object}")
            }
            (Some(grantee), _) => write!(f, "{grantee} may not {what} on the {object}"),
        }
    }
}

fn differences(expected: &Schema, live: &Schema, insiders: &Insiders) -> Vec<PrivilegeDifference> {
    let made: BTreeSet<Privilege> = each(expected)
        .into_iter()
        .map(|one| insiders.here(one))
        .collect();
    let there = each(live);
    let managed: BTreeSet<&str> = made
        .iter()
        .filter(|one| one.grantee.is_some())
        .map(|one| root(&one.object))
        .collect();
    let owners = Owners {
        made: owners(&made),
        there: owners(&there),
        insiders,
    };
    let by_default: Vec<DefaultPrivilege> = there.iter().filter_map(DefaultPrivilege::of).collect();
    let is_compared = |one: &&Privilege| {
        // Only some versions of PostgreSQL have this privilege.
        let is_known = one.what.trim_end_matches('*') != "MAINTAIN";
        let is_of_insider = one
            .grantee
            .as_ref()
            .is_some_and(|grantee| insiders.all.contains(grantee));
        is_known && !is_of_insider && one.is_of(expected) && one.is_of(live)
    };
    let missing = made
        .difference(&there)
        .filter(is_compared)
        .filter(|one| owners.lacks(one));
    let added = there
        .difference(&made)
        .filter(is_compared)
        .filter(|one| match one.grantee {
            None => owners.has_another(one),
            Some(_) => {
                // Servers and providers differ in their grants on `public`.
                let is_managed =
                    managed.contains(root(&one.object)) && one.object != "namespace public";
                is_managed
                    && !owners.made_owner(one)
                    && !by_default.iter().any(|default| default.gives(one))
            }
        });
    let difference = |is_there| {
        move |privilege: &Privilege| PrivilegeDifference {
            privilege: privilege.clone(),
            is_there,
        }
    };
    missing
        .map(difference(false))
        .chain(added.map(difference(true)))
        .collect()
}

/// The table of a column, and any other object itself, without its kind.
fn root(object: &str) -> &str {
    let (kind, name) = object.split_once(' ').unwrap_or(("", object));
    match name.rsplit_once('.') {
        Some((table, _)) if kind == "column" => table,
        _ => name,
    }
}

fn owners(privileges: &BTreeSet<Privilege>) -> BTreeMap<&str, &str> {
    let owned = privileges.iter().filter(|one| one.grantee.is_none());
    owned
        .map(|one| (one.object.as_str(), one.what.as_str()))
        .collect()
}

/// The owners of objects, where they are not the owner of the database.
struct Owners<'a> {
    made: BTreeMap<&'a str, &'a str>,
    there: BTreeMap<&'a str, &'a str>,
    insiders: &'a Insiders,
}

impl Owners<'_> {
    /// Whether a privilege of the migrations is missing. An owner lacks none: it needs no grant.
    fn lacks(&self, one: &Privilege) -> bool {
        let owner = self
            .there
            .get(one.object.as_str())
            .copied()
            .unwrap_or(&self.insiders.owner_of_database);
        owner != one.grantee.as_deref().unwrap_or(&one.what)
    }

    /// Whether an object has an owner that the migrations did not set, though they set others.
    fn has_another(&self, one: &Privilege) -> bool {
        !self.made.is_empty()
            && !self.made.contains_key(one.object.as_str())
            && !self.insiders.all.contains(&one.what)
    }

    /// Whether the migrations make the grantee the owner, who needs no privilege.
    fn made_owner(&self, one: &Privilege) -> bool {
        self.made.get(one.object.as_str()).copied() == one.grantee.as_deref()
            && one.grantee.is_some()
    }
}

/// A privilege that the server gives on each new object.
struct DefaultPrivilege {
    objects: NewObjects,
    grantee: Option<String>,
    what: String,
    is_revoked: bool,
}

impl DefaultPrivilege {
    fn of(privilege: &Privilege) -> Option<Self> {
        let Privilege {
            grantee,
            what,
            is_revoked,
            ..
        } = privilege.clone();
        Some(Self {
            objects: NewObjects::of(privilege)?,
            grantee,
            what,
            is_revoked,
        })
    }

    fn gives(&self, privilege: &Privilege) -> bool {
        let (kind, name) = privilege.object.split_once(' ').unwrap_or_default();
        let is_kind = match self.objects.kind {
            'r' => matches!(kind, "table" | "view"),
            'S' => kind == "sequence",
            'f' => kind == "routine",
            'T' => kind == "type",
            'n' => kind == "namespace",
            _ => false,
        };
        let is_in = |namespace: &String| {
            name.strip_prefix(namespace.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        };
        is_kind
            && self.objects.namespace.as_ref().is_none_or(is_in)
            && (&self.grantee, &self.what, self.is_revoked)
                == (&privilege.grantee, &privilege.what, privilege.is_revoked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::privileges::samples::schema;

    fn told(made: &[(&str, &str)], there: &[(&str, &str)]) -> Vec<String> {
        let insiders = Insiders {
            all: ["postgres", "deploy", "admin"].map(str::to_owned).into(),
            owner_of_database: "admin".to_owned(),
            migrators: ["deploy".to_owned()].into(),
        };
        let all = differences(&schema(made), &schema(there), &insiders);
        all.iter().map(ToString::to_string).collect()
    }

    const T: &str = "table public.t";
    const U: &str = "table public.u";
    const NEW: &str = "new objects r of admin in public";

    #[test]
    fn what_the_migrations_grant_and_revoke_is_compared() {
        let made = [(T, "app: INSERT, SELECT"), (T, "not PUBLIC: SELECT")];
        assert_eq!(told(&made, &made), [""; 0]);
        let found = told(
            &made,
            &[
                (T, "app: SELECT, UPDATE"),
                ("column public.t.x", "intern: SELECT"),
            ],
        );
        assert_eq!(
            found,
            [
                "PUBLIC may SELECT on the table public.t",
                "app may not INSERT on the table public.t",
                "intern may SELECT on the column public.t.x",
                "app may UPDATE on the table public.t",
            ]
        );
    }

    #[test]
    fn what_others_grant_by_themselves_is_no_drift() {
        let made = [(T, "app: SELECT"), ("namespace public", "app: USAGE")];
        let by_others = [
            // An object that no migration grants anything on.
            (U, "reader: SELECT"),
            // A provider's default privileges.
            (NEW, "anon: DELETE, SELECT"),
            (T, "anon: DELETE, SELECT"),
            ("namespace public", "PUBLIC: CREATE"),
            // The role that migrates.
            (T, "deploy: SELECT"),
            (T, "app: MAINTAIN"),
            (T, "owned by deploy"),
        ];
        assert_eq!(told(&made, &[&made[..], &by_others].concat()), [""; 0]);
        assert_eq!(told(&[], &by_others), [""; 0]);
        // Those that only a scratch database has.
        assert_eq!(
            told(&[(T, "postgres: SELECT"), (T, "admin: SELECT")], &[]),
            [""; 0]
        );
    }

    #[test]
    fn default_privileges_are_compared_where_the_migrations_set_some() {
        const BY_DEPLOY: &str = "new objects r of deploy in public";
        let made = [(BY_DEPLOY, "app: SELECT")];
        assert_eq!(told(&made, &made), [""; 0]);
        assert_eq!(
            told(&made, &[]),
            ["app may not SELECT on the new tables of deploy in public"]
        );
        let found = told(
            &made,
            &[(BY_DEPLOY, "app: SELECT"), (BY_DEPLOY, "intern: INSERT")],
        );
        assert_eq!(
            found,
            ["intern may INSERT on the new tables of deploy in public"]
        );
        // Where a snapshot was made another role migrates.
        let elsewhere = [("new objects r of postgres in public", "app: SELECT")];
        assert_eq!(told(&elsewhere, &made), [""; 0]);
        assert_eq!(
            told(&elsewhere, &[]),
            ["app may not SELECT on the new tables of deploy in public"]
        );
        // Those of a provider's own role, in another namespace, and of another kind are nobody's
        // here.
        let by_others = [
            (NEW, "anon: DELETE"),
            ("new objects r of deploy", "x: SELECT"),
            ("new objects S of deploy", "x: USAGE"),
        ];
        assert_eq!(told(&made, &[&made[..], &by_others].concat()), [""; 0]);
    }

    #[test]
    fn owners_are_compared_where_the_migrations_make_any() {
        let made = [(T, "owned by app")];
        assert_eq!(
            told(&made, &[(T, "owned by bob")]),
            ["`app` does not own the table public.t"]
        );
        assert_eq!(
            told(&made, &[(T, "owned by app"), (U, "owned by deploy")]),
            [""; 0]
        );
        assert_eq!(
            told(&made, &[(T, "owned by app"), (U, "owned by bob")]),
            ["`bob` owns the table public.u"]
        );
        assert_eq!(
            told(
                &[(U, "app: SELECT")],
                &[(U, "app: SELECT"), (T, "owned by bob")]
            ),
            [""; 0]
        );
        // Objects without an entry belong to the owner of the database, and an owner needs no
        // grant.
        assert_eq!(told(&[(T, "owned by admin")], &[]), [""; 0]);
        assert_eq!(told(&[(T, "app: SELECT")], &[(T, "owned by app")]), [""; 0]);
        assert_eq!(
            told(&[(T, "owned by app")], &[(T, "app: SELECT")]),
            ["`app` does not own the table public.t"]
        );
    }
}
