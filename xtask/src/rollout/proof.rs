//! Whether code works with a schema that a plan makes on the way.

use super::changes::lost;
use super::demands::CodeDemands;
use super::renames::Renames;
use super::wording;
use crate::config::Config;
use crate::schema::model::Schema;

/// Says what code, which was written for the schema `own`, lacks for sure in the schema `on_way`.
#[must_use]
pub fn lacks(demands: &CodeDemands, own: &Schema, on_way: &Schema, config: &Config) -> Vec<String> {
    let mut all = Vec::new();
    for loss in lost(demands, (own, on_way), &Renames::default(), config) {
        let line = wording::lacked(&loss);
        if loss.certain && !all.contains(&line) {
            all.push(line);
        }
    }
    all
}
