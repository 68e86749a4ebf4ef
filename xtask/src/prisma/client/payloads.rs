//! `Prisma.UserGetPayload<{ include: { posts: true } }>`: the rows of a model with those of the
//! models that a query asks for.

use super::text::ClientText;
use crate::prisma::model::{PrismaModel, PrismaSchema};

/// Declares what `select`, `include` and `omit` make of the rows of `model`, as `$User<Args>`.
pub(super) fn selection(text: &mut ClientText, model: &PrismaModel, schema: &PrismaSchema) {
    let name = &model.name;
    let relations = relations(model, schema);
    // `false` says that it is not asked for.
    let asked = "as C[K] extends false | undefined ? never : K";
    text.push(&format!(
        "type ${name}<S> =\n\
         S extends {{ select: infer C }} ? {{ [K in keyof C {asked}]: {relations} K extends keyof {name} ? {name}[K] : Record<string, unknown> }}\n\
         : S extends {{ include: infer C }} ? $Omitted<{name}, S> & {{ [K in keyof C {asked}]: {relations} Record<string, unknown> }}\n\
         : $Omitted<{name}, S>;\n"
    ));
}

/// The type of each relation, as the beginning of a conditional type.
fn relations(model: &PrismaModel, schema: &PrismaSchema) -> String {
    let is_known = |name: &str| {
        let mut models = schema.models.iter();
        models.any(|other| other.name == name && !other.ignored)
    };
    let relations = model.relations.iter();
    let known = relations.filter(|relation| !relation.ignored && is_known(&relation.model));
    known
        .map(|relation| {
            let suffix = match (relation.list, relation.optional) {
                (true, _) => "[]",
                (false, true) => " | null",
                (false, false) => "",
            };
            format!(
                "K extends '{}' ? ${}<C[K]>{suffix} : ",
                relation.name, relation.model
            )
        })
        .collect()
}

/// The rows without what `omit` names.
pub(super) const OMITTED: &str = "\
type $Omitted<Row, S> = S extends { omit: infer O } ? Omit<Row, { [K in keyof O]: O[K] extends true ? K : never }[keyof O]> : Row;
";

/// Declares `UserGetPayload`.
pub(super) fn get_payload(text: &mut ClientText, model: &PrismaModel) {
    let name = &model.name;
    text.push("export type ");
    text.named(&format!("{name}GetPayload"), &model.location);
    text.push(&format!("<S> = ${name}<S>;\n"));
    // What a query asks for: it describes no data, and constants say to satisfy it.
    for suffix in ["Select", "Include", "Omit", "DefaultArgs", "FindManyArgs"] {
        text.push(&format!("export type {name}{suffix} = any;\n"));
    }
}
