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

/// The expressions of which queries say that they are of people, each with what it identifies.
const OIDS: [(&str, &str, Member); 6] = [
    ("c.oid", of_people!("c.oid"), Member::Relation),
    ("a.attrelid", of_people!("a.attrelid"), Member::Relation),
    ("i.indrelid", of_people!("i.indrelid"), Member::Relation),
    ("k.conrelid", of_people!("k.conrelid"), Member::Relation),
    ("q.seqrelid", of_people!("q.seqrelid"), Member::Relation),
    ("t.oid", of_people!("t.oid"), Member::Type),
];

/// A member of a namespace.
#[derive(Debug, Clone, Copy)]
enum Member {
    /// A relation, also that of a composite type.
    Relation,
    /// A type that is no row type of a table.
    Type,
}

impl Member {
    /// The query for the OIDs of a namespace's members. No catalog has an index by namespace alone; but
    /// each member depends on its namespace, and dependencies have an index.
    fn query(self, namespace: &str) -> String {
        let those = |catalog: &str| {
            format!(
                "d.refclassid = 'pg_namespace'::regclass
                 AND d.refobjid = (SELECT oid FROM pg_namespace WHERE nspname = {namespace})
                 AND d.classid = '{catalog}'::regclass"
            )
        };
        let types = those("pg_type");
        match self {
            Self::Type => format!("SELECT d.objid FROM pg_depend AS d WHERE {types}"),
            Self::Relation => format!(
                "SELECT d.objid FROM pg_depend AS d WHERE {}
                 UNION ALL
                 SELECT t.typrelid FROM pg_depend AS d JOIN pg_type AS t ON t.oid = d.objid WHERE {types}",
                those("pg_class")
            ),
        }
    }
}

/// The `query` about the namespace `tenant` alone. Beside hundreds of tenants it would otherwise read
/// all of them, to leave most out.
fn confined(query: &str, tenant: &str) -> String {
    let tenant = tenant.replace('\\', "\\\\").replace('\'', "''");
    let namespace = format!("E'{tenant}'");
    let in_namespace = format!("{} AND n.nspname = {namespace}", namespaces!());
    let mut confined = query.replace(namespaces!(), &in_namespace);
    for (oid, condition, member) in OIDS {
        let members = member.query(&namespace);
        let of_it = format!("{condition} AND {oid} = ANY (ARRAY({members}))");
        confined = confined.replace(condition, &of_it);
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
        let query = concat!("WHERE ", of_people!("i.indrelid"), " AND true");
        let query = confined(query, "a");
        let begin =
            "WHERE i.indrelid >= 16384 AND i.indrelid = ANY (ARRAY(SELECT d.objid FROM pg_depend";
        assert!(query.starts_with(begin), "{query}");
        assert_eq!(query.matches("WHERE nspname = E'a'").count(), 2, "{query}");
    }
}
