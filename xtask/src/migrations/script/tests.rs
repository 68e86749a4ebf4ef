//! Tests of `script`.

use super::*;

#[test]
fn only_without_a_common_transaction_settings_are_carried_to_later_statements() {
    let text = "SET search_path = app; SELECT 1; RESET ROLE; SELECT 2";
    let statements = sql::statements(text);
    let carried = |no_transaction| {
        let script = Script::new("a.sql", text, no_transaction);
        steps(script, &statements)
            .map(|step| step.settings)
            .collect::<Vec<_>>()
    };
    let path = "SET search_path = app;\n";
    assert_eq!(
        carried(true),
        ["", path, path, &format!("{path}RESET ROLE;\n")]
    );
    assert_eq!(carried(false), ["", "", "", ""]);
}
