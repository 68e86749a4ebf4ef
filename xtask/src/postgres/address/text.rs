//! Reads the two forms of a connection string: a URL, and libpq's `host=… user=…`. Both become the
//! same settings. No message holds a part of the text: where it cannot be read, nobody knows which
//! part is the password.

use percent_encoding::percent_decode_str;

use super::parameters;

/// One setting as it is written, decoded. Later ones replace earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// Its name: `host`, `sslmode`.
    pub name: String,
    /// Its value; a password need not be UTF-8.
    pub value: Vec<u8>,
}

/// The settings of a text, or the reason why it cannot be read.
pub(super) type Read<T> = Result<T, String>;

/// The beginnings of a PostgreSQL URL.
const SCHEMES: &[&str] = &["postgresql://", "postgres://"];

/// Reads `text` in either form.
pub(super) fn read(text: &str) -> Read<Vec<Setting>> {
    match SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => url(rest),
        None if begins_with_a_parameter(text) => pairs(text),
        None => Err(not_ours(text)),
    }
}

fn begins_with_a_parameter(text: &str) -> bool {
    text.split_once('=')
        .is_some_and(|(name, _)| parameters::is_libpq(name.trim()))
}

/// Explains why a text cannot be used that is neither a URL of PostgreSQL nor begins with a
/// parameter.
fn not_ours(text: &str) -> String {
    let lower = text.trim_start_matches(['"', '\'']).to_ascii_lowercase();
    let others = [
        "mysql",
        "mariadb",
        "sqlite",
        "file",
        "sqlserver",
        "mssql",
        "mongodb",
        "oracle",
        "libsql",
        "redis",
    ];
    if text.starts_with(['"', '\'']) {
        return "it begins with a quotation mark: remove the quotes".into();
    }
    if let Some(other) = others
        .iter()
        .find(|other| lower.starts_with(&format!("{other}:")))
    {
        return format!("it is a URL of `{other}`, and PostgreSQL only is supported");
    }
    if lower.starts_with("jdbc:") {
        return "it is a URL of JDBC: leave `jdbc:` out, and write user and password before the host".into();
    }
    if lower.starts_with("prisma:") || lower.starts_with("prisma+postgres:") {
        return "it is a URL of Prisma's proxy: use the one of the database itself (`directUrl`)"
            .into();
    }
    if lower.starts_with("postgres+") || lower.starts_with("postgresql+") {
        return "it names a driver (`postgresql+…://`): leave the `+` and what follows it out"
            .into();
    }
    if text.is_empty() {
        return "it is empty".into();
    }
    "it does not begin with `postgresql://`".into()
}

fn url(rest: &str) -> Read<Vec<Setting>> {
    let mut settings = Vec::new();
    let (credentials, rest) = credentials(rest)?;
    if let Some(credentials) = credentials {
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        settings.push(decoded("user", user));
        settings.push(decoded("password", password));
    }
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = place.split_once('/').unwrap_or((place, ""));
    if authority.contains('@') {
        return Err("it has more than one `@`".into());
    }
    if database.contains('@') {
        return Err(
            "an `@` stands behind the `/` before the database, so that the password may hold a `/`"
                .into(),
        );
    }
    hosts(authority, &mut settings)?;
    settings.push(decoded("dbname", database));
    // Without credentials before it, an `@` that is not encoded may end a password.
    let may_show_name = credentials.is_some() || !query.contains('@');
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
        if !parameters::is_known(&name) {
            return Err(if may_show_name {
                unknown(&name)
            } else {
                unknown("")
            });
        }
        settings.push(decoded(&name, value));
    }
    settings.retain(|setting| !setting.value.is_empty());
    Ok(settings)
}

