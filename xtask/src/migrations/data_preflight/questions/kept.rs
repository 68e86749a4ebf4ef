//! Questions about rows that are kept by a foreign key: others refer to what goes, or gets another key.

use anyhow::Result;

use super::{Draft, Poser};
use crate::migrations::data_preflight::question::{RowsInTheWay, Which};
use crate::migrations::data_preflight::source::RowSource;
use crate::migrations::data_preflight::target::Restricting;
use crate::migrations::sql::identifier;

/// Why rows that break a deferred foreign key are not looked at.
pub(super) const DEFERRED: &str = "its foreign key is checked after the statements that follow";

/// The rows of a table around a change that takes rows, or keys, away.
pub(super) struct Kept {
    pub clause: &'static str,
    /// What the rows in the way refer to: "a deleted one".
    pub referred: &'static str,
    /// The rows that it concerns, as they are before it.
    pub gone: RowSource,
    /// All rows after it.
    pub left: RowSource,
    /// Whether rows of `left` may have the keys of `gone`.
    pub may_return: bool,
}

impl Poser<'_, '_> {
    /// Poses one for each of `keys`, the foreign keys that refer to the table. `kept` says why the rows
    /// are not known, where they are not.
    pub(super) fn pose_kept(
        &mut self,
        clause: &str,
        keys: Vec<Restricting>,
        kept: &Result<Kept, String>,
    ) -> Result<()> {
        for key in keys {
            let place = self.place;
            let child = Poser::new(self.pending, self.target, place, key.table.clone());
            let Some(mut child) = child else { continue };
            match kept {
                Ok(_) if key.deferred => child.unknown(clause, DEFERRED),
                Err(why) => child.unknown(clause, why.clone()),
                Ok(kept) => {
                    // Rows of the same table that go as well keep nothing.
                    let is_own = key.table == self.name;
                    let source = if is_own { &kept.left } else { child.source };
                    // A foreign key refers to the rows of the table itself.
                    let only = self.table.table.as_ref().is_some_and(|one| one.kind == "r");
                    let draft = kept.draft(&key, source, only);
                    child.put(draft)?;
                }
            }
            let posed = std::mem::take(&mut child.posed);
            self.posed.extend(posed);
        }
        Ok(())
    }
}

impl Kept {
    fn draft(&self, key: &Restricting, source: &RowSource, only: bool) -> Draft {
        let alias = identifier(&source.alias);
        let pair = |(own, other): (&String, &String)| {
            let (own, other) = (identifier(own), identifier(other));
            format!("\"pgaccord parent\".{other} = {alias}.{own}")
        };
        let pairs: Vec<_> = key.columns.iter().zip(&key.referenced).map(pair).collect();
        let exists = |rows: &RowSource| {
            let mut rows = rows.clone();
            rows.alias = "pgaccord parent".into();
            rows.only = only;
            format!(
                "EXISTS (SELECT FROM {} WHERE {})",
                rows.sql(),
                pairs.join(" AND ")
            )
        };
        let mut condition = exists(&self.gone);
        if self.may_return {
            condition = format!("{condition} AND NOT {}", exists(&self.left));
        }
        let which = Which::that(
            ("refers", "refer"),
            &format!("by `{}` to {}", key.columns.join(", "), self.referred),
        );
        let help =
            "delete these rows, or let them refer to others, in an earlier statement or migration";
        Draft {
            columns: key.columns.clone(),
            inherits: false,
            source: Some(source.clone()),
            ..Draft::new(self.clause, RowsInTheWay::Where(condition), which, help)
        }
    }
}
