//! The names that the configured patterns give to the declarations of each table, and what each
//! name says.

use compact_str::format_compact;
use rustc_hash::FxHashMap;

use super::{Match, Strength};
use crate::checks::entities::Entity;
use crate::checks::names::{self, Word};
use crate::config::Config;
use crate::facts::{Declaration, Family, Side};
use crate::schema::model::ObjectName;

/// The shortest end of a row's name that means the row: shorter ones (`log`, `id`) end half of all
/// names.
const SHORTEST_END: usize = 4;

/// Names and the tables that they stand for.
pub(in crate::checks) struct NameTable {
    types: FxHashMap<Word, NameMeaning>,
    schemas: FxHashMap<Word, NameMeaning>,
}

#[derive(Debug, Clone, Copy)]
struct NameMeaning {
    entity: usize,
    side: Side,
    strength: Strength,
    /// How much of the name is the table's: `NewUser` is rather a row of `new_users` than a new row
    /// of `users`.
    weight: usize,
}

impl NameTable {
    pub(super) fn new(entities: &[Entity<'_>], config: &Config) -> Self {
        Self::of(entities.iter().map(|entity| entity.name), config)
    }

    /// Builds the lookup of names for these tables. A match gives the position of its table among
    /// them.
    pub(in crate::checks) fn of<'n>(
        tables: impl Iterator<Item = &'n ObjectName>,
        config: &Config,
    ) -> Self {
        let tables: Vec<_> = tables.collect();
        Self {
            types: named(&tables, of_types(config)),
            schemas: named(&tables, of_schemas(config)),
        }
    }

    /// Takes up the names that declarations of an ORM give to the rows of tables, each by its
    /// table's place among the entities. The names of tables themselves come first.
    pub(super) fn add<'n>(
        &mut self,
        given: impl Iterator<Item = (usize, &'n str)>,
        config: &Config,
    ) {
        let (types, schemas) = (patterns(of_types(config)), patterns(of_schemas(config)));
        for (entity, name) in given {
            for row_name in names::row_names(class_stem(name)) {
                for (name, meaning) in meanings(&types, entity, &row_name) {
                    self.types.entry(name).or_insert(meaning);
                }
                for (name, meaning) in meanings(&schemas, entity, &row_name) {
                    self.schemas.entry(name).or_insert(meaning);
                }
            }
        }
    }

    pub(in crate::checks) fn find(&self, declaration: &Declaration) -> Option<Match> {
        if !declaration.origin.enforced {
            return self.thing_of_document(declaration);
        }
        let table = match declaration.origin.family {
            Family::Validation => &self.schemas,
            Family::Type => &self.types,
            // It says which table it is of; its constant's name says nothing.
            Family::Table => return None,
        };
        let whole = table.get(&names::key(&declaration.name));
        let in_group = || table.get(&name_in_group(&declaration.name)?);
        let Some(named) = whole.or_else(in_group) else {
            return self.message(declaration);
        };
        Some(Match {
            entity: named.entity,
            side: named.side,
            strength: if is_shared(declaration) {
                named.strength
            } else {
                Strength::Bare
            },
            output: is_output_name(&declaration.name),
            of_type: false,
        })
    }

    /// A schema of a document. It is called like the thing (`User`), like a type or schema of it, or
    /// like what a request asks for. Whatever it is called, only what it says is judged.
    fn thing_of_document(&self, declaration: &Declaration) -> Option<Match> {
        let name = names::key(&declaration.name);
        let named = self.types.get(&name).or_else(|| self.schemas.get(&name));
        let Some(named) = named else {
            return self.message(declaration);
        };
        Some(Match {
            entity: named.entity,
            side: named.side,
            strength: Strength::Message,
            output: is_output_name(&declaration.name),
            of_type: false,
        })
    }

    /// A schema of what a request asks for to make or change a row, or of what an answer tells of
    /// it.
    fn message(&self, declaration: &Declaration) -> Option<Match> {
        let (side, thing) =
            in_message(&declaration.name).filter(|_| declaration.origin.is_validation())?;
        let named = self
            .types
            .get(&thing)
            .filter(|named| named.strength == Strength::Bare)?;
        is_shared(declaration).then_some(Match {
            entity: named.entity,
            side,
            strength: Strength::Message,
            output: side == Side::Row,
            of_type: false,
        })
    }

