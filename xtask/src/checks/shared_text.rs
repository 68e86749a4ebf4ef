//! Decides which changes touch the text of one table alone. A text may be part of several
//! declarations: of those that extend it, are made from it, or name it. `--fix` changes what
//! describes one table in one direction; whatever else has a part in the text may be right as it
//! is, so that a person has to look. What is made from the declaration of a row (`Partial<UserRow>`)
//! follows it, as long as nothing is demanded of an `INSERT` that the database does not demand.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ptr;

use super::enum_mismatch::enumeration;
use super::matching::{Description, Role, TableMatches};
use super::{Compared, Model};
use crate::facts::{Declaration, Field, Kind};
use crate::report::{Edit, Finding, Proposal};
use crate::source::{Location, Span};

/// Makes the changes suggestions that concern more than one table in one direction.
pub(super) fn left_to_people(model: &Model<'_>, findings: &mut [Finding]) {
    let is_open = |finding: &Finding| finding.proposal.as_ref().is_some_and(|one| one.safe);
    if !findings.iter().any(is_open) {
        return;
    }
    let texts = Texts::new(model);
    for finding in findings.iter_mut().filter(|finding| is_open(finding)) {
        let is_needed = is_needed(model, finding);
        if let Some(proposal) = &mut finding.proposal {
            proposal.safe = texts.is_of_one_table(proposal, is_needed);
        }
    }
}

/// Whether an `INSERT` needs the column that the finding is about.
fn is_needed(model: &Model<'_>, finding: &Finding) -> bool {
    let mut tables = model.described.iter();
    let table = tables.find(|described| described.entity.title() == finding.entity);
    let column = table
        .zip(finding.field.as_deref())
        .and_then(|(described, column)| described.entity.column(column));
    column.is_some_and(|facts| !facts.column.may_be_omitted() && !facts.filled_in)
}

/// Which way values travel that a declaration describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextDirection {
    /// Read from the database.
    Read,
    /// Into the database: inserted, updated, or part of a request.
    In,
    /// Out of the server.
    Out,
}

fn direction<'a>(
    model: &Model<'a>,
    described: &TableMatches<'a>,
    description: &Description<'a>,
) -> TextDirection {
    match description.role {
        Role::Row | Role::Domain | Role::Orm => TextDirection::Read,
        Role::Insert | Role::Update => TextDirection::In,
        Role::Schema | Role::OutputSchema | Role::InsertSchema | Role::UpdateSchema => {
            if model.direction(described, description).comes_in() {
                TextDirection::In
            } else {
                TextDirection::Out
            }
        }
    }
}

/// A file and an offset in it.
type Place<'a> = (&'a str, u32);

/// The declarations that each text is a part of.
struct Texts<'a> {
    /// The declarations that have a field, by its file and the end of its type or schema.
    users: HashMap<&'a str, HashMap<u32, Vec<&'a Declaration>>>,
    /// The tables that each declaration describes, by their place, each with a direction.
    described: HashMap<*const Declaration, BTreeSet<(usize, TextDirection)>>,
    /// The lists of values that the columns allow that are described by a set, by the start of the
    /// set.
    sets: HashMap<Place<'a>, BTreeSet<&'a [String]>>,
    /// The beginnings of all declarations, in order.
    declared: BTreeSet<(&'a str, u32)>,
}

