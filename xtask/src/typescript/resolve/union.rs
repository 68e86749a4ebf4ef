//! Unions as the compiler normalises them: flat, without duplicates, literals absorbed by their
//! type.

use std::rc::Rc;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use super::Type;

/// The union of `types`.
pub fn union<'p>(types: impl IntoIterator<Item = Type<'p>>) -> Type<'p> {
    let mut members = Members::default();
    types.into_iter().for_each(|member| members.add(member));
    members.finish()
}

#[derive(Default)]
struct Members<'p> {
    members: SmallVec<[Type<'p>; 4]>,
    /// The members so far, of types that can be compared.
    seen: SeenIdentities,
    any: bool,
    unknown: bool,
}

impl<'p> Members<'p> {
    fn add(&mut self, member: Type<'p>) {
        match member {
            Type::Any => self.any = true,
            Type::Unknown => self.unknown = true,
            Type::Never => {}
            Type::Union(members) => members.iter().for_each(|member| self.add(member.clone())),
            member => {
                let new = identity(&member).is_none_or(|identity| self.seen.insert(identity));
                if new {
                    self.members.push(member);
                }
            }
        }
    }

    fn finish(mut self) -> Type<'p> {
        if self.any {
            return Type::Any;
        }
        if self.unknown {
            return Type::Unknown;
        }
        let has = |wanted: Plain| self.seen.contains(&MemberIdentity::Plain(wanted));
        let literal = |value: bool| self.seen.contains(&MemberIdentity::Boolean(value));
        let booleans = has(Plain::Boolean) || (literal(true) && literal(false));
        let (strings, numbers) = (has(Plain::String), has(Plain::Number));
        if booleans && !has(Plain::Boolean) {
            let at = self
                .members
                .iter()
                .position(|member| matches!(member, Type::BooleanLiteral(_)));
            self.members.insert(at.unwrap_or(0), Type::Boolean);
        }
        self.members.retain(|member| match member {
            Type::StringLiteral(_) | Type::Template(_) => !strings,
            Type::NumberLiteral(_) => !numbers,
            Type::BooleanLiteral(_) => !booleans,
            _ => true,
        });
        match self.members.len() {
            0 => Type::Never,
            1 => self.members.swap_remove(0),
            _ => Type::Union(self.members.into_iter().collect()),
        }
    }
}

/// Identities that were met. Most unions have two or three members: only large ones are worth a
/// table.
#[derive(Default)]
struct SeenIdentities {
    few: SmallVec<[MemberIdentity; 4]>,
    many: FxHashSet<MemberIdentity>,
}

impl SeenIdentities {
    const FEW: usize = 16;

    fn contains(&self, identity: &MemberIdentity) -> bool {
        self.few.contains(identity) || self.many.contains(identity)
    }

    /// Whether it was not met before.
    fn insert(&mut self, identity: MemberIdentity) -> bool {
        if self.few.contains(&identity) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(identity);
            return true;
        }
        self.many.insert(identity)
    }
}

/// The key that two equal types share.
#[derive(Debug, PartialEq, Eq, Hash)]
enum MemberIdentity {
    Plain(Plain),
    Text(Rc<str>),
    /// The bits of a number.
    Number(u64),
    Boolean(bool),
    /// The address of an object type.
    Object(usize),
}

/// Types that are all there is to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Plain {
    Null,
    Undefined,
    String,
    Number,
    Bigint,
    Boolean,
    Symbol,
    Date,
    Bytes,
    Function,
    Opaque,
}

/// None for types that are compared by nothing.
fn identity(member: &Type<'_>) -> Option<MemberIdentity> {
    let plain = match member {
        Type::Null => Plain::Null,
        Type::Undefined => Plain::Undefined,
        Type::String => Plain::String,
        Type::Number => Plain::Number,
        Type::Bigint => Plain::Bigint,
        Type::Boolean => Plain::Boolean,
        Type::Symbol => Plain::Symbol,
        Type::Date => Plain::Date,
        Type::Bytes => Plain::Bytes,
        Type::Function => Plain::Function,
        Type::Opaque => Plain::Opaque,
        Type::StringLiteral(text) => return Some(MemberIdentity::Text(Rc::clone(text))),
        Type::NumberLiteral(value) => return Some(MemberIdentity::Number(value.to_bits())),
        Type::BooleanLiteral(value) => return Some(MemberIdentity::Boolean(*value)),
        Type::Object(object) => return Some(MemberIdentity::Object(Rc::as_ptr(object).addr())),
        Type::Any
        | Type::Unknown
        | Type::Never
        | Type::Template(_)
        | Type::Promise(_)
        | Type::Array(_)
        | Type::Tuple(..)
        | Type::Union(_)
        | Type::Column(_)
        | Type::Value(_)
        | Type::Unresolved(_) => return None,
    };
    Some(MemberIdentity::Plain(plain))
}
