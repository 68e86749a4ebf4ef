//! What the decorators of a property say together → the field of a validation schema.
//!
//! class-transformer makes an object of the class first, and class-validator judges that. So what
//! validators demand holds for what is returned. Without a transformer that is what comes in.

use super::members::{Member, Partial};
use super::rules::{self, Demanded, Sort};
use crate::facts::{Constraints, Field, Kind};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// The validators of a property.
#[derive(Default)]
struct Judgement {
    /// The demands on the value.
    own: Demanded,
    /// The demands on each of its items.
    items: Demanded,
    /// Whether it is looked into.
    nested: bool,
    /// Whether each of its items is looked into.
    nested_items: bool,
    /// Whether `undefined` and `null` are not judged.
    optional: bool,
    /// Whether something else says when it is judged.
    conditional: bool,
    /// How many validators are only in groups.
    grouped: usize,
}

/// The effect of class-transformer on a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transformed {
    /// Nothing that is known to matter.
    No,
    /// It makes a number, a date, a text, a boolean of it.
    Coerced,
    /// Anything.
    Freely,
}

/// The field of a property that no decorator judges, by its type.
pub(super) fn unjudged(typed: Field) -> Field {
    Field {
        kind: Kind::Unresolved("no decorator judges it".into()),
        ..typed
    }
}

/// The field of `member`, whose type says `typed`.
pub(super) fn judged<'p>(resolver: &Resolver<'p>, member: &Member<'p>, typed: Field) -> Field {
    let judgement = judgement(resolver, member);
    if !judgement.is_any() {
        let grouped = judgement.grouped > 0;
        let why = match member.decorators.own {
            _ if grouped => "it is judged in groups only, which are left out",
            0 => return unjudged(typed),
            _ => "what its decorators are made of is not known",
        };
        return Field {
            kind: Kind::Unresolved(why.into()),
            ..typed
        };
    }
    let may_be_null = typed.nullable;
    let mut field = judgement.field(typed);
    field.optional |= member.partial.is_some();
    if member.partial == Some(Partial::Optional) {
        field.nullable = true;
        let mut constraints = (*field.constraints).clone();
        constraints.null_as_absent = !may_be_null;
        field.constraints = constraints.into();
    }
    match transformed(resolver, member) {
        Transformed::No => field,
        Transformed::Coerced => {
            let mut constraints = (*field.constraints).clone();
            constraints.coerced = true;
            field.constraints = constraints.into();
            field
        }
        Transformed::Freely => {
            let constraints = Constraints {
                transformed: true,
                ..Constraints::default()
            };
            Field {
                kind: Kind::Any,
                constraints: constraints.into(),
                optional: true,
                nullable: true,
                returned: Some(Box::new(field.clone())),
                ..field
            }
        }
    }
}

fn judgement<'p>(resolver: &Resolver<'p>, member: &Member<'p>) -> Judgement {
    let mut found = Judgement::default();
    for decorator in &member.decorators.known {
        let Some(sort) = rules::sort(decorator) else {
            continue;
        };
        let reach = rules::reach(resolver, decorator);
        if reach.grouped {
            found.grouped += 1;
            continue;
        }
        let demanded = if reach.each {
            &mut found.items
        } else {
            &mut found.own
        };
        match sort {
            Sort::Condition if &*decorator.name == "IsOptional" => found.optional = true,
            Sort::Condition => found.conditional = true,
            Sort::Nested if reach.each => found.nested_items = true,
            Sort::Nested => found.nested = true,
            Sort::Value | Sort::Defined | Sort::Allowed => demanded.add(resolver, decorator),
        }
    }
    // Decorators that are not known may be validators that people wrote.
    if member.decorators.others > 0 {
        found.own.constraints.refined = true;
        found.own.may_take_nothing = true;
    }
    if found.grouped > 0 {
        found.own.constraints.refined = true;
    }
    found
}

impl Judgement {
    fn is_any(&self) -> bool {
        let judged = self.own.count + self.items.count > 0;
        judged || self.nested || self.nested_items || self.optional || self.conditional
    }

    fn field(&self, typed: Field) -> Field {
        let kind = self.kind(&typed.kind);
        let mut constraints = self.own.constraints.clone();
        // What is no text has no length; of a list it is the number of its items.
        if !matches!(kind, Kind::String | Kind::Array(_)) {
            (constraints.min_length, constraints.max_length) = (None, None);
        }
        // `@IsNotEmpty()` looks at texts only.
        if matches!(kind, Kind::Array(_)) && !matches!(self.own.kind, Some(Kind::Array(_))) {
            constraints.min_length = None;
        }
        let items = &self.items.constraints;
        if matches!(kind, Kind::Array(_)) && *items != Constraints::default() {
            constraints.items = Some(Box::new(items.clone()));
        }
        constraints.null_as_absent = self.optional && !typed.nullable;
        // Where the condition does not hold, anything passes.
        constraints.refined |= self.conditional;
        constraints.coerced |= self.conditional;
        let (optional, nullable) = self.takes_nothing(&typed);
        Field {
            optional,
            nullable,
            kind,
            constraints: constraints.into(),
            ..typed
        }
    }

    /// Whether `undefined` and `null` pass.
    fn takes_nothing(&self, typed: &Field) -> (bool, bool) {
        if self.optional {
            return (true, true);
        }
        if self.own.refuses_nothing || self.items.refuses_nothing {
            // A condition may keep the validators from looking.
            let said = self.conditional;
            return (said && typed.optional, said && typed.nullable);
        }
        if self.conditional || self.own.may_take_nothing || self.items.may_take_nothing {
            return (typed.optional, typed.nullable);
        }
        // `@ValidateNested()` alone lets `undefined` pass, and nothing else that is no object.
        (true, !self.nested && !self.nested_items)
    }

    fn kind(&self, typed: &Kind) -> Kind {
        let has_items = self.items.count > 0 || self.nested_items;
        let of_items = || match (&self.items.kind, typed) {
            (Some(kind), _) => kind.clone(),
            (None, _) if self.nested_items || self.nested => Kind::Json,
            (None, Kind::Array(items)) => (**items).clone(),
            (None, _) => Kind::Any,
        };
        match &self.own.kind {
            Some(Kind::Array(_)) => Kind::Array(Box::new(of_items())),
            // `typeof value` is not asked where the list is all that is judged.
            None if has_items => Kind::Array(Box::new(of_items())),
            Some(kind) => kind.clone(),
            None if self.nested => match typed {
                Kind::Array(_) => Kind::Array(Box::new(Kind::Json)),
                _ => Kind::Json,
            },
            None if self.own.count == 0 && self.optional && !self.conditional => Kind::Any,
            None => typed.clone(),
        }
    }
}

/// `@Type(() => Number)`, `@Transform(…)`
fn transformed<'p>(resolver: &Resolver<'p>, member: &Member<'p>) -> Transformed {
    let mut found = Transformed::No;
    for decorator in member.decorators.of(Library::ClassTransformer) {
        match &*decorator.name {
            "Transform" => return Transformed::Freely,
            "Type" => {
                let made = resolver.call(&decorator.arguments(resolver).at(0), &[]);
                if matches!(made.uncast(), Value::External(package, _) if package.is_empty()) {
                    found = Transformed::Coerced;
                }
            }
            _ => {}
        }
    }
    found
}
