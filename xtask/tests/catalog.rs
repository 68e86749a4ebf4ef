//! The schema model against `pg_dump --schema-only`: whatever change the dump shows, the model must
//! show, and the snapshot must keep. Two databases that were made the same way must be equal.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{connect, major, repository, scratch, side_by_side};
use postgres::Client;
use xtask::internals::config::Config;
use xtask::internals::postgres::catalog::{self, CatalogReader, OwnTables};
use xtask::internals::postgres::scratch::Scratch;
use xtask::internals::schema::diff::{Likeness, diff};
use xtask::internals::schema::model::Schema;
use xtask::internals::schema::snapshot::Snapshot;

const BASE: &str = include_str!("catalog/base.sql");
const MUTATIONS: &str = include_str!("catalog/mutations.sql");

/// Mutations that only later versions support, each with the first major version that does.
const LATER_MUTATIONS: &[(u32, &str)] = &[
    (17, "ALTER TABLE users ALTER COLUMN name SET STATISTICS 7"),
    (
        17,
        "CREATE TABLE parts (id int GENERATED ALWAYS AS IDENTITY, at date) PARTITION BY RANGE (at)",
    ),
    (
        18,
        "ALTER TABLE users ADD COLUMN twice int GENERATED ALWAYS AS (1 + 1) VIRTUAL",
    ),
    (
        18,
        "ALTER TABLE users ADD CONSTRAINT soft CHECK (id IS NOT NULL) NOT ENFORCED",
    ),
    (
        18,
        "ALTER TABLE users ADD CONSTRAINT named NOT NULL mood NOT VALID",
    ),
    (
        18,
        "CREATE TABLE stays (room int4range, at tstzrange, PRIMARY KEY (room, at WITHOUT OVERLAPS))",
    ),
    (18, "CREATE TABLE named (id int CONSTRAINT has_id NOT NULL)"),
];

/// Statements that leave the schema as it was.
const NO_CHANGE: &[&str] = &[
    "INSERT INTO users (email) VALUES ('a@b')",
    "ANALYZE",
    "REINDEX TABLE posts",
    "REFRESH MATERIALIZED VIEW user_scores",
    "SELECT nextval('tickets')",
    "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME TO users",
    "DROP INDEX posts_title_idx; CREATE INDEX posts_title_idx ON posts (title)",
    "DROP VIEW user_names; CREATE VIEW user_names AS SELECT id, name FROM users",
    "ALTER TABLE users DROP COLUMN updated_at; ALTER TABLE users ADD COLUMN updated_at timestamptz",
    "GRANT SELECT ON users TO app_reader; REVOKE SELECT ON users FROM app_reader",
    "GRANT EXECUTE ON FUNCTION add_one TO app_reader; REVOKE EXECUTE ON FUNCTION add_one FROM app_reader",
    "COMMENT ON TABLE posts IS 'x'; COMMENT ON TABLE posts IS NULL",
    "ALTER TABLE posts SET (fillfactor = 70); ALTER TABLE posts RESET (fillfactor)",
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users DISABLE ROW LEVEL SECURITY",
    "CREATE TABLE refinery_schema_history (version bigint PRIMARY KEY, id serial)",
    // What a server keeps for itself among the options, on columns as 15.20 does and elsewhere as
    // none does yet.
    "UPDATE pg_attribute SET attoptions = '{pg_attver=1}' || coalesce(attoptions, '{}') WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'f', 'v', 'm', 'c'))",
    "UPDATE pg_class SET reloptions = coalesce(reloptions, '{}') || '{pg_relver=1}' WHERE oid >= 16384 AND relkind <> 'S'",
];

