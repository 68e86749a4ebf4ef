//! Objects that code makes of the rows of a query by hand, and the declared types that they are made
//! for: what a function returns, what a variable holds, what a query or a cast says.

use std::rc::Rc;

use super::RowUseReader;
use super::flow::Flow;
use super::queries::whole_table;
use super::selection::Selection;
use crate::facts::{DeclarationName, RowUsage};
use crate::typescript::modules::Symbol;
use crate::typescript::syntax::{
    Argument, Expr, ExprKind, Function, ObjectMember, Parameter, Statement, StatementKind,
    TypeMember, TypeNode,
};

/// An object that is made of a row: `{ deviceId: row.id, site: row.site_id ?? '' }`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct MadeObject {
    table: Option<String>,
    /// Each key, with the column whose value it holds as it is.
    fields: Vec<(String, Option<String>)>,
}

impl MadeObject {
    /// What is known of one of two objects.
    pub(super) fn or(&self, other: &Self) -> Self {
        let column = |name: &str| {
            let (_, column) = other.fields.iter().find(|(known, _)| known == name)?;
            column.as_ref()
        };
        let same = |(name, own): &(String, Option<String>)| {
            let own = own.as_ref().filter(|own| column(name) == Some(*own));
            (name.clone(), own.cloned())
        };
        Self {
            table: self.table.clone().filter(|_| self.table == other.table),
            fields: self.fields.iter().map(same).collect(),
        }
    }

    fn take(&mut self, name: &str, selection: &Selection, column: Option<&str>) {
        let is_first = self.table.is_none();
        if is_first {
            self.table.clone_from(&selection.table);
        }
        let column = column.filter(|_| self.table == selection.table);
        self.fields.retain(|(known, _)| known != name);
        self.fields
            .push((name.to_owned(), column.map(str::to_owned)));
    }
}

/// How deep functions are followed that make objects.
const NESTED: usize = 3;

