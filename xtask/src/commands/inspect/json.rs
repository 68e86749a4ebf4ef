//! Renders the facts that were read as JSON, in the shape that `schemas/` documents.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value, json};

use super::{Subject, TablesOf};
use crate::facts::{
    Constraints, Contract, Declaration, Enumeration, Facts, Field, ForeignKey, Kind, Problem,
    RequestFields, Route, StatedIndex, StatedKey, TableKeys, UnresolvedEndpoint,
};

/// Renders everything that was read, or only `what`.
pub(super) fn render(facts: &Facts, tables: &TablesOf, what: Option<Subject>) -> String {
    let document = Document {
        facts,
        tables,
        what,
    };
    let mut text = serde_json::to_string_pretty(&document)
        .unwrap_or_else(|error| unreachable!("values are written to a string: {error}"));
    text.push('\n');
    text
}

/// The whole document. The value of each declaration is made when its turn comes: those of a large
/// monorepo would take many times the memory of its facts.
struct Document<'f> {
    facts: &'f Facts,
    tables: &'f TablesOf,
    what: Option<Subject>,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = self.facts;
        let mut map = serializer.serialize_map(None)?;
        if self.wants(Subject::Types) {
            map.serialize_entry("types", &self.declarations(|| facts.types.iter()))?;
            for (origin, of_origin) in super::by_origin(&facts.tables) {
                map.serialize_entry(origin.id, &self.declarations(|| of_origin.clone()))?;
            }
            map.serialize_entry("enums", &List(|| facts.enums.iter().map(enumeration)))?;
        }
        if self.wants(Subject::Schemas) {
            map.serialize_entry("schemas", &self.declarations(|| facts.schemas.iter()))?;
        }
        if self.wants(Subject::Routes) {
            map.serialize_entry("routes", &List(|| facts.routes.iter().map(route)))?;
        }
        if self.wants(Subject::Contracts) {
            map.serialize_entry("contracts", &List(|| facts.contracts.iter().map(contract)))?;
        }
        if self.wants(Subject::Routes) || self.wants(Subject::Contracts) {
            let listed = || {
                let all = facts.unresolved_endpoints.iter();
                all.filter(|endpoint| super::is_wanted(endpoint, self.what))
                    .map(unresolved_endpoint)
            };
            map.serialize_entry("unresolvedEndpoints", &List(listed))?;
        }
        map.serialize_entry("problems", &List(|| facts.problems.iter().map(problem)))?;
        map.serialize_entry("files", &files(facts))?;
        map.end()
    }
}

impl Document<'_> {
    fn wants(&self, part: Subject) -> bool {
        self.what.is_none_or(|what| what == part)
    }

    fn declarations<'d, I: Iterator<Item = &'d Declaration>>(
        &self,
        each: impl Fn() -> I,
    ) -> impl Serialize {
        List(move || each().map(|one| declaration(one, self.tables)))
    }
}

/// A list whose values are made one after the other.
struct List<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = Value>> Serialize for List<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

fn files(facts: &Facts) -> Value {
    json!({ "walked": facts.files_walked, "parsed": facts.files_parsed, "ignored": facts.files_ignored })
}

fn declaration(declaration: &Declaration, tables: &TablesOf) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), json!(declaration.name));
    object.insert("file".into(), json!(&*declaration.location.file));
    object.insert("line".into(), json!(declaration.location.line));
    let table = tables.get(&declaration.location).map(ToString::to_string);
    object.insert("table".into(), json!(table));
    if let Some(link) = &declaration.table_link {
        object.insert("statedTable".into(), json!(link.table));
    }
    object.insert("origin".into(), json!(declaration.origin.id));
    object.insert("exported".into(), json!(declaration.exported));
    object.insert(
        "fields".into(),
        declaration.fields.iter().map(field).collect(),
    );
    if let Some(keys) = &declaration.keys {
        object.insert("keys".into(), table_keys(keys));
    }
    if let Some(reason) = &declaration.unresolved {
        object.insert("unresolved".into(), json!(reason));
    }
    Value::Object(object)
}

fn table_keys(keys: &TableKeys) -> Value {
    let foreign = |key: &ForeignKey| {
        json!({
            "columns": key.columns,
            "table": key.table,
            "referenced": key.referenced,
            "constrained": key.constrained,
            "onDelete": key.on_delete.map(|stated| stated.action.to_string()),
            "onUpdate": key.on_update.map(|stated| stated.action.to_string()),
        })
    };
    let columns = |keys: &Vec<StatedKey>| keys.iter().map(|key| json!(key.columns)).collect();
    // Null where the source does not say all of them.
    let uniques: Option<Vec<Value>> = keys.uniques.as_ref().map(columns);
    let all: Option<Vec<Value>> = keys
        .foreign
        .as_ref()
        .map(|keys| keys.iter().map(foreign).collect());
    let index = |index: &StatedIndex| json!({ "columns": index.columns, "method": index.method });
    let indexes: Option<Vec<Value>> = keys
        .indexes
        .as_ref()
        .map(|indexes| indexes.iter().map(index).collect());
    json!({
        "primary": keys.primary.as_ref().map(|key| &key.columns),
        "uniques": uniques,
        "foreign": all,
        "indexes": indexes,
    })
}

