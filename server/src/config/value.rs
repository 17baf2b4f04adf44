//! How are durations, sizes, port ranges and proxies written in the configuration?

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sip::{SipUri, Uri};

use super::accept;

/// A duration: a number and `ms`, `s`, `m`, `h` or `d`, such as `"120s"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A size in bytes: a number and `B`, `KiB`, `MiB` or `GiB`, such as `"64KiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// UDP ports from the first to the last, both included, such as `"40000-49999"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

/// Where another SIP server is: `HOST[:PORT][;transport=udp|tcp]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy(pub SipUri);

const SPAN_UNITS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZE_UNITS: &[(&str, u64)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl Span {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    fn parse(text: &str) -> Option<Self> {
        parse_with_unit(text, SPAN_UNITS).map(|ms| Self(Duration::from_millis(ms)))
    }
}

impl Size {
    /// The size as a length in memory.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn parse(text: &str) -> Option<Self> {
        parse_with_unit(text, SIZE_UNITS).map(Self)
    }
}

impl Ports {
    /// How many pairs of an even port and the odd one after it there are.
    #[must_use]
    pub fn pairs(self) -> usize {
        media::PortPool::new(self.first, self.last).map_or(0, |pool| pool.capacity())
    }

    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-')?;
        let ports = Self { first: first.trim().parse().ok()?, last: last.trim().parse().ok()? };
        (ports.first > 0 && ports.first <= ports.last).then_some(ports)
    }
}

impl Proxy {
    fn parse(text: &str) -> Option<Self> {
        let uri = format!("{SCHEME}{}", text.strip_prefix(SCHEME).unwrap_or(text));
        if let Ok(Uri::Sip(uri)) = Uri::parse(&uri) { Some(Self(uri)) } else { None }
    }
}

/// What need not be written before a proxy.
const SCHEME: &str = "sip:";

fn parse_with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim())?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

/// The largest unit that divides the number.
fn with_unit(number: u64, units: &[(&'static str, u64)]) -> String {
    let fits = units.iter().rev().find(|(_, factor)| number != 0 && number.is_multiple_of(*factor));
    let (unit, factor) = fits.or(units.first()).copied().unwrap_or(("", 1));
    format!("{}{unit}", number / factor)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&with_unit(ms, SPAN_UNITS))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_unit(self.0, SIZE_UNITS))
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.strip_prefix(SCHEME).unwrap_or(&text))
    }
}

macro_rules! text_value {
    ($type:ident, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text: String = accept::read(deserializer, $expected)?;
                Self::parse(text.trim()).map_or_else(|| accept::refuse(format!("{text:?}"), $expected), Ok)
            }
        }
    };
}

text_value!(Span, "a number with ms, s, m, h or d, such as \"120s\"");
text_value!(Size, "a number with B, KiB, MiB or GiB, such as \"64KiB\"");
text_value!(Ports, "a range of ports, such as \"40000-49999\"");
text_value!(Proxy, "HOST[:PORT][;transport=udp|tcp], such as \"sip.example.org;transport=tcp\"");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_are_read() {
        for text in ["0ms", "1500ms", "120s", "2m", "7d"] {
            let span = Span::parse(text).unwrap();
            assert_eq!(Span::parse(&span.to_string()), Some(span), "{text}");
        }
        assert_eq!(Span::parse("120s").unwrap().to_string(), "2m");
        assert_eq!(Size::parse("64KiB").unwrap().to_string(), "64KiB");
        assert_eq!(Ports::parse("40000-49999").unwrap().to_string(), "40000-49999");
        assert_eq!(Proxy::parse("[::1]:5070;transport=tcp").unwrap().to_string(), "[::1]:5070;transport=tcp");
        assert_eq!(Proxy::parse("sip:example.org"), Proxy::parse("example.org"));
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in ["", "5", "s", "-1s", "1 week", "1.5s", "99999999999999999999d"] {
            assert_eq!(Span::parse(text), None, "{text}");
        }
        assert_eq!(Size::parse("1KB"), None);
        for text in ["", "sip:", "tel:+4930", "a b", "host:port"] {
            assert_eq!(Proxy::parse(text), None, "{text}");
        }
        for text in ["1", "5-4", "0-9", "1-70000"] {
            assert_eq!(Ports::parse(text), None, "{text}");
        }
    }
}
