//! Composite types and enums in columns, at any depth: in arrays, domains, ranges and other
//! composite types. An attribute that is dropped takes its values along, and a value of an enum that
//! gets the name of another is read as that one. Neither the column nor the file of the table shows
//! it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use postgres::{GenericClient, Row};

use crate::migrations::sql::identifier;

/// The types of columns that consist of other types, by OID.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Composites(BTreeMap<u32, CompositeShape>);

/// The structure of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CompositeShape {
    /// A domain over this type.
    Domain(u32),
    /// An array or multirange of values of this type.
    Several(u32),
    /// A range with bounds of this type.
    Range(u32),
    /// A composite type; its attributes by number.
    Composite(BTreeMap<i16, Attribute>),
    /// An enum; its labels by the OIDs that rows store.
    Enum(BTreeMap<u32, String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute {
    name: String,
    kind: u32,
}

/// The types of the columns of tables, and the types of which these consist. Types with a fixed
/// number of elements, such as `point`, are among them, and do no harm. `UNION` removes duplicates,
/// so that the recursion ends. It joins one list of parts, which PostgreSQL knows to be small: for a
/// recursion into lateral queries it expects so many rows that it compiles the query, for a tenth of
/// a second. Changing `jit` for that would undo what a migration has set itself. `$1` are the namespaces to
/// read; all without any.
const TYPES: &str = "
    WITH RECURSIVE parts (whole, part) AS (
        SELECT oid, typbasetype FROM pg_catalog.pg_type WHERE typtype = 'd'
        UNION ALL
        SELECT oid, typelem FROM pg_catalog.pg_type WHERE typtype <> 'd' AND typelem <> 0
        UNION ALL
        SELECT rngtypid, rngsubtype FROM pg_catalog.pg_range
        UNION ALL
        SELECT rngmultitypid, rngtypid FROM pg_catalog.pg_range
        UNION ALL
        SELECT t.oid, a.atttypid FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        WHERE t.typtype = 'c' AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
    ), used (oid) AS (
        SELECT DISTINCT a.atttypid
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
          AND ($1::text[] IS NULL OR n.nspname = ANY ($1))
        UNION
        SELECT parts.part FROM used JOIN parts ON parts.whole = used.oid
    )
    SELECT t.oid, t.typtype::text AS kind,
           coalesce(CASE t.typtype WHEN 'd' THEN t.typbasetype WHEN 'r' THEN r.rngsubtype WHEN 'm' THEN m.rngtypid
                                   ELSE t.typelem END, 0::oid) AS part,
           coalesce(a.numbers, '{}') AS numbers, coalesce(a.names, '{}') AS names, coalesce(a.kinds, '{}') AS kinds,
           coalesce(e.values, '{}') AS values, coalesce(e.labels, '{}') AS labels
    FROM used
    JOIN pg_catalog.pg_type t ON t.oid = used.oid
    LEFT JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid
    LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid = t.oid
    LEFT JOIN LATERAL (
        SELECT array_agg(attnum ORDER BY attnum) AS numbers, array_agg(attname::text ORDER BY attnum) AS names,
               array_agg(atttypid ORDER BY attnum) AS kinds
        FROM pg_catalog.pg_attribute WHERE t.typtype = 'c' AND attrelid = t.typrelid AND attnum > 0 AND NOT attisdropped
    ) AS a ON true
    LEFT JOIN LATERAL (
        SELECT array_agg(oid ORDER BY oid) AS values, array_agg(enumlabel::text ORDER BY oid) AS labels
        FROM pg_catalog.pg_enum WHERE t.typtype = 'e' AND enumtypid = t.oid
    ) AS e ON true
    WHERE t.typtype IN ('d', 'r', 'm', 'c', 'e') OR t.typelem <> 0
    ORDER BY t.oid";

impl Composites {
    /// Reads them, also inside an open transaction.
    pub(super) fn read(
        client: &mut impl GenericClient,
        namespaces: Option<&[String]>,
    ) -> Result<Self> {
        let rows = client
            .query(TYPES, &[&namespaces])
            .context("cannot read the types of the columns")?;
        Ok(Self(rows.iter().map(shape).collect::<Result<_>>()?))
    }

    /// The attributes that values of the type `kind` had and do not have in `later`, each as the
    /// path of attributes that leads to it.
    pub(super) fn gone(&self, kind: u32, later: &Self) -> Vec<Vec<String>> {
        match (self.0.get(&kind), later.0.get(&kind)) {
            (Some(CompositeShape::Composite(before)), Some(CompositeShape::Composite(after))) => {
                before
                    .iter()
                    .flat_map(|(number, attribute)| {
                        self.gone_at(attribute, after.get(number), later)
                    })
                    .collect()
            }
            (
                Some(
                    CompositeShape::Domain(part)
                    | CompositeShape::Several(part)
                    | CompositeShape::Range(part),
                ),
                Some(_),
            ) => self.gone(*part, later),
            (_, None)
            | (None, _)
            | (Some(CompositeShape::Composite(_) | CompositeShape::Enum(_)), Some(_)) => Vec::new(),
        }
    }

    /// Whether values of the type `kind` are read in `later` as others that it had before. A value
    /// with a new name of its own still means what it meant.
    pub(super) fn are_swapped(&self, kind: u32, later: &Self) -> bool {
        let Some(after) = later.0.get(&kind) else {
            return false;
        };
        match (self.0.get(&kind), after) {
            (Some(CompositeShape::Enum(before)), CompositeShape::Enum(after)) => {
                before.iter().any(|(value, label)| {
                    let now = after.get(value).filter(|now| *now != label);
                    now.is_some_and(|now| before.values().any(|other| other == now))
                })
            }
            (
                Some(
                    CompositeShape::Domain(part)
                    | CompositeShape::Several(part)
                    | CompositeShape::Range(part),
                ),
                _,
            ) => self.are_swapped(*part, later),
            (Some(CompositeShape::Composite(attributes)), _) => attributes
                .values()
                .any(|attribute| self.are_swapped(attribute.kind, later)),
            (None | Some(CompositeShape::Enum(_)), _) => false,
        }
    }

    fn gone_at(
        &self,
        before: &Attribute,
        after: Option<&Attribute>,
        later: &Self,
    ) -> Vec<Vec<String>> {
        let Some(after) = after else {
            return vec![vec![before.name.clone()]];
        };
        // PostgreSQL refuses to change the type of an attribute whose values a column stores: the
        // types differ only where nothing is stored.
        let mut below = if after.kind == before.kind {
            self.gone(before.kind, later)
        } else {
            Vec::new()
        };
        below
            .iter_mut()
            .for_each(|path| path.insert(0, before.name.clone()));
        below
    }

    /// A query for the values of an attribute, as the column `v`. `source` is a query of the same
    /// form for values of the type `kind`. `None` where the type has no such attribute.
    pub(super) fn select(&self, kind: u32, attributes: &[String], source: &str) -> Option<String> {
        let Some((name, rest)) = attributes.split_first() else {
            return Some(source.to_owned());
        };
        match self.0.get(&kind)? {
            CompositeShape::Domain(base) => self.select(*base, attributes, source),
            CompositeShape::Several(part) => self.select(
                *part,
                attributes,
                &format!("SELECT pg_catalog.unnest(v) AS v FROM ({source}) AS several"),
            ),
            CompositeShape::Range(part) => {
                let bounds = "(VALUES (pg_catalog.lower(v)), (pg_catalog.upper(v))) AS bound (b)";
                let each =
                    format!("SELECT b AS v FROM ({source}) AS range CROSS JOIN LATERAL {bounds}");
                self.select(*part, attributes, &each)
            }
            CompositeShape::Composite(all) => {
                let attribute = all.values().find(|attribute| attribute.name == *name)?;
                let values = format!(
                    "SELECT (v).{} AS v FROM ({source}) AS composite",
                    identifier(name)
                );
                self.select(attribute.kind, rest, &values)
            }
            CompositeShape::Enum(_) => None,
        }
    }
}

fn shape(row: &Row) -> Result<(u32, CompositeShape)> {
    let part = row.try_get("part")?;
    let shape = match row.try_get("kind")? {
        "d" => CompositeShape::Domain(part),
        "r" => CompositeShape::Range(part),
        "c" => CompositeShape::Composite(attributes(row)?),
        "e" => CompositeShape::Enum(labels(row)?),
        _ => CompositeShape::Several(part),
    };
    Ok((row.try_get("oid")?, shape))
}

fn labels(row: &Row) -> Result<BTreeMap<u32, String>> {
    let values: Vec<u32> = row.try_get("values")?;
    let labels: Vec<String> = row.try_get("labels")?;
    Ok(values.into_iter().zip(labels).collect())
}

fn attributes(row: &Row) -> Result<BTreeMap<i16, Attribute>> {
    let numbers: Vec<i16> = row.try_get("numbers")?;
    let names: Vec<String> = row.try_get("names")?;
    let kinds: Vec<u32> = row.try_get("kinds")?;
    let attributes = names
        .into_iter()
        .zip(kinds)
        .map(|(name, kind)| Attribute { name, kind });
    Ok(numbers.into_iter().zip(attributes).collect())
}
