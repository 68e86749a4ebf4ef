//! Reads tables and views, without their columns and other parts.

use std::collections::HashMap;

use postgres::{Error, GenericClient, Row};

use super::options::storage_parameters;
use super::prepared::Prepared;
use super::{OwnTables, object_name, optional_name};
use crate::schema::model::{ObjectName, Partition, Schema, Storage, Table, View};

/// Ordinary, partitioned and foreign tables, views and materialised views. Options of the TOAST
/// table belong to its table.
const RELATIONS: &str = concat!(
    "
    SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name, c.relkind::text AS kind,
           quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS quoted,
           c.relpersistence = 'u' AS unlogged, c.relrowsecurity AS row_security,
           c.relforcerowsecurity AS force_row_security, c.relreplident::text AS replica_identity,
           CASE WHEN c.relreplident = 'i' THEN (
               SELECT x.relname::text FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
               WHERE i.indrelid = c.oid AND i.indisreplident) END AS replica_index,
           CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
           pg_get_expr(c.relpartbound, c.oid) AS bound,
           tn.nspname::text AS of_namespace, t.typname::text AS of_name,
           CASE WHEN c.reloptions IS NULL AND o.reloptions IS NULL THEN '{}' ELSE
               ARRAY(SELECT unnest(",
    storage_parameters!("c.reloptions", "c.relam"),
    ") ORDER BY 1)
               || ARRAY(SELECT 'toast.' || unnest(",
    storage_parameters!("o.reloptions", "o.relam"),
    ") ORDER BY 1) END AS options,
           CASE WHEN m.amname <> 'heap' THEN m.amname::text END AS access_method,
           s.spcname::text AS tablespace,
           'SERVER ' || quote_ident(fs.srvname) || coalesce(' OPTIONS (' || array_to_string(ARRAY(
               SELECT quote_ident(option_name) || ' ' || quote_literal(option_value)
               FROM pg_options_to_table(f.ftoptions) ORDER BY 1), ', ') || ')', '') AS foreign_server,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
           to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS has_distributions,
           cd.description AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_class AS o ON o.oid = c.reltoastrelid
    LEFT JOIN pg_am AS m ON m.oid = c.relam
    LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
    LEFT JOIN pg_type AS t ON t.oid = c.reloftype
    LEFT JOIN pg_namespace AS tn ON tn.oid = t.typnamespace
    LEFT JOIN pg_foreign_table AS f ON f.ftrelid = c.oid
    LEFT JOIN pg_foreign_server AS fs ON fs.oid = f.ftserver
    LEFT JOIN pg_description AS cd
        ON cd.classoid = 'pg_class'::regclass AND cd.objoid = c.oid AND cd.objsubid = 0
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
      AND c.relname <> ALL ($1::text[])
      AND ",
    of_people!("c.oid"),
    " AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_class", "c.oid"),
    " ORDER BY namespace, name"
);

/// The query for the parents of tables, partitions included. Indexes of partitions are read
/// elsewhere.
const PARENTS: &str = concat!(
    "
    SELECT n.nspname::text AS namespace, c.relname::text AS name, c.relispartition AS is_partition,
           pn.nspname::text AS parent_namespace, p.relname::text AS parent_name
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_class AS p ON p.oid = i.inhparent
    JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND ",
    namespaces!(),
    " ORDER BY namespace, name, i.inhseqno"
);

/// The relations that are read, by OID. Other catalogs refer to them, and to their columns, in this
/// way.
#[derive(Debug, Default)]
pub(super) struct Relations {
    by_oid: HashMap<u32, Relation>,
    /// Whether the database has the catalog of Citus.
    pub has_distributions: bool,
}

#[derive(Debug)]
struct Relation {
    name: ObjectName,
    /// Its name as PostgreSQL writes it.
    quoted: String,
    /// One for each column, in the same order.
    attributes: Vec<Attribute>,
}

/// The attributes of a column, beside its name, that other catalogs refer to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attribute {
    /// `pg_attribute.attnum`
    pub number: i16,
    /// `pg_attribute.atttypid`
    pub type_oid: u32,
    /// `pg_attribute.attcollation`
    pub collation: u32,
}

impl Relations {
    pub(super) fn add(&mut self, oid: u32, name: ObjectName, quoted: String) {
        self.by_oid.insert(
            oid,
            Relation {
                name,
                quoted,
                attributes: Vec::new(),
            },
        );
    }

    /// Adds the next column of a relation.
    pub(super) fn add_attribute(&mut self, relation: u32, attribute: Attribute) {
        if let Some(relation) = self.by_oid.get_mut(&relation) {
            relation.attributes.push(attribute);
        }
    }

    pub(super) fn name(&self, oid: u32) -> Option<&ObjectName> {
        Some(&self.by_oid.get(&oid)?.name)
    }

    /// Its name as PostgreSQL writes it.
    pub(super) fn quoted(&self, oid: u32) -> Option<&str> {
        Some(&self.by_oid.get(&oid)?.quoted)
    }

    /// The table of this OID.
    pub(super) fn table<'s>(&self, schema: &'s mut Schema, oid: u32) -> Option<&'s mut Table> {
        schema.tables.get_mut(self.name(oid)?)
    }

    /// The view of this OID.
    pub(super) fn view<'s>(&self, schema: &'s mut Schema, oid: u32) -> Option<&'s mut View> {
        schema.views.get_mut(self.name(oid)?)
    }

    /// The column of this number in a relation, with its name.
    pub(super) fn column<'s>(
        &self,
        schema: &'s Schema,
        relation: u32,
        number: i16,
    ) -> Option<(&'s str, Attribute)> {
        let relation = self.by_oid.get(&relation)?;
        let at = relation
            .attributes
            // Columns were added in the order of their numbers.
            .binary_search_by_key(&number, |attribute| attribute.number)
            .ok()?;
        let columns = match schema.tables.get(&relation.name) {
            Some(table) => &table.columns,
            None => &schema.views.get(&relation.name)?.columns,
        };
        Some((&columns.get(at)?.name, relation.attributes[at]))
    }
}

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    own: &OwnTables,
    schema: &mut Schema,
) -> Result<Relations, Error> {
    let mut relations = Relations::default();
    for row in client.query(RELATIONS, &[&own.tables])? {
        relations.add(row.get("oid"), object_name(&row), row.get("quoted"));
        relations.has_distributions = row.get("has_distributions");
        match row.get("kind") {
            "v" | "m" => drop(schema.views.insert(object_name(&row), view(&row))),
            _ => drop(schema.tables.insert(object_name(&row), table(&row))),
        }
    }
    for row in client.query(PARENTS, &[])? {
        let parent = ObjectName {
            namespace: row.get("parent_namespace"),
            name: row.get("parent_name"),
        };
        let Some(table) = schema.tables.get_mut(&object_name(&row)) else {
            continue;
        };
        match &mut table.partition {
            Some(partition) if row.get("is_partition") => partition.of = parent,
            _ => table.inherits.push(parent),
        }
    }
    Ok(relations)
}