#[test]
fn whatever_pg_dump_shows_the_model_shows_and_the_snapshot_keeps() {
    let Some(scratch) = scratch() else { return };
    let mut admin = connect(&scratch);
    let databases = Databases {
        scratch: &scratch,
        count: AtomicUsize::new(0),
    };
    databases.create(&mut admin, "base", "template0");
    databases
        .open("base")
        .batch_execute(BASE)
        .expect("base.sql runs");
    let (base, dump) = (databases.read("base"), databases.dump("base"));
    if dump.is_none() {
        println!(
            "not compared with `pg_dump`: there is none for PostgreSQL {}",
            major()
        );
    }
    assert_eq!(
        Snapshot::parse(&text(&base), "base")
            .expect("a snapshot")
            .schema,
        base
    );
    let later = LATER_MUTATIONS
        .iter()
        .filter(|(first, _)| *first <= major())
        .map(|(_, sql)| *sql);
    let mutations: Vec<&str> = MUTATIONS
        .lines()
        .filter(|line| !line.starts_with("-- "))
        .chain(later)
        .collect();
    assert!(mutations.len() > 180, "{}", mutations.len());
    let problems = Mutex::new(Vec::new());
    side_by_side(&mutations, |sql| {
        let found = judge_mutation(&databases, sql, &base, dump.as_deref());
        problems
            .lock()
            .expect("no test panics with it")
            .extend(found);
    });
    let problems = problems.into_inner().expect("no test panics with it");
    assert!(
        problems.is_empty(),
        "{} problems:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Lists the faults in how the model shows the change that `sql` makes.
fn judge_mutation(
    databases: &Databases<'_>,
    sql: &str,
    base: &Schema,
    dump: Option<&str>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mutant = format!("mutant_{}", databases.count.fetch_add(1, Ordering::Relaxed));
    databases.create(&mut connect(databases.scratch), &mutant, "base");
    if let Err(error) = databases.open(&mutant).batch_execute(sql) {
        return vec![format!("{sql}: does not run: {error:?}")];
    }
    let (schema, mutant_dump) = (databases.read(&mutant), databases.dump(&mutant));
    databases.drop(&mut connect(databases.scratch), &mutant);
    if let (Some(before), Some(after)) = (dump, &mutant_dump)
        && before == after
    {
        problems.push(format!(
            "{sql}: pg_dump does not show it, so nothing is compared"
        ));
    }
    let text = text(&schema);
    if schema == *base
        || diff(base, &schema).likeness() != Likeness::Different
        || text == self::text(base)
    {
        problems.push(format!(
            "{sql}: the model does not show it:\n{}",
            diff(base, &schema)
        ));
    }
    match Snapshot::parse(&text, "mutant") {
        Ok(read) if read.schema == schema => {}
        Ok(read) => problems.push(format!(
            "{sql}: read back differently:\n{}",
            diff(&schema, &read.schema)
        )),
        Err(error) => problems.push(format!("{sql}: not read back: {error:#}")),
    }
    problems
}

#[test]
fn what_changes_no_schema_changes_no_model() {
    let Some(scratch) = scratch() else { return };
    let mut admin = connect(&scratch);
    let databases = Databases {
        scratch: &scratch,
        count: AtomicUsize::new(0),
    };
    databases.create(&mut admin, "base", "template0");
    databases
        .open("base")
        .batch_execute(BASE)
        .expect("base.sql runs");
    let base = databases.read("base");
    for sql in NO_CHANGE {
        databases.create(&mut admin, "same", "base");
        databases
            .open("same")
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let found = diff(&base, &databases.read("same"));
        assert!(found.is_empty(), "{sql}:\n{found}");
    }
    // The same statements make the same schema, under other OIDs.
    databases.create(&mut admin, "again", "template0");
    let again = BASE
        .replace("CREATE ROLE app_reader;", "")
        .replace("CREATE ROLE app_writer;", "");
    databases
        .open("again")
        .batch_execute("CREATE TABLE waste (); DROP TABLE waste")
        .expect("OIDs are used up");
    databases
        .open("again")
        .batch_execute(&again)
        .expect("base.sql runs");
    assert_eq!(text(&databases.read("again")), text(&base));
}

/// Tables that are alike but for something that PostgreSQL writes, or that looks alike and is not.
const ALIKE: &[&str] = &[
    "CREATE TABLE {t} (a int, b text, CHECK (a > 0)); CREATE INDEX ON {t} (a); CREATE INDEX ON {t} (lower(b)) WHERE a > 1",
    "CREATE TABLE {t} (b text, a int, CHECK (a > 0)); CREATE INDEX ON {t} (a); CREATE INDEX ON {t} (lower(b)) WHERE a > 1",
    "CREATE TABLE {t} (b int, a text, CHECK (b > 0)); CREATE INDEX ON {t} (b); CREATE INDEX ON {t} (lower(a)) WHERE b > 1",
    "CREATE TABLE {t} (a bigint, b text, CHECK (a > 0)); CREATE INDEX ON {t} (a); CREATE INDEX ON {t} (b, lower(b))",
    "CREATE TABLE {t} (a int, b varchar(9) COLLATE \"C\", CHECK (a > 0) NO INHERIT); CREATE INDEX ON {t} (lower(b), b)",
    "CREATE TABLE {t} (a int, b text COLLATE \"C\"); ALTER TABLE {t} ADD CHECK (a > 0) NOT VALID; CREATE INDEX ON {t} (b)",
    "CREATE TABLE {t} (a int, b text); CREATE INDEX ON {t} (b COLLATE \"C\"); CREATE INDEX ON {t} (b text_pattern_ops)",
    "CREATE TABLE {t} (a int, b text); CREATE INDEX ON {t} (b DESC NULLS LAST); CREATE INDEX ON {t} (a) INCLUDE (b)",
    "CREATE TABLE {t} (a int, b text); CREATE INDEX ON {t} (a) WITH (fillfactor = 70); CREATE INDEX ON {t} USING hash (a)",
    "CREATE TABLE {t} (a int, b text); CREATE UNIQUE INDEX ON {t} (a); CREATE INDEX ON {t} (a, b)",
    "CREATE TABLE {t} (a int, b int GENERATED ALWAYS AS (a + 1) STORED, CHECK (a > b AND {t} IS NOT NULL))",
    "CREATE TABLE {t} (b int, a int GENERATED ALWAYS AS (b + 1) STORED, CHECK (tableoid > 0))",
    "CREATE TABLE {t} (a int, b text) PARTITION BY RANGE (a); CREATE INDEX ON {t} (a)",
    "CREATE TABLE \"{t} x\" (a int, b tsvector, CHECK (a > 0)); CREATE INDEX ON \"{t} x\" USING gist (b tsvector_ops (siglen = 99))",
    "CREATE TABLE {t} (a int DEFAULT 1, b text DEFAULT 'x'); CREATE MATERIALIZED VIEW {t}v AS TABLE {t}; CREATE INDEX ON {t}v (a)",
];

#[test]
fn what_is_asked_for_once_reads_as_if_each_was_asked_for() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    for round in 0..2 {
        for (number, sql) in ALIKE.iter().enumerate() {
            client
                .batch_execute(&sql.replace("{t}", &format!("t{round}_{number}")))
                .expect(sql);
        }
    }
    let schema = catalog::read(&mut client, &OwnTables::new("history")).expect("reads");
    let tables = schema.tables.values();
    let mut read: Vec<String> = schema
        .views
        .values()
        .flat_map(|view| view.indexes.values())
        .map(|index| index.definition.clone())
        .collect();
    read.extend(
        tables
            .clone()
            .flat_map(|table| table.indexes.values())
            .map(|index| index.definition.clone()),
    );
    read.extend(
        tables
            .clone()
            .flat_map(|table| table.constraints.values())
            .map(|check| check.definition.clone()),
    );
    let columns = tables.flat_map(|table| &table.columns);
    read.extend(
        columns
            .flat_map(|column| column.default.iter().chain(&column.generated))
            .cloned(),
    );
    let each = "SET search_path = pg_catalog;
        SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef";
    let mut expected: Vec<String> = client
        .simple_query(each)
        .expect("a query")
        .iter()
        .filter_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _other => None,
        })
        .collect();
    read.sort();
    expected.sort();
    assert!(expected.len() > 50, "{}", expected.len());
    assert_eq!(read, expected);
}

