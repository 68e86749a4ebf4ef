//! The properties of a model that stand for columns, inherited ones included, and the columns that
//! Sequelize adds: a key, and the instants of changes.

use super::naming::underscored;
use super::through;
use super::types::{DataType, Inference, data_type};
use crate::config::SequelizeNaming;
use crate::facts::{SqlColumn, SqlScalar, SqlType, StatedApart, StatedValue};
use crate::typescript::entities::{Class, ColumnParts, Member, Options, members};
use crate::typescript::resolve::{Lazy, Property, Resolver, Type};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// Reads the columns of one model.
pub(super) struct ModelReader<'r, 'p> {
    resolver: &'r Resolver<'p>,
    options: &'r Options<'p>,
    /// Whether names of columns are in snake case.
    pub underscored: bool,
}

/// A column of a model.
pub(super) struct ModelColumn<'p> {
    /// The property.
    pub held: Property<'p>,
    /// The column.
    pub name: String,
    /// The type that somebody stated, and whether it is an array.
    pub stated: Option<(SqlScalar, bool)>,
    /// The type where nobody did.
    pub size: Inference,
    /// Whether it is (part of) the primary key.
    pub primary: bool,
    sql: SqlColumn,
    filled_in: bool,
    soft_delete: bool,
    /// The instant that Sequelize writes to it: `createdAt`, `updatedAt`, `deletedAt`.
    instant: Option<&'static str>,
}

/// The decorators of instants that Sequelize writes, and what it calls them.
const INSTANTS: [(&str, &str); 3] = [
    ("CreatedAt", "createdAt"),
    ("UpdatedAt", "updatedAt"),
    ("DeletedAt", "deletedAt"),
];

impl ModelColumn<'_> {
    /// The column as its field is made of it.
    pub(super) fn into_parts(self) -> ColumnParts {
        let mut sql = self.sql;
        sql.apart.inferred_type = self.stated.is_none();
        let (scalar, array) = self
            .stated
            .unwrap_or((SqlScalar::Unknown(String::new()), false));
        ColumnParts {
            path: self.held.name.to_string(),
            name: self.name,
            scalar,
            array,
            sql,
            filled_in: self.filled_in,
            soft_delete: self.soft_delete,
        }
    }
}

impl<'r, 'p> ModelReader<'r, 'p> {
    pub(super) fn new(
        resolver: &'r Resolver<'p>,
        naming: SequelizeNaming,
        options: &'r Options<'p>,
    ) -> Self {
        let by_default = naming == SequelizeNaming::Underscored;
        Self {
            resolver,
            options,
            underscored: options.flag("underscored").unwrap_or(by_default),
        }
    }

