//! What is asked of the files. Whoever compares types with tables asks for those that a table may be described by, and for
//! what leads to them: most types of a monorepo are neither, and need not be evaluated, nor their files parsed.
//!
//! A demand may ask for too much, never for too little. It is met in two steps: what the first facts name is asked for
//! in the second ([`Demand::follow_up`]).

use super::collect::maps_tables;
use super::facts::Facts;

/// How a type is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// It is not.
    Not,
    /// Where no other type that files can import is called the same.
    Alone,
    /// It is.
    Always,
}

/// How the type of a name is asked for, in the file of a path.
pub type Asks = Box<dyn Fn(&str, &str) -> Ask + Sync>;

/// Which types are asked for. Schemas, tables of an ORM, contracts and routes always are.
pub trait Demand: Sync {
    /// Does what takes time before anything is asked.
    fn prepare(&self) {}

    /// Whether the type `name` is, with the namespaces that it is declared in: `Users.Row`.
    fn asks_for(&self, name: &str) -> bool;

    /// Whether the type `name` is read together with its file: it is asked for, or may say of others which tables they
    /// describe.
    fn wants(&self, name: &str) -> bool {
        maps_tables(name) || self.asks_for(name)
    }

    /// What is asked for beyond that because of what `facts` say.
    fn follow_up(&self, facts: &Facts) -> Option<Asks>;

    /// Equal where two demands ask for the same.
    fn fingerprint(&self) -> u64;

    /// Whether it asks for every type.
    fn is_for_all(&self) -> bool {
        false
    }
}

/// Asks for every type.
#[derive(Debug, Clone, Copy)]
pub struct Everything;

impl Demand for Everything {
    fn asks_for(&self, _name: &str) -> bool {
        true
    }

    fn follow_up(&self, _facts: &Facts) -> Option<Asks> {
        None
    }

    fn fingerprint(&self) -> u64 {
        0
    }

    fn is_for_all(&self) -> bool {
        true
    }
}
