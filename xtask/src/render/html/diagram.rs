//! The tables and their foreign keys as a picture. Each table is a box with its keys. Each
//! reference is an edge, with a crow's foot on the side of the many.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::layout::{Node, layout};
use super::{anchor, worst};
use crate::render::markup::escape;
use crate::report::{EntityAlignment, Finding, Verification};

// In pixels. A box has room for the sign and 20 characters of a key, in 11 px monospace
// (`page.css`).
const WIDTH: usize = 190;
const HEAD: usize = 26;
const LINE: usize = 16;
const GAP_X: usize = 90;
const GAP_Y: usize = 22;
/// The height of an edge that passes through a layer.
const PASSAGE: usize = 12;
/// More keys than this do not fit into a box.
const MOST_KEYS: usize = 5;
/// The largest number of tables that are drawn. In a larger schema, only tables with findings are
/// drawn, with the tables that they refer to and that refer to them.
const MOST_TABLES: usize = 120;

/// The section with the picture.
pub(super) fn section(report: &Verification) -> String {
    let all: Vec<_> = report
        .alignment
        .iter()
        .filter(|entity| !entity.view)
        .collect();
    if all.is_empty() {
        return String::new();
    }
    let tables = drawn(&all, report);
    let mut text =
        String::from("<section id=\"diagram\">\n<h2>Tables and their foreign keys</h2>\n");
    if tables.len() < all.len() {
        let _ = writeln!(
            text,
            "<p class=\"dim\">{} of {} tables: those with findings, and their neighbours.</p>",
            tables.len(),
            all.len()
        );
    }
    if !tables.is_empty() {
        let _ = writeln!(
            text,
            "<p class=\"zoom\"><button type=\"button\" data-zoom=\"out\" aria-label=\"Smaller\">-</button> \
             <button type=\"button\" data-zoom=\"in\" aria-label=\"Larger\">+</button> \
             <button type=\"button\" data-zoom=\"fit\">Fit</button> <button type=\"button\" data-zoom=\"whole\">100 %</button></p>\n\
             <div class=\"diagram\" tabindex=\"0\" role=\"region\" aria-label=\"Diagram\">{}</div>",
            picture(&tables, report)
        );
    }
    text.push_str("</section>\n");
    text
}

/// The tables that fit in a picture.
fn drawn<'a>(all: &[&'a EntityAlignment], report: &Verification) -> Vec<&'a EntityAlignment> {
    if all.len() <= MOST_TABLES {
        return all.to_vec();
    }
    let wrong: BTreeSet<&str> = report
        .findings
        .iter()
        .map(|finding| finding.entity.as_str())
        .collect();
    let refers = |entity: &EntityAlignment| {
        entity
            .references
            .iter()
            .any(|name| wrong.contains(name.as_str()))
    };
    let referred: BTreeSet<&str> = all
        .iter()
        .filter(|entity| wrong.contains(entity.name.as_str()))
        .flat_map(|entity| entity.references.iter().map(String::as_str))
        .collect();
    let name = |entity: &EntityAlignment| entity.name.as_str().to_owned();
    let concerned = all
        .iter()
        .filter(|entity| wrong.contains(name(entity).as_str()));
    let near = all.iter().filter(|entity| {
        !wrong.contains(name(entity).as_str())
            && (refers(entity) || referred.contains(name(entity).as_str()))
    });
    // Tables with findings come first: even these may be too many.
    concerned.chain(near).take(MOST_TABLES).copied().collect()
}

/// A box, and where it stands.
#[derive(Debug, Clone, Copy, Default)]
struct PlacedBox {
    x: usize,
    y: usize,
    height: usize,
}

fn picture(tables: &[&EntityAlignment], report: &Verification) -> String {
    let number = |name: &String| tables.iter().position(|table| table.name == *name);
    let edges: Vec<(usize, usize)> = tables
        .iter()
        .enumerate()
        .flat_map(|(from, table)| {
            table
                .references
                .iter()
                .filter_map(move |target| Some((from, number(target)?)))
        })
        .collect();
    let layout = layout(tables.len(), &edges);
    let heights = |node: &Node| match node {
        Node::Table(table) => height(tables[*table]),
        Node::Passage(_) => PASSAGE,
    };
    let total = |layer: &Vec<Node>| {
        layer
            .iter()
            .map(|node| heights(node) + GAP_Y)
            .sum::<usize>()
    };
    let tallest = layout.layers.iter().map(total).max().unwrap_or(0);
    let mut places = vec![PlacedBox::default(); tables.len()];
    let mut passages: Vec<Vec<(usize, usize)>> = vec![Vec::new(); edges.len()];
    for (at, layer) in layout.layers.iter().enumerate() {
        let x = GAP_X / 2 + at * (WIDTH + GAP_X);
        let mut y = GAP_Y / 2 + (tallest - total(layer)) / 2;
        for node in layer {
            match node {
                Node::Table(table) => {
                    places[*table] = PlacedBox {
                        x,
                        y,
                        height: heights(node),
                    }
                }
                Node::Passage(edge) => passages[*edge].push((x, y + PASSAGE / 2)),
            }
            y += heights(node) + GAP_Y;
        }
    }
    let width = layout.layers.len() * (WIDTH + GAP_X);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {tallest}\" width=\"{width}\" height=\"{tallest}\" role=\"group\" aria-label=\"Entity-relationship diagram\">\n"
    );
    for (at, (from, to)) in edges.iter().enumerate() {
        text.push_str(&edge(
            tables[*from],
            tables[*to],
            (places[*from], places[*to]),
            &passages[at],
        ));
    }
    for (table, place) in tables.iter().zip(&places) {
        text.push_str(&entity(table, *place, report));
    }
    text + "</svg>"
}

