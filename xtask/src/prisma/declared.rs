//! Models, enums and the tables of relations → facts, as if each model were a table of an ORM.

use super::model::{
    ColumnDefault, FieldType, JoinSide, JoinTable, PrismaColumn, PrismaEnum, PrismaModel,
    PrismaSchema,
};
use crate::facts::{
    Declaration, Enumeration, Facts, Family, Field, ForeignKey, Kind, Origin, Rare,
    ReferentialAction, Side, SqlColumn, SqlType, StatedAction, StatedApart, Syntax, TableKeys,
    TableLink, Tags,
};
use crate::source::Location;

/// `model User { … }`
pub const MODEL: Origin = Origin {
    id: "prisma",
    noun: "Prisma model",
    family: Family::Table,
    names_table: true,
    enforced: true,
    names_rows: true,
    of_requests: false,
    syntax: Syntax::PrismaFields,
    example: Some("model … { … @@map(\"{table}\") }"),
    null_is_empty: true,
    restricts_text: false,
    refuses_rows: true,
    queries_name_types: true,
    casts_enums: true,
};

/// Adds what `schema` declares.
pub fn declare(schema: &PrismaSchema, foreign_keys: bool, facts: &mut Facts) {
    let models = schema.models.iter();
    facts
        .tables
        .extend(models.map(|model| table(model, schema, foreign_keys)));
    let joins = schema.joins.iter();
    facts
        .tables
        .extend(joins.filter_map(|join| join_table(join, schema, foreign_keys)));
    facts.enums.extend(schema.enums.iter().map(enumeration));
}

fn table(model: &PrismaModel, schema: &PrismaSchema, foreign_keys: bool) -> Declaration {
    let relations = model.relations.iter();
    let foreign = relations.filter_map(|relation| relation.key.clone());
    let keys = TableKeys {
        primary: model.primary_key.clone(),
        keyless: false,
        uniques: Some(model.uniques.clone()),
        foreign: foreign_keys.then(|| foreign.collect()),
        indexes: Some(model.indexes.clone()),
    };
    let columns = model.columns.iter();
    Declaration {
        name: model.name.clone(),
        location: model.location.clone(),
        origin: MODEL,
        exported: true,
        tags: model.tags.clone(),
        table_link: Some(link(&model.table)),
        of_type: None,
        made_of: None,
        // A view has none.
        keys: (!model.is_view).then(|| Box::new(keys)),
        graphql: false,
        implements: Vec::new(),
        fields: columns.map(|column| field(column, schema)).collect(),
        unresolved: None,
        null_unchecked: false,
    }
}

fn link(table: &str) -> TableLink {
    TableLink {
        table: table.to_owned(),
        side: Side::Row,
        listed: None,
    }
}

fn field(column: &PrismaColumn, schema: &PrismaSchema) -> Field {
    let of_value = kind(&column.ty, schema);
    let kind = if column.list {
        Kind::Array(Box::new(of_value))
    } else {
        of_value
    };
    let (database_default, default_value) = match &column.default {
        ColumnDefault::None | ColumnDefault::Client => (false, None),
        ColumnDefault::Database(value) => (true, value.clone()),
    };
    Field {
        name: column.name.as_str().into(),
        column: Some(column.column.clone()).into(),
        location: column.location.clone(),
        optional: false,
        nullable: column.optional,
        kind,
        constraints: Rare::default(),
        reference: enum_name(&column.ty).into(),
        has_default: column.default != ColumnDefault::None,
        sql: Some(Box::new(SqlColumn {
            ty: SqlType {
                scalar: column.sql.clone(),
                array: column.list,
            },
            database_default,
            default_value,
            application_values: application_values(&column.ty, schema),
            apart: StatedApart::default(),
        })),
        value: Some(column.type_span),
        tags: column.tags.clone().into(),
        returned: None,
    }
}

fn enum_name(ty: &FieldType) -> Option<String> {
    match ty {
        FieldType::Enum(name) => Some(name.clone()),
        FieldType::Scalar(_) | FieldType::Unsupported | FieldType::Unknown(_) => None,
    }
}

