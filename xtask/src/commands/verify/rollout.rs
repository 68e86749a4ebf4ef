//! The deploy order of a branch: old code and schema from git's objects, new ones from the judged
//! files.

use super::Examined;
use super::since::stamps;
use crate::commands::Context;
use crate::migrations::Migration;
use crate::report::DeployOrder;
use crate::rollout::{self, CodeDemands, Commit, MigrationPlaces};
use crate::schema::model::Schema;

/// Judges the order beside `base`, the migrations of the running code; none where the schema stays.
pub fn judged(
    context: &Context,
    base: &[Migration],
    (demands, schema): (&CodeDemands, &Schema),
    after: &Examined<'_>,
) -> Option<DeployOrder> {
    let new_schema = &after.expected.schema;
    if schema == new_schema {
        return None;
    }
    let known = stamps(base);
    let is_new = |one: &&Migration| !known.contains(&(one.to_string(), one.checksum));
    let migrations = after.migrations.iter().filter(is_new).collect();
    let provenance = context.provenance(&after.migrations);
    let places = MigrationPlaces::new(migrations, &provenance);
    let new_demands = after.judge.demands(new_schema);
    let kept = after.judge.demands(schema);
    let running = Commit { demands, schema };
    let new = Commit {
        demands: &new_demands,
        schema: new_schema,
    };
    rollout::judge(running, new, &kept, &places, &context.config)
}
