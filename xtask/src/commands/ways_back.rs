//! The down files that `db-new --down` and `db-import --downs` write: where each belongs, whether
//! one may be written there, and what is said of it.

mod place;

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

pub use place::{DownFile, down_files, ensure_free};

use super::Context;
use crate::migrations::Migration;
use crate::migrations::reversal::{self, Standing, WayBack};
use crate::whole_file;

/// A way back, and the file that holds it.
#[derive(Debug, Clone)]
pub struct Written {
    /// The file, relative to the root.
    pub file: String,
    /// The way back.
    pub way_back: WayBack,
}

/// Writes the ways back of those of `migrations` whose places are `which`, each into its file.
///
/// # Errors
/// When a migration does not run on a scratch database, or a file cannot be written.
pub fn write(
    context: &Context,
    migrations: &[Migration],
    files: &[DownFile],
    which: &[usize],
) -> Result<Vec<Written>> {
    let mut all = Vec::new();
    let environment = context.scratch_environment();
    reversal::write(&environment, migrations, which, &mut |at, way_back| {
        let file = files[at].path.clone();
        create(&context.root.join(&file), &way_back.text)?;
        all.push(Written {
            file,
            way_back: way_back.clone(),
        });
        Ok(())
    })?;
    Ok(all)
}

fn create(path: &Path, text: &str) -> Result<()> {
    whole_file::write(path, text, 0o644)
        .with_context(|| format!("cannot write the way back `{}`", path.display()))
}

/// What is said of a way back, without its losses.
#[must_use]
pub fn in_words(way_back: &WayBack) -> String {
    let data = way_back.but_for_data();
    match &way_back.standing {
        Standing::Exact => format!("exact{data}"),
        Standing::ExceptOrder(tables) => {
            format!(
                "exact but for the order of columns in {}{data}",
                tables.join(", ")
            )
        }
        Standing::NotTried(why) => format!("not proven: {why}"),
        Standing::None(why) => format!("no exact way back is known: {why}"),
    }
}

impl Written {
    /// The lines for people.
    #[must_use]
    pub fn for_people(&self) -> String {
        let mut text = format!(
            "  {}: {}\n",
            self.file,
            in_words(&self.way_back).replace('\n', "\n      ")
        );
        for loss in &self.way_back.losses {
            text += &format!("    loses {} ({})\n", loss.name, loss.why);
        }
        for note in &self.way_back.notes {
            text += &format!("    {}\n", note.replace('\n', "\n      "));
        }
        text
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let (standing, reason) = match &self.way_back.standing {
            Standing::Exact => ("exact", None),
            Standing::ExceptOrder(_) => ("exactButForOrder", None),
            Standing::NotTried(why) => ("notProven", Some(why)),
            Standing::None(why) => ("none", Some(why)),
        };
        let losses = self.way_back.losses.iter();
        json!({
            "migration": self.way_back.name,
            "down": self.file,
            "standing": standing,
            "reason": reason,
            "losses": losses.map(|loss| json!({ "object": loss.name, "why": loss.why })).collect::<Vec<_>>(),
            "notes": self.way_back.notes,
        })
    }

    /// Whether the file holds a way back.
    #[must_use]
    pub fn is_way_back(&self) -> bool {
        !matches!(self.way_back.standing, Standing::None(_))
    }
}

/// `12 ways back: 9 exact, 2 exact but for the order of columns, 1 not known`
#[must_use]
pub fn summary(all: &[Written]) -> String {
    let (mut exact, mut order, mut untried, mut none) = (0, 0, 0, 0);
    for one in all {
        let counter = match one.way_back.standing {
            Standing::Exact => &mut exact,
            Standing::ExceptOrder(_) => &mut order,
            Standing::NotTried(_) => &mut untried,
            Standing::None(_) => &mut none,
        };
        *counter += 1;
    }
    let count = match all.len() {
        1 => "1 way back".to_owned(),
        count => format!("{count} ways back"),
    };
    format!(
        "{count}: {exact} exact, {order} exact but for the order of columns, {untried} not proven, {none} not known\n"
    )
}
