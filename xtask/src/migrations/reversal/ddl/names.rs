//! Names and texts as people write them in SQL: quoted only where they must be, since a way back is
//! read by a person before it runs.

use crate::migrations::sql::literal;
use crate::schema::model::ObjectName;

/// The key words that are no names without quotes, of columns or of functions, in any release from
/// 14 on.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// Writes a name, quoted where it must be.
pub fn name(name: &str) -> String {
    let mut characters = name.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == '_');
    let goes_on = characters
        .all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
    if begins && goes_on && RESERVED.binary_search(&name).is_err() {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Writes the name of an object with its namespace.
pub fn qualified(object: &ObjectName) -> String {
    format!("{}.{}", name(&object.namespace), name(&object.name))
}

/// Writes names with commas between them.
pub fn list<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let written: Vec<String> = names.into_iter().map(|one| name(one)).collect();
    written.join(", ")
}

/// Writes a text as a literal: plain where the text is.
pub fn text(value: &str) -> String {
    if value.contains('\\') {
        return literal(value);
    }
    format!("'{}'", value.replace('\'', "''"))
}

/// Writes `COMMENT ON`, which removes the comment where there is none.
pub fn comment(on: &str, value: Option<&String>) -> String {
    let value = value.map_or_else(|| "NULL".to_owned(), |value| text(value));
    format!("COMMENT ON {on} IS {value}")
}

/// Writes the options of a sequence with all words that SQL has for them: `START WITH 5`.
pub fn sequence_options(options: &str) -> String {
    options
        .replace("START ", "START WITH ")
        .replace("INCREMENT ", "INCREMENT BY ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        assert!(RESERVED.is_sorted());
        let written = [
            "users", "userId", "user", "1st", "a b", "", "a\"b", "_x1", "time",
        ]
        .map(name)
        .join(" ");
        assert_eq!(
            written,
            "users \"userId\" \"user\" \"1st\" \"a b\" \"\" \"a\"\"b\" _x1 \"time\""
        );
    }

    #[test]
    fn texts_mean_what_they_say() {
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("a\\b'"), "E'a\\\\b'''");
        assert_eq!(
            comment("TABLE public.t", None),
            "COMMENT ON TABLE public.t IS NULL"
        );
    }
}
