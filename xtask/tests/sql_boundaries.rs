//! Statements end where PostgreSQL ends them: a text is cut, and a server reads the text and each
//! of its parts.
//!
//! The server is asked by preparing them in a transaction that has failed. Its own scanner and
//! grammar read the whole text first. Where they refuse it, it says at which character; where they
//! do not, it says that there are several statements, or that one must wait for the end of the
//! transaction. So nothing ever runs, whatever a text holds.

use postgres::Client;
use postgres::error::{ErrorPosition, SqlState};
use xtask::internals::migrations::sql::{self, Statement};

use crate::support::database::Database;
use crate::support::random::{Random, inputs};
use crate::support::{repository, shared};

/// How many inputs every run tries; `.ci/fuzz` tries 100,000.
const FEW: usize = 2_000;

/// The server's reading of a text.
#[derive(Debug, PartialEq, Eq)]
enum Reading {
    /// One statement, or none.
    AtMostOne,
    Several,
    /// It ends, or something stands, where it must not: at this byte.
    Refused(usize),
    /// Refused without a place.
    Unplaced(String),
}

fn read(client: &mut Client, text: &str) -> Reading {
    let Err(error) = client.prepare(text) else {
        return Reading::AtMostOne;
    };
    let error = error.as_db_error().expect("the server answers");
    match (error.code(), error.position()) {
        (code, _) if *code == SqlState::IN_FAILED_SQL_TRANSACTION => Reading::AtMostOne,
        (_, Some(ErrorPosition::Original(at))) => {
            let before = *at as usize - 1;
            let ends = text
                .char_indices()
                .map(|(byte, _)| byte)
                .chain([text.len()]);
            Reading::Refused(ends.into_iter().nth(before).unwrap_or(text.len()))
        }
        (_, _)
            if error
                .message()
                .starts_with("cannot insert multiple commands") =>
        {
            Reading::Several
        }
        (_, _) => Reading::Unplaced(error.message().to_owned()),
    }
}

/// Returns the fault in the parts of `text`; `None` where they agree with the server's.
fn fault(client: &mut Client, text: &str) -> Option<String> {
    let parts = sql::statements(text);
    let whole = read(client, text);
    let mut bad = None;
    for (number, part) in parts.iter().enumerate() {
        match read(client, part.text()) {
            Reading::AtMostOne => {}
            Reading::Several => return Some(format!("part {} is several statements", number + 1)),
            refused => {
                bad = Some((number, refused));
                break;
            }
        }
    }
    match (&whole, bad) {
        (Reading::AtMostOne, None) => (parts.len() > 1).then(|| "it is one statement".to_owned()),
        (Reading::Several, None) => {
            (parts.len() < 2).then(|| "it is several statements".to_owned())
        }
        (Reading::Refused(at), Some((number, Reading::Refused(inner)))) => {
            let same = is_same_place(text, &parts[number], inner, *at);
            (!same).then(|| {
                format!(
                    "it is refused at byte {at}, part {} at its byte {inner}",
                    number + 1
                )
            })
        }
        (Reading::Unplaced(why), Some((_, Reading::Unplaced(inner)))) if why == &inner => None,
        (whole, bad) => Some(format!(
            "the whole is {whole:?}, and the first part that is refused {bad:?}"
        )),
    }
}

/// Whether the byte `inner` of a part is the byte `at` of the text. What a part lacks at its end is
/// missed at the next token, or at the end of the text.
fn is_same_place(text: &str, part: &Statement<'_>, inner: usize, at: usize) -> bool {
    let (start, end) = (part.span.start as usize, part.span.end as usize);
    if inner < end - start {
        return start + inner == at;
    }
    let is_between = |start: usize| (end..at).contains(&start);
    at >= end
        && !sql::tokens(text)
            .iter()
            .any(|token| token.is_significant() && is_between(token.span.start as usize))
}

const STRINGS: &[&str] = &[
    "'a;b'",
    "'it''s;'",
    "E'\\';'",
    "E'a\\\\'",
    "'a\\'",
    "U&'\\0061;'",
    "N'a;'",
    "B'01'",
    "X'ff'",
    "$$;$$",
    "$a$;$$;$a$",
    "$a$ $b$ ; $b$ $a$",
    "'a'\n'b;'",
    "'a' -- c;\n ';'",
    "E'a'\n'\\';'",
    "$é$;'$é$",
    "''",
    "'\n;'",
];

