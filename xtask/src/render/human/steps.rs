//! What `db-migrate` and `db-rollback` share on the terminal: banners, marks, and a verification in short.

use crate::report::{Category, Finding, Occurrence, Severity, Verification};
use crate::terminal::Style;

/// As wide as the specification draws it.
const RULE: &str = "═══════════════════════════════════════════════════════════";

/// `✅ text`, or `ok text` where there are no symbols.
#[must_use]
pub fn passed(style: Style, text: &str) -> String {
    marked(style, "✅", "ok", text)
}

/// `❌ text`
#[must_use]
pub fn failed(style: Style, text: &str) -> String {
    marked(style, "❌", "failed:", text)
}

/// `⚠️  text`
#[must_use]
pub fn warning(style: Style, text: &str) -> String {
    marked(style, "⚠️ ", "warning:", text)
}

/// `symbol text`, or `word text` where there are no symbols.
#[must_use]
pub fn marked(style: Style, symbol: &str, word: &str, text: &str) -> String {
    let mark = if style.emoji { symbol } else { word };
    if mark.is_empty() { text.to_owned() } else { format!("{mark} {text}") }
}

/// A title between two rules, with an empty line before and after.
#[must_use]
pub fn banner(title: &str) -> String {
    format!("\n{RULE}\n{title}\n{RULE}\n")
}

/// `1 error`, `2 errors`
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The three parts of a verification, and what was found in each.
#[must_use]
pub fn verification(style: Style, verification: &Verification) -> String {
    let parts = [
        (Category::TypeAlignment, "Type alignment"),
        (Category::ApiContracts, "API contract compatibility"),
        (Category::ValidationSchemas, "Validation schema consistency"),
    ];
    let mut text = marked(style, "🔍", "", "Starting migration verification...\n");
    for (category, name) in parts {
        text.push_str(&part(style, verification, category, name));
    }
    text
}

fn part(style: Style, verification: &Verification, category: Category, name: &str) -> String {
    let errors: Vec<_> = verification.errors(category).collect();
    let warnings: Vec<_> = verification.warnings(category).collect();
    let counted = [(errors.len(), "error"), (warnings.len(), "warning")];
    let counted: Vec<_> = counted.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| plural(*n, noun)).collect();
    let mut text = match (errors.is_empty(), counted.is_empty()) {
        (true, true) => passed(style, &format!("{name} verification passed\n")),
        (true, false) => passed(style, &format!("{name} verification passed ({})\n", counted.join(", "))),
        (false, _) => failed(style, &format!("{name} verification failed ({})\n", counted.join(", "))),
    };
    errors.iter().chain(&warnings).for_each(|finding| text.push_str(&line(finding)));
    text
}

/// One finding, its place, and what a pending migration has to do with it.
fn line(finding: &Finding) -> String {
    let kind = match finding.severity {
        Severity::Error => "-",
        Severity::Warning => "- warning:",
    };
    let mut text = format!("   {kind} {}", finding.title());
    match &finding.occurrence {
        None | Some(Occurrence::Present) => {}
        Some(Occurrence::ResolvedBy(migration)) => text.push_str(&format!(" [resolved by {migration}]")),
        Some(Occurrence::IntroducedBy(migration)) => text.push_str(&format!(" [introduced by {migration}]")),
    }
    text.push('\n');
    for label in &finding.labels {
        text.push_str(&format!("     {}: {}\n", label.location, label.text));
    }
    if let Some(help) = &finding.help {
        text.push_str(&format!("     help: {help}\n"));
    }
    text
}

/// Text from elsewhere (a diff, an error), moved in.
#[must_use]
pub fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("   {line}\n") }).collect()
}
