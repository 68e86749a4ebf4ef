//! The origin of imported migrations: another tool's folder, or a database that has none.

use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::config::Layout;

/// The origin, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportOrigin {
    /// The folder of a tool.
    Tool(Layout),
    /// The database itself.
    Database,
}

impl ValueEnum for ImportOrigin {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<ImportOrigin>> = LazyLock::new(|| {
            let tools = Layout::value_variants()
                .iter()
                .copied()
                .map(ImportOrigin::Tool);
            tools.chain([ImportOrigin::Database]).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Tool(layout) => layout.to_possible_value(),
            Self::Database => Some(
                PossibleValue::new("database")
                    .help("The tables of the database as they are, as the first migration"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_can_be_typed() {
        for layout in Layout::value_variants() {
            assert!(
                ImportOrigin::value_variants().contains(&ImportOrigin::Tool(*layout)),
                "{layout:?}"
            );
        }
    }
}
