//! Schemas that are not of a row as it is: those of one variant of the rows, as the members of a
//! discriminated union, and those written by hand beside an ORM's table.

use super::{Description, Role, Strength, TableMatches};
use crate::facts::{Field, Kind, SqlScalar, StatedApart};
use crate::schema::model::Column;

impl<'a> TableMatches<'a> {
    /// The field by which an ORM's table describes `column`, where nothing is stated apart from the
    /// column: then its kind is that of the values that the ORM returns.
    #[must_use]
    pub fn returned_by_orm(&self, column: &Column) -> Option<&'a Field> {
        let mut pairs = self.of_role(Role::Orm).flat_map(|orm| &orm.pairing.pairs);
        let field = pairs.find(|pair| pair.column.name == column.name)?.field;
        let sql = field.sql.as_ref()?;
        let is_known = !matches!(sql.ty.scalar, SqlScalar::Unknown(_));
        (is_known && sql.apart == StatedApart::default()).then_some(field)
    }

    /// Whether a schema is written by hand beside an ORM's table, of which schemas can be made: then
    /// it is of the thing that the rows are about, or of a request. One that says of which type it is
    /// (`satisfies z.ZodType<User>`) is as exact as that type.
    #[must_use]
    pub fn is_beside_orm(&self, description: &Description<'_>) -> bool {
        let is_written = match description.role {
            Role::Schema | Role::OutputSchema => true,
            // `NewUserSchema` is inserted; `CreateUserSchema` is what a request asks for.
            Role::InsertSchema | Role::UpdateSchema => description.strength != Strength::Row,
            Role::Row | Role::Domain | Role::Insert | Role::Update | Role::Orm => false,
        };
        let by_name = !matches!(description.strength, Strength::Stated | Strength::Derived);
        let says_its_type = description.declaration.of_type.is_some();
        is_written && by_name && !says_its_type && self.of_role(Role::Orm).next().is_some()
    }

    /// Whether a schema or type is of one variant of the rows: another one of its kind says another
    /// single value for the same column (`type: z.literal('card')`).
    /// A request is no other variant of what goes out.
    #[must_use]
    pub fn is_variant(&self, description: &Description<'_>) -> bool {
        let others = self.descriptions.iter().filter(|other| {
            other.declaration.origin.family == description.declaration.origin.family
                && other.role.is_written() == description.role.is_written()
        });
        let others: Vec<_> = others.collect();
        let mut single = description
            .pairing
            .pairs
            .iter()
            .filter_map(|pair| Some((&pair.column.name, single_value(pair.field)?)));
        single.any(|(column, value)| {
            let mut pairs = others.iter().flat_map(|other| &other.pairing.pairs);
            pairs.any(|pair| {
                pair.column.name == *column
                    && single_value(pair.field).is_some_and(|other| other != value)
            })
        })
    }
}

/// The one text, boolean or number that a field may have.
fn single_value(field: &Field) -> Option<&str> {
    if let Some(only) = &field.constraints.only {
        return Some(only);
    }
    match &field.kind {
        Kind::Enum(values) => match values.as_slice() {
            [value] => Some(value),
            _several => None,
        },
        _other => None,
    }
}
