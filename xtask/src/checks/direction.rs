//! The direction in which a schema's values travel. Its uses say it first: contracts that name it or
//! the type that is inferred from it, schemas of requests and answers that hold it, and code that
//! parses rows with it or writes what it returns. Then its name says it: `GetUserResponseSchema`
//! goes out.
//!
//! | direction | what is judged | what is wrong |
//! |---|---|---|
//! | request | what parsing returns, which is written | the database refuses it |
//! | answer | what the schema takes | it refuses what the database holds; what else passes harms nobody |
//! | row | what the schema takes | it is not what the driver returns, or its JSON |
//! | unknown | both | neither fits |

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};

use super::entities::Entity;
use super::matching::{Description, Role, Strength};
use super::names;
use super::row_uses::{RowUses, UsedForRows};
use crate::facts::{ContractReference, ContractShape, Declaration, Facts};
use crate::source::Location;

/// The direction in which the values of a validation schema travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// They come in, and what parsing returns is written: a request, an insert, an update.
    Request,
    /// They go out: what the database holds must pass, and letting more pass harms nobody.
    Answer,
    /// They are of rows that exist.
    Row,
    /// No use and no name says the direction: either may be meant.
    Unknown,
}

impl Direction {
    /// Whether a schema of this direction shows rows as they are: an answer does, and so does a
    /// copy of the row. A part of it may be of something that the server made of the row.
    #[must_use]
    pub fn shows_rows(self, description: &Description<'_>) -> bool {
        let pairing = &description.pairing;
        match self {
            Self::Answer => true,
            Self::Row => pairing.is_nearly_whole() && pairing.odd() == 0,
            Self::Request | Self::Unknown => false,
        }
    }

    /// Whether its values may come in.
    #[must_use]
    pub fn comes_in(self) -> bool {
        match self {
            Self::Request | Self::Unknown => true,
            Self::Answer | Self::Row => false,
        }
    }
}

/// Finds out the directions of schemas, and what uses them where that is asked for.
#[derive(Debug)]
pub struct Directions<'a> {
    facts: &'a Facts,
    uses: OnceCell<Uses<'a>>,
}

impl<'a> Directions<'a> {
    /// Directions of the schemas of `facts`.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            facts,
            uses: OnceCell::new(),
        }
    }

    fn uses(&self) -> &Uses<'a> {
        self.uses.get_or_init(|| Uses::new(self.facts))
    }

    /// Whether a schema is of answers to clients, by its use or by its name. What clients are told
    /// of a row is chosen: columns may be left out, and what is computed may be added.
    #[must_use]
    pub fn is_told_to_clients(&self, description: &Description<'a>, entity: &Entity<'_>) -> bool {
        let declaration = description.declaration;
        self.of(description, entity) == Direction::Answer
            && (self.uses().all(declaration).in_answers || says(declaration, ANSWERS))
    }

    /// Whether a schema is of requests, which the server may convert before anything is written:
    /// only what is called an insert, or is made of an ORM's table, is the insert itself.
    #[must_use]
    pub fn is_converted(&self, description: &Description<'a>, entity: &Entity<'_>) -> bool {
        let is_insert = matches!(
            description.strength,
            Strength::Stated | Strength::Derived | Strength::Row
        );
        self.of(description, entity) == Direction::Request
            && !self.rows(description, entity).is_inserted
            && (!is_insert || self.uses().all(description.declaration).in_requests)
    }

    /// Whether code takes the field of a request out of it by itself: then it does something of its
    /// own with the value, and nothing writes it unseen.
    #[must_use]
    pub fn is_taken_out(
        &self,
        description: &Description<'a>,
        entity: &Entity<'_>,
        field: &str,
    ) -> bool {
        self.of(description, entity) == Direction::Request
            && self.uses().rows.is_read(description.declaration, field)
    }

    /// Returns the uses of its values for rows of `entity`.
    fn rows(&self, description: &Description<'a>, entity: &Entity<'_>) -> UsedForRows {
        self.uses().rows.of(description.declaration, entity)
    }

    /// The direction of a schema that describes `entity`.
    #[must_use]
    pub fn of(&self, description: &Description<'a>, entity: &Entity<'_>) -> Direction {
        let uses = self.uses();
        let by_contracts = uses.by_contracts(description.declaration);
        if description.declaration.origin.of_requests {
            return match by_contracts.in_answers && !by_contracts.in_requests {
                true => Direction::Answer,
                false => Direction::Request,
            };
        }
        let rows = self.rows(description, entity);
        match description.role {
            Role::Schema => {
                let used = uses.all(description.declaration);
                if used.in_answers && !used.in_requests && !rows.only_goes_in() {
                    Direction::Answer
                } else if by_contracts.in_requests && !used.in_answers {
                    Direction::Request
                } else if rows.only_comes_out() && !by_contracts.in_requests {
                    Direction::Row
                } else if rows.only_goes_in() && !used.in_answers {
                    Direction::Request
                } else if description.demands_what_server_makes(entity) {
                    Direction::Row
                } else {
                    Direction::Unknown
                }
            }
            Role::OutputSchema if by_contracts.in_requests && !by_contracts.in_answers => {
                Direction::Request
            }
            Role::OutputSchema => Direction::Answer,
            Role::InsertSchema | Role::UpdateSchema
                if by_contracts.in_answers && !by_contracts.in_requests && !rows.only_goes_in() =>
            {
                Direction::Answer
            }
            // `createSelectSchema(users).pick({ … })`
            Role::UpdateSchema
                if description.strength == Strength::Derived && description.is_called_output() =>
            {
                Direction::Answer
            }
            Role::InsertSchema | Role::UpdateSchema => Direction::Request,
            Role::Row | Role::Domain | Role::Insert | Role::Update | Role::Orm => Direction::Row,
        }
    }
}

