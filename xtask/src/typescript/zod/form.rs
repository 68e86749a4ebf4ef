//! zod-form-data: forms whose fields Zod's schemas judge, after texts were turned into what they
//! stand for.

use std::rc::Rc;

use super::objects::shape;
use super::{Schema, SchemaKind, schema_of};
use crate::typescript::values::{Arguments, Value};

/// The schema that a call of the package's export `path` makes; none of what is not read.
pub fn build<'p>(path: &[&str], arguments: &Arguments<'_, 'p>) -> Option<Rc<Schema<'p>>> {
    let name = path.last()?;
    let given = match arguments.first().map(Value::uncast) {
        Some(Value::Zod(schema)) => Some(Rc::clone(schema)),
        Some(fields @ Value::Object(_)) if *name == "formData" => return Some(shape(fields)),
        Some(other) => Some(schema_of(other)),
        None => None,
    };
    let kind = match *name {
        "formData" => return given,
        "text" => SchemaKind::String,
        "numeric" => SchemaKind::Number,
        "checkbox" => SchemaKind::Boolean,
        "file" => SchemaKind::Opaque,
        "json" | "repeatableOfType" => SchemaKind::Unknown,
        "repeatable" => SchemaKind::Array(Schema::new(SchemaKind::String)),
        _ => return None,
    };
    let judged = match (*name, given) {
        ("checkbox", _) => Schema::new(kind),
        ("repeatableOfType", Some(item)) => Schema::new(SchemaKind::Array(item)),
        (_, Some(given)) => given,
        (_, None) => Schema::new(kind),
    };
    Some(Schema::new(SchemaKind::Preprocess(judged)))
}
