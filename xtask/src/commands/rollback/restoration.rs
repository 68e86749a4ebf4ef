//! The restoration analysis of the specification: which critical issues are gone, and which are
//! new.

use std::collections::BTreeSet;

use crate::report::{Category, Restoration, Verification};

/// Compares the verifications before and after a rollback.
pub fn analyse(pre: &Verification, post: &Verification) -> Restoration {
    let restored = |category| post.errors(category).count() <= pre.errors(category).count();
    let before: BTreeSet<String> = pre.critical_issues().into_iter().collect();
    let after: BTreeSet<String> = post.critical_issues().into_iter().collect();
    Restoration {
        type_alignment_restored: restored(Category::TypeAlignment),
        api_contracts_restored: restored(Category::ApiContracts),
        validation_schemas_restored: restored(Category::ValidationSchemas),
        new_issues_introduced: after.difference(&before).cloned().collect(),
        issues_resolved: before.difference(&after).cloned().collect(),
    }
}
