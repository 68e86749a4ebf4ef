//! The coverage at the end of every report: the number of things that were judged, and those that
//! were not.

use crate::render::style::{Paint, count, harmless_line, line, paint, wrapped};
use crate::report::{Coverage, NO_TABLE, Unjudged};
use crate::terminal::Style;

/// The number of things named that were not judged; the JSON report has all.
const NAMED: usize = 10;

/// The coverage line, and a line for each thing that was not judged. Schemas that belong to no
/// table are many and mostly mean to (queries, parameters): they share a line.
pub(super) fn coverage(coverage: &Coverage, style: Style) -> String {
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{}",
            paint(
                &wrapped(&summary(coverage), style.width, style),
                Paint::Bold,
                style
            )
        ),
    );
    let mut detail = |what: &str| {
        line(
            &mut text,
            format_args!("  {}", paint(&indented(what, style), Paint::Dim, style)),
        )
    };
    let (schemas, others): (Vec<_>, Vec<_>) = coverage
        .unjudged
        .iter()
        .partition(|one| one.reason == NO_TABLE);
    others
        .iter()
        .take(NAMED)
        .for_each(|one| detail(&reason(one)));
    if let Some(more) = others.len().checked_sub(NAMED).filter(|more| *more > 0) {
        detail(&format!("and {more} more; the JSON report names each"));
    }
    if let Some(first) = schemas.first() {
        let example = harmless_line(&first.name);
        let (number, verb) = if schemas.len() == 1 {
            ("1 schema".to_owned(), "describes")
        } else {
            (count(schemas.len(), "schema"), "describe")
        };
        detail(&format!(
            "{number} {verb} no table and no type, like `{example}`; the JSON report names each"
        ));
    }
    text
}

/// A line of the list, broken to the width of the terminal.
fn indented(text: &str, style: Style) -> String {
    wrapped(text, style.width.saturating_sub(2), style).replace('\n', "\n  ")
}

fn summary(coverage: &Coverage) -> String {
    let mut parts = vec![
        format!(
            "{} of {} have a type",
            coverage.tables_with_type,
            count(coverage.tables, "table")
        ),
        format!("{} a validation schema", coverage.tables_with_schema),
        compared(coverage),
    ];
    if coverage.unresolved_fields > 0 {
        parts.push(format!(
            "{} not resolvable",
            count(coverage.unresolved_fields, "field")
        ));
    }
    // A schema of a query has nothing that it could be compared with: it is named, and nothing was
    // left out.
    let not_judged = match coverage
        .unjudged
        .iter()
        .filter(|one| one.reason != NO_TABLE)
        .count()
    {
        0 if coverage.routes > 0 && coverage.contracts == 0 => {
            String::from("nothing else left out")
        }
        0 => String::from("nothing left out"),
        many => format!("{many} not judged:"),
    };
    format!("Coverage: {}; {not_judged}", parts.join(", "))
}

fn compared(coverage: &Coverage) -> String {
    let schemas = count(coverage.schemas_judged, "schema");
    let routes = count(coverage.routes, "route");
    match (coverage.routes, coverage.contracts) {
        (0, 0) => format!("{schemas} compared"),
        (_, 0) => format!("{schemas} compared, {routes} with no contract"),
        (_, contracts) => {
            let own = coverage.contracts_of_routes;
            let with_routes = match contracts - own {
                0 => format!("{schemas} compared"),
                other => format!(
                    "{schemas}, {routes} and {} compared",
                    count(other, "contract")
                ),
            };
            format!("{with_routes}{}", own_contracts(own, coverage.routes))
        }
    }
}

/// Says which contracts have no other declaration than that of their route.
fn own_contracts(own: usize, routes: usize) -> String {
    let some = if own < routes {
        format!("{own} of {}", count(routes, "route"))
    } else {
        count(own, "route")
    };
    match own {
        0 => String::new(),
        1 => format!(", {some} is its own contract"),
        _several => format!(", {some} are their own contracts"),
    }
}

fn reason(unjudged: &Unjudged) -> String {
    let place = unjudged
        .location
        .as_ref()
        .map(|location| format!(" ({location})"))
        .unwrap_or_default();
    harmless_line(&format!(
        "{} `{}`{place}: {}",
        unjudged.what, unjudged.name, unjudged.reason
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_that_are_their_routes_are_not_said_to_be_compared() {
        let said = |routes, contracts, contracts_of_routes| {
            compared(&Coverage {
                routes,
                contracts,
                contracts_of_routes,
                ..Coverage::default()
            })
        };
        assert_eq!(
            said(161, 149, 149),
            "0 schemas compared, 149 of 161 routes are their own contracts"
        );
        assert_eq!(
            said(3, 4, 1),
            "0 schemas, 3 routes and 3 contracts compared, 1 of 3 routes is its own contract"
        );
        assert_eq!(
            said(0, 2, 2),
            "0 schemas compared, 2 routes are their own contracts"
        );
        assert_eq!(
            said(3, 4, 0),
            "0 schemas, 3 routes and 4 contracts compared"
        );
    }
}