impl<'a> Texts<'a> {
    fn new<'m: 'a>(model: &'a Model<'m>) -> Self {
        let mut texts = Self {
            users: HashMap::new(),
            described: HashMap::new(),
            sets: HashMap::new(),
            declared: BTreeSet::new(),
        };
        let facts = model.input.facts;
        for declaration in facts
            .types
            .iter()
            .chain(&facts.schemas)
            .chain(&facts.tables)
        {
            texts.declared.insert(start(&declaration.location));
            for field in &declaration.fields {
                if let Some(value) = field.value {
                    let of_file = texts.users.entry(&field.location.file).or_default();
                    of_file.entry(value.end).or_default().push(declaration);
                }
            }
        }
        for (at, described) in model.described.iter().enumerate() {
            for description in &described.descriptions {
                // What is inferred from a schema follows it.
                if !description.inferred {
                    let direction = direction(model, described, description);
                    let known = texts
                        .described
                        .entry(ptr::from_ref(description.declaration));
                    known.or_default().insert((at, direction));
                }
            }
        }
        for (described, description) in model.judged() {
            for compared in Compared::all((described, description)) {
                let values = compared.facts.demands.values.as_deref();
                if let (Some(values), Some(set)) = (values, set_of(model, compared.field())) {
                    texts.sets.entry(set).or_default().insert(values);
                }
            }
        }
        texts
    }

    /// `is_needed` says whether an `INSERT` needs the column that a member is added for.
    fn is_of_one_table(&self, proposal: &Proposal, is_needed: bool) -> bool {
        let file = proposal.file.as_str();
        match &proposal.edit {
            Edit::Replace { span, .. } => self.is_field_of_one_table(file, *span),
            Edit::AddMember { after, .. } => {
                let is_free = is_needed || !self.is_demanded_of_inserts(file, *after);
                is_free && self.is_field_of_one_table(file, *after)
            }
            Edit::AddCheck { schema, .. }
            | Edit::ChangeCheck { schema, .. }
            | Edit::Wrap { schema, .. } => self.is_field_of_one_table(file, *schema),
            Edit::AddLine { after: ty, .. } | Edit::ChangeType { ty, .. } => {
                self.is_field_of_one_table(file, *ty)
            }
            Edit::RemoveCall { column, .. } | Edit::NameColumn { column, .. } => {
                self.is_field_of_one_table(file, *column)
            }
            // A set that several columns have is of one thing while they allow the same values.
            Edit::AddValues { set, .. } => self
                .sets
                .get(&(file, set.start))
                .is_some_and(|allowed| allowed.len() == 1),
        }
    }

    fn users(&self, file: &str, text: Span) -> &[&'a Declaration] {
        let users = self.users.get(file).and_then(|users| users.get(&text.end));
        users.map_or(&[], Vec::as_slice)
    }

    fn descriptions(&self, declaration: &Declaration) -> Option<&BTreeSet<(usize, TextDirection)>> {
        self.described.get(&ptr::from_ref(declaration))
    }

    /// Whether what is inserted must have the field whose type or schema is `text`, as it is made
    /// from the declaration of something else. It would have to have its new neighbour too.
    fn is_demanded_of_inserts(&self, file: &str, text: Span) -> bool {
        let owner = self.owner(file, text);
        self.users(file, text).iter().any(|user| {
            let is_of_insert = self.descriptions(user).is_some_and(|of| {
                of.iter()
                    .any(|(_, direction)| *direction == TextDirection::In)
            });
            let is_derived = Some(user.location.span.start) != owner;
            let mut fields = user.fields.iter();
            let field = fields.find(|field| field.value == Some(text));
            is_of_insert && is_derived && field.is_some_and(|field| !field.optional)
        })
    }

    /// Whether the field whose type or schema ends where `text` does is of one table, in one
    /// direction, whatever else has it.
    fn is_field_of_one_table(&self, file: &str, text: Span) -> bool {
        let users = self.users(file, text);
        let describing: Vec<&Declaration> = users
            .iter()
            .copied()
            .filter(|user| self.descriptions(user).is_some())
            .collect();
        let of: BTreeSet<(usize, TextDirection)> = describing
            .iter()
            .filter_map(|user| self.descriptions(user))
            .flatten()
            .copied()
            .collect();
        let tables: BTreeSet<usize> = of.iter().map(|(table, _)| *table).collect();
        if tables.len() != 1 {
            return false;
        }
        // What is made from the declaration that holds the text is meant to follow it. What shares
        // a text of another declaration is not, unless it is a part of the one that is judged.
        let owner = self.owner(file, text);
        let is_owner = |one: &&Declaration| {
            *one.location.file == *file && Some(one.location.span.start) == owner
        };
        let parts: HashSet<&Location> = describing
            .iter()
            .flat_map(|one| &one.fields)
            .map(|field| &field.location)
            .collect();
        let is_part = |user: &Declaration| {
            user.fields
                .iter()
                .all(|field| parts.contains(&field.location))
        };
        let is_own = describing.iter().any(is_owner);
        is_own || (of.len() == 1 && users.iter().all(|user| is_part(user)))
    }

