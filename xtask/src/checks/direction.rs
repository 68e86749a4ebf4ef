//! Which way a schema's values travel, as far as the schemas around it say: what
//! `GetUserResponseSchema` holds goes out.

use std::collections::{HashMap, HashSet};

use super::names;
use crate::facts::{Declaration, Facts};
use crate::source::Location;

/// Which schemas hold which, and take fields from which.
#[derive(Debug)]
pub struct Uses<'a> {
    /// By the name of what they hold: `z.object({ user: UserSchema })`.
    holders: HashMap<&'a str, Vec<&'a Declaration>>,
    /// By the fields that they have: those of `UserSchema` and of `UserSchema.pick(…)` are the
    /// same.
    owners: HashMap<&'a Location, Vec<&'a Declaration>>,
}

const ANSWERS: &[&str] = &["response", "responses", "output", "result", "reply"];
const REQUESTS: &[&str] = &[
    "request", "body", "input", "create", "new", "insert", "update", "patch", "params", "query",
    "form", "payload",
];

impl<'a> Uses<'a> {
    /// Collects the uses of all schemas that were read.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        let mut uses = Self {
            holders: HashMap::new(),
            owners: HashMap::new(),
        };
        for schema in &facts.schemas {
            for field in &schema.fields {
                uses.owners.entry(&field.location).or_default().push(schema);
                if let Some(held) = &field.reference {
                    uses.holders.entry(held).or_default().push(schema);
                }
            }
        }
        uses
    }

    /// Whether schemas of answers hold `schema`, directly or through others, and none of what comes
    /// in does or takes fields from it.
    #[must_use]
    pub fn are_of_answers(&self, schema: &'a Declaration) -> bool {
        let users = self.users(schema);
        users.iter().any(|user| says(user, ANSWERS))
            && !users.iter().any(|user| says(user, REQUESTS))
    }

    fn users(&self, schema: &'a Declaration) -> Vec<&'a Declaration> {
        let mut seen = HashSet::from([std::ptr::from_ref(schema)]);
        let (mut users, mut left) = (Vec::new(), vec![schema]);
        while let Some(used) = left.pop() {
            let holders = self.holders.get(used.name.as_str()).into_iter().flatten();
            let takers = used
                .fields
                .iter()
                .filter_map(|field| self.owners.get(&field.location))
                .flatten();
            for user in holders.chain(takers) {
                if seen.insert(std::ptr::from_ref(*user)) {
                    users.push(*user);
                    left.push(*user);
                }
            }
        }
        users
    }
}

/// Whether the name says it, the namespaces around it aside: `CreateUserCommand.ResponseSchema` is
/// of an answer.
fn says(schema: &Declaration, said: &[&str]) -> bool {
    let own = schema.name.rsplit('.').next().unwrap_or_default();
    names::words(own)
        .iter()
        .any(|word| said.contains(&word.as_str()))
}
