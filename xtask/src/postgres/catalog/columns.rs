//! Reads the columns of tables, views and composite types: most of the content of the catalogs.
//! Their rows are processed while the server is still sending. Texts that PostgreSQL would have to
//! write out for each (its type, its default) are queried once for all similar columns.

use std::collections::{HashMap, HashSet};

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::FromSql;
use postgres::{Error, GenericClient, Row};

use super::alike::{self, Definitions};
use super::object_name;
use super::options::column_options;
use super::prepared::Prepared;
use super::relations::{Attribute, Relations};
use crate::schema::model::{Column, Composite, Identity, Schema};

/// The columns of the answer are in the order in which [`ColumnRow::read`] takes them. The rows are
/// not sorted: the server would keep all of them back until the last is found. `NOT NULL` may also
/// come from a domain, at any depth of domains over domains. A statistics target of -1 is the
/// default; since PostgreSQL 17 it is NULL.
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
           CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation END,
           CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
           a.attcompression,
           CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int4 END,
           CASE WHEN a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL
                THEN coalesce(",
    column_options!("a.attoptions"),
    ", '{}') || coalesce(a.attfdwoptions, '{}') END,
           NOT a.attislocal
    FROM pg_attribute AS a
    JOIN pg_class AS c ON c.oid = a.attrelid
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
      AND ",
    of_people!("a.attrelid"),
    " AND a.attnum > 0 AND NOT a.attisdropped"
);

const COMMENTS: &str = "
    SELECT o.objoid AS relation, o.objsubid AS number, o.description AS comment
    FROM pg_description AS o
    WHERE o.classoid = 'pg_class'::regclass AND o.objsubid > 0 AND o.objoid >= 16384
    ORDER BY relation, number";

const COLLATIONS: &str = "
    SELECT l.oid, quote_ident(n.nspname) || '.' || quote_ident(l.collname) AS name
    FROM pg_collation AS l JOIN pg_namespace AS n ON n.oid = l.collnamespace
    WHERE l.oid = ANY ($1) ORDER BY l.oid";

