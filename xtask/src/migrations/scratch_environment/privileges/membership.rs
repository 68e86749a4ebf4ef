//! Manages the memberships of the role of a scratch session. A superuser may act as every role that
//! the migrations made, another role only as those that it is a member of. So the role joins all of
//! them, except those that are its members: no two roles can be members of each other.

use crate::migrations::sql::literal;

/// SQL that makes `role`, as SQL writes it, a member of all roles that migrations made.
pub(super) fn join(role: &str) -> String {
    format!(
        "DO $do$ DECLARE known text; me oid := {0}::regrole; BEGIN
             FOR known IN SELECT rolname FROM pg_roles AS role
                 WHERE NOT rolsuper AND rolname !~ '^pg_' AND role.oid <> me
                   AND NOT pg_has_role(role.oid, me, 'MEMBER')
                   AND NOT EXISTS (
                       SELECT FROM pg_auth_members AS held WHERE held.roleid = role.oid AND held.member = me
                         -- Since PostgreSQL 16 whoever makes a role is in it, and may not act as it.
                         AND coalesce(to_jsonb(held) ->> 'set_option', 'true') = 'true')
             LOOP EXECUTE format('GRANT %I TO %s WITH ADMIN OPTION', known, {0});
             END LOOP;
         END $do$",
        literal(role)
    )
}

/// SQL that ends these memberships, so that the role can itself be granted to one of them.
pub(super) fn leave(role: &str) -> String {
    format!(
        "DO $do$ DECLARE known record; BEGIN
             FOR known IN SELECT roleid::regrole AS role, grantor::regrole AS grantor
                 FROM pg_auth_members WHERE member = {0}::regrole AND roleid::regrole::text !~ '^pg_'
             LOOP
                 IF current_setting('server_version_num')::int >= 160000 THEN
                     EXECUTE format('REVOKE %s FROM %s GRANTED BY %s CASCADE', known.role, {0}, known.grantor);
                 ELSE
                     EXECUTE format('REVOKE %s FROM %s', known.role, {0});
                 END IF;
             END LOOP;
         END $do$",
        literal(role)
    )
}

/// SQL that lets the role create servers of all foreign data wrappers: the extensions that brought
/// them belong to a superuser.
pub(super) fn use_wrappers(role: &str) -> String {
    format!(
        "DO $do$ DECLARE known text; BEGIN
             FOR known IN SELECT fdwname FROM pg_foreign_data_wrapper
             LOOP EXECUTE format('GRANT USAGE ON FOREIGN DATA WRAPPER %I TO %s', known, {});
             END LOOP;
         END $do$",
        literal(role)
    )
}

/// Whether a text may create a role, also inside a block.
pub(super) fn may_make(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("create")
        && ["role", "user", "group"]
            .iter()
            .any(|word| text.contains(word))
}

/// Whether a text may grant `role` to another one, also inside a block. `CURRENT_USER`,
/// `SESSION_USER` and `CURRENT_ROLE` name it too.
pub(super) fn may_give(text: &str, role: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let name = role.trim_matches('"').to_ascii_lowercase();
    text.contains("grant")
        && [name.as_str(), "_user", "_role"]
            .iter()
            .any(|word| text.contains(word))
}
