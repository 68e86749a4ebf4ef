//! The distribution of a table's rows over several servers (Citus).

use serde::{Deserialize, Serialize};

use super::ObjectName;

/// How the rows of a table are distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The rule that places a row.
    pub method: DistributionMethod,
    /// The column whose value places a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The first other table, by name, whose rows lie beside these. A number stands for the group
    /// in the catalogs, and it differs from server to server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colocated_with: Option<ObjectName>,
}

/// The rule that places the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DistributionMethod {
    /// `create_distributed_table(…)`.
    Hash,
    /// `create_distributed_table(…, 'range')`.
    Range,
    /// `create_distributed_table(…, 'append')`.
    Append,
    /// `create_distributed_table(…, NULL)`, or a table of a distributed schema.
    SingleShard,
    /// `create_reference_table(…)`: each server has all rows.
    Reference,
    /// `citus_add_local_table_to_metadata(…)`.
    Local,
}
