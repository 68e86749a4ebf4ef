//! Names that a field's type or schema refers to, and tables that a declaration is linked to.

use super::File;
use crate::facts::{Side, TableLink};
use crate::source::Location;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::{Binding, Scope};
use crate::typescript::syntax::{
    Expr, ExprKind, Keyword, Statement, StatementKind, Text, TypeKind, TypeNode,
};
use crate::typescript::values::Value;
use crate::typescript::vocabulary::{self, Library};

impl<'p> File<'_, 'p> {
    /// The declared type that a node refers to: `UserId` of `UserId | null`, `Comment` of
    /// `Comment[]`.
    pub(super) fn reference(&self, scope: &Scope<'p>, node: &'p TypeNode) -> Option<String> {
        match &node.kind {
            TypeKind::Reference(named) => match named.parts() {
                ([name], [element])
                    if matches!(
                        name.as_str(),
                        "Array" | "ReadonlyArray" | "Readonly" | "Partial"
                    ) =>
                {
                    self.reference(scope, element)
                }
                ([name, ..], _) => {
                    let declared = match scope.lookup(name) {
                        Some(Binding::Type(..)) => false,
                        Some(Binding::Statements(..)) => true,
                        Some(Binding::Value(_)) | None => {
                            let symbol = self.resolver.lookup(scope.module, name);
                            matches!(symbol, Some(Symbol::Declared(..) | Symbol::Namespace(_)))
                        }
                    };
                    declared
                        .then(|| named.path.last().map(Text::to_string))
                        .flatten()
                }
                ([], _) => None,
            },
            TypeKind::Array(element) => self.reference(scope, element),
            TypeKind::Union(members) => {
                let mut values = members.iter().filter(|member| !is_nothing(member));
                let only = values.next()?;
                values
                    .next()
                    .is_none()
                    .then(|| self.reference(scope, only))
                    .flatten()
            }
            _ => None,
        }
    }

    /// The schema that an expression refers to: `RoleSchema` of `z.array(RoleSchema).optional()`.
    pub(super) fn schema_reference(&self, expression: &'p Expr) -> Option<String> {
        match &expression.kind {
            ExprKind::Name(name) => Some(name.to_string()),
            ExprKind::Call(callee, _, arguments) => match &callee.kind {
                ExprKind::Member(object, name, _) => match (&object.kind, arguments.first()) {
                    (ExprKind::Name(_), Some(inner))
                        if matches!(
                            name.as_str(),
                            "array" | "enum" | "lazy" | "nativeEnum" | "nullable" | "optional"
                        ) =>
                    {
                        self.schema_reference(&inner.value)
                    }
                    (ExprKind::Name(base), _) if self.is_local(base) => Some(base.to_string()),
                    (ExprKind::Call(..), _) => self.schema_reference(object),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// The place of the declared values that a schema takes: of `ROLES` in `z.enum(ROLES)`.
    pub(super) fn declared_values(&self, expression: &'p Expr) -> Option<Location> {
        let ExprKind::Call(callee, _, arguments) = &expression.kind else {
            return None;
        };
        let ExprKind::Member(object, name, _) = &callee.kind else {
            return None;
        };
        let values = match name.as_str() {
            "enum" | "nativeEnum" => arguments.first()?,
            // `z.enum(ROLES).describe('…')`
            _ => return self.declared_values(object),
        };
        let ExprKind::Name(values) = &values.value.kind else {
            return None;
        };
        match self.resolver.lookup(self.module, values)? {
            Symbol::Declared(module, name) => {
                let (_name, span) = module.declarations(name).find_map(Statement::declared)?;
                Some(module.location(span))
            }
            _ => None,
        }
    }

    fn is_local(&self, name: &'p str) -> bool {
        matches!(
            self.resolver.lookup(self.module, name),
            Some(Symbol::Declared(..))
        )
    }

    /// The table that the source itself links a type to.
    pub(super) fn table_link(&self, statement: &'p Statement) -> Option<TableLink> {
        match &statement.kind {
            StatementKind::Alias(alias) => self.node_link(&alias.value),
            _ => None,
        }
    }

    fn node_link(&self, node: &'p TypeNode) -> Option<TableLink> {
        match &node.kind {
            TypeKind::Query(named) => {
                let (member, names) = named.path.split_last()?;
                self.linked(self.named_table(names)?, member)
            }
            TypeKind::Indexed(object, index) => self.indexed_link(object, index),
            TypeKind::Reference(named) => {
                let name = named.path.last()?;
                if let Some(side) = vocabulary::side_by_name(name) {
                    return supabase_link(&named.arguments, side);
                }
                let side = vocabulary::side_of_type(&[Library::Drizzle, Library::Kysely], name)?;
                let [of] = &*named.arguments else {
                    return None;
                };
                Some(TableLink {
                    side,
                    ..self.table_of(of)?
                })
            }
            _ => None,
        }
    }

    /// `(typeof users)['$inferSelect']`, `Database['public']['Tables']['users']['Row']`
    fn indexed_link(&self, object: &'p TypeNode, index: &'p TypeNode) -> Option<TableLink> {
        let TypeKind::String(member) = &index.kind else {
            return None;
        };
        if let TypeKind::Query(named) = &object.kind {
            return self.linked(self.named_table(&named.path)?, member);
        }
        let side = vocabulary::side_of_property(member)?;
        let TypeKind::Indexed(tables, table) = &object.kind else {
            return None;
        };
        let (TypeKind::String(table), TypeKind::Indexed(schema, tables)) =
            (&table.kind, &tables.kind)
        else {
            return None;
        };
        let TypeKind::String(tables) = &tables.kind else {
            return None;
        };
        let namespace = match &schema.kind {
            TypeKind::Indexed(_, namespace) => match &namespace.kind {
                TypeKind::String(namespace) => namespace.as_str(),
                _ => return None,
            },
            _ => "public",
        };
        (tables == "Tables" || tables == "Views").then(|| TableLink {
            table: qualified(namespace, table),
            side,
            listed: None,
        })
    }

    /// The table behind `typeof users` or `DB['users']`.
    fn table_of(&self, node: &'p TypeNode) -> Option<TableLink> {
        match &node.kind {
            TypeKind::Query(named) => Some(TableLink {
                table: self.named_table(&named.path)?,
                side: Side::Row,
                listed: None,
            }),
            TypeKind::Indexed(_, index) => string_link(index, Side::Row),
            _ => None,
        }
    }

    fn named_table(&self, path: &'p [Text]) -> Option<String> {
        let (name, rest) = path.split_first()?;
        let value = self.resolver.name(&Scope::module(self.module), name);
        match self.resolver.path_value(value, rest).uncast() {
            Value::Table(table) => {
                let name = table.name.as_ref()?;
                Some(qualified(
                    table.namespace.as_deref().unwrap_or("public"),
                    name,
                ))
            }
            _ => None,
        }
    }

    fn linked(&self, table: String, member: &str) -> Option<TableLink> {
        Some(TableLink {
            table,
            side: vocabulary::side_of_member(member)?,
            listed: None,
        })
    }
}

/// `Tables<'users'>`, `Tables<{ schema: 'audit' }, 'logs'>`
fn supabase_link(arguments: &[TypeNode], side: Side) -> Option<TableLink> {
    let (options, table) = match arguments {
        [table] => return string_link(table, side),
        [options, table] => (options, string_link(table, side)?),
        _ => return None,
    };
    let TypeKind::Object(options) = &options.kind else {
        return None;
    };
    let schema =
        TypeNode::properties(options).find(|option| option.key.literal() == Some("schema"))?;
    match &schema.value.as_ref()?.kind {
        TypeKind::String(namespace) => Some(TableLink {
            table: qualified(namespace, &table.table),
            side,
            listed: None,
        }),
        _ => None,
    }
}

fn string_link(node: &TypeNode, side: Side) -> Option<TableLink> {
    match &node.kind {
        TypeKind::String(table) => Some(TableLink {
            table: table.to_string(),
            side,
            listed: None,
        }),
        _ => None,
    }
}

/// As people write it: the namespace `public` goes without saying.
pub(in crate::typescript) fn qualified(namespace: &str, table: &str) -> String {
    if namespace == "public" {
        table.to_owned()
    } else {
        format!("{namespace}.{table}")
    }
}

fn is_nothing(node: &TypeNode) -> bool {
    matches!(
        node.kind,
        TypeKind::Keyword(Keyword::Null | Keyword::Undefined)
    )
}
