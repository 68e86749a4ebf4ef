//! The second step: the types that the first facts name, wherever they are declared, and the sets of values in files that
//! types led to.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Files, Reading, Unasked, append, in_source};
use crate::source::Location;
use crate::typescript::collect::{Links, Selection};
use crate::typescript::demand::Ask;
use crate::typescript::discover::Candidate;
use crate::typescript::facts::Facts;
use crate::typescript::syntax::{Module, Statement, StatementKind};

/// A parsed file, and what of it may be read.
struct Offer<'f, 'r> {
    file: &'f Candidate,
    /// The types at its top that are asked for, and were not in the first step.
    types: Vec<Offered<'r>>,
    /// Whether it has namespaces, in which there may be more.
    nests: bool,
}

struct Offered<'r> {
    name: &'r str,
    ask: Ask,
    /// Whether files can import it, and it is certainly an object type.
    counts: bool,
}

impl<'r> Reading<'r, '_> {
    /// Adds to the first `facts`, whose `links` say which declarations describe tables.
    pub(super) fn take_named(&self, files: &Files, links: &Links, facts: &mut Facts) {
        let follow_up = self.demand.follow_up(facts);
        let ask = |file: &str, name: &str| match &follow_up {
            _ if links.name(name) => Ask::Always,
            Some(ask) => ask(file, name),
            None => Ask::Not,
        };
        let offer = |file| self.offer(file, &ask);
        let asked: Vec<_> = files.asked.par_iter().filter_map(offer).collect();
        let known = namesakes(asked.iter());
        let is_wanted = |(file, names): &&Unasked| names.iter().any(|name| is_due(ask(&file.path, name), name, &known));
        let (wanted, others): (Vec<_>, Vec<_>) = files.unasked.par_iter().partition(is_wanted);
        facts.files_parsed += wanted.len();
        let wanted: Vec<_> = wanted.par_iter().with_max_len(1).filter_map(|(file, _)| offer(file)).collect();

        let namesakes = namesakes(asked.iter().chain(&wanted));
        let named = |file: &str, name: &str| is_due(ask(file, name), name, &namesakes) && !self.demand.asks_for(name);
        let only_types = Selection { types: &named, values: false, constants: false };
        let only_values = Selection { types: &|_, _| false, values: true, constants: false };
        let all = Selection { types: &named, values: true, constants: true };
        let has_named =
            |offer: &&Offer<'_, '_>| offer.nests || offer.types.iter().any(|of| is_due(of.ask, of.name, &namesakes));
        let mut jobs: Vec<_> = wanted.iter().map(|offer| (offer.file, all)).collect();
        jobs.extend(asked.iter().filter(has_named).map(|offer| (offer.file, only_types)));
        let mut more = self.collect(&jobs);
        // Reading those leads to more files.
        let met = others.into_iter().map(|(file, _)| file).filter(|file| self.program.has(&file.path));
        more.extend(self.collect(&met.map(|file| (file, only_values)).collect::<Vec<_>>()));
        let known: FxHashSet<Location> = facts.types.iter().map(|known| known.location.clone()).collect();
        more.iter_mut().for_each(|(part, _)| part.types.retain(|declared| !known.contains(&declared.location)));
        append(facts, more);
        facts.namesakes = namesakes.into_iter().map(str::to_owned).collect();
        facts.types.sort_by(|a, b| in_source(&a.location, &b.location));
        facts.enums.sort_by(|a, b| a.location.file.cmp(&b.location.file));
    }

    /// What `file` has of what `ask` asks for; none where it cannot be read.
    fn offer<'f>(&self, file: &'f Candidate, ask: &dyn Fn(&str, &str) -> Ask) -> Option<Offer<'f, 'r>> {
        let module = self.program.load(&file.path)?;
        let offered = |name: &'r str| {
            let ask = Some(ask(&file.path, name)).filter(|ask| *ask != Ask::Not && !self.demand.asks_for(name))?;
            let counts = ask == Ask::Alone && file.roles.describes_data() && has_shared_object(module, name);
            Some(Offered { name, ask, counts })
        };
        let types = module.names.iter().filter(|(_, at)| at.iter().any(|at| is_type(&module.statements[*at])));
        let nests = module.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Namespace(_)));
        Some(Offer { file, types: types.filter_map(|(name, _)| offered(name)).collect(), nests })
    }
}

/// Whether a type that is asked for so is read.
fn is_due(ask: Ask, name: &str, namesakes: &FxHashSet<&str>) -> bool {
    match ask {
        Ask::Not => false,
        Ask::Alone => !namesakes.contains(name),
        Ask::Always => true,
    }
}

/// The names that several types have.
fn namesakes<'o, 'r: 'o>(offers: impl Iterator<Item = &'o Offer<'o, 'r>>) -> FxHashSet<&'r str> {
    let mut counts: FxHashMap<&str, u32> = FxHashMap::default();
    let counted = offers.flat_map(|offer| &offer.types).filter(|offered| offered.counts);
    counted.for_each(|offered| *counts.entry(offered.name).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}

fn is_type(statement: &Statement) -> bool {
    statement.is_object_type() || matches!(statement.kind, StatementKind::Alias(_))
}

/// Whether `name` is an object type of `module`, as is seen without evaluating it, that other files can import.
fn has_shared_object(module: &Module, name: &str) -> bool {
    module.declarations(name).any(Statement::is_object_type) && module.is_exported(name)
}
