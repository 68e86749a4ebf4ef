//! Types of well-known packages: Zod's `infer`, Drizzle's `InferSelectModel`, kysely's `Generated`, and a few that
//! everybody uses for JSON and decimals. Any other name of a package is unresolved, and says so.

use std::rc::Rc;

use super::drizzle;
use super::resolve::{Lazy, Property, Resolver, Type, union};
use super::values::Value;
use super::zod;

impl<'p> Resolver<'p> {
    /// The type `path` of `package`.
    pub(super) fn external_type(&self, package: &str, path: &[Rc<str>], arguments: &[Lazy<'p>]) -> Type<'p> {
        let names: Vec<&str> = path.iter().map(|name| &**name).collect();
        let found = match package {
            _ if zod::is_zod(package) => self.zod_type(&names, arguments),
            _ if drizzle::is_drizzle(package) => self.drizzle_type(&names, arguments),
            "kysely" => self.kysely_type(&names, arguments),
            "type-fest" => self.type_fest(&names, arguments),
            _ => None,
        };
        found
            .or_else(|| common(&names))
            .unwrap_or_else(|| Type::unresolved(format!("`{}` comes from the package `{package}`", names.join("."))))
    }

    fn zod_type(&self, names: &[&str], arguments: &[Lazy<'p>]) -> Option<Type<'p>> {
        let name = names.iter().rev().find(|name| !matches!(**name, "z" | "default"))?;
        let of = arguments.first()?;
        let schema = || match of.get(self) {
            Type::Value(value) => match value.uncast() {
                Value::Zod(schema) => Ok(Rc::clone(schema)),
                _ => Err(Type::unresolved("it is inferred from a value that is no schema")),
            },
            Type::Unresolved(why) => Err(Type::Unresolved(why)),
            _ => Err(Type::unresolved("it is inferred from a schema that is not known")),
        };
        match *name {
            "infer" | "output" | "TypeOf" => Some(schema().map_or_else(|why| why, |schema| zod::output(self, &schema))),
            "input" => Some(schema().map_or_else(|why| why, |schema| zod::input(self, &schema))),
            "ZodType" | "Schema" | "ZodSchema" | "ZodTypeAny" | "ZodMiniType" => Some(zod::custom(of.clone())),
            _ => None,
        }
    }

    fn drizzle_type(&self, names: &[&str], arguments: &[Lazy<'p>]) -> Option<Type<'p>> {
        let table = match arguments.first()?.get(self) {
            Type::Value(value) => match value.uncast() {
                Value::Table(table) => Rc::clone(table),
                _ => return None,
            },
            Type::Unresolved(why) => return Some(Type::Unresolved(why)),
            _ => return None,
        };
        let mode = || arguments.get(1).map(|mode| mode.get(self));
        match names {
            ["InferSelectModel"] => Some(drizzle::row_type(&table)),
            ["InferInsertModel"] => Some(drizzle::insert_type(&table)),
            ["InferModel"] => match mode() {
                Some(Type::StringLiteral(mode)) if &*mode == "insert" => Some(drizzle::insert_type(&table)),
                _ => Some(drizzle::row_type(&table)),
            },
            _ => None,
        }
    }

    fn kysely_type(&self, names: &[&str], arguments: &[Lazy<'p>]) -> Option<Type<'p>> {
        let [name] = names else { return None };
        let of = arguments.first()?.clone();
        let or_undefined = |of: Lazy<'p>| Lazy::computed(move |ev| union([of.get(ev), Type::Undefined]));
        let column = |sides: [Lazy<'p>; 3]| Some(Type::Column(Rc::new(sides)));
        match *name {
            "Generated" => column([of.clone(), or_undefined(of.clone()), of]),
            "GeneratedAlways" => column([of, Lazy::known(Type::Never), Lazy::known(Type::Never)]),
            "ColumnType" => {
                let insert = arguments.get(1).cloned().unwrap_or_else(|| of.clone());
                let update = arguments.get(2).cloned().unwrap_or_else(|| insert.clone());
                column([of, insert, update])
            }
            "JSONColumnType" => {
                let written = arguments.get(1).cloned().unwrap_or_else(|| Lazy::known(Type::String));
                column([of, written.clone(), written])
            }
            "Selectable" => Some(self.column_side(&of.get(self), 0)),
            "Insertable" => Some(self.column_side(&of.get(self), 1)),
            "Updateable" => Some(self.column_side(&of.get(self), 2)),
            "Simplify" | "DrainOuterGeneric" => Some(of.get(self)),
            _ => None,
        }
    }

    /// `Selectable` (0), `Insertable` (1) or `Updateable` (2) of a table's interface.
    fn column_side(&self, table: &Type<'p>, side: usize) -> Type<'p> {
        let object = match self.properties(table) {
            Ok(object) => object,
            Err(why) => return Type::Unresolved(why),
        };
        let mut changed = (*object).clone();
        changed.properties = object.properties.iter().filter_map(|property| self.side_of(property, side)).collect();
        Type::Object(Rc::new(changed))
    }

    fn side_of(&self, property: &Property<'p>, side: usize) -> Option<Property<'p>> {
        let value = property.value.get(self);
        let columns: Vec<_> = value.members().iter().map(|member| self.member_side(member, side)).collect();
        let held = union(columns);
        if matches!(held, Type::Never) {
            return None;
        }
        let omissible = match side {
            0 => property.optional,
            1 => property.optional || held.members().iter().any(|one| matches!(one, Type::Null | Type::Undefined)),
            _ => true,
        };
        let held = if side == 0 { held } else { held.without(|member| matches!(member, Type::Undefined)) };
        Some(Property { optional: omissible, value: Lazy::known(held), ..property.clone() })
    }

    fn member_side(&self, member: &Type<'p>, side: usize) -> Type<'p> {
        match member {
            Type::Column(sides) => sides.get(side).map_or(Type::Never, |of| of.get(self)),
            other => other.clone(),
        }
    }

    fn type_fest(&self, names: &[&str], arguments: &[Lazy<'p>]) -> Option<Type<'p>> {
        let [name] = names else { return None };
        let of = arguments.first()?.get(self);
        let keys = || arguments.get(1).map(|keys| keys.get(self));
        match *name {
            "Simplify" | "ReadonlyDeep" | "Tagged" | "Opaque" | "Branded" => Some(of),
            "Except" => Some(self.omit(&of, &keys()?)),
            "Merge" => {
                let over = arguments.get(1)?.get(self);
                Some(self.overridden(&of, &over))
            }
            _ => None,
        }
    }

    /// `of` with the properties of `over` in place of its own.
    fn overridden(&self, of: &Type<'p>, over: &Type<'p>) -> Type<'p> {
        match (self.properties(of), self.properties(over)) {
            (Ok(of), Ok(over)) => {
                let mut merged = (*of).clone();
                over.properties.iter().for_each(|property| merged.put(property.clone()));
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
        _ => None,
    }
}
