//! What the functions of a file do with rows: which schemas parse those that a query returned, and
//! the values of which declarations are written. Names are followed inside a function, through
//! constants, parameters with a declared type, and the callbacks of lists. Whatever is assigned
//! later, or comes from another function, is not known, and nothing is said of it.

mod bound;
mod flow;
mod queries;
#[cfg(test)]
mod tests;
mod writes;

use std::sync::LazyLock;

use regex::Regex;

use super::resolve::Resolver;
use super::syntax::{
    Case, ClassDecl, Expr, ExprKind, Function, MemberKind, Module, Parameter, Statement,
    StatementKind, TypeKind, TypeNode, Variable,
};
use crate::facts::{DeclarationName, RowUsage, RowUse};
use bound::Bound;
use flow::Flow;

/// A file without such a call neither parses a row nor writes one. Bodies of functions are read
/// only in the others: most files have none.
static DEALS_WITH_ROWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\.(?:values|insert|set|query)\s*\(|\.(?:parse|safeParse)(?:Async)?\b").ok()
});

/// A call that reads rows or writes them: a file that only parses requests has none.
static ASKS_FOR_ROWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\.(?:select|selectDistinct|selectFrom|returning|returningAll|query|values|set|insert|findMany|findFirst|findUnique|findFirstOrThrow|findUniqueOrThrow)\b|`\s*(?i:select|with|insert|update|delete)\b").ok()
});

/// Returns what `module` does with rows.
pub(super) fn read<'p>(resolver: &Resolver<'p>, module: &'p Module) -> Vec<RowUse> {
    let text = module.lines.text();
    let has = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    };
    if !has(&DEALS_WITH_ROWS) || !has(&ASKS_FOR_ROWS) {
        return Vec::new();
    }
    let mut reader = RowUseReader {
        resolver,
        module,
        bound: Bound::default(),
        found: Vec::new(),
    };
    for statement in &module.statements {
        reader.statement(statement);
    }
    reader.found
}

/// Reads the statements of a file in their order.
struct RowUseReader<'e, 'p> {
    resolver: &'e Resolver<'p>,
    module: &'p Module,
    /// The names of the functions and blocks around.
    bound: Bound<'p>,
    found: Vec<RowUse>,
}

/// The methods of lists that call a function with each item first.
const OF_EACH: &[&str] = &[
    "every", "filter", "find", "findLast", "flatMap", "forEach", "map", "some",
];

impl<'p> RowUseReader<'_, 'p> {
    fn add(&mut self, declaration: DeclarationName, usage: RowUsage, table: Option<String>) {
        let one = RowUse {
            declaration,
            usage,
            table,
        };
        if !self.found.contains(&one) {
            self.found.push(one);
        }
    }

    fn block(&mut self, statements: &'p [Statement]) {
        self.bound.enter();
        for statement in statements {
            self.bound.declare(statement);
        }
        for statement in statements {
            self.statement(statement);
        }
        self.bound.leave();
    }

    fn statement(&mut self, statement: &'p Statement) {
        match &statement.kind {
            StatementKind::Variable(variable) => self.variable(variable),
            StatementKind::Function(_, function) => self.function(function, Flow::Unknown),
            StatementKind::Class(class) => self.class(class),
            StatementKind::Namespace(namespace) => self.block(&namespace.body),
            StatementKind::Nested(body) => self.block(body),
            StatementKind::Default(value)
            | StatementKind::Expression(value)
            | StatementKind::Condition(value)
            | StatementKind::Return(Some(value)) => self.expression(value),
            StatementKind::Switch(value, cases) => self.switch(value, cases),
            StatementKind::Return(None)
            | StatementKind::Interface(_)
            | StatementKind::Alias(_)
            | StatementKind::Enum(_) => {}
        }
    }

    fn switch(&mut self, value: &'p Expr, cases: &'p [Case]) {
        self.expression(value);
        for case in cases {
            if let Some(test) = &case.test {
                self.expression(test);
            }
            self.block(&case.body);
        }
    }

    fn variable(&mut self, variable: &'p Variable) {
        if let Some(value) = &variable.value {
            self.expression(value);
        }
        let flow = match (&variable.annotation, &variable.value) {
            _ if !variable.constant => Flow::Unknown,
            (Some(node), _) => self.of_type(node),
            (None, Some(value)) => self.flow(value),
            (None, None) => Flow::Unknown,
        };
        self.bound.bind(&variable.name.text, flow);
    }

    fn class(&mut self, class: &'p ClassDecl) {
        for member in &class.members {
            match &member.kind {
                MemberKind::Method(function)
                | MemberKind::Getter(function)
                | MemberKind::Constructor(function) => self.function(function, Flow::Unknown),
                MemberKind::Field(Some(value)) => self.expression(value),
                MemberKind::Field(None) | MemberKind::Setter | MemberKind::Other => {}
            }
        }
    }

    /// The body of `function`, whose first argument is `first`.
    fn function(&mut self, function: &'p Function, first: Flow) {
        self.bound.enter();
        let mut first = Some(first);
        for parameter in &function.parameters {
            let given = first.take().unwrap_or(Flow::Unknown);
            self.parameter(parameter, given);
        }
        self.block(function.body.statements());
        self.bound.leave();
    }

    fn parameter(&mut self, parameter: &'p Parameter, given: Flow) {
        for binding in &parameter.bindings {
            self.bound.bind(&binding.local, Flow::Unknown);
        }
        if let Some(left) = &parameter.left {
            self.bound.bind(&left.local, Flow::Unknown);
        }
        let Some(name) = &parameter.name else { return };
        let flow = match &parameter.annotation {
            _ if parameter.rest => Flow::Unknown,
            Some(node) => match self.of_type(node) {
                Flow::Unknown => given,
                declared => declared,
            },
            None => given,
        };
        self.bound.bind(name, flow);
    }

    /// The values of a declared type, or of a list of it.
    fn of_type(&self, node: &TypeNode) -> Flow {
        match &node.kind {
            TypeKind::Array(inner) => self.of_type(inner),
            TypeKind::Reference(named) if named.arguments.is_empty() => {
                let path: Vec<&str> = named.path.iter().map(|name| name.as_str()).collect();
                match self.declared(&path) {
                    Some(declaration) => Flow::Values(declaration),
                    None => Flow::Unknown,
                }
            }
            _ => Flow::Unknown,
        }
    }

    fn expression(&mut self, expression: &'p Expr) {
        match &expression.kind {
            ExprKind::Function(function) => return self.function(function, Flow::Unknown),
            ExprKind::Class(class) => return self.class(class),
            ExprKind::Call(callee, _, arguments) => {
                self.parsed(callee, arguments);
                self.written(callee, arguments);
                if let ExprKind::Member(object, method, _) = &callee.kind {
                    let item = self.item_of(object, method);
                    self.expression(callee);
                    for argument in arguments {
                        match &argument.value.kind {
                            ExprKind::Function(function) => self.function(function, item.clone()),
                            _ => self.expression(&argument.value),
                        }
                    }
                    return;
                }
            }
            _ => {}
        }
        let mut parts = Vec::new();
        expression.parts(&mut |part| parts.push(part));
        for part in parts {
            self.expression(part);
        }
    }

    /// The first argument of the function that `object.method(…)` is given.
    fn item_of(&self, object: &'p Expr, method: &str) -> Flow {
        match self.flow(object) {
            Flow::Rows(table) if OF_EACH.contains(&method) => Flow::Row(table),
            values @ Flow::Values(_) if OF_EACH.contains(&method) => values,
            flow if method == "then" => flow,
            _ => Flow::Unknown,
        }
    }

    /// `Schema.parse(row)`, `rows.map(Schema.parse)`
    fn parsed(&mut self, callee: &'p Expr, arguments: &'p [super::syntax::Argument]) {
        let ExprKind::Member(object, method, _) = &callee.kind else {
            return;
        };
        let Some(argument) = arguments.first() else {
            return;
        };
        let (parser, given) = match OF_EACH.contains(&method.as_str()) {
            true => (&argument.value, self.item_of(object, method)),
            false => (callee, self.flow(&argument.value)),
        };
        let (Flow::Row(table) | Flow::Rows(table)) = given else {
            return;
        };
        if let Some(schema) = self.schema_of_parser(parser) {
            self.add(schema, RowUsage::ParsesRows, table);
        }
    }
}
