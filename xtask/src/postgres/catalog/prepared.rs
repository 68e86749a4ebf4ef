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
    /// The namespace to which the queries are confined. A connection always has the same one.
    tenant: Option<&'c str>,
}

impl<'c, C: GenericClient> Prepared<'c, C> {
    pub(super) fn new(
        client: &'c mut C,
        statements: &'c mut Statements,
        tenant: Option<&'c str>,
    ) -> Self {
        Self {
            client,
            statements,
            tenant,
        }
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
        let statement = match self.tenant {
            None => self.client.prepare(query)?,
            Some(tenant) => self.client.prepare(&confined(query, tenant))?,
        };
        self.statements.insert(query, statement.clone());
        Ok(statement)
    }
}

/// Queries about parts of relations: the condition that all of them have, and the namespace of the
/// relation.
const PARTS: [(&str, &str); 3] = [
    (relation_of_people!("k.conrelid"), "k.connamespace"),
    (relation_of_people!("a.attrelid"), "c.relnamespace"),
    // An index lies in the namespace of its table.
    (relation_of_people!("i.indrelid"), "x.relnamespace"),
];

/// The `query` about the namespace `tenant` alone. Beside hundreds of tenants it would otherwise read
/// all of them, to leave most out.
fn confined(query: &str, tenant: &str) -> String {
    let tenant = tenant.replace('\\', "\\\\").replace('\'', "''");
    let in_namespace = format!("{} AND n.nspname = E'{tenant}'", namespaces!());
    let mut confined = query.replace(namespaces!(), &in_namespace);
    for (condition, namespace) in PARTS {
        let in_namespace = format!(
            "{condition} AND {namespace} = (SELECT oid FROM pg_namespace WHERE nspname = E'{tenant}')"
        );
        confined = confined.replace(condition, &in_namespace);
    }
    confined
}

#[cfg(test)]
mod tests {
    use super::confined;

    #[test]
    fn queries_are_confined_to_the_tenant() {
        assert_eq!(
            confined(concat!("SELECT 1 WHERE ", namespaces!()), "it's"),
            concat!(
                "SELECT 1 WHERE ",
                namespaces!(),
                " AND n.nspname = E'it''s'"
            )
        );
        let query = concat!("WHERE ", relation_of_people!("i.indrelid"), " AND true");
        assert_eq!(
            confined(query, "a"),
            "WHERE i.indrelid >= 16384 AND x.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = E'a') AND true"
        );
    }
}
