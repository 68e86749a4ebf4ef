//! SARIF 2.1.0, which code scanning reads: rules with their documentation, and results with every
//! place. A result has a fingerprint that survives lines added above, and the suggested change as a
//! fix.

use serde_json::{Map, Value, json};

use super::deploy_order::lines;
use super::json::document;
use crate::report::{Finding, Label, Rule, Severity, SourceTexts, Suggestion, Verification};
use crate::source::{LineIndex, Location};

/// The document. `rules` are the documentation of every check. `default_file` stands for the place
/// of findings that have none: GitHub refuses a document with one result without a place.
#[must_use]
pub fn verification(report: &Verification, rules: &[Rule], default_file: &str) -> String {
    let used = used_rules(report, rules);
    let fingerprints = Finding::fingerprints(&report.findings);
    let results = report.findings.iter().zip(&fingerprints);
    let results: Vec<_> = results
        .map(|(finding, fingerprint)| result(finding, fingerprint, &used, report, default_file))
        .collect();
    document(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pgaccord",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": used.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "results": results,
            "invocations": [invocation(report)],
        }],
    }))
}

/// The run, with the deploy order of the branch as a message for its readers.
fn invocation(report: &Verification) -> Value {
    let mut object =
        json!({ "executionSuccessful": true, "endTimeUtc": report.timestamp.as_str() });
    let since = report.since.as_ref();
    if let Some(order) = since.and_then(|since| since.deploy_order.as_ref()) {
        let text = lines(order).join("\n");
        object["toolExecutionNotifications"] =
            json!([{ "level": "note", "message": { "text": text } }]);
    }
    object
}

/// The rules of the findings. A kind without documentation gets a rule that only has its name.
fn used_rules(report: &Verification, rules: &[Rule]) -> Vec<Rule> {
    let is_used = |rule: &&Rule| report.findings.iter().any(|one| one.kind == rule.kind);
    let mut used: Vec<Rule> = rules.iter().filter(is_used).cloned().collect();
    for finding in &report.findings {
        if !used.iter().any(|rule| rule.kind == finding.kind) {
            used.push(Rule {
                kind: finding.kind,
                summary: String::new(),
                help: String::new(),
            });
        }
    }
    used
}

/// The address of the page about findings of `kind`; none where the repository is not known.
fn help_address(repository: &str, kind: &str) -> Option<String> {
    let page = kind.to_lowercase().replace('_', "-");
    (!repository.is_empty()).then(|| format!("{repository}/blob/HEAD/docs/src/findings/{page}.md"))
}

fn rule(rule: &Rule) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), rule.kind.into());
    if !rule.summary.is_empty() {
        object.insert("shortDescription".into(), json!({ "text": rule.summary }));
        object.insert(
            "help".into(),
            json!({ "text": rule.help, "markdown": rule.help }),
        );
        if let Some(address) = help_address(env!("CARGO_PKG_REPOSITORY"), rule.kind) {
            object.insert("helpUri".into(), address.into());
        }
    }
    Value::Object(object)
}

fn result(
    finding: &Finding,
    fingerprint: &str,
    rules: &[Rule],
    report: &Verification,
    default_file: &str,
) -> Value {
    let sources = &report.sources;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("ruleId", finding.kind.into());
    put(
        "ruleIndex",
        rules
            .iter()
            .position(|rule| rule.kind == finding.kind)
            .into(),
    );
    put("level", level.into());
    put("message", json!({ "text": message(finding) }));
    let location = match finding.labels.first() {
        Some(label) => place(label, sources),
        None => start_of(default_file),
    };
    put("locations", json!([location]));
    // SARIF allows several `locations` only where a fix has to change each of them.
    let related = finding
        .labels
        .iter()
        .skip(1)
        .enumerate()
        .map(|(at, label)| {
            let mut place = place(label, sources);
            place["id"] = (at + 1).into();
            place["message"] = json!({ "text": label.text });
            place
        });
    put("relatedLocations", related.collect());
    put(
        "partialFingerprints",
        json!({ "findingHash/v1": fingerprint }),
    );
    if let Some(fix) = finding
        .suggestion
        .as_ref()
        .and_then(|suggestion| fix(suggestion, sources))
    {
        put("fixes", json!([fix]));
    }
    put(
        "properties",
        json!({ "entity": finding.entity, "field": finding.field, "critical": finding.is_critical() }),
    );
    Value::Object(object)
}

fn message(finding: &Finding) -> String {
    match &finding.help {
        Some(help) => format!("{}. {help}.", finding.title()),
        None => format!("{}.", finding.title()),
    }
}

fn place(label: &Label, sources: &SourceTexts) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&label.location.file), "uriBaseId": "%SRCROOT%" },
        "region": region(&label.location, sources),
    } })
}

fn start_of(file: &str) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(file), "uriBaseId": "%SRCROOT%" },
        "region": { "startLine": 1 },
    } })
}

fn region(location: &Location, sources: &SourceTexts) -> Value {
    let Some(text) = sources.text(&location.file) else {
        return json!({ "startLine": location.line, "startColumn": location.column });
    };
    let (start, end) = (
        position(text, location.span.start),
        position(text, location.span.end),
    );
    json!({ "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 })
}

/// The 1-based line and column of a byte, as `columnKind` says: in UTF-16 code units, as SARIF's
/// readers count them.
fn position(text: &str, byte: u32) -> (usize, usize) {
    let at = (0..=(byte as usize).min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (
        text[..at].matches('\n').count() + 1,
        text[line_start..at].encode_utf16().count() + 1,
    )
}

fn fix(suggestion: &Suggestion, sources: &SourceTexts) -> Option<Value> {
    let text = sources.text(&suggestion.file)?;
    let index = LineIndex::new(suggestion.file.as_str().into(), text.into());
    let location = index.location(suggestion.span);
    Some(json!({
        "description": { "text": suggestion.text },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(&suggestion.file), "uriBaseId": "%SRCROOT%" },
            "replacements": [{
                "deletedRegion": region(&location, sources),
                "insertedContent": { "text": suggestion.replacement },
            }],
        }],
    }))
}

/// A path as a relative URI: everything but the unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_has_an_address_where_the_repository_is_known() {
        assert_eq!(
            help_address("https://example.org/pgaccord", "TYPE_MISMATCH").as_deref(),
            Some("https://example.org/pgaccord/blob/HEAD/docs/src/findings/type-mismatch.md")
        );
        assert_eq!(help_address("", "TYPE_MISMATCH"), None);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/[id]/ä.ts"), "a%20b/%5Bid%5D/%C3%A4.ts");
    }

    #[test]
    fn columns_are_counted_in_utf16_code_units() {
        // Of UTF-8 `😀` is four bytes, of UTF-16 two units.
        assert_eq!(position("a\n😀é: x", 2 + 4 + 2), (2, 4));
        assert_eq!((position("", 0), position("ab", 99)), ((1, 1), (1, 3)));
    }
}