fn table(row: &Row) -> Table {
    let bound: Option<String> = row.get("bound");
    // The parent comes with the next query.
    let partition = bound.map(|bound| Partition {
        of: ObjectName::public(""),
        bound,
    });
    Table {
        comment: row.get("comment"),
        partition_by: row.get("partition_by"),
        partition,
        of_type: optional_name(row, "of_namespace", "of_name"),
        foreign: row.get("foreign_server"),
        unlogged: row.get("unlogged"),
        row_security: row.get("row_security"),
        force_row_security: row.get("force_row_security"),
        replica_identity: replica_identity(row),
        storage: storage(row),
        ..Table::default()
    }
}

fn view(row: &Row) -> View {
    View {
        comment: row.get("comment"),
        materialized: row.get::<_, &str>("kind") == "m",
        storage: storage(row),
        definition: row
            .get::<_, Option<String>>("definition")
            .unwrap_or_default(),
        ..View::default()
    }
}

fn storage(row: &Row) -> Storage {
    Storage {
        options: row.get("options"),
        access_method: row.get("access_method"),
        tablespace: row.get("tablespace"),
    }
}

/// `pg_class.relreplident`: the primary key is the default.
fn replica_identity(row: &Row) -> Option<String> {
    match row.get("replica_identity") {
        "n" => Some("nothing".into()),
        "f" => Some("full".into()),
        "i" => Some(format!(
            "index {}",
            row.get::<_, Option<String>>("replica_index")
                .unwrap_or_default()
        )),
        _ => None,
    }
}