    /// Whether the name of some table's row ends like `name`.
    pub(super) fn ends_row_name(&self, name: &str) -> bool {
        let end = names::key(name);
        let bare = self
            .types
            .iter()
            .filter(|(_, named)| named.strength == Strength::Bare);
        end.len() >= SHORTEST_END && bare.into_iter().any(|(row, _)| row.ends_with(end.as_str()))
    }

    /// Whether a type of this name would be taken for one of some table.
    pub(super) fn is_row_type(&self, name: &str) -> bool {
        self.types
            .get(&names::key(name))
            .is_some_and(|named| named.side == Side::Row)
    }
}

/// Returns whether a declaration is shared, and not private to a component or a function. A private
/// one is called after a table because it shows rows, not because it is one.
pub(in crate::checks) fn is_shared(declaration: &Declaration) -> bool {
    declaration.exported && !is_of_component(&declaration.location.file)
}

/// Whether a file holds a component.
fn is_of_component(file: &str) -> bool {
    file.ends_with(".tsx")
}

/// The name that a schema in a group of schemas would have alone: `createUserSchema` of
/// `schemas.user.create`.
fn name_in_group(name: &str) -> Option<Word> {
    let mut parts = name.rsplit('.');
    let (last, group) = (parts.next()?, parts.next()?);
    let group = group
        .strip_suffix("Schemas")
        .or_else(|| group.strip_suffix("Schema"))
        .unwrap_or(group);
    let (verb, thing) = (names::key(last), names::key(group));
    let is_verb = ["create", "insert", "new", "update", "patch"].contains(&verb.as_str());
    (is_verb && !thing.is_empty()).then(|| format_compact!("{verb}{thing}schema"))
}

/// Whether a name says that values go out.
pub(super) fn is_output_name(name: &str) -> bool {
    let words = names::words(name);
    ["row", "select", "response", "output", "record"]
        .iter()
        .any(|output| words.iter().any(|word| word == output))
}

/// Returns the side of the table that a name suggests, where the table is known otherwise.
pub(in crate::checks) fn side_of_name(name: &str) -> Side {
    let words = names::words(name);
    let says = |verbs: &[&str]| words.iter().any(|word| verbs.contains(&word.as_str()));
    if says(&["new", "insert", "create"]) {
        Side::Insert
    } else if says(&["update", "patch"]) {
        Side::Update
    } else {
        Side::Row
    }
}

/// The thing that a request makes or changes, or an answer tells of, as the name of its schema says
/// it: `CreateUserCommand.RequestSchema`, `userFormSchema`, `GetUserResponseSchema`. The verb stands
/// before the thing or after it.
fn in_message(name: &str) -> Option<(Side, Word)> {
    const MAKES: &[&str] = &[
        "create", "new", "insert", "add", "upsert", "update", "patch", "edit", "register",
    ];
    const GETS: &[&str] = &["get", "find", "fetch", "list", "read"];
    const ASKS: &[&str] = &[
        "request", "body", "input", "payload", "command", "dto", "form",
    ];
    // What people fill in is for making or changing the thing, whether a verb says so or not.
    const FILLED_IN: &[&str] = &["input", "form"];
    let mut words = names::words(name);
    // `zRecipientInput`, `ZCreateUserSchema`: the letter says that it is of Zod.
    if words.len() > 1 && words[0] == "z" {
        words.remove(0);
    }
    let (mut asks, mut answers, mut filled_in, mut schema) = (false, false, false, false);
    while let Some(last) = words.last() {
        match last.as_str() {
            "response" | "output" => answers = true,
            word if ASKS.contains(&word) => {
                asks = true;
                filled_in |= FILLED_IN.contains(&word);
            }
            "schema" => schema = true,
            _thing => break,
        }
        words.pop();
    }
    let is_verb =
        |word: &&Word| MAKES.contains(&word.as_str()) || (answers && GETS.contains(&word.as_str()));
    let thing = match (words.first().filter(is_verb), words.last().filter(is_verb)) {
        (Some(_), _) => &words[1..],
        (None, Some(_)) => &words[..words.len() - 1],
        (None, None) => &words[..],
    };
    let verb = thing.len() < words.len();
    let side = if answers {
        Side::Row
    } else if (verb && (asks || schema)) || filled_in {
        Side::Update
    } else {
        return None;
    };
    let thing: Word = thing.iter().map(Word::as_str).collect();
    (!thing.is_empty()).then_some((side, thing))
}

