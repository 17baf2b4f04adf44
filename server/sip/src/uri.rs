//! Who or what is addressed: `sip:`, `sips:`, `tel:` and any other URI.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Flaw;
use crate::escape::{PARAM, USER, check_escaped, escape, unescape};
use crate::host::{self, Host, HostPort};
use crate::params::Params;
use crate::scan::Scanner;

/// A URI. Equality is of the text; see [`SipUri::equivalent`] for the equality of RFC 3261 §19.1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// `tel:` (RFC 3966).
    Tel(TelUri),
    /// Anything else: the scheme, and what follows its colon.
    Other {
        /// The scheme, in the case it was written in.
        scheme: String,
        /// What follows the colon, unread.
        rest: String,
    },
}

/// A SIP or SIPS URI (RFC 3261 §19.1.1). Its parts are kept as they were written, escapes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipUri {
    secure: bool,
    user: Option<String>,
    password: Option<String>,
    place: HostPort,
    params: Params,
    headers: Option<String>,
}

/// A telephone number (RFC 3966).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelUri {
    number: String,
    params: Params,
}

impl Uri {
    /// Reads a URI and nothing else.
    pub fn parse(text: &str) -> Result<Self, Flaw> {
        if let Some(bad) = text.bytes().find(|byte| !byte.is_ascii_graphic() || b"<>\"".contains(byte)) {
            return Err(if b"<>".contains(&bad) { Flaw::Bracket } else { Flaw::Character });
        }
        let (scheme, rest) = text.split_once(':').ok_or(Flaw::Scheme)?;
        let mut characters = scheme.bytes();
        let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if !starts_well || !characters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)) {
            return Err(Flaw::Scheme);
        }
        if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
            SipUri::parse(scheme.len() == 4, rest).map(Self::Sip)
        } else if scheme.eq_ignore_ascii_case("tel") {
            TelUri::parse(rest).map(Self::Tel)
        } else if rest.is_empty() {
            Err(Flaw::Empty)
        } else {
            Ok(Self::Other { scheme: scheme.to_owned(), rest: rest.to_owned() })
        }
    }

    /// The SIP URI, if it is one.
    pub fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Tel(_) | Self::Other { .. } => None,
        }
    }

    /// The user of a SIP URI without escapes, or the digits of a `tel:` URI.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Sip(uri) => uri.user(),
            Self::Tel(uri) => Some(Cow::Borrowed(&uri.number)),
            Self::Other { .. } => None,
        }
    }

    /// The URI in the form it has in a request line: without header fields and without a method, which a Contact may
    /// have and a Request-URI may not (RFC 3261 §19.1.1, table 1).
    pub(crate) fn for_request(&self) -> Self {
        match self {
            Self::Sip(uri) => {
                let mut uri = uri.clone();
                uri.headers = None;
                uri.params.remove("method");
                Self::Sip(uri)
            }
            Self::Tel(_) | Self::Other { .. } => self.clone(),
        }
    }

    /// Whether both address the same resource: SIP URIs by RFC 3261 §19.1.4, others by their text.
    pub fn equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sip(one), Self::Sip(another)) => one.equivalent(another),
            (Self::Sip(_) | Self::Tel(_) | Self::Other { .. }, _) => self == other,
        }
    }
}

impl FromStr for Uri {
    type Err = Flaw;

    fn from_str(text: &str) -> Result<Self, Flaw> {
        Self::parse(text)
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Self {
        Self::Sip(uri)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => write!(f, "{uri}"),
            Self::Tel(uri) => write!(f, "tel:{}{}", uri.number, uri.params),
            Self::Other { scheme, rest } => write!(f, "{scheme}:{rest}"),
        }
    }
}

impl SipUri {
    /// `sip:user@host`; whatever may not stand in a user part is escaped.
    pub fn new(user: &str, host: Host) -> Self {
        Self { user: Some(escape(user, USER)), ..Self::of_host(host) }
    }

    /// `sip:host`.
    pub fn of_host(host: Host) -> Self {
        let place = HostPort { host, port: None };
        Self { secure: false, user: None, password: None, place, params: Params::default(), headers: None }
    }

    /// The same URI with a port.
    #[must_use]
    pub fn with_port(mut self, port: Option<u16>) -> Self {
        self.place.port = port;
        self
    }

