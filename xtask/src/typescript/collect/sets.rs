//! Which types may be sets of values, as far as it is seen without evaluating them: most are none.

use crate::typescript::syntax::{
    Alias, Expr, ExprKind, Keyword, Module, Statement, StatementKind, Text, TypeKind, TypeNode,
};

/// Whether a declaration may be a set of values, as far as it is seen without leaving the file; `module` is that, where it
/// stands at its top.
pub(super) fn may_be(statement: &Statement, module: Option<&Module>) -> bool {
    let is_object = |alias, module| names_object(alias, module) || is_of_object(&alias.value, module);
    match &statement.kind {
        StatementKind::Alias(alias) => {
            may_be_value(&alias.value) && !module.is_some_and(|module| is_object(alias, module))
        }
        _ => false,
    }
}

/// Whether an alias is another name of an interface or a class of `module`.
fn names_object(alias: &Alias, module: &Module) -> bool {
    match &alias.value.kind {
        TypeKind::Reference(path, _) if alias.type_parameters.is_empty() => match path.as_slice() {
            [name] => module.declarations(name).any(Statement::is_object_type),
            _ => false,
        },
        _ => false,
    }
}

/// `z.infer<typeof Schema>`, of a schema of objects that `module` declares.
fn is_of_object(node: &TypeNode, module: &Module) -> bool {
    const SIDES: [&str; 4] = ["infer", "input", "output", "TypeOf"];
    let TypeKind::Reference(path, arguments) = &node.kind else { return false };
    let [TypeNode { kind: TypeKind::Query(schema, _), .. }] = &arguments[..] else { return false };
    let ([_, side], [name]) = (path.as_slice(), schema.as_slice()) else { return false };
    let value = module.declarations(name).find_map(|statement| match &statement.kind {
        StatementKind::Variable(variable) if variable.annotation.is_none() => variable.value.as_ref(),
        _ => None,
    });
    SIDES.contains(&side.as_str()) && value.is_some_and(makes_schema_of_objects)
}

/// `z.object({…}).strict()`
fn makes_schema_of_objects(value: &Expr) -> bool {
    const KEPT: [&str; 12] = [
        "strict",
        "strip",
        "passthrough",
        "partial",
        "required",
        "extend",
        "merge",
        "pick",
        "omit",
        "refine",
        "superRefine",
        "describe",
    ];
    let ExprKind::Call(callee, ..) = &value.kind else { return false };
    let ExprKind::Member(object, method, _) = &callee.kind else { return false };
    match &object.kind {
        ExprKind::Name(zod) => zod == "z" && matches!(method.as_str(), "object" | "strictObject" | "looseObject"),
        _ => KEPT.contains(&method.as_str()) && makes_schema_of_objects(object),
    }
}

fn may_be_value(node: &TypeNode) -> bool {
    match &node.kind {
        TypeKind::Keyword(keyword) => matches!(keyword, Keyword::Null | Keyword::Undefined | Keyword::Never),
        TypeKind::Union(members) => members.iter().all(may_be_value),
        TypeKind::Intersection(members) => !members.iter().any(has_members),
        TypeKind::Reference(path, arguments) => arguments.is_empty() || !makes_objects(path),
        TypeKind::String(_)
        | TypeKind::Template(..)
        | TypeKind::Query(..)
        | TypeKind::Import(..)
        | TypeKind::Indexed(..)
        | TypeKind::KeyOf(_)
        | TypeKind::Conditional { .. } => true,
        TypeKind::Number(_)
        | TypeKind::Boolean(_)
        | TypeKind::Bigint
        | TypeKind::Array(_)
        | TypeKind::Tuple(_)
        | TypeKind::Rest(_)
        | TypeKind::Object(_)
        | TypeKind::Mapped { .. }
        | TypeKind::Infer(_)
        | TypeKind::Function
        | TypeKind::This
        | TypeKind::Other(_) => false,
    }
}

fn has_members(node: &TypeNode) -> bool {
    matches!(&node.kind, TypeKind::Object(members) if !members.is_empty())
}

fn makes_objects(path: &[Text]) -> bool {
    const OBJECTS: [&str; 11] = [
        "Partial",
        "Required",
        "Readonly",
        "Pick",
        "Omit",
        "Record",
        "Array",
        "ReadonlyArray",
        "Promise",
        "Map",
        "Set",
    ];
    matches!(path, [name] if OBJECTS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typescript::parse::parse;

    #[test]
    fn types_that_are_seen_to_be_objects_are_no_sets() {
        const TEXT: &str = "const S = z.object({ a: z.string() }).strict().refine(f); const E = z.enum(['a']); \
            const T = z.object({}).transform(f); interface I {} type O = { a: string }; \
            type No1 = z.infer<typeof S>; type No2 = I; type No3 = A & { b: string }; type No4 = A | { b: string }; \
            type Yes1 = z.infer<typeof E>; type Yes2 = z.infer<typeof T>; type Yes3 = A; type Yes4 = 'a' & {}; \
            type Yes5<I> = I; type Yes6 = O | 'a';";
        let module = parse("a.ts", TEXT.as_bytes(), &|_| true);
        let aliases = module.statements.iter().filter(|statement| matches!(statement.kind, StatementKind::Alias(_)));
        for alias in aliases.skip(1) {
            let name = alias.name().unwrap();
            assert_eq!(may_be(alias, Some(&module)), name.starts_with("Yes"), "{name}");
        }
    }
}
