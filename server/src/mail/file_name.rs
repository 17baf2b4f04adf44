//! Under which name may a file be offered for download?

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest name in bytes: what common file systems take.
const NAME_CAP: usize = 200;

/// What RFC 8187 §3.2.1 lets stand as it is in an extended value.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A file name without folders and without anything that deceives the reader or a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileName(String);

impl FileName {
    /// The name that is given to a file, made harmless; none if nothing is left.
    pub(crate) fn new(given: &str) -> Option<Self> {
        let last = given.rsplit(['/', '\\']).find(|part| !part.trim().is_empty())?;
        let name: String = last.chars().filter(|c| !is_deceptive(*c)).map(harmless).collect();
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '.');
        (!name.is_empty()).then(|| Self(shortened(name)))
    }

    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of a `Content-Disposition` field (RFC 6266) of this kind, such as `attachment`.
    pub(crate) fn disposition(&self, kind: &str) -> String {
        let ascii: String = self.0.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
        if ascii == self.0 && !ascii.contains('%') {
            return format!("{kind}; filename=\"{ascii}\"");
        }
        let encoded = utf8_percent_encode(&self.0, ATTRIBUTE);
        format!("{kind}; filename=\"{}\"; filename*=UTF-8''{encoded}", ascii.replace('%', "_"))
    }
}

/// Characters that are not seen but change what is: controls, and the marks and overrides of writing direction
/// with which `gpj.exe` passes for `exe.jpg`.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Characters that file systems or header fields give a meaning.
const fn harmless(c: char) -> char {
    match c {
        '"' | '<' | '>' | ':' | '|' | '?' | '*' => '_',
        c => c,
    }
}

/// The name cut before its extension, at a character.
fn shortened(name: &str) -> String {
    if name.len() <= NAME_CAP {
        return name.to_owned();
    }
    let extension =
        name.rfind('.').map(|dot| name.split_at(dot).1).filter(|e| e.len() <= 16).unwrap_or_default();
    let stem = name.get(..name.floor_char_boundary(NAME_CAP - extension.len())).unwrap_or_default();
    format!("{stem}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(given: &str) -> Option<String> {
        FileName::new(given).map(|name| name.0)
    }

    #[test]
    fn folders_controls_and_tricks_are_taken_out() {
        let table = [
            ("report.pdf", Some("report.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\dir\\a b.txt", Some("a b.txt")),
            ("a\r\nSet-Cookie: x\0", Some("aSet-Cookie_ x")),
            ("\"<x>|?*", Some("__x____")),
            ("photo\u{202e}gpj.exe", Some("photogpj.exe")),
            (".hidden", Some("hidden")),
            ("dir/", Some("dir")),
            ("Grüße.txt", Some("Grüße.txt")),
            ("..", None),
            ("", None),
        ];
        for (given, harmless) in table {
            assert_eq!(name(given).as_deref(), harmless, "{given}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = name(&("ö".repeat(300) + ".pdf")).unwrap();
        assert_eq!(long, "ö".repeat(98) + ".pdf");
        assert_eq!(name(&"x".repeat(300)).unwrap().len(), NAME_CAP);
    }

    #[test]
    fn the_field_is_plain_for_ascii_and_extended_for_the_rest() {
        let field = |given: &str| FileName::new(given).unwrap().disposition("attachment");
        assert_eq!(field("a b.txt"), "attachment; filename=\"a b.txt\"");
        assert_eq!(
            field("ö 5%.txt"),
            "attachment; filename=\"_ 5_.txt\"; filename*=UTF-8''%C3%B6%205%25.txt"
        );
    }
}
