//! What a challenge or its answer says: a scheme with parameters.

use crate::error::Flaw;
use crate::scan::Scanner;

/// The value of Authorization, WWW-Authenticate and their Proxy- forms (RFC 3261 §20.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthParams {
    /// The scheme, such as `Digest`.
    pub scheme: String,
    params: Vec<(String, String)>,
}

impl AuthParams {
    /// Reads the value and nothing else.
    pub fn parse(value: &[u8]) -> Result<Self, Flaw> {
        let mut scanner = Scanner::new(value);
        scanner.skip_space();
        let scheme = scanner.token()?.to_owned();
        scanner.skip_space();
        let mut params = Vec::new();
        while !scanner.is_end() {
            let name = scanner.token()?.to_owned();
            if !scanner.eat_separator(b'=') {
                return Err(Flaw::Character);
            }
            params.push((name, scan_value(&mut scanner)?));
            if !scanner.eat_separator(b',') {
                break;
            }
        }
        scanner.finish()?;
        Ok(Self { scheme, params })
    }

    /// The value of a parameter, without quotes and escapes. A parameter that occurs twice is taken as absent: whoever
    /// checked the other one would have seen something else.
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut found = self.params.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            (None, _) | (Some(_), Some(_)) => None,
        }
    }
}

fn scan_value(scanner: &mut Scanner<'_>) -> Result<String, Flaw> {
    if scanner.peek() == Some(b'"') {
        let quoted = std::str::from_utf8(scanner.quoted()?).map_err(|_| Flaw::Character)?;
        return Ok(crate::scan::unquote(quoted).into_owned());
    }
    let bare = scanner.take_while(|byte| byte.is_ascii_graphic() && !b",\"".contains(&byte));
    if bare.is_empty() { Err(Flaw::Empty) } else { Ok(String::from_utf8_lossy(bare).into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_values_are_read() {
        let auth = AuthParams::parse(br#"Digest realm="a \"b\", c" , qop=auth,nc=00000001"#).unwrap();
        assert_eq!(
            (auth.scheme.as_str(), auth.value("REALM"), auth.value("qop"), auth.value("nc")),
            ("Digest", Some(r#"a "b", c"#), Some("auth"), Some("00000001"))
        );
    }

    #[test]
    fn a_parameter_given_twice_is_absent() {
        let auth = AuthParams::parse(b"Digest uri=\"sip:a\", uri=\"sip:b\"").unwrap();
        assert_eq!(auth.value("uri"), None);
    }

    #[test]
    fn an_unknown_scheme_is_read_and_garbage_is_refused() {
        assert_eq!(
            AuthParams::parse(b"NoOneKnowsThisScheme opaque-data=here").unwrap().scheme,
            "NoOneKnowsThisScheme"
        );
        assert_eq!(AuthParams::parse(b"Digest realm"), Err(Flaw::Character));
        assert_eq!(AuthParams::parse(b"Digest realm=\"x"), Err(Flaw::Quote));
    }
}
