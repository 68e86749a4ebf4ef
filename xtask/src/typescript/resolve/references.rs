//! Names of types → types: type parameters, declarations of this and other files, what the language
//! brings along, what well-known packages export.

use std::rc::Rc;

use super::scope::declared_in;
use super::{Binding, Lazy, Resolver, Scope, Type, union};
use crate::typescript::modules::{Resolved, Symbol};
use crate::typescript::syntax::{
    EnumDecl, ImportType, Interface, Module, NamedType, NamespaceDeclaration, Statement,
    StatementKind, Text, TypeNode,
};
use crate::typescript::values::Value;

/// The types that are written as arguments.
fn lazily<'p>(scope: &Scope<'p>, arguments: &'p [TypeNode]) -> Vec<Lazy<'p>> {
    arguments
        .iter()
        .map(|argument| Lazy::node(scope, argument))
        .collect()
}

impl<'p> Resolver<'p> {
    /// `a.b.C<T>`
    pub(super) fn reference(&self, scope: &Scope<'p>, named: &'p NamedType) -> Type<'p> {
        let arguments = lazily(scope, &named.arguments);
        let Some((name, rest)) = named.path.split_first() else {
            return Type::unresolved("it has no name");
        };
        match scope.lookup(name) {
            Some(Binding::Type(Some(argument), _)) => return argument.get(self),
            Some(Binding::Type(None, _)) => {
                return Type::unresolved(format!("it depends on the type parameter `{name}`"));
            }
            Some(Binding::Statements(inner, statements)) => {
                return self.declared(&inner, &statements, rest, &arguments, name);
            }
            Some(Binding::Value(_)) | None => {}
        }
        match self.lookup(scope.module, name) {
            Some(symbol) => self.symbol(symbol, rest, &arguments, name),
            None if rest.is_empty() => self.builtin(name, &arguments),
            None => self.global_namespace(&named.path),
        }
    }

    /// The type behind a name of a file.
    pub(super) fn symbol(
        &self,
        symbol: Symbol<'p>,
        path: &[Text],
        arguments: &[Lazy<'p>],
        name: &str,
    ) -> Type<'p> {
        match symbol {
            Symbol::Declared(module, name) => {
                let statements: Vec<_> = module.declarations(name).collect();
                self.declared(&Scope::module(module), &statements, path, arguments, name)
            }
            Symbol::Namespace(module) => self.member_of_module(module, path, arguments),
            Symbol::External(package, imported) => {
                let path: Vec<Rc<str>> = imported
                    .into_iter()
                    .chain(path.iter().map(Text::as_str))
                    .map(Rc::from)
                    .collect();
                self.external_type(package, &path, arguments)
            }
            Symbol::Missing(specifier) => {
                Type::unresolved(format!("`{name}` is not found in `{specifier}`"))
            }
        }
    }

    fn member_of_module(
        &self,
        module: &'p Module,
        path: &[Text],
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        let Some((name, rest)) = path.split_first() else {
            return Type::unresolved("it is a whole module");
        };
        match self.program.exported(module, name) {
            Some(symbol) => self.symbol(symbol, rest, arguments, name),
            None => Type::unresolved(format!("`{name}` is not exported by `{}`", module.path)),
        }
    }

    /// The type that `statements`, all of one name, declare; of a namespace, a member of it.
    fn declared(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        path: &[Text],
        arguments: &[Lazy<'p>],
        name: &str,
    ) -> Type<'p> {
        if let Some((member, rest)) = path.split_first() {
            return self.member_of_declared(scope, statements, member, rest, arguments);
        }
        let Some(statement) = statements.iter().find(|statement| declares_type(statement)) else {
            // A namespace hides no type of its name: `namespace Array` and `Array<string>`.
            return match self.builtin(name, arguments) {
                Type::Unresolved(_) => Type::unresolved(format!("`{name}` is a value, not a type")),
                of_the_language => of_the_language,
            };
        };
        if arguments.is_empty() && scope.is_top() && !is_generic(statement) {
            return self
                .declared_once(statement, || self.declaration(scope, statements, arguments));
        }
        self.declaration(scope, statements, arguments)
    }

    /// The type that `statements`, all of one name, declare for themselves. References to it use
    /// the same type, so that they share its properties.
    pub fn own_declaration(&self, scope: &Scope<'p>, statements: &[&'p Statement]) -> Type<'p> {
        let own = self.declaration(scope, statements, &[]);
        let declares = statements.iter().find(|statement| declares_type(statement));
        if let Some(statement) = declares
            && scope.is_top()
            && !is_generic(statement)
        {
            self.keep_declared(statement, &own);
        }
        own
    }

    /// The type that `statements`, all of one name, declare.
    pub fn declaration(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        let own = statements
            .iter()
            .filter_map(|statement| Some((scope.clone(), interface_of(statement)?)));
        let interfaces: Vec<(Scope<'p>, &'p Interface)> =
            own.chain(self.additions(scope, statements)).collect();
        let interface = || self.interface(&interfaces, arguments);
        let other = statements
            .iter()
            .find_map(|statement| match &statement.kind {
                StatementKind::Alias(alias) => Some(self.node(
                    &scope.with_types(&alias.type_parameters, arguments),
                    &alias.value,
                )),
                StatementKind::Enum(declaration) => Some(self.enumeration(scope, declaration)),
                StatementKind::Class(class) if interfaces.is_empty() => {
                    Some(self.class(scope, class, arguments))
                }
                StatementKind::Class(class) => {
                    Some(self.intersect(self.class(scope, class, arguments), interface()))
                }
                _ => None,
            });
        other.unwrap_or_else(|| {
            if interfaces.is_empty() {
                Type::unresolved("it is no type")
            } else {
                interface()
            }
        })
    }

    /// Lists the interfaces that other files add, by `declare module './user'`, to the interface or
    /// class that `statements` declare.
    fn additions(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
    ) -> Vec<(Scope<'p>, &'p Interface)> {
        let mut additions = Vec::new();
        let merged = statements
            .iter()
            .find(|statement| statement.is_object_type());
        let Some(name) = merged.and_then(|statement| statement.name()) else {
            return additions;
        };
        if !scope.is_top() {
            return additions;
        }
        for (module, namespace) in self.program.augmenting(scope.module) {
            let inside = Scope::module(module).with_statements(&namespace.body);
            for statement in declared_in(&namespace.body, name) {
                if let Some(interface) = interface_of(statement) {
                    additions.push((inside.clone(), interface));
                }
            }
        }
        additions
    }

    /// `Role.Admin`, `NamespaceDeclaration.Type`.
    fn member_of_declared(
        &self,
        scope: &Scope<'p>,
        statements: &[&'p Statement],
        member: &str,
        rest: &[Text],
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        for statement in statements {
            match &statement.kind {
                StatementKind::Namespace(namespace) => {
                    if let Some(found) =
                        self.member_of_namespace(scope, namespace, member, rest, arguments)
                    {
                        return found;
                    }
                }
                StatementKind::Enum(declaration) => {
                    return self.enum_member_type(scope, declaration, member);
                }
                _ => {}
            }
        }
        Type::unresolved(format!("`{member}` is not found"))
    }

    fn member_of_namespace(
        &self,
        scope: &Scope<'p>,
        namespace: &'p NamespaceDeclaration,
        member: &str,
        rest: &[Text],
        arguments: &[Lazy<'p>],
    ) -> Option<Type<'p>> {
        let declared = declared_in(&namespace.body, member);
        let inside = scope.with_statements(&namespace.body);
        (!declared.is_empty()).then(|| self.declared(&inside, &declared, rest, arguments, member))
    }

    /// The values of an enum.
    pub(in crate::typescript) fn enumeration(
        &self,
        scope: &Scope<'p>,
        declaration: &'p EnumDecl,
    ) -> Type<'p> {
        let values = self.enum_values(scope, declaration).into_iter();
        union(values.map(|(_, value)| value))
    }

    fn enum_member_type(
        &self,
        scope: &Scope<'p>,
        declaration: &'p EnumDecl,
        member: &str,
    ) -> Type<'p> {
        for (name, value) in self.enum_values(scope, declaration) {
            if name == member {
                return value;
            }
        }
        Type::unresolved(format!("the enum has no `{member}`"))
    }

    /// The members of an enum with their values. Declarations of one name in one scope are one
    /// enum.
    pub fn enum_values(
        &self,
        scope: &Scope<'p>,
        declaration: &'p EnumDecl,
    ) -> Vec<(&'p str, Type<'p>)> {
        let mut values = Vec::new();
        for part in merged(scope, declaration) {
            values.extend(self.members_of_part(scope, part));
        }
        values
    }

    /// The members that one declaration of an enum adds; one without a value counts on from the
    /// last.
    fn members_of_part(
        &self,
        scope: &Scope<'p>,
        declaration: &'p EnumDecl,
    ) -> Vec<(&'p str, Type<'p>)> {
        let mut next = Some(0.0);
        let mut values = Vec::with_capacity(declaration.members.len());
        for member in &declaration.members {
            let value = match &member.value {
                None => next.map_or(Type::Number, Type::NumberLiteral),
                Some(expression) => match self.value(scope, expression).uncast() {
                    Value::String(text) => Type::StringLiteral(Rc::clone(text)),
                    Value::Number(value) => Type::NumberLiteral(*value),
                    _ => self.sibling(scope, declaration, expression),
                },
            };
            next = match value {
                Type::NumberLiteral(number) => Some(number + 1.0),
                _ => None,
            };
            values.push((member.name.as_str(), value));
        }
        values
    }

    /// A member may be computed from others: then it is a number.
    fn sibling(
        &self,
        _scope: &Scope<'p>,
        _declaration: &'p EnumDecl,
        _expression: &'p crate::typescript::syntax::Expr,
    ) -> Type<'p> {
        Type::Number
    }

    /// `import('x').A`
    pub(super) fn import_type(&self, scope: &Scope<'p>, import: &'p ImportType) -> Type<'p> {
        let (specifier, path) = (&import.specifier, &import.named.path);
        let arguments = lazily(scope, &import.named.arguments);
        match self.program.resolve(scope.module, specifier) {
            Resolved::File(file) => match self.program.load(file) {
                Some(module) if import.of_value => {
                    let value = self.path_value(Value::Module(module), path);
                    self.type_of(&value, false)
                }
                Some(module) => self.member_of_module(module, path, &arguments),
                None => Type::unresolved(format!("`{specifier}` cannot be read")),
            },
            Resolved::External => {
                let path: Vec<Rc<str>> = path.iter().map(|name| Rc::from(name.as_str())).collect();
                self.external_type(specifier, &path, &arguments)
            }
            Resolved::Missing => Type::unresolved(format!("`{specifier}` is not found")),
        }
    }

    /// `NodeJS.Timeout`, `Express.User`: globals of packages.
    fn global_namespace(&self, path: &[Text]) -> Type<'p> {
        match path.iter().map(Text::as_str).collect::<Vec<_>>().as_slice() {
            ["globalThis", name] => self.builtin(name, &[]),
            ["Temporal" | "NodeJS" | "React" | "JSX" | "Intl", ..] => Type::Opaque,
            _ => Type::unresolved(format!(
                "`{}` is not declared in the monorepo",
                path.join(".")
            )),
        }
    }
}