fn field(field: &Field) -> Value {
    let mut object = Map::new();
    object.insert("name".into(), json!(field.name.as_str()));
    if let Some(column) = &*field.column {
        object.insert("column".into(), json!(column));
    }
    object.insert("optional".into(), json!(field.optional));
    object.insert("nullable".into(), json!(field.nullable));
    kind(&field.kind, &mut object);
    constraints(&field.constraints, &mut object);
    if let Some(reference) = &*field.reference {
        object.insert("reference".into(), json!(reference));
    }
    if let Some(sql) = &field.sql {
        object.insert("sqlType".into(), json!(sql.ty.to_string()));
        if let Some(nullable) = sql.apart.nullable {
            object.insert("sqlNullable".into(), json!(nullable));
        }
        if sql.database_default {
            object.insert("sqlDefault".into(), json!(true));
        }
    }
    if field.has_default {
        object.insert("default".into(), json!(true));
    }
    Value::Object(object)
}

fn kind(kind: &Kind, object: &mut Map<String, Value>) {
    let name = match kind {
        Kind::String => "string",
        Kind::Number => "number",
        Kind::Bigint => "bigint",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::Bytes => "bytes",
        Kind::Json | Kind::Any => "json",
        Kind::Enum(_) => "enum",
        Kind::Array(_) => "array",
        Kind::Union(_) => "union",
        Kind::Unresolved(_) => "unresolved",
    };
    object.insert("kind".into(), json!(name));
    match kind {
        Kind::Enum(values) => {
            object.insert("values".into(), json!(values));
        }
        Kind::Array(items) => {
            object.insert("items".into(), nested(items));
        }
        Kind::Union(members) => {
            object.insert("members".into(), members.iter().map(nested).collect());
        }
        Kind::Unresolved(reason) => {
            object.insert("reason".into(), json!(reason));
        }
        Kind::Any => {
            object.insert("any".into(), json!(true));
        }
        Kind::String
        | Kind::Number
        | Kind::Bigint
        | Kind::Boolean
        | Kind::Date
        | Kind::Bytes
        | Kind::Json => {}
    }
}

fn nested(of: &Kind) -> Value {
    let mut object = Map::new();
    kind(of, &mut object);
    Value::Object(object)
}

fn constraints(constraints: &Constraints, object: &mut Map<String, Value>) {
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.into(), value);
        }
    };
    put(
        "format",
        constraints.format.as_ref().map(|format| json!(format)),
    );
    put(
        "minLength",
        constraints.min_length.map(|length| json!(length)),
    );
    put(
        "maxLength",
        constraints.max_length.map(|length| json!(length)),
    );
    put("minimum", constraints.minimum.map(number));
    put("maximum", constraints.maximum.map(number));
    put(
        "exclusiveMinimum",
        constraints.exclusive_minimum.map(number),
    );
    put(
        "exclusiveMaximum",
        constraints.exclusive_maximum.map(number),
    );
    put("integer", constraints.integer.then(|| json!(true)));
    put(
        "pattern",
        constraints.pattern.as_ref().map(|pattern| json!(pattern)),
    );
    put("coerced", constraints.coerced.then(|| json!(true)));
    put("transformed", constraints.transformed.then(|| json!(true)));
    put("refined", constraints.refined.then(|| json!(true)));
    if let (Some(demanded), Some(Value::Object(items))) =
        (&constraints.items, object.get_mut("items"))
    {
        self::constraints(demanded, items);
    }
}

/// `5`, not `5.0`.
fn number(value: f64) -> Value {
    let whole = value as i64;
    if (whole as f64 - value).abs() < f64::EPSILON {
        json!(whole)
    } else {
        json!(value)
    }
}

fn enumeration(enumeration: &Enumeration) -> Value {
    json!({
        "name": enumeration.name,
        "file": &*enumeration.location.file,
        "line": enumeration.location.line,
        "values": enumeration.values,
        "databaseName": enumeration.database_name,
    })
}

fn route(route: &Route) -> Value {
    let location = &route.location;
    json!({ "method": route.method, "path": route.path, "file": &*location.file, "line": location.line })
}

fn contract(contract: &Contract) -> Value {
    json!({
        "name": contract.name,
        "method": contract.method,
        "path": contract.path,
        "file": &*contract.location.file,
        "line": contract.location.line,
        "request": contract.request.as_ref().map(|reference| &reference.name),
        "response": contract.response.as_ref().map(|reference| &reference.name),
        "inputs": contract.inputs.iter().map(input).collect::<Vec<_>>(),
    })
}

/// A part of a request beside the body.
fn input(input: &RequestFields) -> Value {
    let held = input.held.iter().flat_map(|held| &held.fields);
    json!({
        "part": input.part.noun(),
        "named": input.named.iter().map(|one| &one.name).collect::<Vec<_>>(),
        "fields": held.map(field).collect::<Vec<_>>(),
    })
}

fn unresolved_endpoint(endpoint: &UnresolvedEndpoint) -> Value {
    let location = &endpoint.location;
    json!({
        "what": endpoint.what,
        "name": endpoint.name,
        "file": &*location.file,
        "line": location.line,
        "reason": endpoint.reason,
    })
}

fn problem(problem: &Problem) -> Value {
    let location = &problem.location;
    json!({ "file": &*location.file, "line": location.line, "column": location.column, "message": problem.message })
}
