//! Models that join two others: `@BelongsToMany(() => User, () => GroupUser)`. Sequelize gives them no
//! key of their own: the columns that lead to the two are it.

use crate::typescript::entities::{Class, Member, members, target};
use crate::typescript::resolve::Resolver;
use crate::typescript::values::Value;
use crate::typescript::vocabulary::Library;

/// The properties of `class`, among its `members`, that lead to the two models which are joined
/// through it; none where nothing is.
pub(super) fn joining_keys<'p>(
    resolver: &Resolver<'p>,
    class: &Class<'p>,
    members: &[Member<'p>],
) -> Vec<String> {
    let mut leading: Vec<(Class<'p>, String)> = Vec::new();
    for member in members {
        let decorator = member.decorators.find(Library::Sequelize, "ForeignKey");
        let Some(decorator) = decorator else { continue };
        if let Some(other) = target(resolver, &decorator.arguments(resolver).at(0)) {
            leading.push((other, member.held.name.to_string()));
        }
    }
    // Of several properties that lead to one model, the first joins it.
    let first = |wanted: &Class<'p>| {
        let mut leading = leading.iter();
        let found = leading.find(|(other, _)| std::ptr::eq(other.1, wanted.1));
        found.map(|(_, property)| property.clone())
    };
    let joined = leading
        .iter()
        .find_map(|(one, _)| Some((one, joined_with(resolver, one, class)?)));
    match joined {
        Some((one, other)) => first(one).into_iter().chain(first(&other)).collect(),
        None => Vec::new(),
    }
}

/// The model with which `class` is joined through `joining`.
fn joined_with<'p>(
    resolver: &Resolver<'p>,
    class: &Class<'p>,
    joining: &Class<'p>,
) -> Option<Class<'p>> {
    let lineage = resolver.lineage(&class.0, class.1);
    let all = members(resolver, &lineage, Library::Sequelize);
    all.iter().find_map(|member| {
        let decorator = member
            .decorators
            .find(Library::Sequelize, "BelongsToMany")?;
        let arguments = decorator.arguments(resolver);
        let through = through(resolver, &arguments.at(1))?;
        let is_it = std::ptr::eq(through.1, joining.1);
        is_it.then(|| target(resolver, &arguments.at(0))).flatten()
    })
}

/// The model in `() => GroupUser`, `{ through: () => GroupUser }` and `{ through: { model: … } }`.
fn through<'p>(resolver: &Resolver<'p>, written: &Value<'p>) -> Option<Class<'p>> {
    let Value::Object(_) = written.uncast() else {
        return target(resolver, written);
    };
    let through = written.property("through")?;
    let model = match through.uncast() {
        Value::Object(_) => through.property("model")?,
        _ => through,
    };
    target(resolver, model)
}
