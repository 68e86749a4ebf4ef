//! Helpers that tests of readers and checks share.

use crate::config::Config;
use crate::facts::{Declaration, Facts};
use crate::readers::{self, Input};
use crate::tree::MemoryTree;

/// The facts of `files`: the same with the prefilter and without it.
pub fn read<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>, config: &Config) -> Facts {
    let tree = MemoryTree::new(files);
    let facts = readers::read(&Input {
        tree: &tree,
        config,
        cache: None,
    })
    .expect("files in memory");
    let unfiltered = super::read_unfiltered(&tree, config).expect("files in memory");
    let same = Facts {
        files_parsed: facts.files_parsed,
        ..unfiltered
    };
    assert_eq!(
        format!("{facts:#?}"),
        format!("{same:#?}"),
        "with the prefilter, and without it"
    );
    facts
}

/// The facts of `files`, each of which has every role but that of an ORM's tables.
pub fn read_in_all_roles<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Facts {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("db.toml");
    let roles = ["types", "validation", "contracts", "routes"]
        .map(|role| format!("{role} = ['**/*.ts']\n"));
    std::fs::write(&file, roles.concat()).expect("a file");
    let config = Config::load(folder.path(), Some(&file)).expect("a configuration");
    read(files, &config)
}

/// The table of a declaration, and a line for each of its columns: `email=mail varchar(80) null`.
pub fn columns_of(declaration: &Declaration) -> Vec<String> {
    let link = declaration.table_link.as_ref().expect("a table");
    let columns = declaration.fields.iter().map(|field| {
        let sql = field.sql.as_ref().expect("a column");
        let null = match sql.apart.nullable {
            Some(true) => " null",
            Some(false) => "",
            None => " ?",
        };
        let name = field.column.as_deref().unwrap_or_default();
        format!("{}={name} {}{null}", field.name, sql.ty)
    });
    std::iter::once(link.table.clone()).chain(columns).collect()
}
