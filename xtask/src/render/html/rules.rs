//! The explanation of each type of finding that the page holds: its meaning, its reason, an example.
//! The text is the one that `explain` prints.

use std::fmt::Write as _;

use super::code;
use crate::render::markup::escape;
use crate::report::{Finding, Rule};

/// The section with the explanations of `findings`; empty where there are none.
pub(super) fn section(findings: &[Finding], rules: &[Rule]) -> String {
    let is_used = |rule: &&Rule| findings.iter().any(|finding| finding.kind == rule.kind);
    let used: Vec<&Rule> = rules.iter().filter(is_used).collect();
    if used.is_empty() {
        return String::new();
    }
    let mut text = String::from("<section id=\"rules\">\n<h2>What the findings mean</h2>\n");
    for rule in used {
        let _ = writeln!(
            text,
            "<details class=\"entity rule\" id=\"{}\"><summary><strong>{}</strong> <span class=\"dim\">{}</span></summary>\
             <div class=\"body\">{}</div></details>",
            anchor(rule.kind),
            escape(rule.kind),
            code(&rule.summary),
            markup(&rule.help)
        );
    }
    text + "</section>\n"
}

/// The anchor of an explanation.
pub(super) fn anchor(kind: &str) -> String {
    format!("rule-{}", escape(kind))
}

/// The Markdown of the explanations as HTML: headlines, paragraphs, lists and blocks of code.
fn markup(markdown: &str) -> String {
    let mut text = String::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut is_code = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            end(&mut text, &mut paragraph);
            is_code = !is_code;
            text.push_str(if is_code { "<pre>" } else { "</pre>\n" });
        } else if is_code {
            let _ = writeln!(text, "{}", escape(line));
        } else if let Some(headline) = line.strip_prefix("## ") {
            end(&mut text, &mut paragraph);
            let _ = writeln!(text, "<h3>{}</h3>", code(headline));
        } else if let Some(item) = line.strip_prefix("- ") {
            end(&mut text, &mut paragraph);
            paragraph.push("•");
            paragraph.push(item);
        } else if line.trim().is_empty() {
            end(&mut text, &mut paragraph);
        } else {
            paragraph.push(line);
        }
    }
    end(&mut text, &mut paragraph);
    text
}

fn end(text: &mut String, paragraph: &mut Vec<&str>) {
    if !paragraph.is_empty() {
        let _ = writeln!(text, "<p>{}</p>", code(&paragraph.join(" ")));
        paragraph.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::markup;

    #[test]
    fn the_markdown_of_the_explanations_is_shown() {
        let text = markup("One `a`\nline.\n\n## Why\n- an item\n```ts\nlet a = 1 < 2;\n```");
        assert_eq!(
            text,
            "<p>One <code>a</code> line.</p>\n<h3>Why</h3>\n<p>• an item</p>\n<pre>let a = 1 &lt; 2;\n</pre>\n"
        );
    }
}
