//! Types as they are written → what they mean.

use std::rc::Rc;

use compact_str::format_compact;

use super::{LONGEST_LIST, LONGEST_TEXT, Lazy, Resolver, Scope, Template, Type, union};
use crate::typescript::syntax::{Keyword, TemplateType, TypeKind, TypeNode};

impl<'p> Resolver<'p> {
    /// The type that `node` means in `scope`.
    pub fn node(&self, scope: &Scope<'p>, node: &'p TypeNode) -> Type<'p> {
        self.deeper(|| self.kind(scope, &node.kind))
            .unwrap_or_else(Type::unresolved)
    }

    fn kind(&self, scope: &Scope<'p>, kind: &'p TypeKind) -> Type<'p> {
        match kind {
            TypeKind::Keyword(keyword) => self::keyword(*keyword),
            TypeKind::String(text) => Type::literal(text),
            TypeKind::Number(value) => Type::NumberLiteral(*value),
            TypeKind::Boolean(value) => Type::BooleanLiteral(*value),
            TypeKind::Bigint => Type::Bigint,
            TypeKind::Template(template) => self.template(scope, template),
            TypeKind::Array(element) => Type::Array(Lazy::node(scope, element)),
            TypeKind::Tuple(elements) => self.tuple(scope, elements),
            TypeKind::Rest(element) => self.node(scope, element),
            TypeKind::Union(members) => {
                union(members.iter().map(|member| self.node(scope, member)))
            }
            TypeKind::Intersection(members) => self.intersection(
                members
                    .iter()
                    .map(|member| self.node(scope, member))
                    .collect(),
            ),
            TypeKind::Reference(named) => self.reference(scope, named),
            TypeKind::Query(named) => self.type_query(scope, &named.path),
            TypeKind::Import(import) => self.import_type(scope, import),
            TypeKind::Object(members) => self.object_type(scope, members),
            TypeKind::Indexed(object, index) => {
                let object = self.node(scope, object);
                self.indexed(&object, &self.node(scope, index))
            }
            TypeKind::KeyOf(inner) => self.keys(&self.node(scope, inner)),
            TypeKind::Mapped(mapped) => self.mapped(scope, mapped),
            TypeKind::Conditional(conditional) => self.conditional(scope, conditional),
            TypeKind::Infer(name) => Type::unresolved(format!("`infer {name}` is not read")),
            TypeKind::Function => Type::Function,
            TypeKind::This => Type::unresolved("`this` is not read here"),
            TypeKind::Other(reason) => Type::unresolved(*reason),
        }
    }

    fn tuple(&self, scope: &Scope<'p>, elements: &'p [TypeNode]) -> Type<'p> {
        let mut fixed = Vec::new();
        let mut rest = None;
        for element in elements {
            let TypeKind::Rest(inner) = &element.kind else {
                fixed.push(Lazy::node(scope, element));
                continue;
            };
            match self.node(scope, inner) {
                Type::Array(item) => rest = Some(item),
                Type::Tuple(items, _) if fixed.len() + items.len() > LONGEST_LIST => {
                    return Type::unresolved("it is a very long tuple");
                }
                Type::Tuple(items, more) => {
                    fixed.extend(items.iter().cloned());
                    rest = more.or(rest);
                }
                other => rest = Some(Lazy::known(other)),
            }
        }
        Type::Tuple(fixed.into(), rest)
    }

    /// `` `a-${'b' | 'c'}` `` is `'a-b' | 'a-c'`; with anything but literals it is some string.
    fn template(&self, scope: &Scope<'p>, template: &'p TemplateType) -> Type<'p> {
        let TemplateType { texts, types } = template;
        let mut made = vec![texts.first().cloned().unwrap_or_default()];
        for (part, text) in types.iter().zip(texts.iter().skip(1)) {
            let part = self.node(scope, part);
            let Some(literals) = literals(&part) else {
                return self.open_template(scope, template);
            };
            let longest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
            let length = longest(&mut made.iter().map(|text| text.len()))
                + longest(&mut literals.iter().map(String::len))
                + text.len();
            if made.len() * literals.len() > 1_000 || length > LONGEST_TEXT {
                return self.open_template(scope, template);
            }
            made = made
                .iter()
                .flat_map(|head| {
                    literals
                        .iter()
                        .map(move |part| format_compact!("{head}{part}{text}"))
                })
                .collect();
        }
        union(made.into_iter().map(|text| Type::literal(&text)))
    }
}

impl<'p> Resolver<'p> {
    fn open_template(&self, scope: &Scope<'p>, template: &'p TemplateType) -> Type<'p> {
        let any = template
            .types
            .iter()
            .all(|part| matches!(self.node(scope, part), Type::String));
        Type::Template(Rc::new(Template {
            texts: template.texts.iter().map(ToString::to_string).collect(),
            any,
        }))
    }
}

/// The texts of a union of literals.
fn literals(part: &Type<'_>) -> Option<Vec<String>> {
    let text = |member: &Type<'_>| match member {
        Type::StringLiteral(text) => Some(text.to_string()),
        Type::NumberLiteral(value) => Some(value.to_string()),
        Type::BooleanLiteral(value) => Some(value.to_string()),
        _ => None,
    };
    part.members().iter().map(text).collect()
}

fn keyword<'p>(keyword: Keyword) -> Type<'p> {
    match keyword {
        Keyword::Any => Type::Any,
        Keyword::Unknown => Type::Unknown,
        Keyword::Never => Type::Never,
        Keyword::String => Type::String,
        Keyword::Number => Type::Number,
        Keyword::Bigint => Type::Bigint,
        Keyword::Boolean => Type::Boolean,
        Keyword::Symbol => Type::Symbol,
        Keyword::Null => Type::Null,
        Keyword::Undefined | Keyword::Void => Type::Undefined,
        Keyword::Object => Type::Opaque,
    }
}
