//! The addresses of poolers at providers of PostgreSQL, and the address beside each that reaches
//! PostgreSQL itself.

/// Returns what to connect to instead of `host` and `port`, where a provider's pooler is known to
/// answer there.
pub(super) fn direct_address(host: &str, port: u16) -> Option<String> {
    if host.ends_with(".neon.tech") && host.contains("-pooler.") {
        let direct = host.replacen("-pooler.", ".", 1);
        return Some(format!("Neon answers without its pooler at `{direct}`"));
    }
    if host.ends_with(".pooler.supabase.com") && port == 6543 {
        return Some(format!(
            "Supabase has a pool in session mode at `{host}:5432`, and PostgreSQL itself at \
             `db.<project>.supabase.co:5432`"
        ));
    }
    // PlanetScale for Postgres: pgbouncer listens beside PostgreSQL.
    if (host.ends_with(".psdb.cloud") || host.ends_with(".planetscale.com")) && port == 6432 {
        return Some(format!(
            "PlanetScale answers without its pooler at `{host}:5432`"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poolers_of_providers_have_an_address_beside_them() {
        let neon = direct_address("ep-cool-1.eu-central-1.aws.neon.tech", 5432);
        assert_eq!(neon, None);
        let neon = direct_address("ep-cool-1-pooler.eu-central-1.aws.neon.tech", 5432);
        assert!(
            neon.unwrap()
                .contains("`ep-cool-1.eu-central-1.aws.neon.tech`")
        );
        let supabase = "aws-0-eu-central-1.pooler.supabase.com";
        assert!(direct_address(supabase, 6543).unwrap().contains(":5432"));
        assert_eq!(direct_address(supabase, 5432), None);
        assert!(direct_address("eu.pg.psdb.cloud", 6432).is_some());
        assert_eq!(direct_address("db.example.com", 6432), None);
    }
}
