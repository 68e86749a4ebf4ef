//! Types of well-known packages: Zod's `infer`, Drizzle's `InferSelectModel`, kysely's `Generated`,
//! and a few that everybody uses for JSON and decimals. Any other name of a package is unresolved,
//! and says so.

use std::rc::Rc;

use super::drizzle;
use super::resolve::{Lazy, Property, Resolver, Type, union};
use super::values::Value;
use super::vocabulary::{self, Library, LibraryType};
use super::zod::{self, Schema};
use crate::facts::Side;

impl<'p> Resolver<'p> {
    /// The type `path` of `package`.
    pub(super) fn external_type(
        &self,
        package: &str,
        path: &[Rc<str>],
        arguments: &[Lazy<'p>],
    ) -> Type<'p> {
        let names: Vec<&str> = path.iter().map(|name| &**name).collect();
        if let Some(library) = vocabulary::library(package)
            && let Some(known) = self.library_type(library, &names, arguments)
        {
            return known;
        }
        common(&names).unwrap_or_else(|| {
            let name = names.join(".");
            Type::unresolved(format!("`{name}` comes from the package `{package}`"))
        })
    }

    fn library_type(
        &self,
        library: Library,
        names: &[&str],
        arguments: &[Lazy<'p>],
    ) -> Option<Type<'p>> {
        // A table that is not known is the cause, whatever is made of it.
        if let (Library::Drizzle, Some(Type::Unresolved(why))) =
            (library, arguments.first().map(|of| of.get(self)))
        {
            return Some(Type::Unresolved(why));
        }
        let name = match (library, names) {
            (Library::Zod, names) => names
                .iter()
                .rev()
                .find(|name| !matches!(**name, "z" | "default"))?,
            (_, [name]) => name,
            _ => return None,
        };
        let meant = vocabulary::library_type(library, name)?;
        if meant == LibraryType::Text {
            return Some(Type::String);
        }
        let of = arguments.first()?;
        let second = || arguments.get(1).cloned();
        let or_undefined =
            |of: Lazy<'p>| Lazy::computed(move |ev| union([of.get(ev), Type::Undefined]));
        let column = |sides: [Lazy<'p>; 3]| Some(Type::Column(Rc::new(sides)));
        match meant {
            LibraryType::SchemaOutput => Some(
                self.inferred_schema(of)
                    .map_or_else(|why| why, |schema| zod::output(self, &schema)),
            ),
            LibraryType::SchemaInput => Some(
                self.inferred_schema(of)
                    .map_or_else(|why| why, |schema| zod::input(self, &schema)),
            ),
            LibraryType::SchemaOf => Some(zod::custom(of.clone())),
            LibraryType::TableSide(side) if library == Library::Drizzle => {
                self.table_side(of, side)
            }
            LibraryType::TableSideByMode => match second().map(|mode| mode.get(self)) {
                Some(Type::StringLiteral(mode)) if &*mode == "insert" => {
                    self.table_side(of, Side::Insert)
                }
                _ => self.table_side(of, Side::Row),
            },
            LibraryType::TableSide(side) => Some(self.column_side(&of.get(self), side)),
            LibraryType::Generated => column([of.clone(), or_undefined(of.clone()), of.clone()]),
            LibraryType::GeneratedAlways => column([
                of.clone(),
                Lazy::known(Type::Never),
                Lazy::known(Type::Never),
            ]),
            LibraryType::Column => {
                let insert = second().unwrap_or_else(|| of.clone());
                let update = arguments.get(2).cloned().unwrap_or_else(|| insert.clone());
                column([of.clone(), insert, update])
            }
            LibraryType::JsonColumn => {
                let written = second().unwrap_or_else(|| Lazy::known(Type::String));
                column([of.clone(), written.clone(), written])
            }
            LibraryType::Same => Some(of.get(self)),
            LibraryType::Text => Some(Type::String),
            LibraryType::Except => Some(self.omit(&of.get(self), &second()?.get(self))),
            LibraryType::Merge => Some(self.overridden(&of.get(self), &second()?.get(self))),
        }
    }

    /// The schema whose type is inferred.
    fn inferred_schema(&self, of: &Lazy<'p>) -> Result<Rc<Schema<'p>>, Type<'p>> {
        match of.get(self) {
            Type::Value(value) => match value.uncast() {
                Value::Zod(schema) => Ok(Rc::clone(schema)),
                _ => Err(Type::unresolved(
                    "it is inferred from a value that is no schema",
                )),
            },
            Type::Unresolved(why) => Err(Type::Unresolved(why)),
            _ => Err(Type::unresolved(
                "it is inferred from a schema that is not known",
            )),
        }
    }

    /// A row of a Drizzle table, or what is inserted.
    fn table_side(&self, of: &Lazy<'p>, side: Side) -> Option<Type<'p>> {
        let Type::Value(value) = of.get(self) else {
            return None;
        };
        match (value.uncast(), side) {
            (Value::Table(table), Side::Insert) => Some(drizzle::insert_type(table)),
            (Value::Table(table), Side::Row | Side::Update) => Some(drizzle::row_type(table)),
            _ => None,
        }
    }

    /// `Selectable`, `Insertable` or `Updateable` of a table's interface.
    fn column_side(&self, table: &Type<'p>, side: Side) -> Type<'p> {
        let object = match self.properties(table) {
            Ok(object) => object,
            Err(why) => return Type::Unresolved(why),
        };
        let mut changed = (*object).clone();
        changed.properties.clear();
        for property in &object.properties {
            changed.properties.extend(self.side_of(property, side));
        }
        Type::Object(Rc::new(changed))
    }

    fn side_of(&self, property: &Property<'p>, side: Side) -> Option<Property<'p>> {
        let value = property.value.get(self);
        let members = value.members().iter();
        let held = union(members.map(|member| self.member_side(member, side)));
        if matches!(held, Type::Never) {
            return None;
        }
        let omissible = match side {
            Side::Row => property.optional,
            Side::Insert => property.optional || held.members().iter().any(Type::is_nothing),
            Side::Update => true,
        };
        let held = if side == Side::Row {
            held
        } else {
            held.without(|member| matches!(member, Type::Undefined))
        };
        Some(Property {
            optional: omissible,
            value: Lazy::known(held),
            ..property.clone()
        })
    }

    fn member_side(&self, member: &Type<'p>, side: Side) -> Type<'p> {
        match member {
            Type::Column(sides) => {
                let [row, insert, update] = &**sides;
                match side {
                    Side::Row => row.get(self),
                    Side::Insert => insert.get(self),
                    Side::Update => update.get(self),
                }
            }
            other => other.clone(),
        }
    }

    /// `of` with the properties of `over` in place of its own.
    fn overridden(&self, of: &Type<'p>, over: &Type<'p>) -> Type<'p> {
        match (self.properties(of), self.properties(over)) {
            (Ok(of), Ok(over)) => {
                let mut merged = (*of).clone();
                for property in &over.properties {
                    merged.put(property.clone());
                }
                merged.incomplete = merged.incomplete.take().or_else(|| over.incomplete.clone());
                Type::Object(Rc::new(merged))
            }
            (Err(why), _) | (_, Err(why)) => Type::Unresolved(why),
        }
    }
}

/// Names that mean the same in every package.
fn common<'p>(names: &[&str]) -> Option<Type<'p>> {
    match names.last()? {
        &"JsonValue" | &"JSONValue" | &"Json" | &"InputJsonValue" => Some(Type::Unknown),
        &"JsonObject" | &"JSONObject" | &"JsonArray" => Some(Type::Opaque),
        &"Buffer" => Some(Type::Bytes),
        // The class of decimal.js, which Prisma's runtime has under the same name.
        &"Decimal" => Some(Type::Opaque),
        _ => None,
    }
}