fn height(table: &EntityAlignment) -> usize {
    let keys = table
        .columns
        .iter()
        .filter(|column| column.primary_key || column.foreign_key)
        .count();
    HEAD + (keys.min(MOST_KEYS) + usize::from(keys > MOST_KEYS)).max(1) * LINE + 8
}

fn entity(
    table: &EntityAlignment,
    PlacedBox { x, y, height }: PlacedBox,
    report: &Verification,
) -> String {
    let findings: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.entity == table.name)
        .collect();
    let name = escape(&table.name);
    let mut text = format!(
        "<a class=\"entity {}\" data-name=\"{name}\" href=\"#{}\"><title>{name}: {}</title>\
         <rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{height}\" rx=\"6\"/>\
         <path class=\"head\" d=\"M{} {}v{}q0 -5 5 -5h{}q5 0 5 5v{}z\"/>\
         <text class=\"title\" x=\"{}\" y=\"{}\">{}</text>",
        worst(&findings),
        anchor(&table.name),
        super::counted(&findings),
        x + 1,
        y + HEAD,
        -(i64::try_from(HEAD - 6).unwrap_or(0)),
        WIDTH - 12,
        HEAD - 6,
        x + 10,
        y + 18,
        escape(&shortened(&table.name, 24))
    );
    let keys: Vec<_> = table
        .columns
        .iter()
        .filter(|column| column.primary_key || column.foreign_key)
        .collect();
    for (line, column) in keys.iter().take(MOST_KEYS).enumerate() {
        let sign = match (column.primary_key, column.foreign_key) {
            (true, true) => "PK FK",
            (true, false) => "PK   ",
            (false, _) => "   FK",
        };
        let _ = write!(
            text,
            "<text class=\"key\" xml:space=\"preserve\" x=\"{}\" y=\"{}\">{sign} {}</text>",
            x + 10,
            y + HEAD + LINE * line + 15,
            escape(&shortened(&column.name, 20))
        );
    }
    if let Some(more) = keys.len().checked_sub(MOST_KEYS).filter(|more| *more > 0) {
        let _ = write!(
            text,
            "<text class=\"key\" x=\"{}\" y=\"{}\">and {more} more</text>",
            x + 10,
            y + HEAD + LINE * MOST_KEYS + 15
        );
    }
    text.push_str("</a>\n");
    text
}

fn shortened(name: &str, most: usize) -> String {
    match name.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}

/// Draws an edge from the referring table, on the right, to the table that it refers to.
fn edge(
    from: &EntityAlignment,
    to: &EntityAlignment,
    (start, end): (PlacedBox, PlacedBox),
    through: &[(usize, usize)],
) -> String {
    let names = format!(
        "data-from=\"{}\" data-to=\"{}\"",
        escape(&from.name),
        escape(&to.name)
    );
    let title = format!(
        "<title>{} refers to {}</title>",
        escape(&from.name),
        escape(&to.name)
    );
    if from.name == to.name {
        let (x, y) = (start.x + WIDTH, start.y + HEAD / 2);
        let loop_back = format!("M{x} {y}c34 0 34 30 0 30");
        return format!(
            "<path class=\"edge\" {names} d=\"{loop_back}\">{title}</path>{}\n",
            foot(x, y + 30, true, &names)
        );
    }
    // Only an edge of a circle leads to the right: see `layout::ranks`.
    let leftwards = start.x >= end.x;
    let (x1, y1) = (
        if leftwards { start.x } else { start.x + WIDTH },
        start.y + start.height / 2,
    );
    let x2 = if start.x > end.x {
        end.x + WIDTH
    } else {
        end.x
    };
    let y2 = end.y + end.height / 2;
    let mut path = format!("M{x1} {y1}");
    let mut last = (x1, y1);
    let mut passages: Vec<(usize, usize)> = through.to_vec();
    if leftwards {
        passages.reverse();
    }
    for (x, y) in passages {
        let (enter, leave) = if leftwards {
            (x + WIDTH, x)
        } else {
            (x, x + WIDTH)
        };
        path.push_str(&curve(last, (enter, y)));
        let _ = write!(path, "L{leave} {y}");
        last = (leave, y);
    }
    if start.x == end.x {
        // Two tables of one layer: the edge leads around their left side, within half of the gap.
        let _ = write!(
            path,
            "C{} {y1} {} {y2} {x2} {y2}",
            x1.saturating_sub(40),
            x2.saturating_sub(40)
        );
    } else {
        path.push_str(&curve(last, (x2, y2)));
    }
    format!(
        "<path class=\"edge\" {names} d=\"{path}\">{title}</path>{}{}\n",
        foot(x1, y1, !leftwards, &names),
        bar(x2, y2, leftwards && start.x > end.x, &names)
    )
}

fn curve((x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> String {
    let middle = usize::midpoint(x1, x2);
    format!("C{middle} {y1} {middle} {y2} {x2} {y2}")
}

/// The many: three toes at the edge of the box.
fn foot(x: usize, y: usize, right: bool, names: &str) -> String {
    let toe = if right { x + 10 } else { x.saturating_sub(10) };
    format!(
        "<path class=\"foot\" {names} d=\"M{toe} {y}L{x} {}M{toe} {y}L{x} {}\"/>",
        y.saturating_sub(5),
        y + 5
    )
}

/// The one: a bar in front of the box.
fn bar(x: usize, y: usize, right: bool, names: &str) -> String {
    let x = if right { x + 7 } else { x.saturating_sub(7) };
    format!(
        "<path class=\"foot\" {names} d=\"M{x} {}V{}\"/>",
        y.saturating_sub(5),
        y + 5
    )
}