/// The declarations of the enum that `declaration` is one of, in order.
fn merged<'p>(scope: &Scope<'p>, declaration: &'p EnumDecl) -> Vec<&'p EnumDecl> {
    let name = declaration.name.text.as_str();
    let statements: Vec<&'p Statement> = match scope.lookup(name) {
        Some(Binding::Statements(_, statements)) => statements,
        _ => scope.module.declarations(name).collect(),
    };
    let mut parts = Vec::new();
    for statement in statements {
        if let StatementKind::Enum(part) = &statement.kind {
            parts.push(part);
        }
    }
    if parts.iter().any(|part| std::ptr::eq(*part, declaration)) {
        parts
    } else {
        vec![declaration]
    }
}

fn interface_of(statement: &Statement) -> Option<&Interface> {
    match &statement.kind {
        StatementKind::Interface(interface) => Some(interface),
        _ => None,
    }
}

fn declares_type(statement: &Statement) -> bool {
    matches!(
        statement.kind,
        StatementKind::Interface(_)
            | StatementKind::Alias(_)
            | StatementKind::Enum(_)
            | StatementKind::Class(_)
    )
}

fn is_generic(statement: &Statement) -> bool {
    match &statement.kind {
        StatementKind::Interface(interface) => !interface.type_parameters.is_empty(),
        StatementKind::Alias(alias) => !alias.type_parameters.is_empty(),
        StatementKind::Class(class) => !class.type_parameters.is_empty(),
        _ => false,
    }
}