const VALUES: &[&str] = &[
    "1",
    ".5",
    "1e3",
    "a",
    "\"a;b\"",
    "\"a\"\"b\"",
    "U&\"d\\0061;\"",
    "a$b$c",
    "$1",
    "x.y",
    "a.case",
    "a.end",
    "(1)",
    "ARRAY[1, 2]",
    "CASE WHEN a THEN 1 ELSE 2 END",
    "1 - -1",
    "1 --;\n+ 1",
    "1 /*;*/ + 2",
    "2 */* ; */ 3",
    "a->>'b'",
    "a <@ b",
    "@ -1",
    "1::int",
    "é",
];

const BLANKS: &[&str] = &[
    "",
    " ",
    "\n",
    "\t",
    "/* ; */",
    "/* /* ; */ */",
    "-- ;\n",
    "--\r\n",
    "  \n  ",
];

const FRAGMENTS: &[&str] = &[
    "'",
    "\"",
    "$",
    "$$",
    "$a$",
    "/*",
    "*/",
    "--",
    "\n",
    ";",
    ";;",
    "(",
    ")",
    "[",
    "]",
    "E'",
    "U&'",
    "\\",
    " BEGIN ATOMIC ",
    " END ",
    " CASE ",
    " begin",
    " atomic",
    "é",
    " AS end",
    ".end",
    ":",
    "::",
    "\r",
    "1",
    " ",
    "CREATE FUNCTION f() RETURNS int ",
    "'';",
];

/// A statement of one of the forms whose ends are hard to see.
fn statement(random: &mut Random) -> String {
    let string = *random.pick(STRINGS);
    let (one, other) = (*random.pick(VALUES), *random.pick(VALUES));
    let blank = *random.pick(BLANKS);
    match random.below(14) {
        0 => format!("SELECT{blank} {string}, {one}"),
        1 => format!("INSERT INTO t VALUES ({one},{blank} {string})"),
        2 => {
            format!("CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT {one};{blank} SELECT {other})")
        }
        3 => format!(
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC{blank} SELECT {one}; SELECT {string}; END"
        ),
        4 => format!(
            "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES ({one});{blank} END"
        ),
        5 => format!("CREATE FUNCTION f(a int) RETURNS int RETURN {one} + {other}"),
        6 => format!("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS {string}"),
        7 => format!("DO {string}"),
        8 => format!("COMMENT ON TABLE t IS{blank} {string}"),
        9 => format!("SELECT {one} AS \"end\" FROM t WHERE b = {other}"),
        10 => "BEGIN".to_owned(),
        11 => "END".to_owned(),
        12 => format!("CREATE TABLE t (a int DEFAULT {one} CHECK (a > ALL ({other})))"),
        _ => blank.to_owned(),
    }
}

fn text(random: &mut Random, real: &[String]) -> String {
    let text = match random.below(10) {
        0 => random.pick(real).clone(),
        _ => {
            let mut text = String::new();
            for _ in 0..=random.below(4) {
                text += *random.pick(BLANKS);
                text += &statement(random);
                text += *random.pick(BLANKS);
                text += *random.pick(&[";", ";", ";", ";;", ""]);
            }
            text
        }
    };
    if random.below(3) == 0 {
        text
    } else {
        random.mutated(&text, FRAGMENTS)
    }
}

/// The migrations of the sample, in pieces of some lines.
fn real_pieces() -> Vec<String> {
    let files = std::fs::read_dir(repository().join("migrations")).expect("the sample");
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| std::fs::read_to_string(path).expect("readable"));
    let pieces = texts.flat_map(|text| {
        let lines: Vec<&str> = text.lines().collect();
        lines
            .chunks(25)
            .map(|lines| lines.join("\n"))
            .collect::<Vec<_>>()
    });
    pieces.collect()
}

#[test]
fn statements_end_where_the_server_ends_them() {
    let Some(cluster) = shared() else { return };
    let database = Database::create(cluster, "boundaries");
    let mut client = database.connect();
    client
        .batch_execute("SET log_min_messages = panic; BEGIN")
        .expect("a transaction");
    client.batch_execute("SELECT 1 / 0").expect_err("it fails");
    let (mut random, real) = (Random::seeded(16), real_pieces());
    let mut counts = [0_usize; 3];
    for number in 0..inputs(FEW) {
        let text = text(&mut random, &real);
        if let Some(fault) = fault(&mut client, &text) {
            let parts: Vec<&str> = sql::statements(&text).iter().map(Statement::text).collect();
            panic!("input {number}: {fault}\n{text:?}\nparts: {parts:#?}");
        }
        let kind = match read(&mut client, &text) {
            Reading::AtMostOne => 0,
            Reading::Several => 1,
            Reading::Refused(_) | Reading::Unplaced(_) => 2,
        };
        counts[kind] += 1;
    }
    let all: usize = counts.iter().sum();
    assert!(
        counts.iter().all(|count| *count > all / 20),
        "of each kind there are some: {counts:?}"
    );
}
