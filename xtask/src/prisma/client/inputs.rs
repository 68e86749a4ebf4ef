//! `Prisma.UserCreateInput` and its like: the values that are written. A relation stands in the place
//! of its foreign key, whose column it fills; nested writes of other tables are left out.

use super::columns::{is_read, written_type};
use super::text::ClientText;
use crate::prisma::model::{ColumnDefault, FieldType, PrismaColumn, PrismaModel, PrismaRelation};
use crate::prisma::native::ScalarType;

/// Declares the inputs of `model`.
pub(super) fn inputs(text: &mut ClientText, model: &PrismaModel) {
    let kinds = [
        (
            "CreateInput",
            Input {
                update: false,
                checked: true,
            },
        ),
        (
            "UpdateInput",
            Input {
                update: true,
                checked: true,
            },
        ),
        (
            "UncheckedCreateInput",
            Input {
                update: false,
                checked: false,
            },
        ),
        (
            "UncheckedUpdateInput",
            Input {
                update: true,
                checked: false,
            },
        ),
        (
            "CreateManyInput",
            Input {
                update: false,
                checked: false,
            },
        ),
        (
            "UpdateManyMutationInput",
            Input {
                update: true,
                checked: false,
            },
        ),
    ];
    for (suffix, input) in kinds {
        text.push("export type ");
        text.named(&format!("{}{suffix}", model.name), &model.location);
        text.push(" = {\n");
        for column in model.columns.iter().filter(|column| is_read(column)) {
            input.member(text, model, column);
        }
        text.push("};\n");
    }
}

/// A kind of input.
#[derive(Clone, Copy)]
struct Input {
    /// Whether every field may be left out.
    update: bool,
    /// Whether relations stand in the place of foreign keys.
    checked: bool,
}

impl Input {
    fn member(self, text: &mut ClientText, model: &PrismaModel, column: &PrismaColumn) {
        if self.checked && is_numbered(column) {
            return;
        }
        let relation = relation_of(model, column).filter(|_| self.checked);
        let name = relation.map_or(&column.name, |relation| &relation.name);
        let may_be_absent = self.update
            || column.optional
            || column.list
            || column.default != ColumnDefault::None
            || relation.is_some_and(|relation| relation.optional);
        text.named(name, &column.location);
        text.push(if may_be_absent { "?: " } else { ": " });
        match relation {
            Some(_) => text.push("unknown"),
            None => text.push(&written_type(column)),
        }
        text.push(";\n");
    }
}

/// Whether the database counts the column on: the checked inputs have no such field.
fn is_numbered(column: &PrismaColumn) -> bool {
    let is_number = matches!(
        column.ty,
        FieldType::Scalar(ScalarType::Int | ScalarType::BigInt)
    );
    is_number && column.default == ColumnDefault::Database(None)
}

/// The relation whose key begins with the column.
fn relation_of<'m>(model: &'m PrismaModel, column: &PrismaColumn) -> Option<&'m PrismaRelation> {
    let mut relations = model.relations.iter();
    relations.find(|relation| relation.fields.first() == Some(&column.name))
}
