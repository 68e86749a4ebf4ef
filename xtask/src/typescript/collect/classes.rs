//! Classes whose decorators make more of them than a type.

use std::sync::Arc;

use super::File;
use crate::facts::{Declaration, Facts};
use crate::typescript::resolve::{Property, Scope, Type};
use crate::typescript::syntax::ClassDecl;
use crate::typescript::{class_validator, mikroorm, sequelize, typeorm};

impl<'p> File<'_, 'p> {
    /// Adds the tables that `class` is and makes, where it is an entity; whether it is.
    /// `declaration` is what it is as a type.
    pub(super) fn entity(
        &self,
        (scope, class): (&Scope<'p>, &'p ClassDecl),
        declaration: &Declaration,
        facts: &mut Facts,
    ) -> bool {
        let null_is_checked = self.resolver.program.checks_null(self.module);
        let field = |property: &Property<'p>| self.field(property).map(Arc::unwrap_or_clone);
        let (resolver, naming, class) = (self.resolver, self.naming, (scope, class));
        let mut origin = typeorm::ORIGIN;
        let mut tables = typeorm::declared(resolver, naming.typeorm, class, null_is_checked, field);
        if tables.is_empty() {
            origin = mikroorm::ORIGIN;
            tables = mikroorm::declared(resolver, naming.mikroorm, class, null_is_checked, field);
        }
        if tables.is_empty() {
            origin = sequelize::ORIGIN;
            let naming = naming.sequelize;
            tables.extend(sequelize::declared(
                resolver,
                naming,
                class,
                null_is_checked,
                field,
            ));
        }
        let is_entity = !tables.is_empty();
        for table in tables {
            let mut tags = declaration.tags.clone();
            tags.projection |= table.partial;
            let (name, location) = table
                .property
                .unwrap_or_else(|| (declaration.name.clone(), None));
            facts.tables.push(Declaration {
                origin,
                name,
                location: location.unwrap_or_else(|| declaration.location.clone()),
                tags,
                table_link: Some(table.link),
                of_type: table.parent,
                keys: table.keys.map(Box::new),
                fields: table.fields.into_iter().collect(),
                unresolved: table.unresolved,
                graphql: false,
                null_unchecked: false,
                ..declaration.clone()
            });
        }
        is_entity
    }

    /// The validation schema that `class` is, whose instances are of the type `instance`; none
    /// where no validator judges them. `declaration` is what it is as a type.
    pub(super) fn judged_class(
        &self,
        (scope, class): (&Scope<'p>, &'p ClassDecl),
        instance: &Type<'p>,
        declaration: &Declaration,
    ) -> Option<Declaration> {
        let object = self.resolver.properties(instance).ok()?;
        let class = (scope, class);
        let declared =
            class_validator::declared(self.resolver, self.validates, class, &object, |property| {
                self.field(property).map(Arc::unwrap_or_clone)
            })?;
        Some(Declaration {
            origin: class_validator::ORIGIN,
            fields: declared.fields.into_iter().collect(),
            unresolved: declared.unresolved,
            ..declaration.clone()
        })
    }
}