    /// The columns of `lineage`, a model and the classes that it extends, the nearest first.
    pub(super) fn columns(&self, lineage: &[Class<'p>]) -> Vec<ModelColumn<'p>> {
        let mut found: Vec<ModelColumn<'p>> = Vec::new();
        let members = members(self.resolver, lineage, Library::Sequelize);
        for member in &members {
            let Some(column) = self.column(member) else {
                continue;
            };
            found.retain(|known| known.held.name != column.held.name);
            found.push(column);
        }
        if let Some(class) = lineage.first()
            && !found.iter().any(|column| column.primary)
        {
            let joining = through::joining_keys(self.resolver, class, &members);
            for column in &mut found {
                if joining.iter().any(|name| **name == *column.held.name) {
                    column.primary = true;
                    column.sql.apart.nullable = Some(false);
                }
            }
        }
        self.add_unwritten(&mut found);
        found
    }

    fn column(&self, member: &Member<'p>) -> Option<ModelColumn<'p>> {
        let decorators = &member.decorators;
        let find = |name: &str| decorators.find(Library::Sequelize, name);
        let instant = INSTANTS.iter().find(|one| find(one.0).is_some());
        let instant = instant.map(|(_, usual)| *usual);
        let is_instant = instant.is_some();
        // `@Table({ updatedAt: false })` of a class that inherits the property.
        let is_off = instant.is_some_and(|usual| {
            [usual, "timestamps"]
                .iter()
                .any(|option| self.options.flag(option) == Some(false))
        });
        if find("Column").is_none() && (!is_instant || is_off) {
            return None;
        }
        let first = find("Column").map(|column| column.arguments(self.resolver).at(0));
        let first = first.unwrap_or(Value::Undefined);
        let (options, ty) = match first.uncast() {
            Value::Object(_) => (Options(first.clone()), first.property("type").cloned()),
            Value::Undefined => (Options(Value::Undefined), None),
            _ => (Options(Value::Undefined), Some(first.clone())),
        };
        let mut apart = StatedApart::default();
        let stated = match ty.map(|ty| data_type(self.resolver, &ty)) {
            None => None,
            Some(Some(DataType::Virtual)) => return None,
            Some(Some(DataType::Sql(scalar, array))) => Some((scalar, array)),
            Some(None) => Some((SqlScalar::Unknown("its type is computed".into()), false)),
        };
        let of_instant = || SqlScalar::Named("timestamp with time zone".into(), Vec::new());
        let stated = stated.or_else(|| is_instant.then(|| (of_instant(), false)));
        // A getter or setter makes another value of the column's.
        if options.get("get").is_some() || options.get("set").is_some() || decorators.own > 0 {
            apart.value = StatedValue::Converted;
        }
        let flag = |decorator: &str, option: &str| match find(decorator) {
            Some(decorator) => match decorator.arguments(self.resolver).at(0).uncast() {
                Value::Undefined => Some(true),
                Value::Boolean(flag) => Some(*flag),
                _ => None,
            },
            None => options.flag(option),
        };
        let primary = flag("PrimaryKey", "primaryKey") == Some(true);
        let counts = flag("AutoIncrement", "autoIncrement") == Some(true);
        let soft_delete = instant == Some("deletedAt");
        apart.nullable = if primary {
            Some(false)
        } else {
            flag("AllowNull", "allowNull")
        };
        let has_default = find("Default").is_some() || options.get("defaultValue").is_some();
        let name = match options.text("field") {
            Some(name) => name.to_string(),
            None => self.column_name(&member.held.name),
        };
        Some(ModelColumn {
            held: member.held.clone(),
            name,
            stated,
            size: Inference,
            primary,
            sql: column(counts, apart),
            // Sequelize writes its defaults itself.
            filled_in: has_default || is_instant,
            soft_delete,
            instant,
        })
    }

    fn column_name(&self, property: &str) -> String {
        if self.underscored {
            underscored(property)
        } else {
            property.to_owned()
        }
    }

    /// Adds the columns that no property need declare.
    fn add_unwritten(&self, found: &mut Vec<ModelColumn<'p>>) {
        let integer = || SqlScalar::Named("integer".into(), Vec::new());
        if !found.iter().any(|column| column.primary) {
            let mut key = self.unwritten("id", "id", integer(), found);
            key.primary = true;
            key.sql.database_default = true;
            found.push(key);
        }
        if self.options.flag("timestamps") == Some(false) {
            return;
        }
        let paranoid = self.options.flag("paranoid") == Some(true);
        let instants = [
            ("createdAt", true),
            ("updatedAt", true),
            ("deletedAt", paranoid),
        ];
        for (usual, is_there) in instants {
            let given = self.options.text(usual);
            let is_off = self.options.flag(usual) == Some(false);
            if !is_there || is_off {
                continue;
            }
            let property = given.as_deref().unwrap_or(usual);
            let name = self.column_name(property);
            let is_known =
                |column: &ModelColumn<'_>| column.name == name || column.instant == Some(usual);
            if found.iter().any(is_known) {
                continue;
            }
            let ty = SqlScalar::Named("timestamp with time zone".into(), Vec::new());
            let mut column = self.unwritten(property, &name, ty, found);
            column.soft_delete = usual == "deletedAt";
            column.sql.apart.nullable = Some(column.soft_delete);
            column.filled_in = true;
            found.push(column);
        }
    }

    /// A column without a property, which stands where the first one does.
    fn unwritten(
        &self,
        property: &str,
        name: &str,
        ty: SqlScalar,
        found: &[ModelColumn<'p>],
    ) -> ModelColumn<'p> {
        let place = found.first().and_then(|column| column.held.place.clone());
        let apart = StatedApart {
            nullable: Some(false),
            value: StatedValue::Converted,
            ..StatedApart::default()
        };
        ModelColumn {
            held: Property {
                place,
                ..Property::synthetic(property, Lazy::known(Type::Any))
            },
            name: name.to_owned(),
            stated: Some((ty, false)),
            size: Inference,
            primary: false,
            sql: column(false, apart),
            filled_in: false,
            soft_delete: false,
            instant: None,
        }
    }
}

fn column(counts: bool, apart: StatedApart) -> SqlColumn {
    SqlColumn {
        ty: SqlType {
            scalar: SqlScalar::Unknown(String::new()),
            array: false,
        },
        database_default: counts,
        default_value: None,
        application_values: None,
        apart,
    }
}
