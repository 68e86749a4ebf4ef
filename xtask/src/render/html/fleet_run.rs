//! The page of a run over a fleet: how many databases are at which version, and what became of
//! each.

use std::fmt::Write as _;

use super::{SCRIPT, code, head, to_the_minute};
use crate::render::markup::escape;
use crate::render::style::count;
use crate::report::{FleetOutcome, FleetResult, FleetRun};

/// The page.
#[must_use]
pub fn fleet_run(run: &FleetRun) -> String {
    let done = run.databases.iter().filter(|one| one.outcome.is_done());
    let title = format!(
        "{} of {} have what was asked for",
        done.count(),
        count(run.databases.len(), "database")
    );
    let (level, sign) = match run.success() {
        true => ("ok", "✓"),
        false => ("error", "✗"),
    };
    let mut page = head(&title);
    let _ = write!(
        page,
        "<header id=\"top\">\n<div class=\"verdict {level}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span>\n\
         <div><h1>{}</h1>\n<p class=\"dim\">Run {} on <time datetime=\"{}\">{}</time></p></div></div>\n</header>\n\
         <main id=\"main\">\n",
        escape(&title),
        code(&run.id),
        escape(run.timestamp.as_str()),
        escape(&to_the_minute(run.timestamp.as_str()))
    );
    if let Some(why) = &run.stopped {
        let _ = writeln!(
            page,
            "<p><span class=\"chip error\">stopped</span> {}</p>",
            code(why)
        );
    }
    page.push_str(&versions(run));
    page.push_str(&databases(run));
    for note in &run.notes {
        let _ = writeln!(page, "<p>{}</p>", code(note));
    }
    let _ = write!(
        page,
        "</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    );
    page
}

/// The matrix: versions and the number of databases at each.
fn versions(run: &FleetRun) -> String {
    let mut text = String::from(
        "<section id=\"versions\">\n<h2>Versions</h2>\n<table>\n<thead><tr><th scope=\"col\">Version</th>\
         <th scope=\"col\">Databases</th><th scope=\"col\">Behind by</th></tr></thead>\n<tbody>\n",
    );
    for row in run.versions() {
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escape(row.version.as_deref().unwrap_or("no migration")),
            row.databases.len(),
            row.pending
        );
    }
    text.push_str("</tbody></table>\n</section>\n");
    text
}

fn databases(run: &FleetRun) -> String {
    let mut text = String::from(
        "<section id=\"databases\">\n<h2>Databases</h2>\n<table>\n<thead><tr><th scope=\"col\">Database</th>\
         <th scope=\"col\">Wave</th><th scope=\"col\">Outcome</th><th scope=\"col\">Version</th>\
         <th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n",
    );
    for one in &run.databases {
        text.push_str(&row(run, one));
    }
    text.push_str("</tbody></table>\n</section>\n");
    text
}

fn row(run: &FleetRun, one: &FleetResult) -> String {
    let class = match &one.outcome {
        FleetOutcome::Done => "",
        FleetOutcome::Current | FleetOutcome::NotBegun => " none",
        FleetOutcome::Failed(_) | FleetOutcome::LockTimeout(_) => " error",
        FleetOutcome::Refused(_) => " warning",
    };
    let at = one.wave.and_then(|wave| wave.checked_sub(1));
    let wave = at.and_then(|at| run.waves.get(at));
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td><span class=\"chip{class}\">{}</span></td><td>{}</td><td>{}</td></tr>\n",
        escape(&one.name),
        escape(wave.map(|wave| wave.name.as_str()).unwrap_or_default()),
        one.outcome.name(),
        escape(one.version.as_deref().unwrap_or_default()),
        code(one.outcome.error().unwrap_or_default())
    )
}
