//! Controllers of NestJS, below the application's prefix and version.

use std::rc::Rc;

use super::{Routes, path};
use crate::typescript::evaluate::{Evaluator, NestApp, PathText, Value, Verb, joined};

pub(super) fn read(evaluator: &mut Evaluator<'_>, files: &[&str], found: &mut Routes) {
    let mut verbs = Vec::new();
    for file in files {
        for (_, _, thunk) in evaluator.top_level_values(file) {
            if let Some(Value::Class(class)) = evaluator.peek(&thunk)
                && !class.class.decorators.is_empty()
            {
                verbs.extend(evaluator.controller(&class));
            }
        }
    }
    let app = application(evaluator.nest_apps());
    for verb in verbs {
        let path = full_path(&app, &verb);
        found.add(evaluator, &verb.method, &path, verb.site);
    }
}

/// The one application; of several with different prefixes, none.
fn application<'p>(apps: &[NestApp<'p>]) -> Result<Option<NestApp<'p>>, String> {
    let differs = |other: &NestApp<'_>| apps.first().is_some_and(|first| first.prefix != other.prefix);
    match apps.iter().any(differs) {
        true => Err("several NestJS applications have different prefixes".into()),
        false => Ok(apps.first().cloned()),
    }
}

fn full_path(app: &Result<Option<NestApp<'_>>, String>, verb: &Verb<'_>) -> PathText {
    let app = match app {
        Err(reason) => return Err(reason.clone()),
        Ok(None) => return verb.path.clone(),
        Ok(Some(app)) => app,
    };
    let version = match &app.versioning {
        None => Ok("".into()),
        Some(prefix) => version(prefix, verb.version.as_ref().or(app.default_version.as_ref())),
    };
    let versioned = joined(&version, &verb.path);
    let excluded = |path: &Rc<str>| {
        let same = |excluded: &Rc<str>| path::normalised(excluded) == path::normalised(path);
        app.excluded.iter().any(same)
    };
    if verb.path.as_ref().is_ok_and(excluded) {
        return versioned;
    }
    joined(&app.prefix, &versioned)
}

fn version(prefix: &PathText, version: Option<&PathText>) -> PathText {
    match (prefix, version) {
        (_, None) => Ok("".into()),
        (Ok(prefix), Some(Ok(version))) => Ok(format!("{prefix}{version}").into()),
        (Err(reason), _) | (_, Some(Err(reason))) => Err(reason.clone()),
    }
}