#[test]
fn reading_leaves_an_open_transaction_as_it_was() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    client
        .batch_execute("CREATE SCHEMA app; SET search_path = app")
        .expect("runs");
    let mut transaction = client.transaction().expect("begins");
    transaction
        .batch_execute("CREATE TABLE app.things (id integer); SET LOCAL search_path = app, public")
        .expect("runs");
    let schema = catalog::read(&mut transaction, &OwnTables::new("history")).expect("reads");
    assert_eq!(
        schema
            .tables
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["app.things"]
    );
    let path = |client: &mut postgres::Transaction<'_>| -> String {
        client
            .query_one("SHOW search_path", &[])
            .expect("runs")
            .get(0)
    };
    assert_eq!(path(&mut transaction), "app, public");
    transaction.commit().expect("commits");
    assert_eq!(
        client
            .query_one("SHOW search_path", &[])
            .expect("runs")
            .get::<_, String>(0),
        "app"
    );
    assert_eq!(
        client
            .query("SELECT FROM app.things", &[])
            .expect("committed")
            .len(),
        0
    );
}

/// Databases in one scratch cluster.
struct Databases<'a> {
    scratch: &'a Scratch,
    count: AtomicUsize,
}

impl Databases<'_> {
    fn create(&self, admin: &mut Client, name: &str, template: &str) {
        self.drop(admin, name);
        admin
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .expect("creates");
    }

    fn drop(&self, admin: &mut Client, name: &str) {
        admin
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .expect("drops");
    }

    fn open(&self, name: &str) -> Client {
        self.scratch
            .parameters()
            .dbname(name)
            .connect(postgres::NoTls)
            .expect("connects")
    }

    fn read(&self, name: &str) -> Schema {
        catalog::read(
            &mut self.open(name),
            &OwnTables::new("refinery_schema_history"),
        )
        .expect("reads")
    }

    /// Returns the output of `pg_dump`, which is the one on `PATH` or that of `DB_TEST_PG_DUMP`.
    /// `None` where there is none of this major version or a later one.
    fn dump(&self, name: &str) -> Option<String> {
        let program = std::env::var_os("DB_TEST_PG_DUMP").unwrap_or_else(|| "pg_dump".into());
        let version = Command::new(&program).arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout).into_owned();
        let found = version
            .split(|other: char| !other.is_ascii_digit())
            .find_map(|number| number.parse::<u32>().ok());
        if found.is_none_or(|found| found < major()) {
            return None;
        }
        let socket = match self.scratch.parameters().get_hosts().first() {
            Some(postgres::config::Host::Unix(folder)) => folder.clone(),
            other => panic!("a scratch cluster listens on a socket, not on {other:?}"),
        };
        let arguments = [
            "--schema-only",
            "--no-owner",
            "--username=postgres",
            "--dbname",
            name,
            "--host",
        ];
        let output = Command::new(&program)
            .args(arguments)
            .arg(Path::new(&socket))
            .output()
            .ok()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn text(schema: &Schema) -> String {
    Snapshot {
        postgres: major(),
        migrations: Vec::new(),
        fingerprints: Vec::new(),
        schema: schema.clone(),
    }
    .to_text()
}