/// The sides of endpoints on which a schema is used.
#[derive(Debug, Clone, Copy, Default)]
struct UsedOn {
    in_requests: bool,
    in_answers: bool,
}

impl UsedOn {
    const REQUESTS: Self = Self {
        in_requests: true,
        in_answers: false,
    };
    const ANSWERS: Self = Self {
        in_requests: false,
        in_answers: true,
    };

    fn add(&mut self, other: Self) {
        self.in_requests |= other.in_requests;
        self.in_answers |= other.in_answers;
    }
}

/// Something that holds a schema, or takes fields from it.
#[derive(Debug, Clone, Copy)]
enum SchemaUser<'a> {
    /// Another schema.
    Schema(&'a Declaration),
    /// A schema that a contract writes in place.
    Contract(UsedOn),
}

/// Which schemas hold which, take fields from which, and are named by contracts.
#[derive(Debug)]
struct Uses<'a> {
    /// By the name of what they hold: `z.object({ user: UserSchema })`.
    holders: HashMap<&'a str, Vec<SchemaUser<'a>>>,
    /// By the fields that they have: those of `UserSchema` and of `UserSchema.pick(…)` are the
    /// same.
    owners: HashMap<&'a Location, Vec<SchemaUser<'a>>>,
    /// The declarations that contracts name, by file and name.
    named: HashMap<(&'a str, &'a str), UsedOn>,
    /// The uses of their values for rows of tables.
    rows: RowUses<'a>,
    /// The sides on which each schema is used, kept after the first question: a check asks for each field, and
    /// schemas that all take fields from one base are each other's users.
    known: RefCell<HashMap<*const Declaration, UsedOn>>,
}

const ANSWERS: &[&str] = &["response", "responses", "output", "result", "reply"];
const REQUESTS: &[&str] = &[
    "request", "body", "input", "create", "new", "insert", "update", "patch", "params", "query",
    "form", "payload",
];

impl<'a> Uses<'a> {
    /// Collects the uses of all schemas that were read.
    fn new(facts: &'a Facts) -> Self {
        let mut uses = Self {
            holders: HashMap::new(),
            owners: HashMap::new(),
            named: HashMap::new(),
            rows: RowUses::new(facts),
            known: RefCell::default(),
        };
        for schema in &facts.schemas {
            uses.add_fields(schema, SchemaUser::Schema(schema));
        }
        for contract in &facts.contracts {
            uses.add_shape(contract.request_shape.as_ref(), UsedOn::REQUESTS);
            uses.add_shape(contract.response_shape.as_ref(), UsedOn::ANSWERS);
        }
        let contracts = facts
            .contracts
            .iter()
            .map(|contract| (&contract.request, &contract.response));
        let exchanges = facts
            .exchanges
            .iter()
            .map(|exchange| (&exchange.request, &exchange.response));
        for (request, response) in contracts.chain(exchanges) {
            if let Some(used) = uses.named_by(request) {
                used.add(UsedOn::REQUESTS);
            }
            if let Some(used) = uses.named_by(response) {
                used.add(UsedOn::ANSWERS);
            }
        }
        uses.follow_inferred_types(facts);
        uses
    }

