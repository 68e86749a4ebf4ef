//! Next.js: the path of a file is the path of its routes. `app/**/route.ts` exports a function per
//! method; `pages/api/**` exports one for all.

use super::path::normalised;
use super::{Routes, location};
use crate::source::Span;
use crate::typescript::modules::Program;
use crate::typescript::resolve::Resolver;
use crate::typescript::syntax::{Export, Module, StatementKind};
use crate::typescript::values::{PathText, Site, Value};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

pub(super) fn read(program: &Program<'_>, files: &[&Module], found: &mut Routes) {
    for module in files {
        let file = &*module.path;
        if let Some(path) = app_path(file) {
            for (method, span) in exported_methods(module) {
                found.add(
                    program,
                    method,
                    &Ok(path.as_str().into()),
                    Site { file, span },
                );
            }
        } else if let Some(path) = pages_path(file)
            && let Some(span) = default_export(module)
        {
            let site = Site { file, span };
            if location(program, site).is_some() {
                found.add(program, "ALL", &Ok(path.as_str().into()), site);
            }
        }
    }
}

/// The steps that following one function of a catch-all file may take: such a handler is made close
/// to the function that answers, while what else it calls may be all of the application.
const STEPS_OF_CATCH_ALL: u32 = 100_000;

/// Calls the exported functions of the files that answer to all paths below theirs: they may hand
/// requests to the handler that a contract library makes of a whole contract. Contracts that are not
/// reached so are reported as without a route, and the steps are none of the other routes'.
pub(super) fn run_catch_alls<'p>(resolver: &Resolver<'p>, files: &[&'p Module]) {
    let is_catch_all = |file: &str| {
        file.contains("[...") && (app_path(file).is_some() || pages_path(file).is_some())
    };
    for module in files.iter().filter(|module| is_catch_all(&module.path)) {
        for declared in resolver.top_level(module) {
            if declared.name != "default" && !module.is_exported(declared.name) {
                continue;
            }
            if let Some(function @ Value::Function(..)) = resolver.peek(module, &declared) {
                resolver.apart(STEPS_OF_CATCH_ALL, || resolver.call(&function, &[]));
            }
        }
    }
}

/// The requests that Next.js hands to a file which answers to all paths below its folder.
pub(super) struct ReceivedRequests {
    /// The methods that the file exports.
    methods: Vec<&'static str>,
    /// The path of its folder, as [`normalised`] writes it.
    folder: String,
}

impl ReceivedRequests {
    /// The requests that arrive at `module`; `None` where it is no such file.
    pub(super) fn of(module: &Module) -> Option<Self> {
        let path = app_path(&module.path)?;
        let (folder, _) = path
            .split_once("[[...")
            .or_else(|| path.split_once("[..."))?;
        let methods = exported_methods(module);
        Some(Self {
            methods: methods.into_iter().map(|(method, _)| method).collect(),
            folder: normalised(folder).ok()?.into_iter().next()?,
        })
    }

    /// Whether a request of `method` to `path` may be among them. Paths that are not known may.
    pub(super) fn include(&self, method: &str, path: &PathText) -> bool {
        if !self.methods.contains(&method) {
            return false;
        }
        match path.as_deref().map(normalised) {
            Ok(Ok(paths)) => paths.iter().any(|path| self.is_below(path)),
            Ok(Err(_)) | Err(_) => true,
        }
    }

    /// A parameter stands for any text, on either side.
    fn is_below(&self, path: &str) -> bool {
        let mut of_path = path.split('/').skip(1);
        let mut of_folder = self.folder.split('/').filter(|segment| !segment.is_empty());
        of_folder.all(|own| match of_path.next() {
            Some(other) => own == other || own.starts_with(':') || other.starts_with(':'),
            None => false,
        })
    }
}

/// `apps/web/app/(shop)/api/users/[id]/route.ts` → `api/users/[id]`
fn app_path(file: &str) -> Option<String> {
    let (folder, name) = file.rsplit_once('/')?;
    let is_route = matches!(name, "route.ts" | "route.js" | "route.tsx" | "route.mts");
    let folder = format!("/{folder}/");
    let (_, inside) = folder.split_once("/app/").filter(|_| is_route)?;
    let is_shown = |segment: &&str| {
        !segment.starts_with('(') && !segment.starts_with('@') && !segment.is_empty()
    };
    Some(
        inside
            .split('/')
            .filter(is_shown)
            .collect::<Vec<_>>()
            .join("/"),
    )
}

/// `pages/api/users/[id].ts` → `api/users/[id]`
fn pages_path(file: &str) -> Option<String> {
    let file = format!("/{file}");
    let (_, inside) = file.split_once("/pages/api/")?;
    let stem = [".ts", ".js", ".tsx", ".mts"]
        .iter()
        .find_map(|end| inside.strip_suffix(end))?;
    let stem = stem
        .strip_suffix("/index")
        .unwrap_or(if stem == "index" { "" } else { stem });
    Some(format!("api/{stem}"))
}

fn exported_methods(module: &Module) -> Vec<(&'static str, Span)> {
    let declared = |method: &&'static str| {
        let mut statements = module
            .declarations(method)
            .filter(|statement| statement.exported);
        let span = statements
            .find_map(|statement| statement.declared())
            .map(|(_, span)| span);
        let renamed = module.exports.get(*method).map(|export| match export {
            Export::Local(local) => module
                .declarations(local)
                .find_map(|statement| statement.declared())
                .map_or(Span::default(), |found| found.1),
            Export::From(_) => Span::default(),
        });
        Some((*method, span.or(renamed)?))
    };
    METHODS.iter().filter_map(declared).collect()
}

fn default_export(module: &Module) -> Option<Span> {
    let exported = module
        .statements
        .iter()
        .filter(|statement| statement.exported);
    let mut defaults = exported.filter_map(|statement| match &statement.kind {
        StatementKind::Default(value) => Some(value.span),
        StatementKind::Function(name, _) if name.text == "default" => Some(name.span),
        _ => None,
    });
    let named = || match module.exports.get("default")? {
        Export::Local(local) => module
            .declarations(local)
            .find_map(|statement| statement.declared())
            .map(|found| found.1),
        Export::From(_) => Some(Span::default()),
    };
    defaults.next().or_else(named)
}
