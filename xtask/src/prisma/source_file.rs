//! A file of a Prisma schema: its text, its syntax, and the places in it.

use std::sync::Arc;

use super::parse;
use super::syntax::{Block, ConfigBlock, SchemaFile};
use crate::source::LineIndex;

/// The tag in a comment that accepts a finding.
pub(super) const IGNORE_TAG: &str = "db-verify-ignore";

/// One file of a schema.
#[derive(Debug)]
pub struct SourceFile {
    /// The path below the root.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// Turns bytes into lines and columns.
    pub lines: LineIndex,
    /// Its syntax.
    pub syntax: SchemaFile,
    /// Whether it has comments that speak to this tool.
    pub has_tags: bool,
}

impl SourceFile {
    /// The file at `path`, parsed.
    pub fn new(path: &str, text: String) -> Self {
        let text: Arc<str> = text.into();
        Self {
            path: path.to_owned(),
            lines: LineIndex::new(path.into(), Arc::clone(&text)),
            syntax: parse::parse(&text),
            has_tags: text.contains(IGNORE_TAG),
            text,
        }
    }

    /// The end of the line that the byte `at` is on.
    pub fn end_of_line(&self, at: u32) -> u32 {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len());
        at + u32::try_from(length).unwrap_or_default()
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its settings of datasources and generators.
    pub fn configs(&self) -> impl Iterator<Item = &ConfigBlock> {
        self.syntax.blocks.iter().filter_map(|block| match block {
            Block::Config(config) => Some(config),
            Block::Model(_) | Block::Enum(_) => None,
        })
    }

    /// Where the database is.
    pub fn datasource(&self) -> Option<&ConfigBlock> {
        self.configs().find(|config| config.is_datasource)
    }
}
