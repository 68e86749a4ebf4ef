//! Reads how tables are distributed over several servers, where Citus does that.

use std::collections::BTreeMap;

use postgres::{Error, GenericClient};

use super::prepared::Prepared;
use super::relations::Relations;
use crate::schema::model::{Distribution, DistributionMethod, ObjectName, Schema};

/// Tables that Citus took into its catalog by itself, because another one refers to them, are left
/// out: nobody asked for it. Releases before 11 have no such column.
const DISTRIBUTIONS: &str = "
    SELECT p.logicalrelid::oid AS relation, p.partmethod::text AS method, p.repmodel::text AS replication,
           p.colocationid AS colocation,
           CASE WHEN p.partkey IS NOT NULL THEN column_to_column_name(p.logicalrelid, p.partkey) END AS distribution_column
    FROM pg_dist_partition AS p
    WHERE coalesce(to_jsonb(p) ->> 'autoconverted', 'false') = 'false'";

/// The namespaces whose tables lie together on one server each. Releases before 12 have no such
/// catalog.
const NAMESPACES: &str = "
    SELECT n.nspname::text AS name FROM pg_dist_schema AS d JOIN pg_namespace AS n ON n.oid = d.schemaid";

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    relations: &Relations,
    schema: &mut Schema,
) -> Result<(), Error> {
    if !relations.has_distributions {
        return Ok(());
    }
    let mut groups: BTreeMap<i32, Vec<ObjectName>> = BTreeMap::new();
    for row in client.query(DISTRIBUTIONS, &[])? {
        let relation: u32 = row.get("relation");
        let colocation: i32 = row.get("colocation");
        let Some(name) = relations.name(relation).cloned() else {
            continue;
        };
        let Some(table) = relations.table(schema, relation) else {
            continue;
        };
        table.distribution = Some(Distribution {
            method: method(row.get("method"), row.get("replication"), colocation),
            column: row.get("distribution_column"),
            colocated_with: None,
        });
        // All local tables have the number 0, and lie beside nothing.
        if colocation > 0 {
            groups.entry(colocation).or_default().push(name);
        }
    }
    for group in groups.values_mut() {
        group.sort();
        for name in group.iter() {
            let beside = group.iter().find(|other| *other != name).cloned();
            let distribution = schema
                .tables
                .get_mut(name)
                .and_then(|table| table.distribution.as_mut());
            // Every reference table lies beside every other one.
            if let Some(distribution) =
                distribution.filter(|one| one.method != DistributionMethod::Reference)
            {
                distribution.colocated_with = beside;
            }
        }
    }
    Ok(())
}

/// Reads which namespaces Citus distributes, with the tables that will be made there.
pub(super) fn read_namespaces(
    client: &mut Prepared<'_, impl GenericClient>,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(NAMESPACES, &[])? {
        let name: &str = row.get("name");
        if let Some(namespace) = schema.namespaces.get_mut(name) {
            namespace.distributed = true;
        }
    }
    Ok(())
}

/// `pg_dist_partition.partmethod`; for tables without a distribution column `repmodel` tells more.
fn method(method: &str, replication: &str, colocation: i32) -> DistributionMethod {
    match (method, replication) {
        ("h", _) => DistributionMethod::Hash,
        ("r", _) => DistributionMethod::Range,
        ("a", _) => DistributionMethod::Append,
        (_, "t") => DistributionMethod::Reference,
        _ if colocation > 0 => DistributionMethod::SingleShard,
        _ => DistributionMethod::Local,
    }
}