/// The objects of a schema that lie in `public`, by kind.
fn members(schema: &Schema) -> serde_json::Value {
    let mut sections = serde_json::to_value(schema).expect("JSON");
    let others = ["extensions", "namespaces", "objects"];
    for (kind, section) in sections.as_object_mut().expect("sections") {
        let objects = section.as_object_mut().expect("objects by name");
        // An object without a namespace belongs to no tenant.
        let no_member = [
            "audit",
            "server ",
            "namespace ",
            "foreign data wrapper ",
            "new objects ",
        ];
        let is_member = |name: &str| !no_member.iter().any(|one| name.contains(one));
        objects.retain(|name, _| !others.contains(&kind.as_str()) && is_member(name));
    }
    sections
}

#[test]
fn one_namespace_is_read_as_it_is_among_all() {
    let Some(scratch) = scratch() else { return };
    let mut client = connect(&scratch);
    client.batch_execute(BASE).expect("base.sql runs");
    let mut config = Config::load(repository(), None).expect("a configuration");
    let mut everywhere = CatalogReader::new(OwnTables::of(&config));
    config.confine_to("public");
    let mut here = CatalogReader::new(OwnTables::of(&config));
    let mutations = MUTATIONS.lines().filter(|line| !line.starts_with("-- "));
    let mut compared = 0;
    for sql in std::iter::once("SELECT 1").chain(mutations) {
        let mut transaction = client.transaction().expect("a transaction");
        // Some cannot run in a transaction.
        if transaction.batch_execute(sql).is_err() {
            continue;
        }
        let whole = everywhere.read(&mut transaction).expect("reads");
        let mine = here.read(&mut transaction).expect("reads");
        let (whole, mine) = (members(&whole), members(&mine));
        assert!(mine == whole, "{sql}: {mine:#?}\n instead of {whole:#?}");
        compared += 1;
        transaction.rollback().expect("undone");
    }
    assert!(compared > 150, "{compared}");
}
