//! Documents read, and judged by the checks beside tables, types and routes.

mod findings;
mod mutations;
mod operations;
mod reading;

use super::OpenApi;
use crate::checks::test_utils;
use crate::facts::{Declaration, Facts};
use crate::readers::{Input, read_with};
use crate::tree::MemoryTree;
use crate::typescript::TypeScript;

/// Reads these files, of which `openapi` names the YAML and JSON files in `docs/`.
fn read(files: &[(&str, &str)]) -> Facts {
    read_as(files, "types = []\nopenapi = ['docs/*']")
}

fn read_as(files: &[(&str, &str)], keys: &str) -> Facts {
    let tree = MemoryTree::new(files.iter().copied());
    let input = Input {
        tree: &tree,
        config: &test_utils::config(keys),
        cache: None,
    };
    read_with(&[&TypeScript, &OpenApi], &input).expect("files in memory")
}

/// The schema `name`.
fn schema<'f>(facts: &'f Facts, name: &str) -> &'f Declaration {
    let mut schemas = facts.schemas.iter();
    schemas
        .find(|schema| schema.name == name)
        .unwrap_or_else(|| panic!("no schema `{name}` in {:?}", facts.schemas))
}
