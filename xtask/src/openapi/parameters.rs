//! The parameters of operations: those of the path, the query and the headers, with their schemas.

use super::declared::declaration;
use super::document::Place;
use super::objects::Property;
use super::paths::parameter_name;
use super::schemas::Schemas;
use crate::facts::{Field, Parameters, RequestFields, RequestPart};
use crate::source::Location;

/// Headers that OpenAPI tells readers to leave out: other keywords speak of them.
const IGNORED_HEADERS: &[&str] = &["accept", "content-type", "authorization"];

/// The parameters of an operation.
#[derive(Debug, Default)]
pub(super) struct OperationParameters {
    /// By the part of the request in which they stand.
    pub inputs: Vec<RequestFields>,
    /// The names of those in the path; none where the operation has no parameters at all.
    pub of_path: Option<Parameters>,
    /// Those that are not judged, each with the reason.
    pub unread: Vec<String>,
}

/// Reads the parameters that `operation` and the path around it declare. The operation's own hides
/// one of the same name in the same part.
///
/// # Errors
/// Says which reference leads to nothing.
pub(super) fn read<'d>(
    schemas: &Schemas<'d>,
    (operation, path): (Place<'d>, Place<'d>),
    name: &str,
) -> Result<OperationParameters, String> {
    let mut found = OperationParameters::default();
    let mut seen = Vec::new();
    for holder in [operation, path] {
        let Some(list) = holder.entry("parameters") else {
            continue;
        };
        for written in list.value.items() {
            let parameter = schemas.documents.follow(written)?;
            let text = |key| parameter.get(key).and_then(Place::text);
            let (Some(called), Some(stands)) = (text("name"), text("in")) else {
                continue;
            };
            if seen.contains(&(called, stands)) {
                continue;
            }
            seen.push((called, stands));
            match part(called, stands) {
                Ok(Some(part)) => found.add(schemas, parameter, (part, called), name),
                Ok(None) => {}
                Err(why) => found.unread.push(why),
            }
            if stands == "path" {
                found.name_in_path(called, list.location());
            }
        }
    }
    Ok(found)
}

/// The part of the request in which a parameter stands; none where other keywords speak of it.
///
/// # Errors
/// Says why it is not judged.
fn part(name: &str, stands: &str) -> Result<Option<RequestPart>, String> {
    match stands {
        "path" => Ok(Some(RequestPart::Path)),
        "query" => Ok(Some(RequestPart::Query)),
        "header" if IGNORED_HEADERS.contains(&&*name.to_ascii_lowercase()) => Ok(None),
        "header" => Ok(Some(RequestPart::Header)),
        "cookie" => Err(format!(
            "its cookie `{name}` is not judged: no code is known to say what it takes"
        )),
        other => Err(format!(
            "its parameter `{name}` is not judged: it stands `in: {other}`"
        )),
    }
}

impl OperationParameters {
    fn add<'d>(
        &mut self,
        schemas: &Schemas<'d>,
        parameter: Place<'d>,
        (part, called): (RequestPart, &str),
        name: &str,
    ) {
        let field = field(schemas, parameter, (part, called));
        let location = field.location.clone();
        let known = self.inputs.iter_mut().find(|known| known.part == part);
        if let Some(held) = known.and_then(|known| known.held.as_mut()) {
            held.fields = held.fields.iter().cloned().chain([field]).collect();
            return;
        }
        let fields = [field].into_iter().collect();
        self.inputs.push(RequestFields {
            part,
            named: Vec::new(),
            held: Some(Box::new(declaration(name.to_owned(), location, fields))),
            complete: true,
        });
    }

    fn name_in_path(&mut self, called: &str, location: Location) {
        let known = self.of_path.get_or_insert_with(|| Parameters {
            location,
            keys: Some(Vec::new()),
            declaration: None,
            inherited: Vec::new(),
            taken: Vec::new(),
        });
        if let Some(keys) = &mut known.keys {
            keys.push(parameter_name(called));
        }
    }
}

fn field<'d>(
    schemas: &Schemas<'d>,
    parameter: Place<'d>,
    (part, called): (RequestPart, &str),
) -> Field {
    schemas.begin();
    // A filter that is too complex for a query stands there as JSON.
    let content = parameter
        .get("content")
        .into_iter()
        .flat_map(Place::entries);
    let of_content = || content.filter_map(|kind| kind.value.get("schema")).next();
    let schema = parameter.get("schema").or_else(of_content);
    let value = schemas.value(schema.unwrap_or(parameter), 0);
    let (location, tags) = match parameter.entry("name") {
        Some(entry) => (entry.location(), entry.tags()),
        None => (parameter.location(), Default::default()),
    };
    let is_required = parameter.get("required").is_some_and(Place::is_true);
    let required = part == RequestPart::Path || is_required;
    Property::parameter(called, location, tags, required, value).field()
}