/// The message that the parameter `name` is unknown.
pub(super) fn unknown(name: &str) -> String {
    // A name is a short word; anything else may be part of a password, and is not shown.
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if name.is_empty() || name.len() > 40 || !name.bytes().all(is_word) {
        return "it has a parameter that is not known".into();
    }
    let alike = [
        "sslmode",
        "sslrootcert",
        "connect_timeout",
        "application_name",
        "options",
        "user",
        "password",
    ];
    let likeness =
        |known: &&&str| (strsim::jaro_winkler(known, &name.to_lowercase()) * 1000.0) as u32;
    let nearest = alike
        .iter()
        .max_by_key(likeness)
        .filter(|known| likeness(known) > 850);
    let hint = nearest.map_or_else(
        || "leave it out".to_owned(),
        |known| format!("did you mean `{known}`?"),
    );
    format!("the parameter `{name}` is not known: {hint}")
}

/// Splits `rest` at the `@` after the credentials. As in libpq, an `@` counts only where no `/`
/// precedes it.
fn credentials(rest: &str) -> Read<(Option<&str>, &str)> {
    let end = rest
        .find(['@', '/'])
        .filter(|at| rest[*at..].starts_with('@'));
    let Some(end) = end else {
        return Ok((None, rest));
    };
    let (before, after) = (&rest[..end], &rest[end + 1..]);
    let Some((place, query)) = before.split_once('?') else {
        return Ok((Some(before), after));
    };
    let is_query = query
        .split_once('=')
        .is_some_and(|(name, _)| parameters::is_known(name));
    match place.split_once(':') {
        // `host?application_name=a@b`
        None if is_query => Ok((None, rest)),
        Some((_, port)) if is_query && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err("a `?` stands before the `@`, which may be part of the password or begin the parameters".into())
        }
        _ => Ok((Some(before), after)),
    }
}

/// Reads `host:port,[::1]:port` into libpq's two lists.
fn hosts(authority: &str, settings: &mut Vec<Setting>) -> Read<()> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for one in authority.split(',') {
        let (host, port) = match one.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest
                    .split_once(']')
                    .ok_or("a `[` before the host has no `]` behind it")?;
                (host, after.strip_prefix(':').unwrap_or(after))
            }
            None => one.split_once(':').unwrap_or((one, "")),
        };
        hosts.push(percent_decode_str(host).decode_utf8_lossy().into_owned());
        ports.push(port);
    }
    if hosts.iter().any(|host| !host.is_empty()) {
        settings.push(Setting {
            name: "host".into(),
            value: hosts.join(",").into_bytes(),
        });
    }
    if ports.iter().any(|port| !port.is_empty()) {
        settings.push(decoded("port", &ports.join(",")));
    }
    Ok(())
}

fn decoded(name: &str, value: &str) -> Setting {
    Setting {
        name: name.into(),
        value: percent_decode_str(value).collect(),
    }
}

/// Reads `host=db user='a b'`. A backslash makes the next character an ordinary one.
fn pairs(text: &str) -> Read<Vec<Setting>> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').unwrap_or((rest, ""));
        let name = name.trim_end();
        if !parameters::is_known(name) {
            let before = settings
                .last()
                .map(|setting| setting.name.as_str())
                .unwrap_or_default();
            return Err(format!(
                "what stands behind `{before}` is no parameter that is known; a value with spaces stands in `'…'`"
            ));
        }
        let (value, after) = value(after.trim_start())?;
        // .NET writes `Host=db;Password=…`, all of which would be the host.
        if value.contains(';') && !["password", "options"].contains(&name) {
            return Err(format!(
                "the value of `{name}` has a `;`: parameters are separated by spaces"
            ));
        }
        settings.push(Setting {
            name: name.into(),
            value: value.into_bytes(),
        });
        rest = after.trim_start();
    }
    settings.retain(|setting| !setting.value.is_empty());
    Ok(settings)
}

