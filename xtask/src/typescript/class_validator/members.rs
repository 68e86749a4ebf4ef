//! The properties of a class with their decorators: its own, inherited ones, and those that
//! `PartialType` and its like take from other classes.

use std::rc::Rc;

use crate::typescript::decorators::Decorators;
use crate::typescript::resolve::{Resolver, reason};
use crate::typescript::syntax::{ClassDecl, MemberKind};
use crate::typescript::values::{MadeClass, Value, member_name};
use crate::typescript::vocabulary::{self, Library};

use super::rules;

/// The deepest nesting of classes that are made of others.
const DEPTH: u32 = 24;

/// The change that `PartialType` makes to a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Partial {
    /// `undefined` and `null` pass.
    Optional,
    /// `undefined` passes.
    Absent,
}

/// A property with its decorators.
#[derive(Clone)]
pub(super) struct Member<'p> {
    /// Its name.
    pub name: Rc<str>,
    /// Its decorators.
    pub decorators: Decorators<'p>,
    /// The effect of `PartialType` on it.
    pub partial: Option<Partial>,
}

impl Member<'_> {
    /// Whether a validator judges it.
    pub(super) fn is_judged(&self) -> bool {
        self.decorators.of(Library::ClassValidator).next().is_some()
    }
}

/// The properties of a class.
#[derive(Clone, Default)]
pub(super) struct Members<'p> {
    /// In order, each name once.
    pub list: Vec<Member<'p>>,
    /// Why there may be others.
    pub open: Option<Rc<str>>,
}

impl<'p> Members<'p> {
    fn open(why: impl Into<Rc<str>>) -> Self {
        Self {
            list: Vec::new(),
            open: Some(reason(why)),
        }
    }

    /// The property `name`.
    pub(super) fn find(&self, name: &str) -> Option<&Member<'p>> {
        self.list.iter().find(|member| &*member.name == name)
    }

    fn retain(mut self, is_kept: impl Fn(&str) -> bool) -> Self {
        self.list.retain(|member| is_kept(&member.name));
        self
    }

    /// Takes up `member`. Both decorate a property that is there already.
    fn put(&mut self, member: Member<'p>) {
        let known = self.list.iter_mut().find(|known| known.name == member.name);
        let Some(known) = known else {
            return self.list.push(member);
        };
        known.decorators.known.extend(member.decorators.known);
        known.decorators.others += member.decorators.others;
        known.decorators.own += member.decorators.own;
        known.partial = known.partial.or(member.partial);
    }

    /// Takes up a property that the class itself declares. It replaces inherited validators of the
    /// same sort, as class-validator does.
    fn declare(&mut self, mut member: Member<'p>) {
        if let Some(at) = self.list.iter().position(|known| known.name == member.name) {
            let mut inherited = self.list.remove(at);
            let sorts: Vec<_> = rules::sorts(&member.decorators).collect();
            inherited.decorators.known.retain(|decorator| {
                rules::sort(decorator).is_none_or(|sort| !sorts.contains(&sort))
            });
            inherited
                .decorators
                .known
                .append(&mut member.decorators.known);
            inherited.decorators.others += member.decorators.others;
            inherited.decorators.own += member.decorators.own;
            member = inherited;
        }
        self.list.push(member);
    }
}

/// The properties of the class that `value` is.
pub(super) fn of_class<'p>(resolver: &Resolver<'p>, value: &Value<'p>) -> Members<'p> {
    within(resolver, value, DEPTH)
}

fn within<'p>(resolver: &Resolver<'p>, value: &Value<'p>, left: u32) -> Members<'p> {
    let Some(left) = left.checked_sub(1) else {
        return Members::open("its classes are nested too deeply");
    };
    match value.uncast() {
        Value::Class(scope, class) => {
            let mut members = match &class.extends {
                Some((base, _types)) => within(resolver, &resolver.value(scope, base), left),
                None => Members::default(),
            };
            for (name, decorators) in own(resolver, scope, class) {
                members.declare(Member {
                    name,
                    decorators,
                    partial: None,
                });
            }
            members
        }
        Value::ClassOf(made) => of_made(resolver, made, left),
        Value::External(package, _) if is_without_fields(package) => Members::default(),
        Value::External(package, path) => Members::open(format!(
            "it extends `{}` of the package `{package}`",
            path.join(".")
        )),
        Value::Unknown(why) => Members::open(Rc::clone(why)),
        _ => Members::open("it extends a class that is computed"),
    }
}

/// Whether the classes of a package to extend, like TypeORM's `BaseEntity`, have no data.
fn is_without_fields(package: &str) -> bool {
    package.is_empty() || vocabulary::library(package).is_some_and(Library::decorates)
}

fn own<'p>(
    resolver: &Resolver<'p>,
    scope: &crate::typescript::resolve::Scope<'p>,
    class: &'p ClassDecl,
) -> Vec<(Rc<str>, Decorators<'p>)> {
    let mut found = Vec::new();
    for member in class.members.iter().filter(|member| !member.is_static) {
        let is_data = match member.kind {
            MemberKind::Field(_) | MemberKind::Getter(_) | MemberKind::Setter => true,
            MemberKind::Method(_) | MemberKind::Constructor(_) | MemberKind::Other => false,
        };
        if let Some(name) = member_name(member).filter(|_| is_data) {
            let decorators = Decorators::read(resolver, scope, &member.decorators);
            found.push((Rc::from(name), decorators));
        }
    }
    found
}

/// `PartialType(CreateUserDto)`
fn of_made<'p>(resolver: &Resolver<'p>, made: &MadeClass<'p>, left: u32) -> Members<'p> {
    let class = |at: usize| match made.arguments.get(at) {
        Some(class) => within(resolver, class, left),
        None => Members::open("it lacks its class"),
    };
    match made.function {
        "PartialType" => partial(class(0), made.arguments.get(1)),
        "PickType" | "OmitType" => match keys(made.arguments.get(1)) {
            Some(keys) => {
                let picks = made.function == "PickType";
                class(0).retain(|name| keys.iter().any(|key| &**key == name) == picks)
            }
            None => Members::open("the keys it names are computed"),
        },
        "IntersectionType" => {
            let mut all = Members::default();
            for at in 0..made.arguments.len() {
                let one = class(at);
                one.list.into_iter().for_each(|member| all.put(member));
                all.open = all.open.or(one.open);
            }
            all
        }
        // The schema that it is made of is judged for itself.
        _schema => Members::default(),
    }
}

fn partial<'p>(mut members: Members<'p>, options: Option<&Value<'p>>) -> Members<'p> {
    let nulls = options.and_then(|options| options.property("skipNullProperties"));
    let added = match nulls.map(Value::uncast) {
        Some(Value::Boolean(false)) => Partial::Absent,
        _ => Partial::Optional,
    };
    for member in &mut members.list {
        if member.is_judged() {
            member.partial = member.partial.or(Some(added));
        }
    }
    members
}

fn keys(value: Option<&Value<'_>>) -> Option<Vec<Rc<str>>> {
    let Value::Array(names) = value?.uncast() else {
        return None;
    };
    let name = |name: &Value<'_>| match name.uncast() {
        Value::String(name) => Some(Rc::clone(name)),
        _ => None,
    };
    names.items.iter().map(name).collect()
}
