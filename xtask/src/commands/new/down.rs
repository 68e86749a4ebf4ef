//! `db-new --down`: writes the way back of a migration that has none.

use anyhow::{Result, bail};

use crate::called_as;
use crate::cli::Format;
use crate::commands::ways_back::{self, DownFile, Written};
use crate::commands::{Context, Outcome};
use crate::migrations::{self, Migration, files};

/// Writes the way back of the migration that `asked` names, or of the newest that has none.
///
/// # Errors
/// When there is no such migration, when a person wrote its way back, or when the migrations do not
/// run on a scratch database.
pub fn run(context: &Context, asked: Option<&str>) -> Result<Outcome> {
    let migrations = match context.config.migrations.are_foreign() {
        true => context.migrations()?,
        false => files::load_forward(&context.tree(), &context.config.migrations.dir)?,
    };
    let tree = context.tree();
    let downs = ways_back::down_files(&tree, &context.config.migrations, &migrations)?;
    let at = chosen(&migrations, &downs, asked)?;
    let written = ways_back::write(context, &migrations, &downs, &[at])?;
    let text = match context.options.format {
        Format::Human => for_people(&written),
        Format::Json => {
            let all: Vec<_> = written.iter().map(Written::json).collect();
            format!("{:#}\n", serde_json::json!({ "waysBack": all }))
        }
    };
    context.print_result(&text)?;
    Ok(match written.iter().all(Written::is_way_back) {
        true => Outcome::Clean,
        false => Outcome::Errors,
    })
}

/// The place of the migration among the others.
fn chosen(migrations: &[Migration], downs: &[DownFile], asked: Option<&str>) -> Result<usize> {
    if let Some(asked) = asked {
        let found = migrations::find(migrations, asked)?;
        let at = migrations
            .iter()
            .position(|one| one.version == found.version)
            .unwrap_or_default();
        ways_back::ensure_free(found, &downs[at])?;
        return Ok(at);
    }
    let newest = migrations.iter().zip(downs).enumerate().next_back();
    let Some((last, (migration, down))) = newest else {
        bail!(
            "there are no migrations: write the first with `{} <name>`",
            called_as::command("new")
        )
    };
    if down.no_place.is_some() {
        ways_back::ensure_free(migration, down)?;
    }
    let newest = |fits: fn(&DownFile) -> bool| downs.iter().rposition(fits);
    let lacking = newest(|down| down.is_free && !down.is_generated);
    // Where all have one, the newest that nobody changed is written anew.
    match lacking.or_else(|| newest(|down| down.is_free)) {
        Some(at) => Ok(at),
        None => {
            let last = &migrations[last];
            bail!(
                "each migration has a way back: to have one written anew, move its down file away and name it, as in \
                 `{} --down {last}`",
                called_as::command("new")
            )
        }
    }
}

fn for_people(written: &[Written]) -> String {
    let mut text = "written from the schemas before and after the migration:\n".to_owned();
    text.extend(written.iter().map(Written::for_people));
    text + &format!(
        "\nnext: read it; `{} --test` proves it again\n",
        called_as::command("rollback")
    )
}
