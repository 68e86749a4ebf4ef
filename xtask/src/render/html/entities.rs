//! The matrix of tables and their descriptions, and each field of a table in all descriptions side
//! by side.

use std::fmt::Write as _;

use super::{anchor, code, counted, worst};
use crate::render::markup::escape;
use crate::report::{
    Category, ColumnAlignment, ContractField, DescriptionSummary, EntityAlignment, Finding, Layer,
    Verification,
};

/// Tables with errors are shown open when there are no more of them than this.
const OPEN: usize = 5;

/// Tables × descriptions.
pub(super) fn overview(report: &Verification) -> String {
    if report.alignment.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "<section id=\"overview\" data-filtered>\n<h2>Overview</h2>\n<ul class=\"legend\"><li><span class=\"chip ok\">agrees</span></li>\
         <li><span class=\"chip warning\">warning</span></li><li><span class=\"chip error\">error</span></li>\
         <li><span class=\"chip none\">not described</span></li></ul>\n<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr>",
    );
    for name in [
        "Table",
        "Database",
        "Row types",
        "Insert and update types",
        "Contracts",
        "Validation",
    ] {
        let _ = write!(text, "<th scope=\"col\">{name}</th>");
    }
    text.push_str("</tr></thead>\n<tbody>\n");
    worst_first(report)
        .into_iter()
        .for_each(|entity| text.push_str(&overview_row(entity, report)));
    text.push_str(
        "</tbody></table></div>\n<p class=\"empty\" hidden>No table fits.</p>\n</section>\n",
    );
    text
}

/// The tables, those with errors first, then those with warnings. `things_2` comes before `things_10`.
fn worst_first(report: &Verification) -> Vec<&EntityAlignment> {
    let mut entities: Vec<&EntityAlignment> = report.alignment.iter().collect();
    entities.sort_by_cached_key(|entity| {
        let findings = of_entity(entity, report);
        // Without findings last: `None` would come first.
        let severity = findings.iter().map(|finding| finding.severity).min();
        (severity.is_none(), severity, with_numbers(&entity.name))
    });
    entities
}

/// A name as pairs of a text and the number after it, by which people sort. A number comes as its length
/// and its digits, which sort as it does however long it is.
fn with_numbers(name: &str) -> Vec<(&str, usize, &str)> {
    let mut pairs = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let is_digit = |one: char| one.is_ascii_digit();
        let (text, after) = rest.split_at(rest.find(is_digit).unwrap_or(rest.len()));
        let end = after.find(|one| !is_digit(one)).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        let digits = number.trim_start_matches('0');
        pairs.push((text, digits.len(), digits));
        rest = after;
    }
    pairs
}

/// Lists the findings about a table, or about a contract that mentions the table.
fn of_entity<'r>(entity: &EntityAlignment, report: &'r Verification) -> Vec<&'r Finding> {
    report
        .findings
        .iter()
        .filter(|finding| finding.entity == entity.name || is_of_contract(entity, finding))
        .collect()
}

fn is_of_contract(entity: &EntityAlignment, finding: &Finding) -> bool {
    finding.category == Category::ApiContracts
        && entity.contracts.iter().any(|contract| {
            contract.endpoint == finding.entity
                || finding.declaration.as_ref() == Some(&contract.name)
        })
}

/// Whether a finding is about this declaration, and not another one of the same name.
fn is_of_description(description: &DescriptionSummary, finding: &Finding) -> bool {
    let files = finding.labels.iter().map(|label| &label.location.file);
    finding.declaration.as_ref() == Some(&description.name)
        && (files.clone().next().is_none()
            || files.clone().any(|file| *file == description.location.file))
}

fn overview_row(entity: &EntityAlignment, report: &Verification) -> String {
    let findings = of_entity(entity, report);
    let what = if entity.view { "view" } else { "table" };
    let columns = entity
        .columns
        .iter()
        .filter(|column| !column.database.is_empty())
        .count();
    let mut text = format!(
        "<tr data-level=\"{}\" data-text=\"{}\"><th scope=\"row\"><a href=\"#{}\">{}</a></th>{}",
        worst(&findings),
        escape(&words(entity)),
        anchor(&entity.name),
        escape(&entity.name),
        cell(&[], &format!("{what}, {}", super::count(columns, "column")))
    );
    text.push_str(&layer_cell(entity, Layer::Row, &findings));
    text.push_str(&layer_cell(entity, Layer::Write, &findings));
    text.push_str(&contracts_cell(entity, &findings));
    text.push_str(&layer_cell(entity, Layer::Validation, &findings));
    text.push_str("</tr>\n");
    text
}

fn cell(found: &[&Finding], names: &str) -> String {
    format!(
        "<td class=\"{}\"><span class=\"count\">{}</span> <span class=\"names\" title=\"{names}\">{names}</span></td>",
        worst(found),
        if found.is_empty() {
            "✓".to_owned()
        } else {
            counted(found)
        },
        names = escape(names)
    )
}

