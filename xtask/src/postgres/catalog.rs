//! Reads a schema from PostgreSQL's catalogs: a handful of set-based queries, one function per kind
//! of object, never one query per table. Objects of extensions are left out, and so are
//! PostgreSQL's own namespaces, refinery's history table, our journal, and the history tables of
//! other tools.

/// Condition on `pg_namespace AS n`: not PostgreSQL's own.
macro_rules! namespaces {
    () => {
        "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    };
}

/// Condition on the OID `$oid` of a relation or a type: not PostgreSQL's own. [`prepared`] confines
/// it to one namespace, and knows each `$oid`.
macro_rules! of_people {
    ($oid:literal) => {
        concat!($oid, " >= 16384")
    };
}

/// Condition on the object `$oid` of the catalog `$class`: no extension owns it.
macro_rules! not_of_extensions {
    ($class:literal, $oid:literal) => {
        concat!(
            "NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.classid = '",
            $class,
            "'::regclass AND e.objid = ",
            $oid,
            " AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')"
        )
    };
}

mod alike;
mod columns;
mod constraints;
mod distribution;
mod grants;
mod indexes;
mod objects;
pub mod options;
mod prepared;
mod relations;
mod routines;
mod sequences;
pub mod settings;
mod triggers;
mod types;

use postgres::GenericClient;
use postgres::error::SqlState;

use crate::config::Config;
use crate::schema::model::{ObjectName, Schema};
use prepared::{Prepared, Statements};

/// Our journal beside refinery's history table; never part of a schema.
pub const JOURNAL_TABLE: &str = "db_migration_journal";

/// The objects that are no part of the schema: tables of the tool, in any namespace, and namespaces
/// of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTables {
    tables: Vec<String>,
    /// The namespace that exists for them, where the configuration names one.
    namespace: Option<String>,
    foreign_namespaces: Vec<String>,
    foreign_extensions: Vec<String>,
    foreign_publications: &'static [&'static str],
    /// The one namespace that is read, where the database holds several tenants.
    tenant: Option<String>,
}

impl OwnTables {
    /// Returns the tables and namespaces to leave out under a configuration.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self {
            foreign_namespaces: config.foreign_namespaces.clone(),
            foreign_extensions: config.foreign_extensions.clone(),
            foreign_publications: config.platform.publications(),
            tenant: config.tenant.clone(),
            ..Self::new(&config.history_table)
        }
    }

    /// Leaves out our journal and refinery's history table of this name, in any namespace.
    #[must_use]
    pub fn new(history_table: &str) -> Self {
        let (namespace, name) = history_table.rsplit_once('.').unzip();
        let tables = vec![
            name.unwrap_or(history_table).to_owned(),
            JOURNAL_TABLE.to_owned(),
        ];
        Self {
            tables,
            namespace: namespace.map(str::to_owned),
            foreign_namespaces: Vec::new(),
            foreign_extensions: Vec::new(),
            foreign_publications: &[],
            tenant: None,
        }
    }

    /// The names of the tables, without namespaces.
    #[must_use]
    pub fn tables(&self) -> &[String] {
        &self.tables
    }

    /// The namespaces that are not the migrations'.
    #[must_use]
    pub fn foreign_namespaces(&self) -> &[String] {
        &self.foreign_namespaces
    }
}

/// Reads the whole schema once. To read it repeatedly, keep a [`CatalogReader`].
///
/// # Errors
/// Those of the queries.
pub fn read(client: &mut impl GenericClient, own: &OwnTables) -> Result<Schema, postgres::Error> {
    CatalogReader::new(own.clone()).read(client)
}

/// Reads schemas over one connection, on which the queries stay prepared.
#[derive(Debug)]
pub struct CatalogReader {
    own: OwnTables,
    statements: Statements,
}

impl CatalogReader {
    /// Reads databases whose tables `own` are not the migrations'.
    #[must_use]
    pub fn new(own: OwnTables) -> Self {
        Self {
            own,
            statements: Statements::new(),
        }
    }

    /// Reads the whole schema. Also works inside an open transaction, whose settings do not change:
    /// everything runs in a transaction or savepoint that is rolled back.
    ///
    /// # Errors
    /// Those of the queries.
    pub fn read(&mut self, client: &mut impl GenericClient) -> Result<Schema, postgres::Error> {
        match self.attempt(client) {
            // A script may have removed the prepared queries with `DISCARD` or `DEALLOCATE`.
            Err(error) if error.code() == Some(&SqlState::INVALID_SQL_STATEMENT_NAME) => {
                self.statements.clear();
                self.attempt(client)
            }
            read => read,
        }
    }

    fn attempt(&mut self, client: &mut impl GenericClient) -> Result<Schema, postgres::Error> {
        let own = &self.own;
        let mut transaction = client.transaction()?;
        // Sorting on disk would take longer than the queries themselves, hence the memory. Planning
        // takes as long as running, hence one plan for all calls.
        let settings = settings::expressions(&[
            ("work_mem", "64MB"),
            ("plan_cache_mode", "force_generic_plan"),
        ]);
        transaction.batch_execute(&format!("SELECT {settings}"))?;
        let catalogs = &mut Prepared::new(
            &mut transaction,
            &mut self.statements,
            own.tenant.as_deref(),
        );
        let mut schema = Schema::default();
        // Relations and their columns come first: the other queries refer to them by OID and
        // number.
        let mut relations = relations::read(catalogs, own, &mut schema)?;
        columns::read(catalogs, &mut relations, &mut schema)?;
        distribution::read(catalogs, &relations, &mut schema)?;
        constraints::read(catalogs, &relations, &mut schema)?;
        indexes::read(catalogs, &relations, &mut schema)?;
        triggers::read(catalogs, own, &mut schema)?;
        types::read(catalogs, &mut schema)?;
        sequences::read(catalogs, own, &mut schema)?;
        routines::read(catalogs, &mut schema)?;
        objects::read(catalogs, &mut schema)?;
        grants::read(catalogs, own, &mut schema)?;
        transaction.rollback()?;
        schema
            .extensions
            .retain(|name, _| !own.foreign_extensions.contains(name));
        if let Some(publications) = schema.objects.get_mut("publication") {
            publications.retain(|name, _| !own.foreign_publications.contains(&name.as_str()));
        }
        schema.objects.retain(|_, objects| !objects.is_empty());
        if let Some(namespace) = own
            .namespace
            .as_deref()
            .filter(|namespace| *namespace != "public")
        {
            schema.namespaces.remove(namespace);
        }
        if let Some(tenant) = &own.tenant {
            schema = schema.of_namespace(tenant);
        }
        Ok(schema
            .without_namespaces(&own.foreign_namespaces)
            .without_bookkeeping())
    }
}

/// The name in the columns `namespace` and `name` of a row.
fn object_name(row: &postgres::Row) -> ObjectName {
    ObjectName {
        namespace: row.get("namespace"),
        name: row.get("name"),
    }
}

/// A name in two columns of a row that may be null.
fn optional_name(row: &postgres::Row, namespace: &str, name: &str) -> Option<ObjectName> {
    let namespace: Option<String> = row.get(namespace);
    Some(ObjectName {
        namespace: namespace?,
        name: row.get(name),
    })
}
