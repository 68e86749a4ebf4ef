//! The tables and their foreign keys as a picture. Tables that refer to each other stand near each other: each is
//! placed after the tables that it refers to.

use std::fmt::Write as _;

use super::{anchor, escape, worst};
use crate::report::{EntityAlignment, Finding, Verification};

const WIDTH: usize = 210;
const HEIGHT: usize = 96;
const GAP_X: usize = 60;
const GAP_Y: usize = 44;
/// More keys than this do not fit into a box.
const MOST_KEYS: usize = 3;

/// The section with the picture.
pub(super) fn section(report: &Verification) -> String {
    let tables: Vec<_> = report.alignment.iter().filter(|entity| !entity.view).collect();
    if tables.is_empty() {
        return String::new();
    }
    let order = placed(&tables);
    let columns = (1..).find(|columns| columns * columns >= order.len()).unwrap_or(1).clamp(1, 5);
    let rows = order.len().div_ceil(columns);
    let (width, height) = (columns * (WIDTH + GAP_X), rows * (HEIGHT + GAP_Y));
    let mut text = format!(
        "<section id=\"diagram\">\n<h2>Tables and their foreign keys</h2>\n<div class=\"scroll\"><svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"Entity-relationship diagram\">\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\"/></marker></defs>\n"
    );
    order.iter().enumerate().for_each(|(at, entity)| text.push_str(&edges(entity, at, &order, columns)));
    order.iter().enumerate().for_each(|(at, entity)| text.push_str(&table(entity, corner(at, columns), report)));
    text.push_str("</svg></div>\n</section>\n");
    text
}

/// Breadth first from the tables that refer to nothing.
fn placed<'a>(tables: &[&'a EntityAlignment]) -> Vec<&'a EntityAlignment> {
    let mut order: Vec<&EntityAlignment> = Vec::new();
    while order.len() < tables.len() {
        let waiting = tables.iter().filter(|table| !order.iter().any(|placed| placed.name == table.name));
        let unplaced = |table: &EntityAlignment| {
            let open = table.references.iter().filter(|name| **name != table.name);
            open.filter(|name| !order.iter().any(|placed| placed.name == **name)).count()
        };
        let Some(next) = waiting.min_by_key(|table| unplaced(table)) else { break };
        order.push(next);
    }
    order
}

fn corner(at: usize, columns: usize) -> (usize, usize) {
    ((at % columns) * (WIDTH + GAP_X) + GAP_X / 2, (at / columns) * (HEIGHT + GAP_Y) + GAP_Y / 2)
}

fn table(entity: &EntityAlignment, (x, y): (usize, usize), report: &Verification) -> String {
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.entity == entity.name).collect();
    let mut text = format!(
        "<a href=\"#{}\"><rect class=\"box {}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/><text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
        anchor(&entity.name),
        worst(&findings),
        x + 10,
        y + 20,
        escape(&entity.name)
    );
    let keys = entity.columns.iter().filter(|column| column.primary_key || column.foreign_key);
    for (line, column) in keys.take(MOST_KEYS).enumerate() {
        let sign = if column.primary_key { "PK" } else { "FK" };
        let _ = write!(
            text,
            "<text class=\"key\" x=\"{}\" y=\"{}\">{sign} {}</text>",
            x + 10,
            y + 42 + line * 18,
            escape(&column.name)
        );
    }
    text.push_str("</a>\n");
    text
}

fn edges(entity: &EntityAlignment, at: usize, order: &[&EntityAlignment], columns: usize) -> String {
    let mut text = String::new();
    for target in &entity.references {
        let Some(to) = order.iter().position(|other| other.name == *target).filter(|to| *to != at) else { continue };
        let ((x1, y1), (x2, y2)) = ends(corner(at, columns), corner(to, columns));
        let middle = usize::midpoint(y1, y2);
        let _ = writeln!(
            text,
            "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}\"/>"
        );
    }
    text
}

/// From the upper edge of one box to the lower edge of the other; side by side, from edge to edge.
fn ends((x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> ((usize, usize), (usize, usize)) {
    let (half, middle) = (WIDTH / 2, HEIGHT / 2);
    match y1.cmp(&y2) {
        std::cmp::Ordering::Greater => ((x1 + half, y1), (x2 + half, y2 + HEIGHT)),
        std::cmp::Ordering::Less => ((x1 + half, y1 + HEIGHT), (x2 + half, y2)),
        std::cmp::Ordering::Equal if x1 < x2 => ((x1 + WIDTH, y1 + middle), (x2, y2 + middle)),
        std::cmp::Ordering::Equal => ((x1, y1 + middle), (x2 + WIDTH, y2 + middle)),
    }
}
