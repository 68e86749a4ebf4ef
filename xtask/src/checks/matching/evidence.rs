//! Decides which role each declaration has for its table. A name alone is weak evidence: `Comment`
//! may be a widget, `Flow` the answer to one query. A declaration with such a name is judged by the
//! fields that it shares with the table. Of several with the same name, only the one most like the
//! table is taken for its row.

use std::collections::{HashMap, HashSet};

use super::find::{Finder, row_names};
use super::likeness::{Adopted, Lacking, Unclaimed};
use super::mapped::{BesideRows, Kept, RowStatements};
use super::names::{NameTable, is_output_name, is_shared, side_of_name};
use super::orm_values::read_by_orm;
use super::used::by_use;
use super::{Description, Match, Namesake, Role, Strength, TableMatches};
use crate::checks::entities::{Entity, EntityKind};
use crate::checks::names;
use crate::checks::pairing::{OrmNames, Pairing, PairingRules, RelationNames};
use crate::checks::row_uses::{RowUses, SelectedFields};
use crate::config::{Config, Driver};
use crate::facts::{Declaration, Facts, Family, Field, Kind, Side};
use crate::schema::model::ObjectName;
use crate::schema::provenance::Provenance;
use crate::schema::types::Scalar;

type Hit<'a> = (&'a Declaration, Match);

/// Puts every declaration of `facts` to the table that it describes.
#[must_use]
pub fn describe<'a>(
    entities: Vec<Entity<'a>>,
    facts: &'a Facts,
    config: &Config,
    provenance: &Provenance,
) -> Vec<TableMatches<'a>> {
    let mut names = NameTable::new(&entities, config);
    names.add(row_names(&entities, facts), config);
    let names = &names;
    let Hits {
        mut found,
        unclaimed,
    } = hits(&entities, names, facts, config);
    let ground = &Ground {
        names,
        config,
        provenance,
        holdings: Holdings::new(facts),
        uses: RowUses::new(facts),
        tables: entities.iter().map(|entity| entity.name).collect(),
    };
    let described = |(at, entity): (usize, Entity<'a>)| {
        let hits = found.entry(at).or_default();
        described(entity, hits, ground)
    };
    let mut all: Vec<TableMatches<'a>> = entities.into_iter().enumerate().map(described).collect();
    let adopted = adopted(&all, &unclaimed, ground);
    let adopted = adopted.into_iter().map(|one| (one, Strength::Model));
    let alike = alike(&all, &unclaimed, ground);
    let alike = alike.into_iter().map(|one| (one, Strength::Alike));
    let requests = unclaimed.requests(&all, &|entity, declaration| {
        unclaimed_pairing(entity, declaration, ground)
    });
    let requests = requests.into_iter().map(|one| (one, Strength::Message));
    let mut taken = HashSet::new();
    for (Adopted { at, declaration }, strength) in adopted.chain(alike).chain(requests) {
        if !taken.insert(std::ptr::from_ref(declaration)) {
            continue;
        }
        let output = is_output_name(&declaration.name);
        let hit = Match {
            entity: at,
            side: match strength {
                // As with a request that is called after its table.
                Strength::Message => Side::Update,
                _of_rows => Side::Row,
            },
            strength,
            output,
            of_type: false,
        };
        let hits = found.entry(at).or_default();
        hits.push((declaration, hit));
        let entity = all[at].entity.clone();
        all[at] = self::described(entity, hits, ground);
    }
    all
}

/// The inputs of the matching.
struct Ground<'r> {
    names: &'r NameTable,
    config: &'r Config,
    provenance: &'r Provenance,
    holdings: Holdings<'r>,
    uses: RowUses<'r>,
    tables: Vec<&'r ObjectName>,
}

/// The names of the types that the fields of each file's declarations hold.
struct Holdings<'r>(HashSet<(&'r str, &'r str)>);

impl<'r> Holdings<'r> {
    fn new(facts: &'r Facts) -> Self {
        let fields = facts.types.iter().flat_map(|ty| &ty.fields);
        let held = fields.filter_map(|field| {
            let name = field.reference.as_deref()?;
            Some((&*field.location.file, name))
        });
        Self(held.collect())
    }

    fn hold(&self, declaration: &Declaration) -> bool {
        let name = declaration.name.as_str();
        self.0.contains(&(&*declaration.location.file, name))
    }
}

/// The declarations that say of themselves which table they describe, by table, and those that do
/// not.
struct Hits<'a> {
    found: HashMap<usize, Vec<Hit<'a>>>,
    unclaimed: Unclaimed<'a>,
}

