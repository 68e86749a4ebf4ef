//! Finds privileges and owners that a rollback did not put back. They are no part of the verdict,
//! since servers grant privileges that no migration names. But a function that everybody may call
//! now, and nobody might before, is not passed over in silence.

use crate::schema::model::Schema;
use crate::schema::privileges::{Privilege, each};

/// The privileges that a rollback should lead to.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedPrivileges<'a> {
    /// The database before the rollback.
    pub live: &'a Schema,
    /// A scratch database before and after the rollback as it should be; `None` where that is not
    /// known.
    pub scratch: Option<(&'a Schema, &'a Schema)>,
}

impl ExpectedPrivileges<'_> {
    /// Describes the privileges and owners of `actual`, the database after the rollback, that
    /// differ from the expected ones. An object that the rollback made again may have more than
    /// expected: the server may have granted that. It may not have less: then the way back forgot a
    /// grant of the migrations.
    #[must_use]
    pub fn not_restored(&self, actual: &Schema) -> Vec<String> {
        let mut expected = each(self.live);
        if let Some((before, after)) = self.scratch {
            let (before, after) = (each(before), each(after));
            // Live privileges are expected to stay, except those that the way back changes on the
            // scratch database too.
            expected.retain(|privilege| after.contains(privilege) || !before.contains(privilege));
            expected.extend(after.difference(&before).cloned());
        }
        let now = each(actual);
        let is_there = |privilege: &&Privilege| privilege.is_of(actual);
        let stays = |privilege: &&Privilege| privilege.is_of(self.live) && is_there(privilege);
        let given = now.difference(&expected).filter(stays).map(given);
        let taken = expected.difference(&now).filter(is_there).map(taken);
        given.chain(taken).collect()
    }
}

/// The words for a privilege that is there, and should not be.
fn given(privilege: &Privilege) -> String {
    in_words(privilege, true)
}

/// The words for a privilege that is not there, and should be.
fn taken(privilege: &Privilege) -> String {
    in_words(privilege, false)
}

fn in_words(privilege: &Privilege, is_there: bool) -> String {
    let Privilege {
        what, is_revoked, ..
    } = privilege;
    let object = privilege.object_in_words();
    match privilege.grantee_in_words() {
        None if is_there => format!("the {object} is owned by `{what}`"),
        None => format!("the {object} is no longer owned by `{what}`"),
        Some(grantee) if is_there != *is_revoked => {
            format!("{grantee} may now {what} on the {object}")
        }
        Some(grantee) => format!("{grantee} may no longer {what} on the {object}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::model::{ObjectName, Table};
    use crate::schema::privileges::samples::schema;

    const T: &str = "table public.t";

    #[test]
    fn what_the_way_back_itself_takes_or_gives_is_told() {
        let granted = [
            ("routine public.f(integer)", "not PUBLIC: EXECUTE"),
            (T, "app: INSERT, SELECT"),
            (T, "owned by app"),
        ];
        let scratch = schema(&granted);
        let told = |live: &Schema, actual: &[(&str, &str)]| {
            ExpectedPrivileges {
                live,
                scratch: Some((&scratch, &scratch)),
            }
            .not_restored(&schema(actual))
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
        assert_eq!(
            told(&live, &granted),
            ["ops may no longer SELECT on the table public.t"]
        );
    }

    #[test]
    fn what_the_migrations_changed_is_to_be_as_it_was() {
        let (before, after) = (schema(&[(T, "app: SELECT")]), schema(&[(T, "ops: SELECT")]));
        let expects = ExpectedPrivileges {
            live: &before,
            scratch: Some((&before, &after)),
        };
        assert_eq!(expects.not_restored(&after), [""; 0]);
        let found = expects.not_restored(&before);
        assert_eq!(
            found,
            [
                "app may now SELECT on the table public.t",
                "ops may no longer SELECT on the table public.t"
            ]
        );
    }

    #[test]
    fn what_an_object_that_is_made_again_lacks_is_told() {
        let mut gone = schema(&[]);
        gone.tables.remove(&ObjectName::public("t"));
        let before = schema(&[(T, "app: SELECT")]);
        let expects = ExpectedPrivileges {
            live: &gone,
            scratch: Some((&gone, &before)),
        };
        assert_eq!(
            expects.not_restored(&schema(&[])),
            ["app may no longer SELECT on the table public.t"]
        );
        assert_eq!(expects.not_restored(&before), [""; 0]);
        // Grants that the server gives to every new table are nobody's fault.
        assert_eq!(
            expects.not_restored(&schema(&[(T, "app: SELECT"), (T, "ops: SELECT")])),
            [""; 0]
        );
    }

    #[test]
    fn objects_that_come_or_go_with_the_rollback_have_what_the_server_grants() {
        let mut live = schema(&[("table public.gone", "app: SELECT")]);
        live.tables
            .insert(ObjectName::public("gone"), Table::default());
        let expects = ExpectedPrivileges {
            live: &live,
            scratch: None,
        };
        assert_eq!(
            expects.not_restored(&schema(&[("table public.\"Made again\"", "app: SELECT")])),
            [""; 0]
        );
    }
}