    /// The beginning of the declaration that `text` stands in.
    fn owner(&self, file: &str, text: Span) -> Option<u32> {
        let mut before = self.declared.range((file, 0)..(file, text.end));
        before.next_back().map(|(_, start)| *start)
    }
}

fn start(location: &Location) -> Place<'_> {
    (&location.file, location.span.start)
}

/// Where the set of values begins that `field` holds: the set that it names, or its own type or
/// schema.
fn set_of<'a, 'm: 'a>(model: &'a Model<'m>, field: &'a Field) -> Option<Place<'a>> {
    let mut kind = &field.kind;
    while let Kind::Array(items) = kind {
        kind = items;
    }
    if !matches!(kind, Kind::Enum(_)) {
        return None;
    }
    let named = enumeration(field, model.input.facts).map(|set| start(&set.location));
    let own = || Some((&*field.location.file, field.value?.start));
    named.or_else(own)
}

#[cfg(test)]
mod tests {
    use crate::checks::test_utils::safe_changes;

    const TWO: &str = "CREATE TYPE mood AS ENUM ('calm', 'glad', 'sad'); CREATE TYPE tone AS ENUM ('calm', 'glad');
        CREATE TABLE songs (id integer PRIMARY KEY, title varchar(10) NOT NULL, hint text, mood mood NOT NULL);
        CREATE TABLE films (id integer PRIMARY KEY, title varchar(30) NOT NULL, hint text NOT NULL, mood tone NOT NULL);";

    const NONE: [&str; 0] = [];

    #[test]
    fn what_two_tables_share_is_left_to_people() {
        let base = "type Mood = 'calm' | 'glad';\ninterface Work { id: number; title: string; hint: string; mood: Mood }\n";
        let both =
            "export interface SongRow extends Work {}\nexport interface FilmRow extends Work {}";
        assert_eq!(safe_changes(TWO, &format!("{base}{both}")), NONE);
        let one = "export interface SongRow extends Work {}";
        assert_eq!(
            safe_changes(TWO, &format!("{base}{one}")),
            ["add `| null`", "add `'sad'`"]
        );
        let of_schemas = "import { z } from 'zod';\nconst work = z.object({ title: z.string().max(30), hint: z.string() });\n";
        let both = "export const CreateSongSchema = work.extend({});\nexport const CreateFilmSchema = work.extend({});";
        assert_eq!(safe_changes(TWO, &format!("{of_schemas}{both}")), NONE);
        let one = "export const CreateSongSchema = work.extend({});";
        assert_eq!(
            safe_changes(TWO, &format!("{of_schemas}{one}")),
            ["make it `.max(10)`"]
        );
    }

