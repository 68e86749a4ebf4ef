//! Questions about `DELETE`: rows that refer to the deleted ones, and keep them by their foreign key.

use anyhow::Result;

use super::Poser;
use super::kept::Kept;
use crate::migrations::data_preflight::target::Restricting;
use crate::migrations::statements::AffectedRows;

const CLAUSE: &str = "`DELETE`";

impl Poser<'_, '_> {
    /// Poses them for each of `keys`, the foreign keys that refer to the table.
    pub(super) fn pose_delete(
        &mut self,
        rows: &AffectedRows,
        keys: Vec<Restricting>,
    ) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let deleted = self
            .pending
            .deleted(self.target, &self.name, (rows, self.only))?;
        let kept = deleted.map(|(gone, left)| Kept {
            clause: CLAUSE,
            referred: "a deleted one",
            gone,
            left,
            may_return: false,
        });
        self.pose_kept(CLAUSE, keys, &kept)
    }
}
