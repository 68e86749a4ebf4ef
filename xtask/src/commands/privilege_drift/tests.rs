//! Tests of `privilege_drift`.

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
