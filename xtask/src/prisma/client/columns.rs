//! The TypeScript types of columns, as the client reads and writes them.

use crate::prisma::model::{FieldType, PrismaColumn};
use crate::prisma::native::ScalarType;

/// Whether the client has a field for the column.
pub(super) fn is_read(column: &PrismaColumn) -> bool {
    !column.ignored && column.ty != FieldType::Unsupported
}

/// The type of a value that is read.
pub(super) fn read_type(column: &PrismaColumn) -> String {
    let item = match &column.ty {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::String => "string",
            ScalarType::Boolean => "boolean",
            ScalarType::Int | ScalarType::Float => "number",
            ScalarType::BigInt => "bigint",
            ScalarType::Decimal => "$Decimal",
            ScalarType::DateTime => "Date",
            ScalarType::Json => "Prisma.JsonValue",
            ScalarType::Bytes => "Uint8Array",
        },
        FieldType::Enum(name) => name,
        FieldType::Unsupported | FieldType::Unknown(_) => "unknown",
    };
    let list = if column.list { "[]" } else { "" };
    let null = if column.optional { " | null" } else { "" };
    format!("{item}{list}{null}")
}

/// The type of a value that is written.
pub(super) fn written_type(column: &PrismaColumn) -> String {
    let item = match &column.ty {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::String => "string",
            ScalarType::Boolean => "boolean",
            ScalarType::Int | ScalarType::Float => "number",
            ScalarType::BigInt => "bigint | number",
            ScalarType::Decimal => "$Decimal | number | string",
            ScalarType::DateTime => "Date | string",
            ScalarType::Json => "Prisma.InputJsonValue",
            ScalarType::Bytes => "Uint8Array",
        },
        FieldType::Enum(name) => name,
        FieldType::Unsupported | FieldType::Unknown(_) => "unknown",
    };
    let list = if column.list {
        format!("({item})[]")
    } else {
        item.to_owned()
    };
    let null = if column.optional { " | null" } else { "" };
    format!("{list}{null}")
}
