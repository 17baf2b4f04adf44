//! Who a header field names: `"Display" <uri>;params`, or a bare URI with params.

use std::fmt;

use crate::error::Flaw;
use crate::params::Params;
use crate::scan::{self, Scanner};
use crate::uri::Uri;
use crate::write::quoted;

/// The value of From, To, and of each element of Contact, Route and Record-Route (RFC 3261 §20.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes and escapes; bytes that are no UTF-8 are U+FFFD.
    pub display_name: Option<String>,
    /// The address.
    pub uri: Uri,
    /// The parameters of the header field, such as `tag`, as against those of the URI.
    pub params: Params,
}

impl NameAddr {
    /// An address without parameters.
    pub fn new(display_name: Option<&str>, uri: Uri) -> Self {
        Self { display_name: display_name.map(str::to_owned), uri, params: Params::default() }
    }

    /// Reads one value and nothing else.
    pub fn parse(value: &[u8]) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(scan::trim(value));
        let (display_name, bracketed) = scan_display_name(&mut scanner)?;
        let uri = if bracketed { scan_bracketed(&mut scanner)? } else { scan_bare(&mut scanner)? };
        let params = Params::scan_header(&mut scanner)?;
        scanner.finish()?;
        Ok(Self { display_name, uri, params })
    }

    /// The tag of a From or To (RFC 3261 §19.3).
    pub fn tag(&self) -> Option<&str> {
        self.params.raw("tag")
    }

    /// The same address with a tag, or with none.
    pub(crate) fn with_tag(mut self, tag: Option<&str>) -> Self {
        match tag {
            Some(tag) => self.params.set("tag", Some(tag.to_owned())),
            None => self.params.remove("tag"),
        }
        self
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.display_name {
            write!(f, "\"{}\" ", quoted(name))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// Reads `[ display-name ]` and the `<` after it; tells whether there was a `<`.
fn scan_display_name(scanner: &mut Scanner<'_>) -> Result<(Option<String>, bool), Flaw> {
    if scanner.peek() == Some(b'"') {
        let quoted = String::from_utf8_lossy(scanner.quoted()?);
        let name = scan::unquote(&quoted).into_owned();
        scanner.skip_space();
        return if scanner.eat(b'<') { Ok((Some(name), true)) } else { Err(Flaw::Bracket) };
    }
    // A display name of tokens is told from a bare URI by the "<" that follows it.
    let mut ahead = scanner.clone();
    let tokens = ahead.take_while(|byte| scan::is_token(byte) || b" \t".contains(&byte) || !byte.is_ascii());
    if !ahead.eat(b'<') {
        return Ok((None, false));
    }
    *scanner = ahead;
    let name = String::from_utf8_lossy(scan::trim(tokens)).into_owned();
    Ok(((!name.is_empty()).then_some(name), true))
}

/// Reads the URI up to `>`, and the `>`.
fn scan_bracketed(scanner: &mut Scanner<'_>) -> Result<Uri, Flaw> {
    let uri = scanner.take_while(|byte| byte != b'>');
    if !scanner.eat(b'>') {
        return Err(Flaw::Bracket);
    }
    Uri::parse(std::str::from_utf8(uri).map_err(|_| Flaw::Character)?)
}

/// Reads a URI without brackets: what follows a `;` belongs to the header field, and `?` and `,` may not occur
/// (RFC 3261 §20.10).
fn scan_bare(scanner: &mut Scanner<'_>) -> Result<Uri, Flaw> {
    let uri = scanner.take_while(|byte| !b"; \t".contains(&byte));
    if uri.contains(&b'?') {
        return Err(Flaw::UriHeaders);
    }
    if uri.contains(&b',') {
        return Err(Flaw::Character);
    }
    Uri::parse(std::str::from_utf8(uri).map_err(|_| Flaw::Character)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<(Option<String>, String, String), Flaw> {
        let parsed = NameAddr::parse(value.as_bytes())?;
        Ok((parsed.display_name, parsed.uri.to_string(), parsed.params.to_string()))
    }

    fn parts(name: Option<&str>, uri: &str, params: &str) -> Result<(Option<String>, String, String), Flaw> {
        Ok((name.map(str::to_owned), uri.to_owned(), params.to_owned()))
    }

    #[test]
    fn the_forms_of_the_torture_messages_are_read() {
        assert_eq!(
            parse(r#""J Rosenberg \\\""       <sip:jdrosen@example.com>  ;  tag = 98asjd8"#),
            parts(Some(r#"J Rosenberg \""#), "sip:jdrosen@example.com", ";tag=98asjd8")
        );
        assert_eq!(
            parse("caller<sip:caller@example.com>;tag=323"),
            parts(Some("caller"), "sip:caller@example.com", ";tag=323")
        );
        assert_eq!(
            parse("token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"p\""),
            parts(
                Some("token1~` token2'+_ token3*%!.-"),
                "sip:mundane@example.com",
                ";fromParam''~+*_!.-%=\"p\""
            )
        );
        assert_eq!(parse("<sip:a@b;lr>"), parts(None, "sip:a@b;lr", ""));
        assert_eq!(parse("\"\" <sip:a@b>"), parts(Some(""), "sip:a@b", ""));
    }

    #[test]
    fn without_brackets_the_parameters_belong_to_the_header_field() {
        assert_eq!(
            parse("sip:+19725552222@gw1.example.net;unknownparam"),
            parts(None, "sip:+19725552222@gw1.example.net", ";unknownparam")
        );
        assert_eq!(
            parse("<sip:+19725552222@gw1.example.net;unknownparam>"),
            parts(None, "sip:+19725552222@gw1.example.net;unknownparam", "")
        );
    }

    #[test]
    fn malformed_addresses_are_refused_with_their_flaw() {
        for (value, flaw) in [
            ("\"Mr. J. User <sip:j.user@example.com>", Flaw::Quote),
            ("Bell, Alexander <sip:a.g.bell@example.com>;tag=43", Flaw::Character),
            ("\"Watson, Thomas\" < sip:t.watson@example.org >", Flaw::Character),
            ("sip:user@example.com?Route=%3Csip:sip.example.com%3E", Flaw::UriHeaders),
            ("<sip:a@b", Flaw::Bracket),
            ("<sip:a@b> x", Flaw::Trailing),
            ("", Flaw::Scheme),
        ] {
            assert_eq!(parse(value), Err(flaw), "{value}");
        }
    }

    #[test]
    fn a_display_name_is_quoted_so_that_it_reads_back() {
        let address = NameAddr::new(Some("A \"B\" \\ C\r\nVia: x"), Uri::parse("sip:a@b").unwrap());
        assert_eq!(address.to_string(), "\"A \\\"B\\\" \\\\ C  Via: x\" <sip:a@b>");
        assert_eq!(parse(&address.to_string()).unwrap().0.as_deref(), Some("A \"B\" \\ C  Via: x"));
    }

    #[test]
    fn a_name_in_another_charset_is_read_with_replacement_characters() {
        let parsed = NameAddr::parse(b"\"J\xfcrgen\" <sip:j@x>").unwrap();
        assert_eq!(parsed.display_name.as_deref(), Some("J\u{fffd}rgen"));
    }
}
