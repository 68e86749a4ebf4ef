//! The columns of tables, views and composite types: most of what the catalogs hold. Their rows are taken as they come,
//! while the server is still sending, and what PostgreSQL would have to write out for each (its type, its default) is asked
//! for once for all that are alike.

use std::collections::{HashMap, HashSet};

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::FromSql;
use postgres::{Error, GenericClient, Row};

use super::alike::{self, Definitions};
use super::relations::{Attribute, Relations};
use super::{OwnTables, object_name};
use crate::schema::model::{Column, Composite, Identity, Schema};

/// In the order in which [`Found::read`] takes them. `NOT NULL` may also come from a domain, at any depth of domains over
/// domains.
const COLUMNS: &str = concat!(
    "
    WITH RECURSIVE not_null_domain AS (
        SELECT oid FROM pg_type WHERE typtype = 'd' AND typnotnull
        UNION
        SELECT t.oid FROM pg_type AS t JOIN not_null_domain AS d ON t.typbasetype = d.oid WHERE t.typtype = 'd')
    SELECT a.attrelid, a.attnum, a.atttypid, a.attcollation, a.atttypmod,
           d.oid, d.adbin::text,
           a.attname, a.attnotnull, a.atttypid IN (SELECT oid FROM not_null_domain),
           a.attidentity, a.attgenerated,
           CASE WHEN a.attcollation <> t.typcollation
                THEN quote_ident(ln.nspname) || '.' || quote_ident(l.collname) END,
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
           a.attcompression,
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int4 END,
           CASE WHEN a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL
                THEN coalesce(a.attoptions, '{}') || coalesce(a.attfdwoptions, '{}') END,
           NOT a.attislocal,
           o.description
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
    LEFT JOIN pg_namespace AS ln ON ln.oid = l.collnamespace
    LEFT JOIN pg_description AS o
        ON o.classoid = 'pg_class'::regclass AND o.objoid = c.oid AND o.objsubid = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> ALL ($1::text[])
      AND ",
    namespaces!(),
    " ORDER BY a.attrelid, a.attnum"
);

/// Composite types; that of a table is the table's.
const COMPOSITES: &str = concat!(
    "
    SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name,
           obj_description(c.reltype, 'pg_type') AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'c' AND ",
    namespaces!(),
    " AND ",
    not_of_extensions!("pg_type", "c.reltype"),
    " ORDER BY namespace, name"
);

const TYPES: &str = "
    SELECT u.type_oid, u.modifier, format_type(u.type_oid, u.modifier) AS name
    FROM unnest($1::oid[], $2::int4[]) AS u (type_oid, modifier)
    ORDER BY u.type_oid, u.modifier";

/// Defaults and generation expressions.
const EXPRESSIONS: &str = "
    SELECT d.oid, pg_get_expr(d.adbin, d.adrelid) AS definition
    FROM pg_attrdef AS d WHERE d.oid = ANY ($1) ORDER BY d.oid";

/// A type as a column has it: its OID and modifier.
type TypeOf = (u32, i32);

pub(super) fn read(
    client: &mut impl GenericClient,
    own: &OwnTables,
    relations: &mut Relations,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(COMPOSITES, &[])? {
        let composite = Composite { comment: row.get("comment"), columns: Vec::new() };
        relations.add(row.get("oid"), object_name(&row));
        schema.composites.insert(object_name(&row), composite);
    }
    let (found, mut expressions) = collect(client, own, relations)?;
    let types = types(client, found.iter().map(|found| found.type_of).collect())?;
    expressions.read(client, EXPRESSIONS)?;
    let mut found = found.into_iter().peekable();
    while let Some(relation) = found.peek().map(|first| first.relation) {
        let of_relation = std::iter::from_fn(|| found.next_if(|next| next.relation == relation));
        let columns: Vec<Column> = of_relation.map(|found| found.complete(&types, &expressions)).collect();
        let name = relations.name(relation);
        if let Some(table) = name.and_then(|name| schema.tables.get_mut(name)) {
            table.columns = columns;
        } else if let Some(view) = name.and_then(|name| schema.views.get_mut(name)) {
            view.columns = columns;
        } else if let Some(composite) = name.and_then(|name| schema.composites.get_mut(name)) {
            composite.columns = columns;
        }
    }
    Ok(())
}

