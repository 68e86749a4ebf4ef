//! Documents beside the code of the same operation. A document is not code: what it leaves unsaid is
//! not missed. It is wrong where a client that follows it is refused, or gets what it excludes.

pub(super) mod by_name;
mod wire;

use std::collections::HashSet;

use super::{CHECK, FEW, with_places};
use crate::checks::operations::{self, OperationPart};
use crate::checks::{Model, wording};
use crate::facts::{Declaration, Field, Kind, RequestPart};
use crate::report::{Finding, Label};

/// The findings about all operations that a document and the code describe.
pub(super) fn run(model: &Model<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // A schema that many operations use is compared with the same class each time.
    let mut told = HashSet::new();
    for part in &model.operations().parts {
        let mut of_part = findings(part);
        of_part.retain(|finding| {
            let places = finding.labels.iter().map(|label| label.location.clone());
            told.insert((places.collect::<Vec<_>>(), finding.field.clone()))
        });
        found.extend(model.ignores().taken_out(&mut of_part));
        if of_part.len() > FEW {
            found.push(of_whole(part, &of_part));
        } else {
            found.extend(of_part);
        }
    }
    found.extend(by_name::run(model));
    found
}

fn findings(part: &OperationPart<'_>) -> Vec<Finding> {
    let documented = part.document.fields.iter();
    let mut found: Vec<Finding> = documented
        .filter_map(|field| of_field(part, field))
        .collect();
    if part.part.is_some_and(|part| part != RequestPart::Header) {
        found.extend(undocumented(part));
    }
    found
}

fn of_field(part: &OperationPart<'_>, documented: &Field) -> Option<Finding> {
    let Some((declared, code)) = part.in_code(documented) else {
        return lacking(part, documented);
    };
    let what = match part.part {
        Some(place) => taken(place, documented, (declared, code)),
        None => returned(documented, (declared, code)),
    }?;
    let label = Label {
        location: code.location.clone(),
        text: format!("`{}` here", wording::field_type(code)),
    };
    Some(finding(part, documented, &what, label))
}

/// A field of the document that the code has not.
fn lacking(part: &OperationPart<'_>, documented: &Field) -> Option<Finding> {
    let is_judged = match part.part {
        Some(RequestPart::Query | RequestPart::Body) => true,
        // Servers read headers elsewhere; names in the path are compared with the path.
        Some(RequestPart::Header | RequestPart::Path) => false,
        // An answer may leave out what is optional.
        None => !documented.optional,
    };
    let declared = part.code.first()?;
    if !is_judged || !part.is_complete {
        return None;
    }
    let what = match part.part {
        Some(_) => format!(
            "`{}` has no such field, and would drop its value",
            declared.name
        ),
        None => format!(
            "the document promises it, and `{}` has no such field",
            declared.name
        ),
    };
    let label = Label {
        location: declared.location.clone(),
        text: format!("`{}` is declared here", declared.name),
    };
    Some(finding(part, documented, &what, label))
}

/// The fields that the code demands and the document does not have.
fn undocumented(part: &OperationPart<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for declared in &part.code {
        for field in &declared.fields {
            let is_known = operations::alike(part.document, &field.name).is_some();
            if is_known || !is_demanded(field) {
                continue;
            }
            let message = format!(
                "Field '{}' is demanded by `{}`, and the document does not have it",
                field.name, declared.name
            );
            let place = part.part.map_or("answer", RequestPart::noun);
            found.push(
                CHECK
                    .finding(&part.title, message)
                    .with_field(field.name.as_str())
                    .with_declaration(&part.documented.name)
                    .at(
                        &part.documented.location,
                        format!("its {place} has no `{}`", field.name),
                    )
                    .at(
                        &field.location,
                        format!("`{}` here", wording::field_type(field)),
                    )
                    .with_help(format!("add `{}` to the document", field.name)),
            );
        }
    }
    found
}

/// Whether a request without the field is refused.
fn is_demanded(field: &Field) -> bool {
    let is_known = !matches!(field.kind, Kind::Any | Kind::Unresolved(_));
    // `z.coerce` makes a value of what is absent.
    let is_made = field.constraints.coerced || field.has_default;
    is_known && !is_made && !field.optional
}

/// The disagreement about what a request holds: it must not be more than the code takes.
fn taken(
    part: RequestPart,
    documented: &Field,
    (declared, code): (&Declaration, &Field),
) -> Option<String> {
    if documented.optional && is_demanded(code) && part != RequestPart::Path {
        return Some("the document lets it be absent, the code does not".into());
    }
    let takes_null = code.nullable
        || code.constraints.null_as_absent
        || code.constraints.coerced
        || matches!(code.kind, Kind::Any | Kind::Unresolved(_))
        || declared.null_unchecked && declared.origin.is_type();
    if part == RequestPart::Body && documented.nullable && !takes_null {
        return Some("the document lets it be null, the code does not".into());
    }
    if code.constraints.transformed && part != RequestPart::Body {
        return None;
    }
    wire::kinds(Some(part), documented, code).or_else(|| wire::limits(documented, code))
}

/// The disagreement about what an answer holds: it must not be more than the document says.
fn returned(documented: &Field, (declared, code): (&Declaration, &Field)) -> Option<String> {
    if matches!(code.kind, Kind::Any | Kind::Unresolved(_)) {
        return None;
    }
    if !documented.optional && code.optional && !code.has_default {
        return Some("the document promises it, the code lets it be absent".into());
    }
    let checks_null = !declared.null_unchecked;
    let is_promised = !documented.nullable && !documented.optional;
    if code.nullable && is_promised && checks_null && documented.kind != Kind::Any {
        return Some("the code lets it be null, the document does not".into());
    }
    wire::kinds(None, documented, code)
}

fn finding(part: &OperationPart<'_>, documented: &Field, what: &str, code: Label) -> Finding {
    let name = part.code.first().map_or("", |declared| &declared.name);
    let message = format!(
        "Field '{}' differs between the document and `{name}`: {what}",
        documented.name
    );
    CHECK
        .finding(&part.title, message)
        .with_field(documented.name.as_str())
        .with_declaration(&part.documented.name)
        .at(&documented.location, what)
        .at(&code.location, code.text)
}

/// One finding about a part with many fields that differ: more have one cause.
fn of_whole(part: &OperationPart<'_>, of_fields: &[Finding]) -> Finding {
    let fields: Vec<&str> = of_fields
        .iter()
        .filter_map(|finding| finding.field.as_deref())
        .collect();
    let name = part.code.first().map_or("", |declared| &declared.name);
    let message = format!(
        "Fields {} differ between the document and `{name}`",
        wording::quoted_briefly(&fields)
    );
    let place = part.part.map_or("answer", RequestPart::noun);
    let found = CHECK
        .finding(&part.title, message)
        .with_declaration(&part.documented.name)
        .at(
            &part.documented.location,
            format!("its {place} differs from `{name}`"),
        )
        .with_detail("fields", fields.clone())
        .with_members(of_fields.to_vec());
    with_places(found, of_fields)
}
