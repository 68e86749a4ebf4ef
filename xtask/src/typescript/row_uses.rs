//! What the functions of a file do with rows: which schemas parse those that a query returned, and
//! the values of which declarations are written. Names are followed inside a function, through
//! constants, parameters with a declared type, and the callbacks of lists. Whatever is assigned
//! later, or comes from another function, is not known, and nothing is said of it.

mod answers;
mod bound;
mod flow;
mod given;
mod made;
mod queries;
mod selection;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::resolve::Resolver;
use super::syntax::{
    Case, ClassDecl, Expr, ExprKind, Function, Keyword, MemberKind, Module, Parameter, Statement,
    StatementKind, TypeKind, TypeMember, TypeNode, Variable,
};
use crate::facts::{DeclarationName, GivenKey, RowUsage, RowUse};
use bound::Bound;
use flow::Flow;

/// A file without such a call neither takes a request apart, parses a row nor writes one. Bodies of
/// functions are read only in the others: most files have none.
static DEALS_WITH_ROWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"@Body\s*\(|\.(?:values|insert|set|query|create|createMany|upsert|save)\s*[(<]|\.(?:parse|safeParse)(?:Async)?\b|[`'"]\s*(?:SELECT|select|WITH|with|INSERT|insert|UPDATE|update)\s"#).ok()
});

/// A call that reads rows or writes them: a file that only parses requests has none.
static ASKS_FOR_ROWS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"@Body\s*\(|\.(?:select|selectDistinct|selectFrom|returning|returningAll|query|values|set|insert|create|createMany|upsert|save|findMany|findFirst|findUnique|findFirstOrThrow|findUniqueOrThrow)\b|[`'"]\s*(?:SELECT|select|WITH|with|INSERT|insert|UPDATE|update|DELETE|delete)\b"#).ok()
});

/// A call that says which type it gets from an address: a file with one is a client of an API.
static FETCHES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#">\s*\(\s*[`'"](?:/|https?://)"#).ok());

/// Returns what `module` does with rows, and the keys that it gives to those that it writes.
pub(super) fn read<'p>(
    resolver: &Resolver<'p>,
    module: &'p Module,
) -> (Vec<RowUse>, BTreeSet<GivenKey>) {
    let text = module.lines.text();
    let has = |pattern: &LazyLock<Option<Regex>>| {
        pattern
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(text))
    };
    let deals_with_rows = has(&DEALS_WITH_ROWS) && has(&ASKS_FOR_ROWS);
    if !deals_with_rows && !has(&FETCHES) {
        return (Vec::new(), BTreeSet::new());
    }
    let mut reader = RowUseReader {
        resolver,
        module,
        bound: Bound::default(),
        returns: Vec::new(),
        nested: 0,
        found: Vec::new(),
        given: BTreeSet::new(),
    };
    for statement in &module.statements {
        reader.statement(statement);
    }
    if !deals_with_rows {
        // What a client does with the values is not what becomes of a row.
        reader
            .found
            .retain(|one| matches!(one.usage, RowUsage::Fetched));
        reader.given.clear();
    }
    (reader.found, reader.given)
}

/// Reads the statements of a file in their order.
struct RowUseReader<'e, 'p> {
    resolver: &'e Resolver<'p>,
    module: &'p Module,
    /// The names of the functions and blocks around.
    bound: Bound<'p>,
    /// The declared results of the functions around.
    returns: Vec<Option<&'p TypeNode>>,
    /// How many functions are being followed that make objects.
    nested: usize,
    found: Vec<RowUse>,
    /// The keys of what is written.
    given: BTreeSet<GivenKey>,
}

/// Types around the thing that they hold.
const AROUND: &[&str] = &["Array", "Awaited", "Promise", "Readonly", "ReadonlyArray"];