/// The columns of all relations that are known, those of a relation one after the other.
fn collect(
    client: &mut impl GenericClient,
    own: &OwnTables,
    relations: &mut Relations,
) -> Result<(Vec<Found>, Definitions), Error> {
    let mut all = Vec::new();
    let mut expressions = Definitions::default();
    let mut shape = String::new();
    let mut rows = client.query_raw(COLUMNS, [&own.tables])?;
    while let Some(row) = rows.next()? {
        let mut fields = Fields { row: &row, at: 0 };
        let relation: u32 = fields.next();
        let attribute = Attribute { number: fields.next(), type_oid: fields.next(), collation: fields.next() };
        let type_of = (attribute.type_oid, fields.next());
        if !relations.add_attribute(relation, attribute) {
            continue;
        }
        let (expression, tree): (Option<u32>, Option<&str>) = (fields.next(), fields.next());
        if let (Some(expression), Some(tree)) = (expression, tree) {
            shape.clear();
            let is_alike = alike::write_shape(tree, |_| None, &mut shape);
            expressions.add(expression, is_alike.then_some(&shape));
        }
        all.push(Found { relation, type_of, expression, ..Found::read(fields) });
    }
    Ok((all, expressions))
}

fn types(client: &mut impl GenericClient, used: HashSet<TypeOf>) -> Result<HashMap<TypeOf, String>, Error> {
    let (oids, modifiers): (Vec<u32>, Vec<i32>) = used.into_iter().unzip();
    let rows = client.query(TYPES, &[&oids, &modifiers])?;
    Ok(rows.iter().map(|row| ((row.get("type_oid"), row.get("modifier")), row.get("name"))).collect())
}

/// The fields of a row, one after the other: looking for each by its name would cost more than reading it.
struct Fields<'r> {
    row: &'r Row,
    at: usize,
}

impl<'r> Fields<'r> {
    fn next<T: FromSql<'r>>(&mut self) -> T {
        self.at += 1;
        self.row.get(self.at - 1)
    }
}

/// A column without what is asked for once for all that are alike.
#[derive(Debug, Default)]
struct Found {
    relation: u32,
    type_of: TypeOf,
    /// The OID of its default or generation expression.
    expression: Option<u32>,
    /// `pg_attribute.attgenerated`
    generation: u8,
    column: Column,
}

impl Found {
    /// The fields from the name on.
    fn read(mut fields: Fields<'_>) -> Self {
        let name = fields.next();
        let (own_not_null, domain_not_null): (bool, bool) = (fields.next(), fields.next());
        let identity = letter(fields.next());
        let generation = letter(fields.next());
        let column = Column {
            name,
            not_null: own_not_null || domain_not_null,
            not_null_by_domain: domain_not_null && !own_not_null,
            identity: match identity {
                b'a' => Some(Identity::Always),
                b'd' => Some(Identity::ByDefault),
                _ => None,
            },
            collation: fields.next(),
            storage: fields.next::<Option<i8>>().map(|code| storage(letter(code)).to_owned()),
            compression: match letter(fields.next()) {
                b'p' => Some("pglz".into()),
                b'l' => Some("lz4".into()),
                _ => None,
            },
            statistics: fields.next(),
            options: fields.next::<Option<Vec<String>>>().unwrap_or_default(),
            inherited: fields.next(),
            comment: fields.next(),
            ..Column::default()
        };
        Self { generation, column, ..Self::default() }
    }

    fn complete(self, types: &HashMap<TypeOf, String>, expressions: &Definitions) -> Column {
        let expression = self.expression.and_then(|oid| expressions.of(oid)).map(|(_, text)| text.to_owned());
        let is_generated = self.generation != 0;
        let (default, generated) = if is_generated { (None, expression) } else { (expression, None) };
        let type_name = types.get(&self.type_of).cloned().unwrap_or_default();
        Column { type_name, default, generated, generated_virtual: self.generation == b'v', ..self.column }
    }
}

/// A `"char"` of the catalogs; 0 where it is empty.
fn letter(code: i8) -> u8 {
    code.cast_unsigned()
}

/// `pg_attribute.attstorage`
fn storage(letter: u8) -> &'static str {
    match letter {
        b'p' => "plain",
        b'e' => "external",
        b'x' => "extended",
        b'm' => "main",
        _ => "",
    }
}
