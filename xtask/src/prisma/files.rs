//! Which files make a Prisma schema. Those that the configuration names belong together, each to the
//! `datasource` of its folder; where nothing is configured and Prisma is the driver, the one schema
//! for PostgreSQL that the monorepo has.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use globset::Candidate;

use super::source_file::SourceFile;
use super::syntax::{ConfigBlock, Expression};
use crate::config::Config;
use crate::facts::Problem;
use crate::source::{LineIndex, Location, Span};
use crate::tree::{Tree, joined};

/// The files of one schema, and what its `datasource` and `generator` say.
#[derive(Debug)]
pub struct SchemaSource {
    /// The file with the `datasource`, and those that belong to it.
    pub files: Vec<SourceFile>,
    /// Whether the database has foreign keys for relations.
    pub foreign_keys: bool,
    /// The folders that clients are written to, relative to the root; none of the default place.
    pub outputs: Vec<String>,
    /// Whether a client is written to the default place, `@prisma/client`.
    pub has_default_client: bool,
}

/// The schemas that are judged, and what is to be said about other files.
#[derive(Debug, Default)]
pub struct FoundSchemas {
    /// The schemas.
    pub schemas: Vec<SchemaSource>,
    /// The parts that could not be read, or are not judged.
    pub problems: Vec<Problem>,
    /// The number of files.
    pub files: usize,
    /// How many of them git ignores, and are left out.
    pub ignored: usize,
}

impl SchemaSource {
    /// The folder that all of its files are in or below.
    pub fn folder(&self) -> &str {
        let folders = self.files.iter().map(SourceFile::folder);
        folders
            .reduce(|one, other| common(one, other))
            .unwrap_or_default()
    }
}

/// The folder that holds both folders.
fn common<'f>(one: &'f str, other: &str) -> &'f str {
    let is_inside = |folder: &str| {
        folder.is_empty() || other == folder || other.starts_with(&format!("{folder}/"))
    };
    let mut folder = one;
    while !is_inside(folder) {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
    }
    folder
}

/// The schemas of PostgreSQL among the files at `paths`.
pub fn of_postgresql(tree: &dyn Tree, paths: &[String]) -> Vec<SchemaSource> {
    let schemas = paths.iter().filter(|path| path.ends_with(".prisma"));
    let files = schemas.filter_map(|path| {
        let bytes = tree.read(path).ok()?;
        Some(SourceFile::new(
            path,
            String::from_utf8_lossy(&bytes).into(),
        ))
    });
    let groups = grouped(without_copies(files.collect()));
    let ours = groups.into_iter().filter(|group| is_postgresql(&group[0]));
    ours.map(schema_source).collect()
}

/// Whether `path` may be a file of a schema, as far as its name and the configuration say.
pub fn is_schema_file(config: &Config, path: &str) -> bool {
    let sources = &config.sources;
    path.ends_with(".prisma")
        && sources.prisma.matches(&Candidate::new(path))
        && !sources.exclude.is_match(path)
}

/// Finds and parses the files of the schemas.
///
/// # Errors
/// When a configured folder does not exist.
pub fn find(tree: &dyn Tree, config: &Config) -> Result<FoundSchemas> {
    let mut found = FoundSchemas::default();
    let mut paths = paths(tree, config)?;
    let all = paths.len();
    if !config.sources.prisma_is_stated {
        let mut rules = tree.ignore_rules();
        paths.retain(|path| !rules.is_ignored(path));
    }
    found.ignored = all - paths.len();
    found.files = paths.len();
    let mut files = Vec::new();
    for path in paths {
        match tree.read(&path) {
            Ok(bytes) => files.push(SourceFile::new(
                &path,
                String::from_utf8_lossy(&bytes).into(),
            )),
            Err(error) => found.problems.push(unreadable(&path, &error.to_string())),
        }
    }
    let groups = grouped(without_copies(files));
    select(groups, config, &mut found);
    let errors = found.schemas.iter().flat_map(|schema| &schema.files);
    let errors: Vec<Problem> = errors.flat_map(problems_of).collect();
    found.problems.extend(errors);
    Ok(found)
}

fn paths(tree: &dyn Tree, config: &Config) -> Result<BTreeSet<String>> {
    let mut paths = BTreeSet::new();
    for root in config.sources.prisma.roots() {
        let files = tree.files(root).with_context(|| {
            format!("cannot list `{root}`, where the configuration says that Prisma's schema is: correct `prisma`")
        })?;
        paths.extend(
            files
                .into_iter()
                .filter(|path| is_schema_file(config, path)),
        );
    }
    Ok(paths)
}

/// A client has a copy of its schema beside it.
fn without_copies(files: Vec<SourceFile>) -> Vec<SourceFile> {
    let outputs: Vec<String> = files.iter().flat_map(outputs).collect();
    let is_copy = |file: &SourceFile| {
        outputs.iter().any(|output| {
            file.folder() == output || file.folder().starts_with(&format!("{output}/"))
        })
    };
    files.into_iter().filter(|file| !is_copy(file)).collect()
}