fn hits<'a>(
    entities: &[Entity<'a>],
    names: &NameTable,
    facts: &'a Facts,
    config: &Config,
) -> Hits<'a> {
    let finder = Finder::new(entities, names, facts, config);
    let mut hits = Hits {
        found: HashMap::new(),
        unclaimed: Unclaimed::default(),
    };
    // What is wrong about a table of an ORM and about the types that are inferred from it is said
    // of the table.
    for declaration in facts
        .tables
        .iter()
        .chain(&facts.types)
        .chain(&facts.schemas)
    {
        match finder.find(declaration) {
            Some(hit) => hits
                .found
                .entry(hit.entity)
                .or_default()
                .push((declaration, hit)),
            None if declaration.origin.enforced => hits.unclaimed.add(declaration),
            // Something else may be called like the end of a table's name.
            None => {}
        }
    }
    hits
}

/// Finds descriptions for the tables that no type or schema is named after.
fn adopted<'a>(
    all: &[TableMatches<'a>],
    unclaimed: &Unclaimed<'a>,
    ground: &Ground<'_>,
) -> Vec<Adopted<'a>> {
    let tables = all
        .iter()
        .enumerate()
        .filter(|(_, described)| described.entity.kind == EntityKind::Table);
    let lacking = tables.flat_map(|(at, described)| {
        let ty = described.types().next().is_none().then_some(Lacking::Type);
        let schema = (!described.is_validated()).then_some(Lacking::Schema);
        ty.into_iter()
            .chain(schema)
            .map(move |what| (at, &described.entity, what))
    });
    unclaimed.adopted(lacking, &|entity, declaration| {
        unclaimed_pairing(entity, declaration, ground)
    })
}

/// Finds further types of the tables that have one.
fn alike<'a>(
    all: &[TableMatches<'a>],
    unclaimed: &Unclaimed<'a>,
    ground: &Ground<'_>,
) -> Vec<Adopted<'a>> {
    let described = all.iter().enumerate().filter(|(_, described)| {
        described.entity.kind == EntityKind::Table && described.types().next().is_some()
    });
    let described = described.map(|(at, described)| (at, &described.entity));
    unclaimed.alike(described, &|entity, declaration| {
        unclaimed_pairing(entity, declaration, ground)
    })
}

fn unclaimed_pairing<'a>(
    entity: &Entity<'a>,
    declaration: &'a Declaration,
    ground: &Ground<'_>,
) -> Pairing<'a> {
    paired(
        entity,
        declaration,
        Strength::Model,
        &OrmNames::default(),
        ground,
    )
}

fn described<'a>(
    mut entity: Entity<'a>,
    hits: &[Hit<'a>],
    ground: &Ground<'_>,
) -> TableMatches<'a> {
    for (declaration, _) in hits {
        read_by_orm(&mut entity, declaration);
    }
    let orm = OrmNames::new(hits.iter().map(|(declaration, _)| *declaration));
    let pairing = |declaration: &'a Declaration, hit: &Match| {
        paired(&entity, declaration, hit.strength, &orm, ground)
    };
    let paired = hits.iter().map(|(declaration, hit)| {
        let pairing = pairing(declaration, hit);
        let used = ground.uses.of(declaration, &entity);
        let hit = by_use(declaration, *hit, &entity, &pairing, used);
        (*declaration, hit, pairing)
    });
    let (kept, namesakes): (Vec<_>, Vec<_>) =
        paired.partition(|(declaration, hit, pairing)| is_alike(declaration, hit, pairing));
    let row = row_evidence(&kept);
    let statements = RowStatements::new(&kept);
    let beside: Vec<BesideRows> = kept.iter().map(|one| statements.beside(one)).collect();
    let schemas: Vec<_> = kept
        .iter()
        .map(|(one, ..)| *one)
        .filter(|one| one.origin.is_validation())
        .collect();
    let types = kept.iter().filter(|(one, ..)| !one.origin.is_validation());
    let only_type = types.count() == 1;
    let kept = kept.into_iter().zip(beside);
    let descriptions = kept.map(|((declaration, hit, pairing), beside_rows)| {
        // An ORM's table is what schemas are made from, never the other way round.
        let inferred = declaration.origin.is_type()
            && schemas
                .iter()
                .any(|schema| is_inferred(declaration, schema));
        let role = role(declaration, &hit, &pairing, &row);
        let of_json =
            role == Role::Row && is_of_json(&entity, declaration, &hit, &pairing, ground.config);
        let selected = selected(&entity, declaration, &hit, ground);
        let pairing = match &selected {
            Some(selected) => pairing.selected(&entity, declaration, selected),
            None => pairing,
        };
        Description {
            role: if of_json { Role::Domain } else { role },
            strength: hit.strength,
            held: ground.holdings.hold(declaration),
            declaration,
            pairing,
            inferred,
            beside_rows,
            used: ground.uses.of(declaration, &entity),
            selected: selected.is_some(),
            only_type,
        }
    });
    let descriptions = descriptions.collect();
    let namesakes = namesakes
        .into_iter()
        .map(|(declaration, _, pairing)| Namesake {
            declaration,
            shared: pairing.named(),
            fields: declaration.fields.len(),
        });
    TableMatches {
        descriptions,
        namesakes: namesakes.collect(),
        entity,
    }
}

