//! The sample monorepo keeps its promises: its migrations run, each down file restores exactly what
//! was there, and every column can be followed to the line that made it what it is.

use crate::support::monorepo::Monorepo;
use crate::support::{config, repository, scratch, scratch_session};
use xtask::internals::migrations::scratch_environment::ScratchSession;
use xtask::internals::migrations::script::Script;
use xtask::internals::migrations::{Down, Migration, files, provenance};
use xtask::internals::schema::model::Schema;
use xtask::internals::tree::{Tree, WorkingTree};

fn migrations() -> Vec<Migration> {
    files::load(&WorkingTree::new(repository()), &config().migrations.dir)
        .expect("the sample's migrations are sound")
}

fn schema(session: &mut ScratchSession) -> Schema {
    session.read().expect("the catalogs can be read")
}

fn run_down(session: &mut ScratchSession, migration: &Migration) {
    let Down::Sql {
        file,
        sql,
        no_transaction,
    } = &migration.down
    else {
        panic!("{migration} cannot be undone")
    };
    session
        .run_script(Script::new(file, sql, *no_transaction))
        .expect("the down file runs");
}

#[test]
fn each_down_file_restores_exactly_what_was_there() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    let empty = schema(&mut session);
    let mut before = empty.clone();
    for migration in &migrations() {
        session.replay([migration]).expect("the migration runs");
        let after = schema(&mut session);
        run_down(&mut session, migration);
        assert!(
            schema(&mut session) == before,
            "{migration} does not restore the schema"
        );
        session
            .replay([migration])
            .expect("the migration runs again");
        assert!(
            schema(&mut session) == after,
            "{migration} makes another schema the second time"
        );
        before = after;
    }
    assert!(
        before.tables.len() >= 14 && before.views.len() == 2,
        "{:?}",
        before.tables.keys()
    );
    migrations()
        .iter()
        .rev()
        .for_each(|migration| run_down(&mut session, migration));
    assert!(
        schema(&mut session) == empty,
        "something is left when all is undone"
    );
}

#[test]
fn every_column_is_followed_to_the_line_that_names_it() {
    let Some(mut session) = scratch_session() else {
        return;
    };
    let migrations = migrations();
    session.replay(&migrations).expect("the migrations run");
    let provenance = provenance::read(&migrations);
    let tree = WorkingTree::new(repository());
    for (name, table) in &schema(&mut session).tables {
        for column in &table.columns {
            let place = provenance.column(name, &column.name);
            let place =
                place.unwrap_or_else(|| panic!("{name}.{} is followed nowhere", column.name));
            let text = tree.read(&place.file).expect("the migration can be read");
            let text = String::from_utf8(text).expect("UTF-8");
            let line = text
                .lines()
                .nth(place.line as usize - 1)
                .unwrap_or_default();
            assert!(
                line.contains(&column.name),
                "{name}.{}: {}:{}: {line}",
                column.name,
                place.file,
                place.line
            );
        }
    }
}

/// The committed snapshot was made on one minor release; every other one of its major must make the
/// same.
#[test]
fn the_snapshot_does_not_depend_on_the_minor_release() {
    if scratch().is_none() {
        return;
    }
    Monorepo::sample()
        .run(&["db-snapshot", "--check"])
        .must_exit(0);
}