/// Returns the value at the start of `text`, and the rest.
fn value(text: &str) -> Read<(String, &str)> {
    let quoted = text.strip_prefix('\'');
    let mut characters = quoted.unwrap_or(text).chars();
    let mut value = String::new();
    loop {
        let rest = characters.as_str();
        match (characters.next(), quoted.is_some()) {
            (None, true) => return Err("a `'` has no other one that ends the value".into()),
            (None, false) => return Ok((value, rest)),
            (Some('\''), true) => return Ok((value, characters.as_str())),
            (Some(space), false) if space.is_whitespace() => return Ok((value, rest)),
            (Some('\\'), _) => value.extend(characters.next()),
            (Some(character), _) => value.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text) {
            Ok(settings) => settings
                .iter()
                .map(|setting| {
                    format!(
                        "{}={}",
                        setting.name,
                        String::from_utf8_lossy(&setting.value)
                    )
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(cause) => format!("! {cause}"),
        }
    }

    #[test]
    fn both_forms_are_read_as_libpq_does() {
        let cases = [
            (
                "postgresql://a:b@c:1/d?sslmode=require",
                "user=a password=b host=c port=1 dbname=d sslmode=require",
            ),
            ("postgres://", ""),
            ("postgres:///d", "dbname=d"),
            ("postgres://a@", "user=a"),
            (
                "postgres://h1:1,h2,[::1]:3/d",
                "host=h1,h2,::1 port=1,,3 dbname=d",
            ),
            (
                "postgres://a@%2Fvar%2Frun/d",
                "user=a host=/var/run dbname=d",
            ),
            (
                "postgres://a:p%40x%3Fy@c/d",
                "user=a password=p@x?y host=c dbname=d",
            ),
            (
                "postgres://a:p?x@c/d",
                "user=a password=p?x host=c dbname=d",
            ),
            (
                "postgres://c/d?user=a&password=p@x&sslmode=require",
                "host=c dbname=d user=a password=p@x sslmode=require",
            ),
            (
                "postgres://a:b@c/d?application_name=job@ci",
                "user=a password=b host=c dbname=d application_name=job@ci",
            ),
            (
                "postgres://c?application_name=job@ci",
                "host=c application_name=job@ci",
            ),
            (
                "host=c user = a  password='it\\'s b' dbname=d\\ e",
                "host=c user=a password=it's b dbname=d e",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_is_not_shown() {
        let cases = [
            ("mysql://app:s3cret@db/x", "PostgreSQL only"),
            (
                "postgresql+psycopg2://app:s3cret@db/x?y=z",
                "names a driver",
            ),
            ("\"postgresql://app:s3cret@db/x?y=z\"", "remove the quotes"),
            ("jdbc:postgresql://app:s3cret@db/x?y=z", "JDBC"),
            ("app:s3cret@db/x?a=b", "does not begin with `postgresql://`"),
            (
                "postgresql//app:s3cret@db/x?application_name=y",
                "does not begin with `postgresql://`",
            ),
            (
                "Host=db;Username=app;Password=s3cret",
                "does not begin with `postgresql://`",
            ),
            ("host=db;username=app;password=s3cret", "has a `;`"),
            ("host=db password=s3 cret=x", "behind `password`"),
            ("host=db password='s3cret", "has no other one"),
            ("postgres://app:s3@cret@db/x", "more than one `@`"),
            ("postgres://app:12/cret@db/x", "the password may hold a `/`"),
            (
                "postgres://app:12/cret?x=y@db/x",
                "a parameter that is not known",
            ),
            (
                "postgres://app:12?sslmode=cret@db/x",
                "a `?` stands before the `@`",
            ),
            ("postgres://[cret", "has no `]`"),
            ("postgres://a:b@c/d?x=1", "`x` is not known: leave it out"),
            (
                "postgres://a:b@c/d?sslmod=require",
                "did you mean `sslmode`?",
            ),
        ];
        for (text, expected) in cases {
            let shown = shown(text);
            assert!(
                shown.starts_with("! ") && shown.contains(expected) && !shown.contains("cret"),
                "{text}: {shown}"
            );
        }
    }
}
