//! The settings under which catalogs are read. PostgreSQL writes definitions out as the session asks for it: times in its
//! zone, names with or without their namespace. Two databases can only be compared where both are asked in the same way.

/// Settings that decide how definitions are written, and their values here.
const READING: &[(&str, &str)] = &[
    // Names outside `pg_catalog` are then written with their namespace.
    ("search_path", "pg_catalog"),
    ("timezone", "UTC"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "postgres"),
    ("bytea_output", "hex"),
    ("extra_float_digits", "1"),
    ("lc_monetary", "C"),
    ("quote_all_identifiers", "off"),
    // Compiling such queries takes longer than running them.
    ("jit", "off"),
];

/// Expressions that set them, and `more`, until the transaction ends, for the list of a `SELECT`.
#[must_use]
pub fn expressions(more: &[(&str, &str)]) -> String {
    let each = READING.iter().chain(more);
    let set = |(name, value): &(&str, &str)| format!("pg_catalog.set_config('{name}', '{value}', true)");
    each.map(set).collect::<Vec<_>>().join(", ")
}

/// SQL that puts them, and `more`, back to what the session began with.
#[must_use]
pub fn forget(more: &[&str]) -> String {
    let names = READING.iter().map(|(name, _)| name).chain(more);
    names.map(|name| format!("SET LOCAL {name} TO DEFAULT")).collect::<Vec<_>>().join("; ")
}