/// The columns that code makes the values of a type of, where a query lists them. A table that
/// somebody stated says more.
fn selected<'r>(
    entity: &Entity<'_>,
    declaration: &Declaration,
    hit: &Match,
    ground: &Ground<'r>,
) -> Option<SelectedFields<'r>> {
    let by_name = !matches!(hit.strength, Strength::Stated | Strength::Derived);
    if !by_name || !declaration.origin.is_type() || hit.side != Side::Row {
        return None;
    }
    let is_elsewhere = || ground.uses.is_elsewhere(declaration, &ground.tables);
    let elsewhere = || is_elsewhere().then(SelectedFields::default);
    ground.uses.selected(declaration, entity).or_else(elsewhere)
}

/// The fields of a declaration beside the columns of the table, as freely as what says that it
/// describes it is weak.
fn paired<'a>(
    entity: &Entity<'a>,
    declaration: &'a Declaration,
    strength: Strength,
    orm: &OrmNames<'_>,
    ground: &Ground<'_>,
) -> Pairing<'a> {
    let Ground {
        names,
        config,
        provenance,
        ..
    } = *ground;
    let relations = RelationNames {
        is_row_type: &|name| names.is_row_type(name),
        ends_row_name: &|name| names.ends_row_name(name),
        lenient: strength >= Strength::Model,
    };
    Pairing::new(
        entity,
        declaration,
        &PairingRules {
            config,
            orm,
            relations,
            provenance,
        },
    )
}

/// Whether a declaration that is called like the table has enough in common with it.
fn is_alike(declaration: &Declaration, hit: &Match, pairing: &Pairing<'_>) -> bool {
    match (hit.strength, declaration.origin.family) {
        (Strength::Stated | Strength::Derived, _) => true,
        // A type of a part of the row is for what goes out, and so is its schema.
        (_, Family::Validation) if hit.of_type && hit.side == Side::Row => {
            pairing.is_or_was_whole()
        }
        // What it holds is not known: that it is called so has to do, unless it is a component's
        // own.
        (strength, _) if declaration.unresolved.is_some() && declaration.fields.is_empty() => {
            strength != Strength::Bare || is_shared(declaration)
        }
        (Strength::Row, Family::Type) if hit.side == Side::Row => !pairing.is_accidental(),
        _by_name => !pairing.pairs.is_empty() && pairing.columns_ever() >= pairing.odd(),
    }
}

/// Which declarations are taken for the table's row.
struct RowEvidence<'a> {
    /// The strongest that there is.
    strength: Strength,
    /// Whether an ORM's table is one of them.
    orm: bool,
    /// Where only names say it, the declaration that is most like the table.
    likeliest: Option<&'a Declaration>,
}

/// Whether a type is of a row's JSON: Prisma itself types the rows that it returns, with a `Date`
/// for each instant. What people write beside those has strings for them where it has been sent
/// over the network.
fn is_of_json(
    entity: &Entity<'_>,
    declaration: &Declaration,
    hit: &Match,
    pairing: &Pairing<'_>,
    config: &Config,
) -> bool {
    let is_instant = |column: &str| {
        let scalar = entity.column(column).map(|facts| &facts.ty.scalar);
        matches!(scalar, Some(Scalar::Builtin(name)) if name == "date" || name.starts_with("timestamp"))
    };
    let mut instants = pairing
        .pairs
        .iter()
        .filter(|pair| is_instant(&pair.column.name))
        .peekable();
    let by_others = config.driver == Some(Driver::Prisma) && hit.strength != Strength::Stated;
    let has_strings =
        instants.peek().is_some() && instants.all(|pair| pair.field.kind == Kind::String);
    by_others && declaration.implements.is_empty() && has_strings
}

