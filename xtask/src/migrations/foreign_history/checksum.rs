//! The checksums by which the tools know the files of migrations that they applied.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256, Sha384};

use super::recorder::Recorder;
use crate::config::Layout;

/// Whether `recorded` is the checksum of a file with the content `bytes`; `None` where that cannot
/// be known: the tool records none, or somebody wrote something else there. Line ends do not count,
/// because git may change them.
#[must_use]
pub fn is_of(recorder: Recorder, recorded: &str, bytes: &[u8]) -> Option<bool> {
    let Recorder::Of(layout) = recorder else {
        return None;
    };
    let text = String::from_utf8_lossy(bytes);
    if layout == Layout::Flyway {
        return flyway(recorded, &text);
    }
    let digits = match layout {
        Layout::Prisma | Layout::Drizzle => 2 * <Sha256 as sha2::Digest>::output_size(),
        Layout::Sqlx => 2 * <Sha384 as sha2::Digest>::output_size(),
        _without => return None,
    };
    let is_one = recorded.len() == digits && recorded.bytes().all(|one| one.is_ascii_hexdigit());
    if !is_one {
        return None;
    }
    let unix = text.replace("\r\n", "\n");
    let windows = unix.replace('\n', "\r\n");
    let mut forms = [bytes, unix.as_bytes(), windows.as_bytes()].into_iter();
    let hash = |bytes: &[u8]| match layout {
        Layout::Sqlx => hexadecimal(&Sha384::digest(bytes)),
        _sha256 => hexadecimal(&Sha256::digest(bytes)),
    };
    Some(forms.any(|form| hash(form).eq_ignore_ascii_case(recorded)))
}

/// Flyway's checksum is a CRC-32 of the lines without their ends. That of a repeatable migration is
/// taken after placeholders have their values.
fn flyway(recorded: &str, text: &str) -> Option<bool> {
    let recorded: i32 = recorded.parse().ok()?;
    if text.contains("${") {
        return None;
    }
    let (mut checksum, mut of_node) = (crc32fast::Hasher::new(), crc32fast::Hasher::new());
    for line in text.trim_start_matches('\u{feff}').lines() {
        checksum.update(line.as_bytes());
        // pg-flyway, which is Flyway for node, takes the lower byte of each character.
        let bytes: Vec<u8> = line
            .encode_utf16()
            .map(|unit| unit.to_le_bytes()[0])
            .collect();
        of_node.update(&bytes);
    }
    let is_recorded = |hasher: crc32fast::Hasher| hasher.finalize().cast_signed() == recorded;
    Some(is_recorded(checksum) || is_recorded(of_node))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tool_takes_its_own_checksum_of_the_file() {
        let of = |layout, recorded: &str, text: &str| {
            is_of(Recorder::Of(layout), recorded, text.as_bytes())
        };
        // `printf 'select 1;\n' | sha256sum`
        let recorded = "4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c";
        assert_eq!(of(Layout::Prisma, recorded, "select 2;\n"), Some(false));
        for text in ["select 1;\n", "select 1;\r\n"] {
            assert_eq!(of(Layout::Prisma, recorded, text), Some(true));
            assert_eq!(of(Layout::Drizzle, recorded, text), Some(true));
        }
        assert_eq!(of(Layout::Drizzle, "baseline", "select 1;"), None);
        let recorded = "732dd6fa554ee7cf2b12caa7de486d35b60326cbb0fadccc7c537fb9750917e293550610ebffcbd185284ce99600a267";
        assert_eq!(of(Layout::Sqlx, recorded, "select 1;\n"), Some(true));
        assert_eq!(of(Layout::Sqlx, "", "select 1;\n"), None);
        assert_eq!(of(Layout::Dbmate, recorded, "select 1;\n"), None);
    }

    #[test]
    fn flyway_counts_lines_without_their_ends() {
        let of = |recorded: &str, text: &str| {
            is_of(Recorder::Of(Layout::Flyway), recorded, text.as_bytes())
        };
        // CRC-32 of `123456789`, which every description of it names.
        let known = 0xCBF4_3926_u32.cast_signed().to_string();
        assert_eq!(of(&known, "12345\r\n6789\n"), Some(true));
        assert_eq!(of(&known, "\u{feff}12345\n6789"), Some(true));
        assert_eq!(of(&known, "12345\n678"), Some(false));
        assert_eq!(of(&known, "12345${a}6789"), None);
        assert_eq!(of("", "12345"), None);
        let latin = crc32fast::hash(&[0xE9]).cast_signed().to_string();
        assert_eq!(of(&latin, "é\n"), Some(true));
    }
}