    /// Records that `user` has the fields of `declaration`, and holds what these refer to.
    fn add_fields(&mut self, declaration: &'a Declaration, user: SchemaUser<'a>) {
        for field in &declaration.fields {
            self.owners.entry(&field.location).or_default().push(user);
            if let Some(held) = &*field.reference {
                self.holders.entry(held).or_default().push(user);
            }
        }
    }

    /// Records what a contract writes in place for one side of its endpoint.
    fn add_shape(&mut self, shape: Option<&'a ContractShape>, used: UsedOn) {
        let mut next = shape;
        while let Some(shape) = next {
            self.add_fields(&shape.declaration, SchemaUser::Contract(used));
            next = shape.inner.as_deref();
        }
    }

    /// Names the schema, too, where a contract names the type that is inferred from it.
    fn follow_inferred_types(&mut self, facts: &'a Facts) {
        for ty in &facts.types {
            let (used, Some(first)) = (self.by_contracts(ty), ty.fields.first()) else {
                continue;
            };
            if !used.in_requests && !used.in_answers {
                continue;
            }
            for owner in self.owners.get(&first.location).into_iter().flatten() {
                let SchemaUser::Schema(schema) = owner else {
                    continue;
                };
                let fields = ty.fields.iter().map(|field| &field.location);
                if fields.eq(schema.fields.iter().map(|field| &field.location)) {
                    let key = (&*schema.location.file, schema.name.as_str());
                    self.named.entry(key).or_default().add(used);
                }
            }
        }
    }

    /// The uses of what a contract names, where it is a declaration of the monorepo.
    fn named_by(&mut self, reference: &'a Option<ContractReference>) -> Option<&mut UsedOn> {
        let declaration = reference.as_ref()?.declaration.as_ref()?;
        let key = (declaration.file.as_str(), declaration.name.as_str());
        Some(self.named.entry(key).or_default())
    }

    /// The sides on which contracts name `schema` itself.
    fn by_contracts(&self, schema: &Declaration) -> UsedOn {
        let key = (&*schema.location.file, schema.name.as_str());
        self.named.get(&key).copied().unwrap_or_default()
    }

    /// The sides on which `schema` is used: by contracts, and by schemas of requests and answers
    /// that hold it or take fields from it, directly or through others.
    fn all(&self, schema: &'a Declaration) -> UsedOn {
        let key = std::ptr::from_ref(schema);
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let used = self.through_others(schema);
        self.known.borrow_mut().insert(key, used);
        used
    }

    fn through_others(&self, schema: &'a Declaration) -> UsedOn {
        let mut used = self.by_contracts(schema);
        let mut seen = HashSet::from([std::ptr::from_ref(schema)]);
        let mut left = vec![schema];
        while let Some(one) = left.pop() {
            for user in self.users(one) {
                match user {
                    SchemaUser::Contract(sides) => used.add(sides),
                    SchemaUser::Schema(other) if seen.insert(std::ptr::from_ref(other)) => {
                        used.add(self.by_contracts(other));
                        used.add(UsedOn {
                            in_requests: says(other, REQUESTS),
                            in_answers: says(other, ANSWERS),
                        });
                        left.push(other);
                    }
                    SchemaUser::Schema(_) => {}
                }
            }
        }
        used
    }

    /// The schemas that hold `schema` or take fields from it, directly.
    fn users(&self, schema: &'a Declaration) -> impl Iterator<Item = SchemaUser<'a>> {
        let holders = self.holders.get(schema.name.as_str()).into_iter().flatten();
        let takers = schema
            .fields
            .iter()
            .filter_map(|field| self.owners.get(&field.location))
            .flatten();
        holders.chain(takers).copied()
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
