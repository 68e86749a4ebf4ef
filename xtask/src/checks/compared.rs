//! A column beside a field that stands for it: what most checks judge.

use super::accepted_kinds::DescriptionLayer;
use super::entities::{ColumnFacts, EntityKind};
use super::matching::{Description, Role, TableMatches};
use super::pairing::Pair;
use crate::facts::{Field, Kind, SqlScalar, StatedValue};

/// A column and a field that stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Compared<'m, 'a> {
    /// The table.
    pub described: &'m TableMatches<'a>,
    /// The description that has the field.
    pub description: &'m Description<'a>,
    /// The column.
    pub facts: &'m ColumnFacts<'a>,
    /// Column and field.
    pub pair: Pair<'a>,
    /// Whether the field is what parsing returns, and not what is written in the schema.
    pub is_returned: bool,
}

impl<'m, 'a> Compared<'m, 'a> {
    pub(crate) fn all(
        (described, description): (&'m TableMatches<'a>, &'m Description<'a>),
    ) -> impl Iterator<Item = Self> {
        description.pairing.pairs.iter().filter_map(move |pair| {
            let facts = described.entity.column(&pair.column.name)?;
            Some(Self {
                described,
                description,
                facts,
                pair: *pair,
                is_returned: false,
            })
        })
    }

    /// Whether a schema that may be of either direction describes whole rows that exist.
    #[must_use]
    pub fn describes_rows(&self) -> bool {
        let Self {
            described,
            description,
            ..
        } = self;
        description.is_whole() && description.holds_primary_key(&described.entity)
    }

    /// Whether it is a row as the driver returns it: the type of the table's rows is inferred from
    /// the schema, and no ORM makes them.
    #[must_use]
    pub fn is_parsed_row(&self) -> bool {
        let types_rows = |other: &Description<'_>| {
            other.inferred
                && other.role == Role::Row
                && other.pairing.pairs.iter().any(|other| {
                    other.column.name == self.pair.column.name
                        && other.field.location == self.pair.field.location
                })
        };
        self.describes_rows()
            && self.description.role == Role::Schema
            && self.layer_of_rows() == DescriptionLayer::Driver
            && self.described.types().any(types_rows)
    }

    /// The same with what parsing makes of the field's values, where that is something else.
    #[must_use]
    pub(super) fn returned(self) -> Option<Self> {
        let field = self.pair.field.returned.as_deref()?;
        let pair = Pair { field, ..self.pair };
        Some(Self {
            pair,
            is_returned: true,
            ..self
        })
    }

    /// The field.
    #[must_use]
    pub fn field(&self) -> &'a Field {
        self.pair.field
    }

    /// Whether the field's values are the driver's, an ORM's, or on their way over the network. A
    /// type that is inferred from an ORM's table has its fields.
    #[must_use]
    pub fn layer(&self) -> DescriptionLayer {
        let stands_in = |orm: &Description<'_>| {
            orm.declaration
                .fields
                .iter()
                .any(|field| field.location == self.pair.field.location)
        };
        match self.description.layer() {
            DescriptionLayer::Driver
                if self.described.of_role(Role::Orm).any(stands_in)
                    || self.is_of_query_builder() =>
            {
                DescriptionLayer::Orm
            }
            of_description => of_description,
        }
    }

    /// Whether rows are read by a query builder beside an ORM that reads its own in another way:
    /// Kysely's tables beside Prisma's models. The configured driver is the ORM's, and the query
    /// builder's is not known.
    fn is_of_query_builder(&self) -> bool {
        let link = self.description.declaration.table_link.as_ref();
        let is_listed = link.is_some_and(|link| link.listed.is_some());
        let mut orms = self.described.of_role(Role::Orm);
        is_listed && orms.any(|orm| orm.declaration.origin.refuses_rows)
    }

    /// Whether rows of the table are as the driver returns them, or as an ORM makes them.
    #[must_use]
    pub fn layer_of_rows(&self) -> DescriptionLayer {
        if self.described.of_role(Role::Orm).next().is_some() {
            DescriptionLayer::Orm
        } else {
            DescriptionLayer::Driver
        }
    }

    /// Whether a custom type of an ORM makes such values of the column, which is its own to say.
    #[must_use]
    pub fn is_of_custom_type(&self) -> bool {
        let pairs = self
            .described
            .of_role(Role::Orm)
            .flat_map(|orm| &orm.pairing.pairs);
        let mut of_column = pairs
            .filter(|pair| pair.column.name == self.pair.column.name)
            .map(|pair| pair.field);
        of_column.any(|field| {
            if field.stated_value() == StatedValue::Converted {
                return true;
            }
            let is_custom = field
                .sql
                .as_ref()
                .is_some_and(|sql| matches!(sql.ty.scalar, SqlScalar::Unknown(_)));
            is_custom
                && (field.kind == self.pair.field.kind || matches!(field.kind, Kind::Unresolved(_)))
        })
    }

    /// Whether the table is one: of the columns of a view PostgreSQL does not know whether they can
    /// be null.
    #[must_use]
    pub fn is_of_table(&self) -> bool {
        self.described.entity.kind == EntityKind::Table
    }
}
