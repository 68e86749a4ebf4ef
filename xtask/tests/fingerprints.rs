//! Fingerprints of transactions: each kind of object that the model of a schema knows has a part in
//! them, so that a migration which did something else than on the scratch database is noticed.

use crate::support::{connect, scratch};
use postgres::Client;
use xtask::internals::migrations::fingerprint::{Fingerprint, Fingerprinter};
use xtask::internals::postgres::catalog::{CatalogReader, OwnTables};
use xtask::internals::schema::diff::diff;

const BASE: &str = include_str!("catalog/base.sql");
const MUTATIONS: &str = include_str!("catalog/mutations.sql");

const FRESH_SESSION: &str = "RESET SESSION AUTHORIZATION; RESET ALL";

/// Dependencies are written by every statement, so that this one is only seen where the whole
/// catalogs are compared, after the last migration of a run.
const NOT_SEEN: &str = "DEPENDS ON EXTENSION";

/// Returns the fingerprint of a transaction that runs `sql`. `None` where only the whole catalogs
/// can tell.
fn fingerprint(
    client: &mut Client,
    fingerprinter: &mut Fingerprinter,
    sql: &str,
) -> Option<Fingerprint> {
    fingerprinter.prepare(client, None).expect("prepares");
    let mut transaction = client.transaction().expect("begins");
    transaction
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let fingerprint = fingerprinter
        .take(&mut transaction, FRESH_SESSION)
        .expect("a fingerprint");
    transaction.rollback().expect("undone");
    fingerprint
}

#[test]
fn each_kind_of_object_has_its_part_in_fingerprints() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    client.batch_execute(BASE).expect("base.sql runs");
    let own = OwnTables::new("history");
    let mut reader = CatalogReader::new(own.clone());
    let base = reader.read(&mut client).expect("reads");
    let (mut problems, mut compared) = (Vec::new(), 0);
    for sql in MUTATIONS
        .lines()
        .filter(|line| !line.starts_with("-- ") && !line.contains(NOT_SEEN))
    {
        let mut transaction = client.transaction().expect("begins");
        transaction
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let changes = diff(&base, &reader.read(&mut transaction).expect("reads")).without_grants();
        transaction.rollback().expect("undone");
        // A connection for each: PostgreSQL goes on counting what was undone.
        let mut client = connect(&scratch);
        let mut fingerprinter = Fingerprinter::new(&own);
        let nothing = fingerprint(&mut client, &mut fingerprinter, "SELECT 1");
        let mutation = fingerprint(&mut client, &mut fingerprinter, sql);
        compared += usize::from(mutation.is_some());
        if !changes.is_empty() && mutation.is_some() && mutation == nothing {
            problems.push(format!("{sql}:\n{changes}"));
        }
    }
    assert!(compared > 150, "{compared}");
    assert!(
        problems.is_empty(),
        "{} changes have no part in fingerprints:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Two changes of one kind that differ only in what they set.
#[test]
fn settings_of_columns_have_their_part_in_fingerprints() {
    let Some(scratch) = scratch() else { return };
    connect(&scratch)
        .batch_execute("CREATE TABLE a (b text)")
        .expect("a table");
    let own = OwnTables::new("history");
    for (one, other) in [
        ("STORAGE EXTERNAL", "STORAGE MAIN"),
        ("STATISTICS 5", "STATISTICS 6"),
        ("COMPRESSION pglz", "COMPRESSION default"),
    ] {
        let of = |setting: &str| {
            let (mut client, mut fingerprinter) = (connect(&scratch), Fingerprinter::new(&own));
            fingerprint(
                &mut client,
                &mut fingerprinter,
                &format!("ALTER TABLE a ALTER b SET {setting}"),
            )
            .expect("a fingerprint")
        };
        assert_ne!(of(one), of(other), "{one} and {other}");
        assert_eq!(of(one), of(one), "{one}");
    }
}
