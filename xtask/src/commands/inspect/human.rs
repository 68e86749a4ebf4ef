//! Renders the facts that were read, for people.

use std::fmt::Write as _;

use super::{Subject, TablesOf};
use crate::checks::wording;
use crate::facts::{Constraints, Declaration, Facts, Field, Kind, Origin};

/// Renders everything that was read, or only `what`.
pub(super) fn render(facts: &Facts, tables: &TablesOf, what: Option<Subject>) -> String {
    let mut text = String::new();
    let wanted = |part| what.is_none_or(|what| what == part);
    if wanted(Subject::Types) {
        declarations(&mut text, "Types", facts.types.iter(), tables);
        for (origin, of_origin) in super::by_origin(&facts.tables) {
            declarations(&mut text, &origin.plural(), of_origin, tables);
        }
    }
    if wanted(Subject::Schemas) {
        declarations(&mut text, "Schemas", facts.schemas.iter(), tables);
    }
    if wanted(Subject::Routes) {
        section(&mut text, "Routes", facts.routes.iter(), |route| {
            format!(
                "  {:<7} {}  {}\n",
                route.method,
                route.path,
                place(&route.location)
            )
        });
    }
    if wanted(Subject::Contracts) {
        section(&mut text, "Contracts", facts.contracts.iter(), |contract| {
            let place = place(&contract.location);
            format!(
                "  {:<7} {}  {}  {place}\n",
                contract.method, contract.path, contract.name
            )
        });
    }
    if wanted(Subject::Routes) || wanted(Subject::Contracts) {
        let listed = facts
            .unresolved_endpoints
            .iter()
            .filter(|endpoint| super::is_wanted(endpoint, what));
        let title = "Endpoints that are not resolved";
        section(&mut text, title, listed, |endpoint| {
            let place = place(&endpoint.location);
            format!(
                "  {:<8} {}  {place}\n    not resolved: {}\n",
                endpoint.what, endpoint.name, endpoint.reason
            )
        });
    }
    for problem in &facts.problems {
        let _ = writeln!(text, "warning: {}: {}", problem.location, problem.message);
    }
    text.push_str(&summary(facts));
    text
}

/// Adds a section with an entry for each of `all`. Entries are made one after the other, since
/// those of a large monorepo take as much memory as the whole text.
fn section<T>(
    text: &mut String,
    title: &str,
    all: impl Iterator<Item = T> + Clone,
    entry: impl Fn(T) -> String,
) {
    let count = all.clone().count();
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "{title} ({count})");
    for one in all {
        text.push_str(&entry(one));
    }
    text.push('\n');
}

fn declarations<'d>(
    text: &mut String,
    title: &str,
    declarations: impl Iterator<Item = &'d Declaration> + Clone,
    tables: &TablesOf,
) {
    section(text, title, declarations, |one| declaration(one, tables));
}

fn declaration(declaration: &Declaration, tables: &TablesOf) -> String {
    let table = tables
        .get(&declaration.location)
        .map_or_else(String::new, |table| format!("  table {table}"));
    let mut text = format!(
        "  {}{table}  {}\n",
        declaration.name,
        place(&declaration.location)
    );
    let width = declaration
        .fields
        .iter()
        .map(|field| field.name.chars().count())
        .max()
        .unwrap_or(0)
        + 1;
    for field in &declaration.fields {
        let name = format!("{}{}", field.name, if field.optional { "?" } else { "" });
        let _ = writeln!(text, "    {name:<width$} {}", described(field));
    }
    if let Some(reason) = &declaration.unresolved {
        let _ = writeln!(text, "    not resolved: {reason}");
    }
    text
}

fn described(field: &Field) -> String {
    let mut text = match &field.kind {
        Kind::Unresolved(reason) => format!("not resolved: {reason}"),
        kind => wording::kind(kind),
    };
    if field.nullable {
        text.push_str(" | null");
    }
    let demands = demands(&field.constraints);
    if !demands.is_empty() {
        let _ = write!(text, "  ({})", demands.join(", "));
    }
    text
}

fn demands(constraints: &Constraints) -> Vec<String> {
    let number = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value}"));
    let length = |name: &str, value: Option<u32>| value.map(|value| format!("{name} {value}"));
    let flag = |name: &str, set: bool| set.then(|| name.to_owned());
    let all = [
        constraints.format.clone(),
        length("min length", constraints.min_length),
        length("max length", constraints.max_length),
        number(">=", constraints.minimum),
        number("<=", constraints.maximum),
        number(">", constraints.exclusive_minimum),
        number("<", constraints.exclusive_maximum),
        flag("integer", constraints.integer),
        constraints
            .pattern
            .as_ref()
            .map(|pattern| format!("/{pattern}/")),
        flag("coerced", constraints.coerced),
        flag("transformed", constraints.transformed),
        flag("refined", constraints.refined),
    ];
    let items = constraints
        .items
        .as_ref()
        .map(|items| format!("each: {}", demands(items).join(", ")));
    all.into_iter().flatten().chain(items).collect()
}

fn place(location: &crate::source::Location) -> String {
    format!("{}:{}", location.file, location.line)
}

fn summary(facts: &Facts) -> String {
    let all = || {
        facts
            .types
            .iter()
            .chain(&facts.schemas)
            .chain(&facts.tables)
    };
    let fields = all()
        .map(|declaration| declaration.fields.len())
        .sum::<usize>();
    let unresolved = |field: &&Field| matches!(field.kind, Kind::Unresolved(_));
    let unresolved_fields = all()
        .flat_map(|declaration| &declaration.fields)
        .filter(unresolved)
        .count();
    let unresolved_declarations = all()
        .filter(|declaration| declaration.unresolved.is_some())
        .count();
    let counted = |(origin, of_origin): (Origin, _)| match Iterator::count(of_origin) {
        0 => String::new(),
        count => format!("{count} {}, ", origin.plural()),
    };
    let tables: String = super::by_origin(&facts.tables).map(counted).collect();
    let ignored = match facts.files_ignored {
        0 => String::new(),
        count => format!(" ({count} more ignored by git)"),
    };
    format!(
        "read {} of {} files{ignored}: {} types, {tables}{} schemas, {} routes, {} contracts; \
         {unresolved_fields} of {fields} fields, {unresolved_declarations} declarations and {} endpoints not resolved\n",
        facts.files_parsed,
        facts.files_walked,
        facts.types.len(),
        facts.schemas.len(),
        facts.routes.len(),
        facts.contracts.len(),
        facts.unresolved_endpoints.len(),
    )
}