impl<'p> RowUseReader<'_, 'p> {
    /// The object that a literal makes of a row; unknown where it reads none.
    pub(super) fn made(&mut self, members: &'p [ObjectMember]) -> Flow<'p> {
        let mut object = MadeObject::default();
        match self.add_members(members, true, &mut object) {
            true => Flow::Made(Rc::new(object)),
            false => Flow::Unknown,
        }
    }

    /// Adds the members of a literal to `object`, and returns whether one reads a row. Those of a
    /// literal that is only spread where something holds may be absent.
    fn add_members(
        &mut self,
        members: &'p [ObjectMember],
        certain: bool,
        object: &mut MadeObject,
    ) -> bool {
        let mut reads = false;
        for member in members {
            match member {
                ObjectMember::Property { key, value, .. } => {
                    let Some(name) = key.literal() else { continue };
                    let source = self.source(value).filter(|_| certain);
                    let selection = match &source {
                        Some((selection, _)) => Some(Rc::clone(selection)),
                        None => self.row_read_by(value),
                    };
                    reads |= selection.is_some();
                    let selection = selection.unwrap_or_default();
                    let column = source.as_ref().and_then(|(of, name)| of.column(name));
                    object.take(name, &selection, column);
                }
                ObjectMember::Spread(value) => reads |= self.add_spread(value, object),
            }
        }
        reads
    }

    fn add_spread(&mut self, value: &'p Expr, object: &mut MadeObject) -> bool {
        // What is spread only where something holds may be absent.
        let is_certain = !matches!(value.kind, ExprKind::Conditional(..) | ExprKind::Binary(..));
        let flow = match is_certain {
            true => self.flow(value),
            false => Flow::Unknown,
        };
        match flow {
            Flow::Listed(selection) => {
                for (name, column) in selection.names() {
                    object.take(name, &selection, column);
                }
                return true;
            }
            Flow::Made(other) => {
                object.table = object.table.take().or_else(|| other.table.clone());
                object.fields.extend(other.fields.iter().cloned());
                return true;
            }
            _ => {}
        }
        let mut reads = false;
        let mut parts = Vec::new();
        value.parts(&mut |part| parts.push(part));
        for part in parts {
            if let ExprKind::Object(members) = &part.kind {
                reads |= self.add_members(members, false, object);
            }
        }
        reads
    }

    /// The value of a row that `expression` is, without a change.
    fn source(&mut self, expression: &'p Expr) -> Option<(Rc<Selection>, String)> {
        match &expression.kind {
            ExprKind::As(inner, _) | ExprKind::Satisfies(inner, _) => self.source(inner),
            ExprKind::Name(_) | ExprKind::Member(..) => match self.flow(expression) {
                Flow::Value(selection, name) => Some((selection, name)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The rows that `expression` reads a value of.
    fn row_read_by(&mut self, expression: &'p Expr) -> Option<Rc<Selection>> {
        if let ExprKind::Name(_) | ExprKind::Member(..) = &expression.kind
            && let Flow::Value(selection, _) | Flow::Listed(selection) = self.flow(expression)
        {
            return Some(selection);
        }
        let mut parts = Vec::new();
        expression.parts(&mut |part| parts.push(part));
        parts.into_iter().find_map(|part| self.row_read_by(part))
    }

    /// The results of a function that is given each of `items`.
    pub(super) fn mapped(&mut self, items: Flow<'p>, callback: &'p Expr) -> Flow<'p> {
        match self.function_of(callback) {
            Some(function) => self.applied(function, items),
            None => Flow::Unknown,
        }
    }

    /// The function that is written in place, or that a name of this file stands for.
    pub(super) fn function_of(&self, callback: &'p Expr) -> Option<&'p Function> {
        let name = match &callback.kind {
            ExprKind::Function(function) => return Some(function),
            ExprKind::Name(name) if !self.bound.hides(name) => name,
            _ => return None,
        };
        let symbol = self.resolver.program.lookup(self.module, name)?;
        let Symbol::Declared(module, name) = symbol else {
            return None;
        };
        if module.path != self.module.path {
            return None;
        }
        self.module.declarations(name).find_map(declared_function)
    }

    /// What `function` makes of its first argument.
    pub(super) fn applied(&mut self, function: &'p Function, given: Flow<'p>) -> Flow<'p> {
        if self.nested >= NESTED {
            return Flow::Unknown;
        }
        self.nested += 1;
        self.bound.enter();
        if let Some(first) = function.parameters.first() {
            self.bind_given(first, given);
        }
        let made = self.returned(function.body.statements());
        self.bound.leave();
        self.nested -= 1;
        if let Some(node) = &function.return_type {
            self.assigned(node, &made);
        }
        match made {
            made @ (Flow::Made(_) | Flow::Listed(_)) => made,
            _ => Flow::Unknown,
        }
    }

    /// Binds a parameter, or the names of its pattern, to what it is given.
    pub(super) fn bind_given(&mut self, parameter: &'p Parameter, given: Flow<'p>) {
        if let Some(name) = &parameter.name {
            return self.bound.bind(name, given);
        }
        for binding in &parameter.bindings {
            let value = match &given {
                Flow::Listed(selection) if binding.default.is_none() => {
                    Flow::Value(Rc::clone(selection), binding.property.to_string())
                }
                _ => Flow::Unknown,
            };
            self.bound.bind(&binding.local, value);
        }
        if let Some(left) = &parameter.left {
            self.bound.bind(&left.local, Flow::Unknown);
        }
    }

    /// What the statements of a function return.
    fn returned(&mut self, statements: &'p [Statement]) -> Flow<'p> {
        let mut all = Flow::Unknown;
        for statement in statements {
            let one = match &statement.kind {
                StatementKind::Return(Some(value)) => self.flow(value),
                StatementKind::Nested(body) => self.returned(body),
                StatementKind::Variable(variable) if variable.constant => {
                    let value = variable.value.as_ref();
                    let flow = value.map_or(Flow::Unknown, |value| self.flow(value));
                    self.bound.bind(&variable.name.text, flow);
                    continue;
                }
                _ => continue,
            };
            all = match (all, one) {
                (Flow::Made(one), Flow::Made(other)) => Flow::Made(Rc::new(one.or(&other))),
                (Flow::Unknown, one) => one,
                (all, _) => all,
            };
        }
        all
    }

    /// Records what the value of `expression`, in a place of the type `node`, says of that type.
    pub(super) fn assign(&mut self, node: &'p TypeNode, expression: &'p Expr) {
        match &expression.kind {
            ExprKind::Object(members) => {
                if let Flow::Shaped(types) = self.of_type(node) {
                    return self.assign_members(types, members);
                }
            }
            ExprKind::Array(items) => {
                for item in items {
                    self.assign(node, &item.value);
                }
                return;
            }
            ExprKind::Await(inner) => return self.assign(node, inner),
            ExprKind::Conditional(_, then, otherwise) => {
                self.assign(node, then);
                return self.assign(node, otherwise);
            }
            _ => {}
        }
        let flow = self.flow(expression);
        self.assigned(node, &flow);
    }

    fn assign_members(&mut self, types: &'p [TypeMember], members: &'p [ObjectMember]) {
        for member in members {
            let ObjectMember::Property { key, value, .. } = member else {
                continue;
            };
            let name = key.literal();
            let mut properties = TypeNode::properties(types);
            let property = properties.find(|property| property.key.literal() == name);
            if let Some(node) = property.and_then(|property| property.value.as_ref()) {
                self.assign(node, value);
            }
        }
    }

    /// Records that values of `flow` are of the type `node`.
    pub(super) fn assigned(&mut self, node: &'p TypeNode, flow: &Flow<'p>) {
        let Flow::Values(declaration) = self.of_type(node) else {
            return;
        };
        match flow {
            Flow::Made(object) => self.add_made(declaration, object),
            Flow::Listed(selection) => {
                let named = |(name, column): (&str, Option<&str>)| {
                    (name.to_owned(), column.map(str::to_owned))
                };
                let fields = selection.names().map(named).collect();
                let table = selection.table.clone();
                self.add(declaration, RowUsage::Selected(fields), table);
            }
            _ => {}
        }
    }

    /// Records that values of `declaration` are made so.
    pub(super) fn add_made(&mut self, declaration: DeclarationName, object: &MadeObject) {
        let usage = RowUsage::Selected(object.fields.clone());
        self.add(declaration, usage, object.table.clone());
    }

    /// Records the type that a call says its result to be of: `query<DeviceRow>('SELECT …')`.
    pub(super) fn said_of_result(
        &mut self,
        call: &'p Expr,
        types: &'p [TypeNode],
        arguments: &'p [Argument],
    ) {
        let [node, ..] = types else { return };
        match self.flow(call) {
            flow @ (Flow::Made(_) | Flow::Listed(_)) => self.assigned(node, &flow),
            _ => {
                let mut texts = arguments.iter().filter_map(|sql| self.sql_text(&sql.value));
                let table = texts.find_map(|sql| whole_table(&sql));
                if let (Some(table), Flow::Values(declaration)) = (table, self.of_type(node)) {
                    self.add(declaration, RowUsage::ParsesRows, Some(table));
                }
            }
        }
    }
}

fn declared_function(statement: &Statement) -> Option<&Function> {
    match &statement.kind {
        StatementKind::Function(_, function) => Some(function),
        StatementKind::Variable(variable) => match &variable.value.as_ref()?.kind {
            ExprKind::Function(function) => Some(function),
            _ => None,
        },
        _ => None,
    }
}
