//! A finding as JSON.

use serde_json::{Map, Value, json};

use crate::report::{Finding, FindingTiming, Label, Severity, Suggestion};
use crate::source::Location;

/// The specification's `VerificationError`, and our keys behind it.
#[must_use]
pub fn finding(finding: &Finding) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("type", finding.kind.into());
    put("entity", finding.entity.as_str().into());
    if let Some(field) = &finding.field {
        put("field", field.as_str().into());
    }
    put("message", finding.message.as_str().into());
    if !finding.details.is_empty() {
        put("details", Value::Object(finding.details.clone()));
    }
    put("severity", severity(finding.severity).into());
    put("critical", finding.is_critical().into());
    if let Some(declaration) = &finding.declaration {
        put("declaration", declaration.as_str().into());
    }
    put("fingerprint", finding.fingerprint().into());
    put("locations", finding.labels.iter().map(label).collect());
    if let Some(help) = &finding.help {
        put("help", help.as_str().into());
    }
    if let Some(suggested) = &finding.suggestion {
        put("suggestion", suggestion(suggested));
    }
    if let Some(timing) = &finding.timing {
        put("occurrence", self::timing(timing));
    }
    Value::Object(object)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn label(label: &Label) -> Value {
    let Location {
        file,
        line,
        column,
        span: _,
    } = &label.location;
    json!({ "file": file.as_ref(), "line": line, "column": column, "text": label.text })
}

fn suggestion(suggestion: &Suggestion) -> Value {
    json!({
        "text": suggestion.text,
        "file": suggestion.file,
        "start": suggestion.span.start,
        "end": suggestion.span.end,
        "replacement": suggestion.replacement,
        "safe": suggestion.safe,
    })
}

fn timing(timing: &FindingTiming) -> Value {
    match timing {
        FindingTiming::Present => json!({ "state": "present" }),
        FindingTiming::ResolvedBy(migration) => {
            json!({ "state": "resolved", "migration": migration })
        }
        FindingTiming::IntroducedBy(migration) => {
            json!({ "state": "introduced", "migration": migration })
        }
    }
}
