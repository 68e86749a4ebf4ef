//! The settings under which catalogs are read. The session decides how PostgreSQL writes
//! definitions: times in its zone, names with or without their namespace. Two databases can only be
//! compared where both are read under the same settings.

/// Settings that decide how definitions are written, and their values here.
const READING: &[(&str, &str)] = &[
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

/// The search path of reading: names outside `pg_catalog` are then written with their namespace.
const SEARCH_PATH: (&str, &str) = ("search_path", "pg_catalog");

/// SQL that sets the search path until the transaction ends, as a separate statement. A prepared
/// query that sets the path itself is analysed and planned anew each time, which takes several
/// times as long as to run it.
#[must_use]
pub fn set_search_path() -> String {
    format!("SET LOCAL {} = {}", SEARCH_PATH.0, SEARCH_PATH.1)
}

/// Expressions that set the search path, all other settings of reading and `more` until the
/// transaction ends, for the list of a `SELECT`.
#[must_use]
pub fn expressions(more: &[(&str, &str)]) -> String {
    let with_path: Vec<_> = [SEARCH_PATH].iter().chain(more).copied().collect();
    expressions_beside_path(&with_path)
}

/// Expressions that set all settings of reading except [`set_search_path`]'s, and `more`.
#[must_use]
pub fn expressions_beside_path(more: &[(&str, &str)]) -> String {
    let each = READING.iter().chain(more);
    let set =
        |(name, value): &(&str, &str)| format!("pg_catalog.set_config('{name}', '{value}', true)");
    each.map(set).collect::<Vec<_>>().join(", ")
}

/// SQL that resets all settings of reading, and `more`, to those with which the session began.
#[must_use]
pub fn forget(more: &[&str]) -> String {
    let names = READING
        .iter()
        .chain(&[SEARCH_PATH])
        .map(|(name, _)| name)
        .chain(more);
    names
        .map(|name| format!("SET LOCAL {name} TO DEFAULT"))
        .collect::<Vec<_>>()
        .join("; ")
}
