//! The `;name=value` list that follows a URI or a header value.

use std::borrow::Cow;
use std::fmt;

use crate::error::Flaw;
use crate::scan::{self, Scanner};

/// Parameters in the order they were written. Names compare without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

/// One parameter; a value in quotes keeps its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Param {
    name: String,
    value: Option<String>,
}

impl Params {
    /// Whether the parameter is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The value as it was written, quotes included; `None` when the parameter is absent or has no value.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.find(name)?.value.as_deref()
    }

    /// The value with its quotes and escapes taken away.
    pub fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.raw(name).map(scan::unquote)
    }

    /// Every parameter: its name, and its value as it was written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|param| (param.name.as_str(), param.value.as_deref()))
    }

    /// Puts the parameter in place of one of the same name, or at the end.
    pub(crate) fn set(&mut self, name: &str, value: Option<String>) {
        match self.0.iter_mut().find(|param| param.is_named(name)) {
            Some(param) => param.value = value,
            None => self.0.push(Param { name: name.to_owned(), value }),
        }
    }

    /// Takes the parameter away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|param| !param.is_named(name));
    }

    /// Reads `*( SEMI generic-param )` of a header value up to its end; white space is allowed around `;` and `=`.
    ///
    /// Values may hold any visible ASCII but the delimiters: addresses with colons and brackets (RFC 5118 §4.5) and the
    /// `=` that some agents end their branches with are common, and nothing here depends on their absence.
    pub(crate) fn scan_header(scanner: &mut Scanner<'_>) -> Result<Self, Flaw> {
        let mut params = Vec::new();
        while scanner.eat_separator(b';') {
            let name = scanner.token()?.to_owned();
            let value = if !scanner.eat_separator(b'=') {
                None
            } else if scanner.peek() == Some(b'"') {
                Some(String::from_utf8_lossy(scanner.quoted()?).into_owned())
            } else {
                let value = scanner.take_while(|byte| byte.is_ascii_graphic() && !b";,\"<>".contains(&byte));
                let value = std::str::from_utf8(value).map_err(|_| Flaw::Character)?;
                if value.is_empty() {
                    return Err(Flaw::Empty);
                }
                Some(value.to_owned())
            };
            params.push(Param { name, value });
        }
        Ok(Self(params))
    }

    /// Reads the parameters of a URI: `*( ";" name [ "=" value ] )`, where white space is not allowed.
    pub(crate) fn parse_uri(text: &str) -> Result<Self, Flaw> {
        let Some(list) = text.strip_prefix(';') else {
            return if text.is_empty() { Ok(Self::default()) } else { Err(Flaw::Character) };
        };
        list.split(';').map(Param::parse_uri).collect::<Result<_, _>>().map(Self)
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.is_named(name))
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|param| match &param.value {
            Some(value) => write!(f, ";{}={value}", param.name),
            None => write!(f, ";{}", param.name),
        })
    }
}

impl Param {
    /// Whether this is the parameter `name`: an escaped character is the same as itself (RFC 3261 §19.1.4).
    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
            || self.name.contains('%') && crate::escape::unescape(&self.name).eq_ignore_ascii_case(name)
    }

    /// Reads `pname [ "=" pvalue ]` (RFC 3261 §25.1).
    fn parse_uri(text: &str) -> Result<Self, Flaw> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if name.is_empty() || value == Some("") {
            return Err(Flaw::Empty);
        }
        for part in [name, value.unwrap_or_default()] {
            crate::escape::check_escaped(part, b"[]/:&+$")?;
        }
        Ok(Self { name: name.to_owned(), value: value.map(str::to_owned) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Params, Flaw> {
        let mut scanner = Scanner::new(text.as_bytes());
        let params = Params::scan_header(&mut scanner)?;
        scanner.finish()?;
        Ok(params)
    }

    #[test]
    fn header_parameters_may_have_white_space_around_their_separators() {
        let params = header(" ; tag = 98asjd8 ;lr; x=\"a; b\"").unwrap();
        assert_eq!(params.to_string(), ";tag=98asjd8;lr;x=\"a; b\"");
        assert_eq!(
            (params.raw("TAG"), params.has("LR"), params.value("x").as_deref()),
            (Some("98asjd8"), true, Some("a; b"))
        );
    }

    #[test]
    fn a_header_parameter_may_hold_an_ipv6_address_with_or_without_brackets() {
        let params = header(";received=2001:db8::9:255;other=[2001:db8::1]").unwrap();
        assert_eq!(
            (params.raw("received"), params.raw("other")),
            (Some("2001:db8::9:255"), Some("[2001:db8::1]"))
        );
    }

    #[test]
    fn an_empty_header_parameter_is_refused() {
        assert_eq!(header(";;"), Err(Flaw::Character));
        assert_eq!(header(";"), Err(Flaw::Empty));
        assert_eq!(header(";a="), Err(Flaw::Empty));
    }

    #[test]
    fn uri_parameters_allow_no_white_space() {
        assert_eq!(Params::parse_uri("; lr"), Err(Flaw::Character));
        assert_eq!(
            Params::parse_uri(";lr;n%61me=v%61lue%25%34%31").unwrap().to_string(),
            ";lr;n%61me=v%61lue%25%34%31"
        );
    }

    #[test]
    fn an_escaped_character_in_a_name_is_that_character() {
        let params = Params::parse_uri(";%6C%72;n%61me=x").unwrap();
        assert_eq!((params.has("lr"), params.raw("name")), (true, Some("x")));
    }
}