/// The names of an enum's values, where one is another than its label.
fn application_values(ty: &FieldType, schema: &PrismaSchema) -> Option<Vec<String>> {
    let FieldType::Enum(name) = ty else {
        return None;
    };
    let declared = schema.enums.iter().find(|one| one.name == *name)?;
    let is_renamed = declared.values.iter().any(|one| one.name != one.label);
    let names = declared.values.iter().map(|value| value.name.clone());
    is_renamed.then(|| names.collect())
}

/// The kind of the values: of an enum those of the database.
fn kind(ty: &FieldType, schema: &PrismaSchema) -> Kind {
    match ty {
        FieldType::Scalar(scalar) => scalar.kind(),
        FieldType::Enum(name) => {
            let declared = schema.enums.iter().find(|one| one.name == *name);
            let values = declared
                .map(|one| one.values.as_slice())
                .unwrap_or_default();
            Kind::Enum(values.iter().map(|value| value.label.clone()).collect())
        }
        FieldType::Unsupported => Kind::Any,
        FieldType::Unknown(why) => Kind::Unresolved(why.as_str().into()),
    }
}

fn enumeration(declared: &PrismaEnum) -> Enumeration {
    let values = declared.values.iter();
    Enumeration {
        name: declared.name.clone(),
        location: declared.location.clone(),
        values: values.map(|value| value.label.clone()).collect(),
        database_name: Some(declared.database_name.clone()),
        widened: false,
    }
}

/// The declaration of a table that only relations state: its place is that of the field that leads
/// from the first model to the second.
fn join_table(join: &JoinTable, schema: &PrismaSchema, foreign_keys: bool) -> Option<Declaration> {
    let [a, b] = &join.sides;
    let columns = [join_column("A", a, schema)?, join_column("B", b, schema)?];
    let (fields, keys): (Vec<Field>, Vec<ForeignKey>) = columns.into_iter().unzip();
    let keys = TableKeys {
        foreign: foreign_keys.then_some(keys),
        ..TableKeys::default()
    };
    Some(Declaration {
        name: join.table.clone(),
        location: b.location.clone(),
        origin: MODEL,
        exported: true,
        tags: Tags::default(),
        table_link: Some(link(&join.table)),
        of_type: None,
        made_of: None,
        keys: Some(Box::new(keys)),
        graphql: false,
        implements: Vec::new(),
        fields: fields.into_iter().collect(),
        unresolved: None,
        null_unchecked: false,
    })
}

/// The column that leads to the key of a model, which is of one column.
fn join_column(name: &str, side: &JoinSide, schema: &PrismaSchema) -> Option<(Field, ForeignKey)> {
    let model = schema
        .models
        .iter()
        .find(|model| model.name == side.model)?;
    let key = model.primary_key.as_ref().or(model.uniques.first())?;
    let [referenced] = key.columns.as_slice() else {
        return None;
    };
    let mut columns = model.columns.iter();
    let column = columns.find(|column| column.column == *referenced)?;
    let field = Field {
        name: name.into(),
        column: Some(name.to_owned()).into(),
        location: side.location.clone(),
        has_default: false,
        sql: Some(Box::new(SqlColumn {
            ty: SqlType {
                scalar: column.sql.clone(),
                array: false,
            },
            database_default: false,
            default_value: None,
            application_values: None,
            apart: StatedApart::default(),
        })),
        value: None,
        ..field(column, schema)
    };
    Some((field, foreign_key(name, model, referenced, &side.location)))
}

fn foreign_key(
    column: &str,
    model: &PrismaModel,
    referenced: &str,
    location: &Location,
) -> ForeignKey {
    let cascade = StatedAction {
        action: ReferentialAction::Cascade,
        written: false,
    };
    ForeignKey {
        columns: vec![column.to_owned()],
        table: model.table.clone(),
        referenced: vec![referenced.to_owned()],
        on_delete: Some(cascade),
        on_update: Some(cascade),
        constrained: true,
        location: location.clone(),
    }
}