const NOT_DESCRIBED: &str = "<td class=\"none\">–</td>";

fn layer_cell(entity: &EntityAlignment, layer: Layer, findings: &[&Finding]) -> String {
    let of_layer: Vec<_> = entity
        .descriptions
        .iter()
        .filter(|description| description.layer == layer)
        .collect();
    let concerns = |finding: &&&Finding| {
        of_layer
            .iter()
            .any(|description| is_of_description(description, finding))
            || (is_of_no_description(entity, finding) && layer_of(finding.category) == Some(layer))
    };
    let found: Vec<&Finding> = findings.iter().filter(concerns).copied().collect();
    if of_layer.is_empty() && found.is_empty() {
        return NOT_DESCRIBED.to_owned();
    }
    let names: Vec<_> = of_layer
        .iter()
        .map(|description| description.name.as_str())
        .collect();
    cell(&found, &names.join(", "))
}

/// Whether a finding is about none of the table's declarations: about a missing one, or about a
/// named set of values.
fn is_of_no_description(entity: &EntityAlignment, finding: &Finding) -> bool {
    !entity
        .descriptions
        .iter()
        .any(|description| is_of_description(description, finding))
}

/// The layer in which such a finding is counted.
fn layer_of(category: Category) -> Option<Layer> {
    match category {
        Category::TypeAlignment => Some(Layer::Row),
        Category::Migrations | Category::ApiContracts => None,
        Category::ValidationSchemas => Some(Layer::Validation),
    }
}

fn contracts_cell(entity: &EntityAlignment, findings: &[&Finding]) -> String {
    let found: Vec<&Finding> = findings
        .iter()
        .filter(|finding| is_of_contract(entity, finding))
        .copied()
        .collect();
    if entity.contracts.is_empty() && found.is_empty() {
        return NOT_DESCRIBED.to_owned();
    }
    cell(&found, &super::count(entity.contracts.len(), "contract"))
}

/// Returns the text that the table filter searches, in lower case.
fn words(entity: &EntityAlignment) -> String {
    let columns = entity.columns.iter().map(|column| column.name.as_str());
    let names = entity
        .descriptions
        .iter()
        .flat_map(|one| [one.name.as_str(), one.location.file.as_ref()]);
    let contracts = entity
        .contracts
        .iter()
        .flat_map(|one| [one.name.as_str(), one.endpoint.as_str()]);
    let all = std::iter::once(entity.name.as_str())
        .chain(columns)
        .chain(names)
        .chain(contracts);
    all.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Every table with its columns, and the fields of each declaration for them.
pub(super) fn side_by_side(report: &Verification) -> String {
    if report.alignment.is_empty() {
        return String::new();
    }
    let mut text = String::from("<section id=\"fields\" data-filtered>\n<h2>Field by field</h2>\n");
    let wrong = report
        .alignment
        .iter()
        .filter(|entity| worst(&of_entity(entity, report)) == "error")
        .count();
    worst_first(report)
        .into_iter()
        .for_each(|entity| text.push_str(&entity_table(entity, report, wrong <= OPEN)));
    text.push_str("<p class=\"empty\" hidden>No table fits.</p>\n</section>\n");
    text
}

fn entity_table(entity: &EntityAlignment, report: &Verification, few: bool) -> String {
    let findings = of_entity(entity, report);
    let level = worst(&findings);
    let mut text = format!(
        "<details class=\"entity\" id=\"{}\" data-level=\"{level}\" data-text=\"{}\"{}><summary><strong>{}</strong> \
         <span class=\"chip {level}\">{}</span></summary>\n<div class=\"body scroll\"><table>\n\
         <thead><tr><th scope=\"col\">Column</th><th scope=\"col\">Database</th>",
        anchor(&entity.name),
        escape(&words(entity)),
        if few && level == "error" { " open" } else { "" },
        escape(&entity.name),
        counted(&findings),
    );
    let (types, schemas) = sides(entity);
    types
        .iter()
        .for_each(|(_, description)| text.push_str(&head(description)));
    if !entity.contracts.is_empty() {
        text.push_str(&contracts_head(entity));
    }
    schemas
        .iter()
        .for_each(|(_, description)| text.push_str(&head(description)));
    text.push_str("</tr></thead>\n<tbody>\n");
    entity
        .columns
        .iter()
        .for_each(|column| text.push_str(&column_row(entity, column, &findings)));
    text.push_str("</tbody></table>\n");
    text.push_str(&contracts(entity, &findings));
    text.push_str("</div></details>\n");
    text
}

/// The contracts that mention the table, each in the colour of its findings.
fn contracts(entity: &EntityAlignment, findings: &[&Finding]) -> String {
    if entity.contracts.is_empty() {
        return String::new();
    }
    let mut text = String::from("<ul class=\"legend\">");
    for contract in &entity.contracts {
        let is_about = |finding: &&&Finding| {
            finding.category == Category::ApiContracts
                && (finding.declaration.as_ref() == Some(&contract.name)
                    || finding.declaration.is_none() && finding.entity == contract.endpoint)
        };
        let found: Vec<&Finding> = findings.iter().filter(is_about).copied().collect();
        let _ = write!(
            text,
            "<li><span class=\"chip {}\">{}</span> {}</li>",
            worst(&found),
            escape(&contract.endpoint),
            escape(&contract.name)
        );
    }
    text + "</ul>\n"
}

type Numbered<'e> = Vec<(usize, &'e DescriptionSummary)>;

