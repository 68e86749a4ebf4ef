//! Unions as the compiler normalises them: flat, without duplicates, literals absorbed by their type.

use std::collections::HashSet;
use std::rc::Rc;

use super::Type;

/// The union of `types`.
pub fn union<'p>(types: impl IntoIterator<Item = Type<'p>>) -> Type<'p> {
    let mut members = Members::default();
    types.into_iter().for_each(|member| members.add(member));
    members.finish()
}

#[derive(Default)]
struct Members<'p> {
    members: Vec<Type<'p>>,
    /// What is there already, of types that can be compared.
    seen: HashSet<String>,
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
        let has = |name: &str| self.seen.contains(name);
        let booleans = has("boolean") || (has("true") && has("false"));
        let (strings, numbers) = (has("string"), has("number"));
        if booleans && !has("boolean") {
            let at = self.members.iter().position(|member| matches!(member, Type::BooleanLiteral(_)));
            self.members.insert(at.unwrap_or(0), Type::Boolean);
        }
        self.members.retain(|member| match member {
            Type::StringLiteral(_) => !strings,
            Type::NumberLiteral(_) => !numbers,
            Type::BooleanLiteral(_) => !booleans,
            _ => true,
        });
        match self.members.len() {
            0 => Type::Never,
            1 => self.members.swap_remove(0),
            _ => Type::Union(self.members.into()),
        }
    }
}

/// What two equal types have in common; none for types that are compared by nothing.
fn identity(member: &Type<'_>) -> Option<String> {
    Some(match member {
        Type::Null => "null".into(),
        Type::Undefined => "undefined".into(),
        Type::String => "string".into(),
        Type::Number => "number".into(),
        Type::Bigint => "bigint".into(),
        Type::Boolean => "boolean".into(),
        Type::Symbol => "symbol".into(),
        Type::Date => "Date".into(),
        Type::Bytes => "Bytes".into(),
        Type::Function => "Function".into(),
        Type::Opaque => "object".into(),
        Type::StringLiteral(text) => format!("'{text}'"),
        Type::NumberLiteral(value) => format!("#{value}"),
        Type::BooleanLiteral(value) => value.to_string(),
        Type::Object(object) => format!("object {:p}", Rc::as_ptr(object)),
        Type::Any
        | Type::Unknown
        | Type::Never
        | Type::Array(_)
        | Type::Tuple(..)
        | Type::Union(_)
        | Type::Column(_)
        | Type::Value(_)
        | Type::Unresolved(_) => return None,
    })
}
