//! Code and migrations of one commit, read and replayed in this process.

use xtask::internals::config::Config;
use xtask::internals::facts::Facts;
use xtask::internals::migrations::{Migration, files, provenance};
use xtask::internals::postgres::catalog::{self, OwnTables};
use xtask::internals::readers;
use xtask::internals::report::DeployOrder;
use xtask::internals::rollout::{CodeDemands, Commit, MigrationPlaces, demands, judge};
use xtask::internals::schema::model::Schema;
use xtask::internals::tree::{Tree, WorkingTree};

use crate::support::database::Database;
use crate::support::{major, shared};

/// The file of a scenario's code.
const DRIZZLE: &str = "drizzle = ['src/schema.ts']";

/// What a commit holds, with its schema on a database of its own.
pub struct Made {
    pub config: Config,
    pub facts: Facts,
    pub migrations: Vec<Migration>,
    pub schema: Schema,
    pub database: Database<'static>,
}

/// Reads code and replays `texts`; none where the tests of databases are left out.
pub fn made(code: &[(&str, &str)], keys: &str, texts: &[&str]) -> Option<Made> {
    let database = Database::create(shared()?, "deploy_order");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let keys = if keys.is_empty() { DRIZZLE } else { keys };
    write(
        "db.toml",
        &format!(
            "postgres = '{}'\nmigrations = 'migrations'\n{keys}\n",
            major()
        ),
    );
    for (version, text) in (1..).zip(texts) {
        write(&format!("migrations/V{version}__m.sql"), text);
        write(
            &format!("migrations/V{version}__m.down.sql"),
            "-- irreversible: a test",
        );
    }
    for (name, text) in code {
        write(name, text);
    }
    let tree = WorkingTree::new(folder.path());
    let config = Config::load(folder.path(), None).expect("a configuration");
    let migrations = files::load(&tree, "migrations").expect("good files");
    let mut client = database.connect();
    for text in texts {
        client
            .batch_execute(text)
            .unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }
    let schema = schema_of(&mut client);
    Some(Made {
        facts: facts(&tree, &config),
        config,
        migrations,
        schema,
        database,
    })
}

/// The schema of a database.
pub fn schema_of(client: &mut postgres::Client) -> Schema {
    catalog::read(client, &OwnTables::new("history")).expect("the catalogs")
}

pub fn facts(tree: &dyn Tree, config: &Config) -> Facts {
    let input = readers::Input {
        tree,
        config,
        cache: None,
    };
    readers::read(&input).expect("readable code")
}

impl Made {
    /// What the code wants of `schema`.
    pub fn demands(&self, schema: &Schema) -> CodeDemands {
        let provenance = provenance::read(&self.migrations);
        demands(xtask::internals::checks::Input {
            schema,
            facts: &self.facts,
            config: &self.config,
            provenance: &provenance,
        })
    }

    /// The order in which `self`, the new commit, and what follows `old` may go live.
    pub fn order_after(&self, old: &Self) -> Option<DeployOrder> {
        let (old_demands, new_demands) = (old.demands(&old.schema), self.demands(&self.schema));
        let kept = self.demands(&old.schema);
        let provenance = provenance::read(&self.migrations);
        let added = self
            .migrations
            .iter()
            .filter(|one| !old.migrations.contains(one));
        let places = MigrationPlaces::new(added.collect(), &provenance);
        let running = Commit {
            demands: &old_demands,
            schema: &old.schema,
        };
        let new = Commit {
            demands: &new_demands,
            schema: &self.schema,
        };
        judge(running, new, &kept, &places, &self.config)
    }
}
