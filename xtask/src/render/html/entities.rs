//! The overview of tables and what describes them, and every field of a table side by side.

use std::fmt::Write as _;

use super::{anchor, code, counted, escape, worst};
use crate::report::{ColumnAlignment, EntityAlignment, Finding, Layer, Verification};

/// The columns of the overview behind the database's.
const LAYERS: [(Layer, &str); 3] =
    [(Layer::Row, "Row types"), (Layer::Write, "Insert and update types"), (Layer::Validation, "Validation")];

/// Tables × descriptions.
pub(super) fn overview(report: &Verification) -> String {
    let mut text = String::from(
        "<section id=\"overview\">\n<h2>Overview</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th scope=\"col\">Table</th><th scope=\"col\">Database</th>",
    );
    LAYERS.iter().for_each(|(_, name)| {
        let _ = write!(text, "<th scope=\"col\">{name}</th>");
    });
    text.push_str("<th scope=\"col\">Contracts and others</th></tr></thead>\n<tbody>\n");
    report.alignment.iter().for_each(|entity| text.push_str(&overview_row(entity, report)));
    text.push_str("</tbody></table></div>\n</section>\n");
    text
}

fn of_entity<'r>(entity: &EntityAlignment, report: &'r Verification) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| finding.entity == entity.name).collect()
}

fn overview_row(entity: &EntityAlignment, report: &Verification) -> String {
    let findings = of_entity(entity, report);
    let what = if entity.view { "view" } else { "table" };
    let mut text = format!(
        "<tr data-level=\"{}\" data-text=\"{}\"><th scope=\"row\"><a href=\"#{}\">{}</a></th><td>{what}, {} columns</td>",
        worst(&findings),
        escape(&words(entity)),
        anchor(&entity.name),
        escape(&entity.name),
        entity.columns.iter().filter(|column| !column.database.is_empty()).count()
    );
    for (layer, _) in LAYERS {
        text.push_str(&overview_cell(entity, layer, &findings));
    }
    let declared = |finding: &&&Finding| {
        entity.descriptions.iter().any(|description| finding.declaration.as_ref() == Some(&description.name))
    };
    let others: Vec<&Finding> = findings.iter().filter(|finding| !declared(finding)).copied().collect();
    let (class, count) =
        if others.is_empty() { ("none", "–".to_owned()) } else { (worst(&others), counted(&others)) };
    let _ = writeln!(text, "<td class=\"{class}\">{count}</td></tr>");
    text
}

fn overview_cell(entity: &EntityAlignment, layer: Layer, findings: &[&Finding]) -> String {
    let of_layer: Vec<_> = entity.descriptions.iter().filter(|description| description.layer == layer).collect();
    if of_layer.is_empty() {
        return "<td class=\"none\">none</td>".to_owned();
    }
    let concerns = |finding: &&&Finding| {
        of_layer.iter().any(|description| finding.declaration.as_ref() == Some(&description.name))
    };
    let found: Vec<&Finding> = findings.iter().filter(concerns).copied().collect();
    let names: Vec<_> = of_layer.iter().map(|description| escape(&description.name)).collect();
    format!(
        "<td class=\"{}\">{}<br><span class=\"dim\">{}</span></td>",
        worst(&found),
        counted(&found),
        names.join(", ")
    )
}

/// What the filter looks at.
fn words(entity: &EntityAlignment) -> String {
    let columns = entity.columns.iter().map(|column| column.name.as_str());
    let names = entity.descriptions.iter().map(|description| description.name.as_str());
    std::iter::once(entity.name.as_str()).chain(columns).chain(names).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Every table with its columns and what each declaration says of them.
pub(super) fn side_by_side(report: &Verification) -> String {
    let mut text = String::from("<section id=\"fields\">\n<h2>Field by field</h2>\n");
    report.alignment.iter().for_each(|entity| text.push_str(&entity_table(entity, report)));
    text.push_str("</section>\n");
    text
}

fn entity_table(entity: &EntityAlignment, report: &Verification) -> String {
    let findings = of_entity(entity, report);
    let mut text = format!(
        "<details id=\"{}\" data-level=\"{level}\" data-text=\"{}\"><summary><span class=\"chip {level}\">{}</span> <strong>{}</strong></summary>\n<div class=\"body scroll\"><table>\n<thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Database</th>",
        anchor(&entity.name),
        escape(&words(entity)),
        counted(&findings),
        escape(&entity.name),
        level = worst(&findings),
    );
    for description in &entity.descriptions {
        let place = escape(&description.location.to_string());
        let _ = write!(
            text,
            "<th scope=\"col\" title=\"{place}\">{}<br><span class=\"dim\">{}</span></th>",
            escape(&description.name),
            description.noun
        );
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    entity.columns.iter().for_each(|column| text.push_str(&column_row(entity, column, &findings)));
    text.push_str("</tbody></table></div></details>\n");
    text
}

fn column_row(entity: &EntityAlignment, column: &ColumnAlignment, findings: &[&Finding]) -> String {
    let key = match (column.primary_key, column.foreign_key) {
        (true, _) => " PK",
        (false, true) => " FK",
        (false, false) => "",
    };
    let database = if column.database.is_empty() { "no column" } else { &column.database };
    let mut text = format!(
        "<tr><th scope=\"row\" class=\"code\">{}{key}</th><td class=\"code{}\">{}</td>",
        escape(&column.name),
        if column.database.is_empty() { " none" } else { "" },
        escape(database)
    );
    for (description, cell) in entity.descriptions.iter().zip(&column.cells) {
        let concerns = |finding: &&&Finding| {
            finding.field.as_ref() == Some(&column.name) && finding.declaration.as_ref() == Some(&description.name)
        };
        let found: Vec<&Finding> = findings.iter().filter(concerns).copied().collect();
        text.push_str(&cell_text(cell.as_deref(), &found));
    }
    text.push_str("</tr>\n");
    text
}

fn cell_text(cell: Option<&str>, found: &[&Finding]) -> String {
    let says = cell.map_or_else(|| "–".to_owned(), escape);
    match found.first() {
        None if cell.is_none() => format!("<td class=\"code none\">{says}</td>"),
        None => format!("<td class=\"code\">{says}</td>"),
        Some(first) => {
            let why = code(&first.message);
            format!(
                "<td class=\"code {}\"><span class=\"mark\">≠</span> {says}<br><span class=\"dim\">{why}</span></td>",
                worst(found)
            )
        }
    }
}