/// The configured patterns, by the side of the table that each list is of.
type Configured<'c> = [(&'c Vec<String>, Side); 3];

fn of_types(config: &Config) -> Configured<'_> {
    let names = &config.names;
    [
        (&names.row, Side::Row),
        (&names.insert, Side::Insert),
        (&names.update, Side::Update),
    ]
}

fn of_schemas(config: &Config) -> Configured<'_> {
    let names = &config.names;
    [
        (&names.schema, Side::Row),
        (&names.insert_schema, Side::Insert),
        (&names.update_schema, Side::Update),
    ]
}

fn patterns(configured: Configured<'_>) -> Vec<Pattern> {
    configured
        .iter()
        .flat_map(|(list, side)| list.iter().map(|pattern| Pattern::new(pattern, *side)))
        .collect()
}

fn named(tables: &[&ObjectName], configured: Configured<'_>) -> FxHashMap<Word, NameMeaning> {
    let patterns = patterns(configured);
    let mut table: FxHashMap<Word, NameMeaning> = FxHashMap::default();
    for (at, name) in tables.iter().enumerate() {
        for row_name in entity_names(name) {
            for (name, meaning) in meanings(&patterns, at, &row_name) {
                let known = table.entry(name).or_insert(meaning);
                if known.weight < meaning.weight {
                    *known = meaning;
                }
            }
        }
    }
    table
}

/// The names that the patterns give to what is of the rows of `entity`, each with what it means.
fn meanings<'p>(
    patterns: &'p [Pattern],
    entity: usize,
    row_name: &'p str,
) -> impl Iterator<Item = (Word, NameMeaning)> + 'p {
    patterns.iter().map(move |pattern| {
        let meaning = NameMeaning {
            entity,
            side: pattern.side,
            strength: pattern.strength,
            weight: row_name.len(),
        };
        (pattern.around(row_name), meaning)
    })
}

/// The name of the thing that a class of an ORM is of: `User` of `UserEntity`. Of the model `Model`
/// nothing would be left, and `schema` would be its schema.
fn class_stem(name: &str) -> &str {
    let ends = ["Entity", "Model"].iter();
    let mut stems = ends.filter_map(|end| name.strip_suffix(end));
    stems.find(|stem| !stem.is_empty()).unwrap_or(name)
}

/// Singular and plural stand for one another here: both are among the [`names::row_names`].
const HOLES: [&str; 4] = ["{Singular}", "{singular}", "{Plural}", "{plural}"];

/// A configured pattern, taken apart once for all tables.
struct Pattern {
    /// The [keys](names::key) of what stands before, between and after the holes.
    parts: Vec<Word>,
    side: Side,
    strength: Strength,
}

impl Pattern {
    fn new(pattern: &str, side: Side) -> Self {
        let around = HOLES
            .iter()
            .fold(pattern.to_owned(), |text, hole| text.replace(hole, "\0"));
        let keys = around.split('\0').map(names::key).collect();
        Self {
            parts: keys,
            side,
            strength: strength(&around.replace('\0', " ").to_lowercase(), side),
        }
    }

    /// The [key](names::key) of the name that it gives.
    fn around(&self, row_name: &str) -> Word {
        let mut parts = self.parts.iter();
        let first = parts.next().cloned().unwrap_or_default();
        parts.fold(first, |name, part| name + row_name + part)
    }
}

/// `UserTable` says that it is a row; `UserEntity` may be one; `User` is what a row is about.
/// `NewUser` is inserted; `CreateUser` may be what a request asks for.
fn strength(around: &str, side: Side) -> Strength {
    let says = |words: &[&str]| words.iter().any(|word| around.contains(word));
    match side {
        _bare if around.trim().is_empty() => Strength::Bare,
        Side::Row if says(&["entity", "model", "record"]) => Strength::Model,
        Side::Insert | Side::Update
            if says(&["create", "patch"]) || around.starts_with("update") =>
        {
            Strength::Model
        }
        Side::Row | Side::Insert | Side::Update => Strength::Row,
    }
}

/// A table outside of `public` is called with and without its namespace.
fn entity_names(name: &ObjectName) -> Vec<Word> {
    let mut row_names = names::row_names(&name.name);
    if name.namespace != "public" {
        let prefix = names::key(&name.namespace);
        row_names.extend(
            row_names
                .clone()
                .iter()
                .map(|row_name| format_compact!("{prefix}{row_name}")),
        );
    }
    row_names
}
