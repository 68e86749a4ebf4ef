//! The fields of a model that are columns: their types, names and defaults.

use serde_json::Value;

use super::model::{ColumnDefault, FieldType, PrismaColumn};
use super::names::{Declared, column_name, database_name, label};
use super::native::{self, NativeType, ScalarType};
use super::source_file::SourceFile;
use super::syntax::{Attribute, EnumBlock, Expression, FieldSyntax, ModelBlock, attribute};
use super::tags;
use crate::facts::{SqlDefault, SqlScalar};

/// The columns of `block`, in the order of its fields.
pub(super) fn columns(
    file: &SourceFile,
    block: &ModelBlock,
    declared: &Declared<'_>,
) -> Vec<PrismaColumn> {
    let fields = block.fields.iter();
    let of_columns = fields.filter(|field| !is_relation(field, declared));
    of_columns
        .map(|field| column(file, field, declared))
        .collect()
}

/// Whether the field is another model, and no column.
pub(super) fn is_relation(field: &FieldSyntax, declared: &Declared<'_>) -> bool {
    !field.ty.unsupported && declared.by_name.contains_key(field.ty.name.text.as_str())
}

fn column(file: &SourceFile, field: &FieldSyntax, declared: &Declared<'_>) -> PrismaColumn {
    let enumeration = declared
        .enums_by_name
        .get(field.ty.name.text.as_str())
        .copied();
    let (ty, sql) = types(field, enumeration);
    PrismaColumn {
        name: field.name.text.clone(),
        location: file.lines.location(field.name.span),
        column: column_name(field),
        default: default(field, &ty, enumeration),
        ty,
        sql,
        list: field.ty.list,
        optional: field.ty.optional,
        ignored: attribute(&field.attributes, "ignore").is_some(),
        type_span: field.ty.span,
        tags: tags::at(file, field.span.start, file.end_of_line(field.span.end)),
    }
}

/// The type of the client and that of the column.
fn types(field: &FieldSyntax, enumeration: Option<&EnumBlock>) -> (FieldType, SqlScalar) {
    let name = field.ty.name.text.as_str();
    if field.ty.unsupported {
        return (FieldType::Unsupported, native::unsupported(name));
    }
    if let Some(scalar) = native::scalar_type(name) {
        let native = native_type(field);
        let sql = native::column_type(scalar, native.as_ref());
        return (FieldType::Scalar(scalar), sql);
    }
    match enumeration {
        Some(block) => {
            let labels = block.values.iter();
            let labels = labels.map(|value| label(&value.attributes, &value.name.text));
            let stated = database_name(&block.attributes, name);
            let sql = SqlScalar::Enum(Some(stated), labels.collect());
            (FieldType::Enum(name.to_owned()), sql)
        }
        None => {
            let why = format!("the schema declares no `{name}`");
            (FieldType::Unknown(why.clone()), SqlScalar::Unknown(why))
        }
    }
}

/// `@db.VarChar(100)`, whatever the datasource is called.
fn native_type(field: &FieldSyntax) -> Option<NativeType<'_>> {
    let (stated, name) = field
        .attributes
        .iter()
        .find_map(|stated| Some((stated, stated.name.split_once('.')?.1)))?;
    let number = |expression: &Expression| match expression {
        Expression::Number(number) => number.parse().ok(),
        _ => None,
    };
    let arguments = stated.arguments.iter();
    Some(NativeType {
        name,
        arguments: arguments
            .filter_map(|argument| number(&argument.value))
            .collect(),
    })
}

fn default(field: &FieldSyntax, ty: &FieldType, enumeration: Option<&EnumBlock>) -> ColumnDefault {
    let Some(stated) = attribute(&field.attributes, "default").and_then(value) else {
        return match attribute(&field.attributes, "updatedAt") {
            Some(_) => ColumnDefault::Client,
            None => ColumnDefault::None,
        };
    };
    match stated {
        Expression::Call(function, arguments) => match function.as_str() {
            "now" => computed("now()"),
            "dbgenerated" => match arguments.first().and_then(|one| one.value.text()) {
                Some(expression) => computed(expression),
                None => ColumnDefault::Database(None),
            },
            "autoincrement" | "sequence" => ColumnDefault::Database(None),
            // `uuid()`, `cuid()`, `nanoid()`, `ulid()`, and those to come: the client makes them.
            _of_client => ColumnDefault::Client,
        },
        literal => ColumnDefault::Database(written(literal, ty, enumeration)),
    }
}

fn computed(expression: &str) -> ColumnDefault {
    ColumnDefault::Database(Some(SqlDefault::Expression(expression.to_owned())))
}

fn value(attribute: &Attribute) -> Option<&Expression> {
    attribute.argument("value", 0)
}

/// The value as PostgreSQL holds it, where it is written in one way.
fn written(
    literal: &Expression,
    ty: &FieldType,
    enumeration: Option<&EnumBlock>,
) -> Option<SqlDefault> {
    let json = json(literal, ty, enumeration)?;
    let text = match &json {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(json.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    // Numbers keep the digits that they are written with.
    let text = match literal {
        Expression::Number(number) => Some(number.clone()),
        _ => text,
    };
    Some(SqlDefault::Value {
        text,
        json: json.to_string(),
    })
}

fn json(literal: &Expression, ty: &FieldType, enumeration: Option<&EnumBlock>) -> Option<Value> {
    Some(match literal {
        Expression::Text(text) if *ty == FieldType::Scalar(ScalarType::Json) => {
            serde_json::from_str(text).ok()?
        }
        Expression::Text(text) => text.as_str().into(),
        Expression::Number(number) => serde_json::from_str(number).ok()?,
        Expression::Path(name) => match (name.as_str(), enumeration) {
            (name, Some(block)) => {
                let value = block.values.iter().find(|value| value.name.text == name)?;
                label(&value.attributes, name).into()
            }
            ("true", None) => true.into(),
            ("false", None) => false.into(),
            _ => return None,
        },
        Expression::List(items) => {
            let items = items.iter().map(|item| json(item, ty, enumeration));
            Value::Array(items.collect::<Option<_>>()?)
        }
        Expression::Call(..) => return None,
    })
}