/// Whether a type is `null` or `undefined`.
fn is_empty(node: &TypeNode) -> bool {
    matches!(
        node.kind,
        TypeKind::Keyword(Keyword::Null | Keyword::Undefined)
    )
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
            | StatementKind::Condition(value) => self.expression(value),
            StatementKind::Return(Some(value)) => {
                self.expression(value);
                if let Some(Some(node)) = self.returns.last() {
                    self.assign(node, value);
                }
            }
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
            if let Some(node) = &variable.annotation {
                self.assign(node, value);
            }
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
    fn function(&mut self, function: &'p Function, first: Flow<'p>) {
        self.returns.push(function.return_type.as_ref());
        self.body(function, first);
        self.returns.pop();
    }

    fn body(&mut self, function: &'p Function, first: Flow<'p>) {
        self.bound.enter();
        let mut first = Some(first);
        for parameter in &function.parameters {
            let given = first.take().unwrap_or(Flow::Unknown);
            self.parameter(parameter, given);
        }
        self.block(function.body.statements());
        self.bound.leave();
    }

    fn parameter(&mut self, parameter: &'p Parameter, given: Flow<'p>) {
        let Some(name) = &parameter.name else {
            return self.bind_given(parameter, given);
        };
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

    /// The values of a declared type, or of a list or promise of it.
    fn of_type(&self, node: &'p TypeNode) -> Flow<'p> {
        match &node.kind {
            TypeKind::Array(inner) => self.of_type(inner),
            TypeKind::Object(members) => Flow::Shaped(members),
            TypeKind::Union(members) => {
                let mut values = members.iter().filter(|member| !is_empty(member));
                match (values.next(), values.next()) {
                    (Some(only), None) => self.of_type(only),
                    _ => Flow::Unknown,
                }
            }
            TypeKind::Reference(named) => match &*named.arguments {
                [] => {
                    let path: Vec<&str> = named.path.iter().map(|name| name.as_str()).collect();
                    match self.declared(&path) {
                        Some(declaration) => Flow::Values(declaration),
                        None => Flow::Unknown,
                    }
                }
                [inner] if AROUND.iter().any(|around| named.is(around)) => self.of_type(inner),
                _ => Flow::Unknown,
            },
            _ => Flow::Unknown,
        }
    }

    /// The values of a member of an object type.
    fn member_of(&self, members: &'p [TypeMember], key: &str) -> Flow<'p> {
        let mut properties = TypeNode::properties(members);
        let property = properties.find(|property| property.key.literal() == Some(key));
        match property.and_then(|property| property.value.as_ref()) {
            Some(node) => self.of_type(node),
            None => Flow::Unknown,
        }
    }

    fn expression(&mut self, expression: &'p Expr) {
        match &expression.kind {
            ExprKind::Function(function) => return self.function(function, Flow::Unknown),
            ExprKind::Class(class) => return self.class(class),
            ExprKind::As(inner, node) | ExprKind::Satisfies(inner, node) => {
                self.assign(node, inner);
            }
            ExprKind::Member(object, key, _) => self.read_field(object, key),
            ExprKind::Call(callee, types, arguments) => {
                self.parsed(callee, arguments);
                self.written(callee, arguments);
                self.said_of_result(expression, types, arguments);
                self.fetched(types, arguments);
                self.pushed(callee, arguments);
                if let ExprKind::Member(object, method, _) = &callee.kind {
                    given::add((object, method), arguments, &mut self.given);
                    let item = self.item_of(object, method);
                    self.expression(callee);
                    for argument in arguments {
                        match &argument.value.kind {
                            // A loop is read as such a call, and returns from the function around.
                            ExprKind::Function(function) if method == "forEach" => {
                                self.body(function, item.clone());
                            }
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
    fn item_of(&mut self, object: &'p Expr, method: &str) -> Flow<'p> {
        match self.flow(object) {
            listed @ Flow::Listed(_) if OF_EACH.contains(&method) || method == "then" => listed,
            Flow::Rows(table) if OF_EACH.contains(&method) => Flow::Row(table),
            values @ Flow::Values(_) if OF_EACH.contains(&method) => values,
            flow if method == "then" => flow,
            _ => Flow::Unknown,
        }
    }

    /// `data.value`, and `const { value } = data`
    fn read_field(&mut self, object: &'p Expr, key: &str) {
        if matches!(object.kind, ExprKind::Name(_))
            && let Flow::Values(declaration) = self.flow(object)
        {
            self.add(declaration, RowUsage::Read(key.to_owned()), None);
        }
    }

    /// `list.push({ id: row.id })`
    fn pushed(&mut self, callee: &'p Expr, arguments: &'p [super::syntax::Argument]) {
        let ExprKind::Member(list, method, _) = &callee.kind else {
            return;
        };
        if !matches!(method.as_str(), "push" | "unshift") {
            return;
        }
        let Flow::Values(declaration) = self.flow(list) else {
            return;
        };
        for argument in arguments {
            if let Flow::Made(object) = self.flow(&argument.value) {
                self.add_made(declaration.clone(), &object);
            }
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