fn row_evidence<'a>(kept: &[Kept<'a>]) -> RowEvidence<'a> {
    let of_rows = || {
        let types = kept
            .iter()
            .filter(|(one, hit, _)| !one.origin.is_validation() && hit.side == Side::Row);
        types.filter(|(_, hit, pairing)| !is_outdone(hit, pairing, kept))
    };
    let strength = of_rows()
        .map(|(_, hit, _)| hit.strength)
        .min()
        .unwrap_or(Strength::Bare);
    let strongest = of_rows().filter(|(_, hit, _)| hit.strength == strength);
    let likeness = |pairing: &Pairing<'_>| (pairing.pairs.len(), usize::MAX - pairing.extra.len());
    let likeliest = strongest
        .rev()
        .max_by_key(|(.., pairing)| likeness(pairing))
        .map(|(declaration, ..)| *declaration);
    let orm = of_rows().any(|(one, ..)| one.origin.is_table());
    RowEvidence {
        strength,
        orm,
        likeliest,
    }
}

/// Whether a type that is called like something that may be a row (`UserEntity`) has less of the
/// table than one that is called like the table and has nearly all of it.
fn is_outdone(hit: &Match, pairing: &Pairing<'_>, kept: &[Kept<'_>]) -> bool {
    let is_model =
        hit.strength == Strength::Model && hit.side == Side::Row && !pairing.is_or_was_whole();
    let outdoes = |(one, hit, other): &Kept<'_>| {
        let is_bare =
            hit.strength == Strength::Bare && hit.side == Side::Row && !one.origin.is_validation();
        is_bare && is_shared(one) && other.relations.is_empty() && other.is_nearly_whole()
    };
    is_model && kept.iter().any(outdoes)
}

/// Whether every field of `ty` stands in `schema`.
fn is_inferred(ty: &Declaration, schema: &Declaration) -> bool {
    let stands_in = |field: &Field| {
        schema
            .fields
            .iter()
            .any(|other| other.location == field.location)
    };
    !ty.fields.is_empty() && ty.fields.iter().all(stands_in)
}

fn role(
    declaration: &Declaration,
    hit: &Match,
    pairing: &Pairing<'_>,
    row: &RowEvidence<'_>,
) -> Role {
    match (declaration.origin.family, hit.side) {
        (Family::Table, _) => Role::Orm,
        // A request is a part of a row: the server knows the rest.
        (Family::Validation, Side::Row) if declaration.origin.of_requests => {
            match side_of_name(&declaration.name) {
                Side::Insert => Role::InsertSchema,
                Side::Row | Side::Update => Role::UpdateSchema,
            }
        }
        (Family::Validation, Side::Row) if hit.output => Role::OutputSchema,
        (Family::Validation, Side::Row) => Role::Schema,
        (Family::Validation, Side::Insert) => Role::InsertSchema,
        (Family::Validation, Side::Update) => Role::UpdateSchema,
        (Family::Type, side) => match side {
            Side::Row if is_row(declaration, hit, pairing, row) => Role::Row,
            Side::Row => Role::Domain,
            Side::Insert => Role::Insert,
            Side::Update => Role::Update,
        },
    }
}

fn is_row(
    declaration: &Declaration,
    hit: &Match,
    pairing: &Pairing<'_>,
    row: &RowEvidence<'_>,
) -> bool {
    if declaration.graphql && hit.strength != Strength::Stated {
        return false;
    }
    let is_likeliest = || {
        row.likeliest
            .is_some_and(|likeliest| std::ptr::eq(likeliest, declaration))
    };
    match hit.strength {
        // Where an ORM has the rows, `UserRow` may be that of a list or of another store.
        Strength::Row if row.orm && says_row_only(declaration) => pairing.is_or_was_whole(),
        Strength::Row => !pairing.is_of_query(),
        Strength::Stated | Strength::Derived => true,
        Strength::Model => row.strength == Strength::Model && !pairing.is_projection(declaration),
        // What also holds what is joined is the thing rather than its row; what a file keeps to
        // itself is for one use. What only lacks what has been added since may be what one query
        // asks for.
        Strength::Bare => {
            let is_whole = pairing.is_nearly_whole() || pairing.outlives_columns();
            let is_whole = is_whole && pairing.relations.is_empty();
            row.strength == Strength::Bare && is_shared(declaration) && is_likeliest() && is_whole
        }
        Strength::Alike | Strength::Message => false,
    }
}

fn says_row_only(declaration: &Declaration) -> bool {
    names::words(&declaration.name)
        .last()
        .is_some_and(|word| word == "row")
}
