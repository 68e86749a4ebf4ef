//! Where a value inside a function comes from.

use super::RowUseReader;
use crate::facts::DeclarationName;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::Scope;
use crate::typescript::syntax::{Argument, Binary, Expr, ExprKind, Statement, StatementKind};
use crate::typescript::values::Value;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flow {
    /// A row that a query returned, with its table where the query takes all of its columns.
    Row(Option<String>),
    /// A list of such rows.
    Rows(Option<String>),
    /// Values of a declaration: one, or a list of them.
    Values(DeclarationName),
    /// An object that holds one of these under a key: `rows`, `data`.
    Under(&'static str, Box<Flow>),
    /// Something else.
    Unknown,
}

/// How far names of schemas are followed to the schema that they hold.
const DEPTH: usize = 4;

impl<'p> RowUseReader<'_, 'p> {
    /// Where the value of `expression` comes from.
    pub(super) fn flow(&self, expression: &'p Expr) -> Flow {
        match &expression.kind {
            ExprKind::Name(name) => self.bound.flow(name),
            // A promise is followed like its value.
            ExprKind::Await(inner)
            | ExprKind::NonNull(inner)
            | ExprKind::As(inner, _)
            | ExprKind::Satisfies(inner, _) => self.flow(inner),
            // `rows[0] ?? null`
            ExprKind::Binary(Binary::Coalesce | Binary::Or, inner, other)
                if matches!(other.kind, ExprKind::Null)
                    || matches!(&other.kind, ExprKind::Name(name) if name == "undefined") =>
            {
                self.flow(inner)
            }
            ExprKind::Index(inner, at) if matches!(at.kind, ExprKind::Number(_)) => {
                item(self.flow(inner))
            }
            ExprKind::Member(inner, key, _) => match self.flow(inner) {
                Flow::Under(held, flow) if key == held => *flow,
                _ => Flow::Unknown,
            },
            ExprKind::Call(callee, _, arguments) => self.called(expression, callee, arguments),
            ExprKind::Tagged(..) => self.query(expression),
            _ => Flow::Unknown,
        }
    }

    fn called(&self, expression: &'p Expr, callee: &'p Expr, arguments: &'p [Argument]) -> Flow {
        let ExprKind::Member(object, method, _) = &callee.kind else {
            return Flow::Unknown;
        };
        match method.as_str() {
            "parse" | "parseAsync" => self.values_of(callee),
            "safeParse" | "safeParseAsync" => match self.values_of(callee) {
                Flow::Unknown => Flow::Unknown,
                values => Flow::Under("data", Box::new(values)),
            },
            "at" | "find" | "findLast" if matches!(self.flow(object), Flow::Rows(_)) => {
                item(self.flow(object))
            }
            "filter" | "slice" | "toSorted" | "sort" | "reverse" | "toReversed"
                if matches!(self.flow(object), Flow::Rows(_) | Flow::Values(_)) =>
            {
                self.flow(object)
            }
            _ if arguments.iter().any(|argument| argument.spread) => Flow::Unknown,
            _ => self.query(expression),
        }
    }

    /// The results of the parser `X.parse`.
    fn values_of(&self, parser: &'p Expr) -> Flow {
        match self.schema_of_parser(parser) {
            Some(schema) => Flow::Values(schema),
            None => Flow::Unknown,
        }
    }

    /// The schema `X` of `X.parse`.
    pub(super) fn schema_of_parser(&self, parser: &'p Expr) -> Option<DeclarationName> {
        let ExprKind::Member(schema, method, _) = &parser.kind else {
            return None;
        };
        let is_parser = matches!(
            method.as_str(),
            "parse" | "parseAsync" | "safeParse" | "safeParseAsync"
        );
        is_parser.then(|| self.schema(schema, DEPTH)).flatten()
    }

    /// The declared schema that `expression` names, or makes a list of.
    fn schema(&self, expression: &'p Expr, left: usize) -> Option<DeclarationName> {
        let left = left.checked_sub(1)?;
        match &expression.kind {
            ExprKind::Name(name) => self.declared(&[name]),
            ExprKind::Member(object, member, _) => match &object.kind {
                ExprKind::Name(name) => self.declared(&[name, member]),
                _ => None,
            },
            ExprKind::Call(callee, _, arguments) => {
                let ExprKind::Member(object, method, _) = &callee.kind else {
                    return None;
                };
                match (method.as_str(), &**arguments) {
                    ("array" | "nullable" | "nullish" | "optional", []) => {
                        self.schema(object, left)
                    }
                    ("array", [item]) if !item.spread => self.schema(&item.value, left),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The declaration of the monorepo that the names `path` lead to from the top of the file. Of a
    /// list of a schema, it is that schema.
    pub(super) fn declared(&self, path: &[&str]) -> Option<DeclarationName> {
        let first = path.first()?;
        if self.bound.hides(first) {
            return None;
        }
        let program = self.resolver.program;
        let (symbol, rest) = match program.lookup(self.module, first)? {
            Symbol::Namespace(target) => (program.exported(target, path.get(1)?)?, path.get(2..)?),
            symbol => (symbol, path.get(1..)?),
        };
        let Symbol::Declared(module, name) = symbol else {
            return None;
        };
        if rest.is_empty()
            && let Some(item) = module.declarations(name).find_map(listed)
            && let Some(Symbol::Declared(module, name)) = program.lookup(module, item)
        {
            return Some(DeclarationName {
                file: module.path.to_string(),
                name: name.to_owned(),
            });
        }
        let mut name = name.to_owned();
        for member in rest {
            name = format!("{name}.{member}");
        }
        Some(DeclarationName {
            file: module.path.to_string(),
            name,
        })
    }

    /// The value of an expression that stands for what the file declares.
    pub(super) fn top_value(&self, expression: &'p Expr) -> Option<Value<'p>> {
        let root = match &expression.kind {
            ExprKind::Name(name) => name,
            ExprKind::Member(object, ..) => match &object.kind {
                ExprKind::Name(name) => name,
                _ => return None,
            },
            _ => return None,
        };
        if self.bound.hides(root) {
            return None;
        }
        self.resolver.begin();
        let scope = Scope::module(self.module);
        Some(self.resolver.value(&scope, expression))
    }
}

/// The name of the schema that a constant is a list of: `z.array(UserSchema)`, `UserSchema.array()`.
fn listed(statement: &Statement) -> Option<&str> {
    let StatementKind::Variable(variable) = &statement.kind else {
        return None;
    };
    let ExprKind::Call(callee, _, arguments) = &variable.value.as_ref()?.kind else {
        return None;
    };
    let ExprKind::Member(object, method, _) = &callee.kind else {
        return None;
    };
    let item = match &**arguments {
        [] => object,
        [item] if !item.spread => &item.value,
        _ => return None,
    };
    match &item.kind {
        ExprKind::Name(name) if method == "array" => Some(name),
        _ => None,
    }
}

/// One of the rows.
fn item(flow: Flow) -> Flow {
    match flow {
        Flow::Rows(table) => Flow::Row(table),
        values @ Flow::Values(_) => values,
        Flow::Row(_) | Flow::Under(..) | Flow::Unknown => Flow::Unknown,
    }
}