/// The types and the schemas, each with the index of its cell. They are apart because the column of
/// the contracts stands between them.
fn sides(entity: &EntityAlignment) -> (Numbered<'_>, Numbered<'_>) {
    entity
        .descriptions
        .iter()
        .enumerate()
        .partition(|(_, description)| match description.layer {
            Layer::Row | Layer::Write => true,
            Layer::Validation => false,
        })
}

fn head(description: &DescriptionSummary) -> String {
    format!(
        "<th scope=\"col\" title=\"{}\">{}<br><span class=\"dim\">{}</span></th>",
        escape(&description.location.to_string()),
        escape(&description.name),
        description.noun
    )
}

fn contracts_head(entity: &EntityAlignment) -> String {
    let names: Vec<_> = entity
        .contracts
        .iter()
        .map(|one| format!("{} {}", one.name, one.endpoint))
        .collect();
    format!(
        "<th scope=\"col\" title=\"{}\">Contracts<br><span class=\"dim\">{}</span></th>",
        escape(&names.join("\n")),
        super::count(entity.contracts.len(), "contract")
    )
}

fn column_row(entity: &EntityAlignment, column: &ColumnAlignment, findings: &[&Finding]) -> String {
    let key = match (column.primary_key, column.foreign_key) {
        (true, _) => " <span class=\"chip none\">PK</span>",
        (false, true) => " <span class=\"chip none\">FK</span>",
        (false, false) => "",
    };
    let of_column: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.field.as_ref() == Some(&column.name))
        .copied()
        .collect();
    let database = if column.database.is_empty() {
        "no column"
    } else {
        &column.database
    };
    let mut text = format!(
        "<tr><th scope=\"row\" class=\"code\">{}{key}</th><td class=\"code{}\">{}</td>",
        escape(&column.name),
        if column.database.is_empty() {
            " none"
        } else {
            ""
        },
        escape(database)
    );
    let (types, schemas) = sides(entity);
    types
        .iter()
        .for_each(|one| text.push_str(&description_cell(one, column, &of_column)));
    if !entity.contracts.is_empty() {
        text.push_str(&contract_cell(entity, column, &of_column));
    }
    schemas
        .iter()
        .for_each(|one| text.push_str(&description_cell(one, column, &of_column)));
    text.push_str("</tr>\n");
    text
}

fn description_cell(
    (at, description): &(usize, &DescriptionSummary),
    column: &ColumnAlignment,
    of_column: &[&Finding],
) -> String {
    let found: Vec<&Finding> = of_column
        .iter()
        .filter(|finding| is_of_description(description, finding))
        .copied()
        .collect();
    cell_text(column.cells.get(*at).and_then(Option::as_deref), &found)
}

fn contract_cell(
    entity: &EntityAlignment,
    column: &ColumnAlignment,
    of_column: &[&Finding],
) -> String {
    let found: Vec<&Finding> = of_column
        .iter()
        .filter(|finding| is_of_contract(entity, finding))
        .copied()
        .collect();
    let says: Vec<String> = column.contracts.iter().map(in_words).collect();
    cell_text(
        (!says.is_empty()).then(|| says.join("\n")).as_deref(),
        &found,
    )
}

/// `takes string`
fn in_words(field: &ContractField) -> String {
    format!("{} {}", field.direction.verb(), field.says)
}

fn cell_text(cell: Option<&str>, found: &[&Finding]) -> String {
    let says = cell.map_or_else(|| "–".to_owned(), |says| escape(says).replace('\n', "<br>"));
    match found.first() {
        None if cell.is_none() => format!("<td class=\"code none\">{says}</td>"),
        None => format!("<td class=\"code\">{says}</td>"),
        Some(first) => {
            let why = code(&first.message);
            format!(
                "<td class=\"code {}\"><span class=\"mark\" title=\"disagrees\">≠</span> {says}<span class=\"why\">{why}</span></td>",
                worst(found)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::with_numbers;

    #[test]
    fn numbers_in_names_sort_as_numbers() {
        let mut names = [
            "things_10",
            "things_2",
            "things",
            "a9b1",
            "a10b1",
            "a9b",
            "things_02x",
        ];
        names.sort_by_key(|name| with_numbers(name));
        assert_eq!(
            names,
            [
                "a9b",
                "a9b1",
                "a10b1",
                "things",
                "things_2",
                "things_02x",
                "things_10"
            ]
        );
    }
}
