//! Where migrations are imported from: another tool's folder, or a database that has none.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::import::Layout;

/// The origin, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The folder of a tool.
    Tool(Layout),
    /// The database itself.
    Database,
}

impl ValueEnum for Origin {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: &[Origin] = &[
            Origin::Tool(Layout::Drizzle),
            Origin::Tool(Layout::Prisma),
            Origin::Tool(Layout::Sqlx),
            Origin::Tool(Layout::Diesel),
            Origin::Tool(Layout::GolangMigrate),
            Origin::Tool(Layout::Supabase),
            Origin::Tool(Layout::Dbmate),
            Origin::Tool(Layout::NodePgMigrate),
            Origin::Tool(Layout::Flyway),
            Origin::Tool(Layout::Hasura),
            Origin::Database,
        ];
        ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Tool(layout) => layout.to_possible_value(),
            Self::Database => Some(
                PossibleValue::new("database").help("The tables of the database as they are, as the first migration"),
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
            assert!(Origin::value_variants().contains(&Origin::Tool(*layout)), "{layout:?}");
        }
    }
}