/// Composite types, without the row types of tables.
const COMPOSITES: &str = concat!(
    "
    SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name,
           obj_description(c.reltype, 'pg_type') AS comment
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'c' AND ",
    of_people!("c.oid"),
    " AND ",
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

/// The type of a column: its OID and modifier.
type TypeOf = (u32, i32);

pub(super) fn read(
    client: &mut Prepared<'_, impl GenericClient>,
    relations: &mut Relations,
    schema: &mut Schema,
) -> Result<(), Error> {
    for row in client.query(COMPOSITES, &[])? {
        let composite = Composite {
            comment: row.get("comment"),
            columns: Vec::new(),
        };
        // The quoted name is only needed for indexes, and a composite type has none.
        relations.add(row.get("oid"), object_name(&row), String::new());
        schema.composites.insert(object_name(&row), composite);
    }
    let (mut found, expressions) = collect(client, relations)?;
    // In the order of their numbers, by which [`Relations::column`] searches.
    found.sort_unstable_by_key(|found| (found.relation, found.attribute.number));
    let mut alike = SimilarColumns::read(client, &found, expressions)?;
    let mut found = found.into_iter().peekable();
    while let Some(relation) = found.peek().map(|first| first.relation) {
        let mut columns = Vec::new();
        while let Some(next) = found.next_if(|next| next.relation == relation) {
            relations.add_attribute(relation, next.attribute);
            columns.push(alike.complete(next));
        }
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

/// Collects the columns of all known relations, in any order, and their defaults, which are queried
/// later.
fn collect(
    client: &mut Prepared<'_, impl GenericClient>,
    relations: &Relations,
) -> Result<(Vec<ColumnRow>, Definitions), Error> {
    let mut all = Vec::new();
    let mut expressions = Definitions::default();
    let mut shape = String::new();
    let mut rows = client.rows(COLUMNS)?;
    while let Some(row) = rows.next()? {
        let mut fields = RowFields { row: &row, at: 0 };
        let relation: u32 = fields.next();
        // Relations of extensions and of PostgreSQL itself were left out when relations were read.
        if relations.name(relation).is_none() {
            continue;
        }
        let attribute = Attribute {
            number: fields.next(),
            type_oid: fields.next(),
            collation: fields.next(),
        };
        let modifier = fields.next();
        let (expression, tree): (Option<u32>, Option<&str>) = (fields.next(), fields.next());
        if let (Some(expression), Some(tree)) = (expression, tree) {
            shape.clear();
            // Without the names of columns: an expression that uses columns is similar to no other.
            let is_alike = alike::write_shape(tree, |_| None, &mut shape);
            expressions.add(expression, is_alike.then_some(&shape));
        }
        all.push(ColumnRow {
            relation,
            attribute,
            modifier,
            expression,
            ..ColumnRow::read(fields)
        });
    }
    Ok((all, expressions))
}

/// The values that are queried once for all columns that share them.
struct SimilarColumns {
    types: HashMap<TypeOf, String>,
    collations: HashMap<u32, String>,
    comments: HashMap<(u32, i16), String>,
    expressions: Definitions,
}

impl SimilarColumns {
    fn read(
        client: &mut Prepared<'_, impl GenericClient>,
        found: &[ColumnRow],
        mut expressions: Definitions,
    ) -> Result<Self, Error> {
        expressions.read(client, EXPRESSIONS)?;
        let types: HashSet<TypeOf> = found.iter().map(ColumnRow::type_of).collect();
        let (oids, modifiers): (Vec<u32>, Vec<i32>) = types.into_iter().unzip();
        let types = client.query(TYPES, &[&oids, &modifiers])?;
        let collations: HashSet<u32> = found.iter().filter_map(|found| found.collation).collect();
        let collations: Vec<u32> = collations.into_iter().collect();
        let collations = if collations.is_empty() {
            Vec::new()
        } else {
            client.query(COLLATIONS, &[&collations])?
        };
        let comments = client.query(COMMENTS, &[])?;
        let place = |row: &Row| {
            Some((
                row.get("relation"),
                i16::try_from(row.get::<_, i32>("number")).ok()?,
            ))
        };
        Ok(Self {
            types: types
                .iter()
                .map(|row| ((row.get("type_oid"), row.get("modifier")), row.get("name")))
                .collect(),
            collations: collations
                .iter()
                .map(|row| (row.get("oid"), row.get("name")))
                .collect(),
            comments: comments
                .iter()
                .filter_map(|row| Some((place(row)?, row.get("comment"))))
                .collect(),
            expressions,
        })
    }

    fn complete(&mut self, found: ColumnRow) -> Column {
        let expression = found
            .expression
            .and_then(|oid| self.expressions.of(oid))
            .map(|(_, text)| text.to_owned());
        let is_generated = found.generation != 0;
        let (default, generated) = if is_generated {
            (None, expression)
        } else {
            (expression, None)
        };
        Column {
            type_name: self
                .types
                .get(&found.type_of())
                .cloned()
                .unwrap_or_default(),
            default,
            generated,
            generated_virtual: found.generation == b'v',
            collation: found
                .collation
                .and_then(|oid| self.collations.get(&oid).cloned()),
            comment: self
                .comments
                .remove(&(found.relation, found.attribute.number)),
            ..found.column
        }
    }
}

/// The fields of a row, one after the other. Looking each up by its name would cost more than
/// reading it.
struct RowFields<'r> {
    row: &'r Row,
    at: usize,
}

impl<'r> RowFields<'r> {
    fn next<T: FromSql<'r>>(&mut self) -> T {
        self.at += 1;
        self.row.get(self.at - 1)
    }
}

/// A column without the values that are queried once for all similar columns.
#[derive(Debug, Default)]
struct ColumnRow {
    relation: u32,
    attribute: Attribute,
    /// `pg_attribute.atttypmod`
    modifier: i32,
    /// The OID of its default or generation expression.
    expression: Option<u32>,
    /// `pg_attribute.attgenerated`
    generation: u8,
    /// The OID of its collation, where that is not the type's.
    collation: Option<u32>,
    column: Column,
}

impl ColumnRow {
    /// The fields from the name on.
    fn read(mut fields: RowFields<'_>) -> Self {
        let name = fields.next();
        let (own_not_null, domain_not_null): (bool, bool) = (fields.next(), fields.next());
        let identity = letter(fields.next());
        let generation = letter(fields.next());
        let collation = fields.next();
        let column = Column {
            name,
            not_null: own_not_null || domain_not_null,
            not_null_by_domain: domain_not_null && !own_not_null,
            identity: match identity {
                b'a' => Some(Identity::Always),
                b'd' => Some(Identity::ByDefault),
                _ => None,
            },
            storage: fields
                .next::<Option<i8>>()
                .map(|code| storage(letter(code)).to_owned()),
            compression: match letter(fields.next()) {
                b'p' => Some("pglz".into()),
                b'l' => Some("lz4".into()),
                _ => None,
            },
            statistics: fields.next(),
            options: fields.next::<Option<Vec<String>>>().unwrap_or_default(),
            inherited: fields.next(),
            ..Column::default()
        };
        Self {
            generation,
            collation,
            column,
            ..Self::default()
        }
    }

    fn type_of(&self) -> TypeOf {
        (self.attribute.type_oid, self.modifier)
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
