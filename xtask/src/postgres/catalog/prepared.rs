//! Prepares the queries of the catalogs once for each connection: PostgreSQL needs longer to plan
//! one than to run it.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Error, GenericClient, Row, RowIter, Statement};

/// The statements of one connection, by their text.
pub(super) type Statements = HashMap<&'static str, Statement>;

/// A connection, or a transaction on it, and its prepared statements.
pub(super) struct Prepared<'c, C> {
    client: &'c mut C,
    statements: &'c mut Statements,
}

impl<'c, C: GenericClient> Prepared<'c, C> {
    pub(super) fn new(client: &'c mut C, statements: &'c mut Statements) -> Self {
        Self { client, statements }
    }

    pub(super) fn query(
        &mut self,
        query: &'static str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let statement = self.statement(query)?;
        self.client.query(&statement, params)
    }

    /// The rows of a query without parameters, as the server sends them.
    pub(super) fn rows(&mut self, query: &'static str) -> Result<RowIter<'_>, Error> {
        let statement = self.statement(query)?;
        self.client.query_raw::<_, bool, _>(&statement, [])
    }

    fn statement(&mut self, query: &'static str) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(query) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(query)?;
        self.statements.insert(query, statement.clone());
        Ok(statement)
    }
}
