//! How is an instant written?

use std::borrow::Cow;

use jiff::tz::{Offset, TimeZone};

use crate::Scalar;

/// An instant, in milliseconds since 1970-01-01 UTC. On the wire it has whole seconds: `YYYYMMDDTHHMMSSZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The instant as `YYYYMMDDTHHMMSS` on clocks of that zone.
    #[must_use]
    pub fn local(self, zone: &TimeZone) -> String {
        self.instant().to_zoned(zone.clone()).strftime("%Y%m%dT%H%M%S").to_string()
    }

    /// How far clocks of that zone are ahead of UTC at this instant, in seconds.
    #[must_use]
    pub fn shift(self, zone: &TimeZone) -> i32 {
        zone.to_offset(self.instant()).seconds()
    }

    /// Instants outside the years that can be written are moved to the nearest one.
    fn instant(self) -> jiff::Timestamp {
        // The extremes leave room for a zone's offset.
        const FIRST: i64 = -62_135_510_400_000;
        const LAST: i64 = 253_402_207_200_000;
        jiff::Timestamp::from_millisecond(self.0.clamp(FIRST, LAST)).unwrap_or_default()
    }
}

impl Scalar for Time {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "a time such as 20241231T235959Z";

    fn from_wire(text: &str) -> Option<Self> {
        let civil = text.trim().strip_suffix('Z')?;
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", civil).ok()?;
        let instant = Offset::UTC.to_timestamp(civil).ok()?;
        Some(Self(instant.as_millisecond()))
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Owned(self.local(&TimeZone::UTC) + "Z")
    }
}

/// A span of time in seconds. On the wire a number of seconds, or counts with units: `15d`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeDelta(pub u64);

/// The units of a [`TimeDelta`], in seconds.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

impl Scalar for TimeDelta {
    const TYPESCRIPT: &'static str = "string";
    const ALLOWED: &'static str = "a number of seconds, or counts with units w, d, h, m and s, such as 1d12h";

    fn from_wire(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Ok(seconds) = text.parse() {
            return Some(Self(seconds));
        }
        let mut total = 0_u64;
        for part in text.split_inclusive(|c: char| c.is_ascii_alphabetic()) {
            let (unit, seconds) = UNITS.iter().find(|(unit, _)| part.ends_with(*unit))?;
            let count: u64 = part.strip_suffix(*unit)?.trim().parse().ok()?;
            total = total.checked_add(count.checked_mul(*seconds)?)?;
        }
        (!text.is_empty()).then_some(Self(total))
    }

    fn to_wire(&self) -> Cow<'_, str> {
        Cow::Owned(self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_seconds_or_counts_with_units() {
        let seconds = |text| TimeDelta::from_wire(text).map(|delta| delta.0);
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds(" 90 "), Some(90));
        assert_eq!(seconds("1d12h"), Some(129_600));
        assert_eq!(seconds("2W"), Some(1_209_600));
        for wrong in ["", "d", "-1", "1.5h", "3y", "1d12", "99999999999999999999w"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_written_in_utc_and_read_back() {
        let time = Time(1_709_208_000_000);
        assert_eq!(time.to_wire(), "20240229T120000Z");
        assert_eq!(Time::from_wire("20240229T120000Z"), Some(time));
        assert_eq!(Time::from_wire("20240230T120000Z"), None);
        assert_eq!(Time::from_wire("20240229T120000"), None);
    }

    #[test]
    fn a_zone_moves_the_clock_and_not_the_instant() {
        let zone = TimeZone::fixed(Offset::from_hours(3).unwrap());
        let time = Time(1_709_208_000_000);
        assert_eq!(time.local(&zone), "20240229T150000");
        assert_eq!(time.shift(&zone), 10_800);
    }

    #[test]
    fn instants_beyond_the_calendar_are_written_as_its_ends() {
        assert_eq!(Time(i64::MIN).to_wire().len(), 16);
        assert_eq!(Time(i64::MAX).local(&TimeZone::fixed(Offset::from_hours(14).unwrap())).len(), 15);
    }
}
