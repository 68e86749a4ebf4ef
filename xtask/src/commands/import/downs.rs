//! `db-import --downs`: writes the ways back of the migrations that came without one.

use anyhow::{Context as _, Result};

use crate::commands::Context;
use crate::commands::ways_back::{self, Written};
use crate::config::MigrationsConfig;
use crate::migrations::files;
use crate::tree::WorkingTree;

/// Writes the ways back of the migrations in the folder `to` that have none.
///
/// # Errors
/// When the migrations do not run on a scratch database: they are imported all the same.
pub(super) fn write(context: &Context, to: &str) -> Result<Vec<Written>> {
    let tree = WorkingTree::new(&context.root);
    let written = files::load_forward(&tree, to).and_then(|migrations| {
        // The copies are in this tool's own layout, whatever the monorepo is configured for.
        let own = MigrationsConfig::own(to);
        let downs = ways_back::down_files(&tree, &own, &migrations)?;
        let which: Vec<usize> = (0..migrations.len())
            .filter(|at| downs[*at].is_free)
            .collect();
        ways_back::write(context, &migrations, &downs, &which)
    });
    written.with_context(|| {
        format!("the migrations are imported into `{to}`, but their ways back could not be written")
    })
}