/// Puts each file to the `datasource` of its folder, or of the nearest one above; where there is one
/// for all, to that.
fn grouped(files: Vec<SourceFile>) -> Vec<Vec<SourceFile>> {
    let (mains, others): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|file| file.datasource().is_some());
    if mains.is_empty() {
        return if others.is_empty() {
            Vec::new()
        } else {
            vec![others]
        };
    }
    let mut groups: Vec<Vec<SourceFile>> = mains.into_iter().map(|main| vec![main]).collect();
    for file in others {
        let is_above = |group: &&mut Vec<SourceFile>| {
            let folder = group[0].folder();
            folder.is_empty() || file.path.starts_with(&format!("{folder}/"))
        };
        let nearest = match groups.as_mut_slice() {
            [only] => Some(only),
            several => several
                .iter_mut()
                .filter(is_above)
                .max_by_key(|group| group[0].folder().len()),
        };
        if let Some(group) = nearest {
            group.push(file);
        }
    }
    groups
}

/// Keeps the schemas of PostgreSQL. Where nobody has configured them, there may be one only: which
/// of several is that of the migrations, their folder says.
fn select(groups: Vec<Vec<SourceFile>>, config: &Config, found: &mut FoundSchemas) {
    let is_stated = config.sources.prisma_is_stated;
    let (ours, others): (Vec<_>, Vec<_>) = groups
        .into_iter()
        .partition(|group| is_postgresql(&group[0]));
    if is_stated {
        let problems = others.iter().filter_map(|group| other_engine(&group[0]));
        found.problems.extend(problems);
    }
    let ours = match ours {
        several if !is_stated && several.len() > 1 => beside_migrations(several, config, found),
        ours => ours,
    };
    found.schemas = ours.into_iter().map(schema_source).collect();
}

/// The schema whose folder the migrations are in.
fn beside_migrations(
    groups: Vec<Vec<SourceFile>>,
    config: &Config,
    found: &mut FoundSchemas,
) -> Vec<Vec<SourceFile>> {
    let is_beside = |group: &Vec<SourceFile>| {
        let folder = group[0].folder();
        !folder.is_empty() && config.migrations.dir.starts_with(&format!("{folder}/"))
    };
    let (beside, others): (Vec<_>, Vec<_>) = groups.into_iter().partition(is_beside);
    if beside.is_empty()
        && let Some(first) = others.first().map(|group| &group[0])
    {
        found.problems.push(Problem {
            location: place_of_datasource(first),
            message: format!(
                "{} Prisma schemas are for PostgreSQL, and none stands beside `{}`: name the one to judge with `prisma`",
                others.len(),
                config.migrations.dir
            ),
        });
    }
    beside
}

fn place_of_datasource(file: &SourceFile) -> Location {
    let span = file
        .datasource()
        .map_or_else(Span::default, |datasource| datasource.name.span);
    file.lines.location(span)
}

/// Whether the `datasource` is PostgreSQL's. A schema without one has its place elsewhere, which is
/// not read.
fn is_postgresql(main: &SourceFile) -> bool {
    providers(main).is_none_or(|providers| {
        providers.iter().any(|provider| {
            matches!(
                provider.as_str(),
                "postgresql" | "postgres" | "prisma+postgres"
            )
        })
    })
}

/// The providers that the `datasource` states, as older versions allow several.
fn providers(main: &SourceFile) -> Option<Vec<String>> {
    let stated = main.datasource()?.setting("provider")?.items();
    let texts = stated.iter().filter_map(Expression::text);
    let texts: Vec<String> = texts.map(str::to_owned).collect();
    (!texts.is_empty()).then_some(texts)
}

fn other_engine(main: &SourceFile) -> Option<Problem> {
    let providers = providers(main)?.join(", ");
    Some(Problem {
        location: place_of_datasource(main),
        message: format!(
            "the schema is not judged: its provider is `{providers}`, not `postgresql`"
        ),
    })
}

fn schema_source(files: Vec<SourceFile>) -> SchemaSource {
    let mode = files.iter().find_map(|file| {
        let datasource = file.datasource()?;
        let mode = datasource
            .setting("relationMode")
            .or_else(|| datasource.setting("referentialIntegrity"));
        mode?.text()
    });
    SchemaSource {
        foreign_keys: mode != Some("prisma"),
        has_default_client: has_default_client(&files),
        outputs: files.iter().flat_map(outputs).collect(),
        files,
    }
}

/// The generators of clients in a file.
fn generators(file: &SourceFile) -> impl Iterator<Item = &ConfigBlock> {
    let generators = file.configs().filter(|config| !config.is_datasource);
    generators.filter(|generator| {
        let provider = generator.setting("provider").and_then(Expression::text);
        matches!(provider, Some("prisma-client-js" | "prisma-client"))
    })
}

/// Whether a generator says no folder. Where there is no generator, it may be called elsewhere.
fn has_default_client(files: &[SourceFile]) -> bool {
    let mut all = files.iter().flat_map(generators).peekable();
    all.peek().is_none() || all.any(|generator| generator.setting("output").is_none())
}

/// The folders that the generators of clients write to.
fn outputs(file: &SourceFile) -> Vec<String> {
    generators(file)
        .filter_map(|generator| generator.setting("output")?.text())
        .map(|output| joined(file.folder(), output))
        .collect()
}

fn problems_of(file: &SourceFile) -> impl Iterator<Item = Problem> {
    file.syntax.errors.iter().map(|error| Problem {
        location: file.lines.location(error.span),
        message: error.message.clone(),
    })
}

fn unreadable(path: &str, why: &str) -> Problem {
    let lines = LineIndex::new(path.into(), "".into());
    Problem {
        location: lines.location(Span::default()),
        message: format!("the file cannot be read: {why}"),
    }
}
