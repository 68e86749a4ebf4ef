//! The changes of a branch, and the older findings that are left out, around the findings of the
//! report.

use crate::render::deploy_order;
use crate::render::style::{Paint, count, harmless_line, line, paint};
use crate::report::Since;
use crate::terminal::Style;

/// Names the changes that are judged, in front of everything else.
pub(super) fn opening(since: &Since) -> String {
    format!("Judging {}\n", harmless_line(&since.title()))
}

/// Lists the changes of the schema by the branch, in front of the findings.
pub(super) fn schema(since: &Since, style: Style) -> String {
    let mut text = String::new();
    match since.schema.as_deref() {
        Some([]) => line(&mut text, format_args!("\nThe schema stays as it is")),
        Some(changes) => {
            line(
                &mut text,
                format_args!(
                    "\n{}",
                    paint("What changes in the schema:", Paint::Bold, style)
                ),
            );
            changes
                .iter()
                .for_each(|change| line(&mut text, format_args!("  {}", harmless_line(change))));
        }
        None => {}
    }
    if let Some(order) = &since.deploy_order {
        text.push('\n');
        for (number, told) in deploy_order::lines(order).iter().enumerate() {
            let told = harmless_line(told);
            let told = match number {
                0 => paint(&told, Paint::Bold, style),
                _detail => told,
            };
            line(&mut text, format_args!("{told}"));
        }
    }
    text
}

/// Lists the findings that are left out or resolved, and the parts that could not be judged.
/// Follows the findings.
pub(super) fn closing(since: &Since, style: Style) -> String {
    let mut text = String::new();
    if since.known > 0 {
        line(
            &mut text,
            format_args!(
                "Not shown, as it was there before: {}",
                count(since.known, "finding")
            ),
        );
    }
    if !since.resolved.is_empty() {
        line(
            &mut text,
            format_args!("Resolved: {}", count(since.resolved.len(), "finding")),
        );
        since
            .resolved
            .iter()
            .for_each(|one| line(&mut text, format_args!("  {}", harmless_line(one))));
    }
    for note in &since.notes {
        line(
            &mut text,
            format_args!(
                "{}",
                paint(
                    &harmless_line(&format!("note: {note}")),
                    Paint::Yellow,
                    style
                )
            ),
        );
    }
    text
}
