//! The schema that a way back starts from, and the one that it has to make.

use crate::schema::model::Schema;

/// The two schemas: the one that is wanted, and the one that is there.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'s> {
    pub wanted: &'s Schema,
    pub now: &'s Schema,
}