    /// The same URI with a parameter, such as `transport` and `tcp`. What may not stand there is escaped.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.set(&escape(name, PARAM), value.map(|value| escape(value, PARAM)));
        self
    }

    /// Whether the scheme is `sips:`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The user part without escapes and without a password; bytes that are no UTF-8 become U+FFFD.
    pub fn user(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.place.host
    }

    /// The port, if one was written.
    pub fn port(&self) -> Option<u16> {
        self.place.port
    }

    /// The host and the port.
    pub fn place(&self) -> &HostPort {
        &self.place
    }

    /// The parameters of the URI, as against those of the header field it stands in.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// Whether header fields are written after a `?`.
    pub fn has_headers(&self) -> bool {
        self.headers.is_some()
    }

    /// Whether both address the same resource (RFC 3261 §19.1.4).
    pub fn equivalent(&self, other: &Self) -> bool {
        self.secure == other.secure
            && same(self.user.as_deref(), other.user.as_deref())
            && same(self.password.as_deref(), other.password.as_deref())
            && self.place.host.matches(&other.place.host)
            && self.place.port == other.place.port
            && self.params_agree(other)
            && same(self.headers.as_deref(), other.headers.as_deref())
    }

    /// Parameters in both must be equal; these five must be in both or in neither.
    fn params_agree(&self, other: &Self) -> bool {
        let decisive = ["user", "ttl", "method", "maddr", "transport"];
        decisive.iter().all(|name| self.params.has(name) == other.params.has(name))
            && self.params.iter().all(|(name, value)| {
                !other.params.has(name)
                    || match (value, other.params.raw(name)) {
                        (Some(one), Some(another)) => unescape(one).eq_ignore_ascii_case(&unescape(another)),
                        (one, another) => one == another,
                    }
            })
    }

    /// Reads what follows `sip:` or `sips:`; the text is visible ASCII.
    fn parse(secure: bool, text: &str) -> Result<Self, Flaw> {
        // No other part of a SIP URI may hold an "@" that is not escaped.
        let (user_info, rest) = match text.split_once('@') {
            Some((user_info, rest)) => (Some(user_info), rest),
            None => (None, text),
        };
        let (user, password) = user_info.map(parse_user_info).transpose()?.unwrap_or_default();
        let mut scanner = Scanner::new(rest.as_bytes());
        let host = Host::scan(&mut scanner)?;
        let port = if scanner.eat(b':') { Some(host::port(&mut scanner)?) } else { None };
        let rest = std::str::from_utf8(scanner.rest()).map_err(|_| Flaw::Character)?;
        let (params, headers) = match rest.split_once('?') {
            Some((params, headers)) => (params, Some(headers)),
            None => (rest, None),
        };
        if let Some(headers) = headers {
            check_escaped(headers, b"[]/?:+$&=")?;
        }
        Ok(Self {
            secure,
            user,
            password,
            place: HostPort { host, port },
            params: Params::parse_uri(params)?,
            headers: headers.map(str::to_owned),
        })
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        write!(f, "{}{}", self.place, self.params)?;
        self.headers.as_ref().map_or(Ok(()), |headers| write!(f, "?{headers}"))
    }
}

impl TelUri {
    /// The number as it was written, visual separators included.
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The parameters, such as `phone-context`.
    pub fn params(&self) -> &Params {
        &self.params
    }

    fn parse(text: &str) -> Result<Self, Flaw> {
        let (number, params) = text.split_at(text.find(';').unwrap_or(text.len()));
        let digits = number.strip_prefix('+').unwrap_or(number);
        if !digits.bytes().any(|byte| byte.is_ascii_hexdigit() || b"*#".contains(&byte)) {
            return Err(Flaw::Empty);
        }
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit() || b"*#-.()".contains(&byte)) {
            return Err(Flaw::Character);
        }
        Ok(Self { number: number.to_owned(), params: Params::parse_uri(params)? })
    }
}

/// Reads `user [ ":" password ]`.
fn parse_user_info(text: &str) -> Result<(Option<String>, Option<String>), Flaw> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    if user.is_empty() {
        return Err(Flaw::Empty);
    }
    // Telephone numbers with "#" are written unescaped by many phones, against the letter of the grammar.
    check_escaped(user, b"&=+$,;?/#")?;
    check_escaped(password.unwrap_or_default(), b"&=+$,")?;
    Ok((Some(user.to_owned()), password.map(str::to_owned)))
}

/// Whether both are absent, or the same but for needless escapes (RFC 3261 §19.1.4).
fn same(one: Option<&str>, another: Option<&str>) -> bool {
    match (one, another) {
        (Some(one), Some(another)) => unescape(one) == unescape(another),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
