//! Whether the values that a document and the code speak of are the same on the wire.

use crate::checks::wording;
use crate::facts::{Field, Kind, RequestPart};

/// Formats that no text has at once with another of them.
const APART: &[&str] = &["uuid", "email", "url", "ip", "ulid"];

/// The disagreement about the kind of values or the set of them.
pub(super) fn kinds(part: Option<RequestPart>, documented: &Field, code: &Field) -> Option<String> {
    let is_text = part.is_some_and(|part| part != RequestPart::Body);
    let differ = match is_text {
        true => differ_as_text(documented, &code.kind),
        false if code.constraints.coerced => false,
        false => differ_in_json(&documented.kind, &code.kind, part.is_none()),
    };
    differ.then(|| match (&documented.kind, &code.kind) {
        (Kind::Enum(documented), Kind::Enum(code)) => sets(documented, code),
        (documented, code) => format!(
            "the document says `{}`, the code `{}`",
            wording::kind(documented),
            wording::kind(code)
        ),
    })
}

/// The values that only one of two sets has: the sets themselves may be long, and differ in one.
fn sets(documented: &[String], code: &[String]) -> String {
    let only_in = |one: &[String], other: &[String]| -> Vec<String> {
        let mut values = one.to_vec();
        values.retain(|value| !other.contains(value));
        values
    };
    let sides = [
        ("document", only_in(documented, code)),
        ("code", only_in(code, documented)),
    ];
    let said = sides.iter().filter(|(_, values)| !values.is_empty());
    let said = said
        .map(|(side, values)| format!("only the {side} has {}", wording::quoted_briefly(values)));
    said.collect::<Vec<_>>().join(", ")
}

/// Whether no value can be of both kinds in JSON, or a set of values differs.
fn differ_in_json(documented: &Kind, code: &Kind, is_answer: bool) -> bool {
    match (documented, code) {
        (Kind::Any | Kind::Unresolved(_), _) | (_, Kind::Any | Kind::Unresolved(_)) => false,
        (Kind::Union(members), other) | (other, Kind::Union(members)) => {
            !members.is_empty()
                && members
                    .iter()
                    .all(|one| differ_in_json(one, other, is_answer))
        }
        (Kind::Enum(documented), Kind::Enum(code)) => are_other_sets(documented, code),
        (Kind::Array(documented), Kind::Array(code)) => differ_in_json(documented, code, is_answer),
        // The JSON of these is what a serialiser makes of them; so is that of a class's instance.
        (_, Kind::Bigint | Kind::Bytes) => false,
        (_, Kind::Json) if is_answer => false,
        (Kind::String | Kind::Enum(_), Kind::Date) => false,
        (Kind::String | Kind::Enum(_), Kind::String | Kind::Enum(_)) => false,
        // Milliseconds.
        (Kind::Number, Kind::Date) => false,
        (documented, code) => std::mem::discriminant(documented) != std::mem::discriminant(code),
    }
}

/// Whether no text of what a document says is one that the code takes: queries, paths and headers
/// hold texts.
fn differ_as_text(documented: &Field, code: &Kind) -> bool {
    let stated = documented.constraints.format.as_deref();
    match (&documented.kind, code) {
        (Kind::Enum(documented), Kind::Enum(code)) => are_other_sets(documented, code),
        (Kind::Array(documented), Kind::Array(code)) => match (&**documented, &**code) {
            (Kind::Enum(documented), Kind::Enum(code)) => are_other_sets(documented, code),
            _other => false,
        },
        (Kind::Enum(values), Kind::Number) => values.iter().all(|value| !is_number(value)),
        (Kind::Enum(values), Kind::Boolean) => values
            .iter()
            .all(|value| !BOOLEANS.contains(&value.as_str())),
        (Kind::String, Kind::Number | Kind::Boolean) => {
            stated.is_some_and(|format| APART.contains(&format))
        }
        (Kind::Number, Kind::Boolean) => true,
        (Kind::Number, Kind::Enum(values)) => values.iter().all(|value| !is_number(value)),
        (Kind::Boolean, Kind::Number) => true,
        (Kind::Boolean, Kind::Enum(values)) => values
            .iter()
            .all(|value| !BOOLEANS.contains(&value.as_str())),
        _may_be_the_same => false,
    }
}

/// Texts that stand for truth.
const BOOLEANS: &[&str] = &["true", "false", "1", "0", "yes", "no", "on", "off"];

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

fn are_other_sets(one: &[String], other: &[String]) -> bool {
    let lacks =
        |held: &[String], wanted: &[String]| wanted.iter().any(|value| !held.contains(value));
    lacks(one, other) || lacks(other, one)
}

/// The disagreement about limits that both state: the document's must not let in more.
pub(super) fn limits(documented: &Field, code: &Field) -> Option<String> {
    let (wider, narrower) = (&*documented.constraints, &*code.constraints);
    let lengths = [
        (wider.max_length, narrower.max_length, "longest", true),
        (wider.min_length, narrower.min_length, "shortest", false),
    ];
    for (documented, code, what, is_upper) in lengths {
        if let (Some(documented), Some(code)) = (documented, code)
            && is_beyond(f64::from(documented), f64::from(code), is_upper)
        {
            return Some(format!(
                "the {what} value has length {documented} in the document, {code} in the code"
            ));
        }
    }
    let bounds = [
        (wider.maximum, narrower.maximum, "greatest", true),
        (wider.minimum, narrower.minimum, "least", false),
    ];
    for (documented, code, what, is_upper) in bounds {
        if let (Some(documented), Some(code)) = (documented, code)
            && is_beyond(documented, code, is_upper)
        {
            return Some(format!(
                "the {what} value is {documented} in the document, {code} in the code"
            ));
        }
    }
    let formats = (wider.format.as_deref()?, narrower.format.as_deref()?);
    let are_apart = [formats.0, formats.1]
        .iter()
        .all(|format| APART.contains(format));
    (are_apart && formats.0 != formats.1).then(|| {
        format!(
            "the document says format `{}`, the code `{}`",
            formats.0, formats.1
        )
    })
}

fn is_beyond(documented: f64, code: f64, is_upper: bool) -> bool {
    match is_upper {
        true => documented > code,
        false => documented < code,
    }
}
