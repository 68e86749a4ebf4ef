//! Where a value inside a function comes from.

use std::rc::Rc;

use super::RowUseReader;
use super::made::MadeObject;
use super::selection::Selection;
use crate::facts::DeclarationName;
use crate::typescript::modules::Symbol;
use crate::typescript::resolve::Scope;
use crate::typescript::syntax::{
    Argument, Binary, Expr, ExprKind, Statement, StatementKind, TypeMember,
};
use crate::typescript::values::Value;

/// Where a value comes from.
#[derive(Debug, Clone)]
pub(super) enum Flow<'p> {
    /// A row that a query returned, with its table where the query takes all of its columns.
    Row(Option<String>),
    /// A list of such rows.
    Rows(Option<String>),
    /// Values of a declaration: one, or a list of them.
    Values(DeclarationName),
    /// An object that holds one of these under a key: `rows`, `data`.
    Under(&'static str, Box<Self>),
    /// The answer to a query that lists its columns: a row, several, or what holds them.
    Listed(Rc<Selection>),
    /// The value of such a row under a name.
    Value(Rc<Selection>, String),
    /// What code makes of such a row: one object, or a list of them.
    Made(Rc<MadeObject>),
    /// An object whose type is written in place: `{ items: Item[] }`.
    Shaped(&'p [TypeMember]),
    /// Something else.
    Unknown,
}

/// Keys under which drivers answer with the rows.
const ANSWERS: &[&str] = &["data", "results", "rows"];

/// How far names of schemas are followed to the schema that they hold.
const DEPTH: usize = 4;

impl<'p> RowUseReader<'_, 'p> {
    /// Where the value of `expression` comes from.
    pub(super) fn flow(&mut self, expression: &'p Expr) -> Flow<'p> {
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
            // Of two queries, what both list alike.
            ExprKind::Conditional(_, then, otherwise) => {
                match (self.flow(then), self.flow(otherwise)) {
                    (Flow::Listed(one), Flow::Listed(other)) => {
                        Flow::Listed(Rc::new(one.or(&other)))
                    }
                    (Flow::Made(one), Flow::Made(other)) => Flow::Made(Rc::new(one.or(&other))),
                    (made @ Flow::Made(_), Flow::Unknown)
                    | (Flow::Unknown, made @ Flow::Made(_)) => made,
                    _ => Flow::Unknown,
                }
            }
            ExprKind::Index(inner, at) if matches!(at.kind, ExprKind::Number(_)) => {
                item(self.flow(inner))
            }
            ExprKind::Member(inner, key, _) => match self.flow(inner) {
                Flow::Under(held, flow) if key == held => *flow,
                Flow::Listed(selection) => {
                    match ANSWERS.contains(&key.as_str()) && !selection.lists(key) {
                        true => Flow::Listed(selection),
                        false => Flow::Value(selection, key.to_string()),
                    }
                }
                Flow::Shaped(members) => self.member_of(members, key),
                _ => Flow::Unknown,
            },
            ExprKind::Object(members) => self.made(members),
            ExprKind::Call(callee, _, arguments) => self.called(expression, callee, arguments),
            ExprKind::Tagged(..) => self.query(expression),
            _ => Flow::Unknown,
        }
    }

    fn called(
        &mut self,
        expression: &'p Expr,
        callee: &'p Expr,
        arguments: &'p [Argument],
    ) -> Flow<'p> {
        let ExprKind::Member(object, method, _) = &callee.kind else {
            if let (Some(function), [first, ..]) = (self.function_of(callee), arguments)
                && let given @ Flow::Listed(_) = self.flow(&first.value)
            {
                return self.applied(function, given);
            }
            return self.asked_through(arguments);
        };
        match method.as_str() {
            "parse" | "parseAsync" => self.values_of(callee),
            "safeParse" | "safeParseAsync" => match self.values_of(callee) {
                Flow::Unknown => Flow::Unknown,
                values => Flow::Under("data", Box::new(values)),
            },
            "at" | "find" | "findLast" | "filter" | "slice" | "toSorted" | "sort" | "reverse"
            | "toReversed" | "pop" | "shift" => {
                let of = self.flow(object);
                match (of, method.as_str()) {
                    (made @ (Flow::Made(_) | Flow::Listed(_)), _) => made,
                    (rows @ Flow::Rows(_), "at" | "find" | "findLast") => item(rows),
                    (_, "at" | "find" | "findLast" | "pop" | "shift") => Flow::Unknown,
                    (of @ (Flow::Rows(_) | Flow::Values(_)), _) => of,
                    _ => Flow::Unknown,
                }
            }
            "map" | "flatMap" | "then" => match (self.flow(object), arguments) {
                (of @ (Flow::Listed(_) | Flow::Made(_)), [callback, ..]) => {
                    self.mapped(of, &callback.value)
                }
                _ => Flow::Unknown,
            },
            "all" | "get" | "first" | "execute" | "bind" | "values"
                if matches!(self.flow(object), Flow::Listed(_)) =>
            {
                self.flow(object)
            }
            _ if arguments.iter().any(|argument| argument.spread) => Flow::Unknown,
            _ => match self.query(expression) {
                Flow::Unknown => self.asked_through(arguments),
                known => known,
            },
        }
    }

    /// The answer of a helper that is given SQL: `many(db, 'SELECT id FROM users')`.
    fn asked_through(&mut self, arguments: &'p [Argument]) -> Flow<'p> {
        for argument in arguments {
            let selection = match &argument.value.kind {
                ExprKind::String(_) | ExprKind::Template(..) | ExprKind::Tagged(..) => {
                    self.selection_of(&argument.value)
                }
                _ => None,
            };
            if let Some(selection) = selection {
                return Flow::Listed(Rc::new(selection));
            }
        }
        Flow::Unknown
    }

    /// The results of the parser `X.parse`.
    fn values_of(&self, parser: &'p Expr) -> Flow<'p> {
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
fn item(flow: Flow<'_>) -> Flow<'_> {
    match flow {
        Flow::Rows(table) => Flow::Row(table),
        values @ (Flow::Values(_) | Flow::Listed(_) | Flow::Made(_)) => values,
        Flow::Row(_) | Flow::Under(..) | Flow::Value(..) | Flow::Shaped(_) | Flow::Unknown => {
            Flow::Unknown
        }
    }
}