    /// `insert` may leave out what a row has, and a field that is added to the row would be
    /// demanded of it.
    #[test]
    fn what_goes_both_ways_is_left_to_people() {
        let row = "export interface SongRow { id: number; title: string; mood: 'calm' | 'glad' | 'sad' }\n";
        assert_eq!(safe_changes(TWO, row), ["add the field `hint`"]);
        let insert = "export type NewSong = Omit<SongRow, 'id'>;";
        assert_eq!(safe_changes(TWO, &format!("{row}{insert}")), NONE);
        let free = "export type NewSong = Partial<Omit<SongRow, 'id'>> & Pick<SongRow, 'id'>;";
        assert_eq!(
            safe_changes(TWO, &format!("{row}{free}")),
            ["add the field `hint`"]
        );
        // Of what all of them are made nothing says whose it is.
        let base = "interface Melody { id: number; title: string; hint: string; mood: 'calm' | 'glad' | 'sad' }\n";
        let both = "export interface SongRow extends Melody {}\nexport interface NewSong extends Melody {}";
        assert_eq!(safe_changes(TWO, &format!("{base}{both}")), NONE);
        // A view of the row follows it.
        let view = "export type SongTitle = Pick<SongRow, 'title'>;";
        assert_eq!(
            safe_changes(TWO, &format!("{row}{view}")),
            ["add the field `hint`"]
        );
    }

    #[test]
    fn what_something_else_extends_too_is_left_to_people() {
        let base = "interface Hinted { hint: string }\nexport interface SongRow extends Hinted { id: number; title: string; mood: 'calm' | 'glad' | 'sad' }\n";
        assert_eq!(safe_changes(TWO, base), ["add `| null`"]);
        let other = "export interface Tooltip extends Hinted { x: number; y: number }";
        assert_eq!(safe_changes(TWO, &format!("{base}{other}")), NONE);
    }

    /// No limit is written after which a schema accepts nothing, or less than was looked at.
    #[test]
    fn a_disagreement_about_the_meaning_is_left_to_people() {
        const SQL: &str = "CREATE TABLE stays (id integer PRIMARY KEY, land varchar(2) NOT NULL, stars smallint NOT NULL, code varchar(20) NOT NULL, CHECK (((stars >= 0) AND (stars <= 5))));";
        let schema = |land: &str, stars: &str, code: &str| {
            format!(
                "import {{ z }} from 'zod';\nexport const CreateStaySchema = z.object({{ land: {land}, stars: {stars}, code: {code} }});"
            )
        };
        let right = (
            "z.string().max(2)",
            "z.number().int().min(0).max(5)",
            "z.string().max(20)",
        );
        let changes =
            |land: &str, stars: &str, code: &str| safe_changes(SQL, &schema(land, stars, code));
        assert_eq!(
            changes(
                "z.string().max(3)",
                "z.number().int().min(0).max(9)",
                right.2
            ),
            ["make it `.max(2)`", "make it `.max(5)`"]
        );
        for (land, stars, code) in [
            ("z.string().min(3).max(3)", right.1, right.2),
            (right.0, "z.number().int().min(10).max(100)", right.2),
            (right.0, right.1, "z.uuid()"),
            (right.0, right.1, "z.string().regex(/^[a-z]{30,}$/).max(40)"),
            (
                right.0,
                right.1,
                "z.string().startsWith('longer than the column: ').max(40)",
            ),
        ] {
            assert_eq!(changes(land, stars, code), NONE, "{land} {stars} {code}");
        }
    }

    /// A set that stands for one enum of the database is right for each of its columns.
    #[test]
    fn a_set_of_one_enum_is_of_one_thing() {
        const SQL: &str = "CREATE TYPE mood AS ENUM ('calm', 'glad', 'sad');
            CREATE TABLE songs (id integer PRIMARY KEY, mood mood NOT NULL);
            CREATE TABLE films (id integer PRIMARY KEY, mood mood NOT NULL);";
        let rows = "type Mood = 'calm' | 'glad';\nexport interface SongRow { id: number; mood: Mood }\nexport interface FilmRow { id: number; mood: Mood }\n";
        assert_eq!(safe_changes(SQL, rows), ["add `'sad'`"]);
        let insert = "export interface NewSong { id: number; mood: Mood }";
        assert_eq!(
            safe_changes(SQL, &format!("{rows}{insert}")),
            ["add `'sad'`"]
        );
    }
}
