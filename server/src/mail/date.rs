//! Which instant does a date field name, and on which clock?

use jiff::civil;
use jiff::tz::Offset;
use protocol::Time;

/// The value of a date field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    /// The instant.
    pub(super) time: Time,
    /// How far the sender's clock was ahead of UTC, in seconds.
    pub(super) shift: i32,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Names of zones and their hours: those of RFC 5322 §4.3 and the ones that European and Japanese programs
/// write. Others are unknown, which is UTC.
const ZONES: [(&str, i32); 21] = [
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
    ("bst", 1),
    ("west", 1),
    ("cet", 1),
    ("met", 1),
    ("mez", 1),
    ("cest", 2),
    ("mest", 2),
    ("mesz", 2),
    ("eet", 2),
    ("sast", 2),
    ("eest", 3),
    ("msk", 3),
    ("jst", 9),
];

/// A time, in milliseconds since 1970, as mail has it (RFC 5322 §3.3).
pub(crate) fn written_date(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The date in a text as mail programs write it, now and formerly: RFC 5322 §3.3 and §4.3, and beside them the
/// order of C's `asctime`, full names, hyphens and missing seconds or zones (read as UTC).
pub(super) fn read(text: &str) -> Option<Date> {
    let text = without_comments(text);
    let mut pieces = Pieces::default();
    for token in text.split([' ', '\t', ',']).filter(|token| !token.is_empty()) {
        pieces.take(token);
    }
    pieces.date()
}

/// What was found so far.
#[derive(Debug, Default)]
struct Pieces {
    day: Option<i8>,
    month: Option<i8>,
    year: Option<i16>,
    time: Option<civil::Time>,
    shift: Option<i32>,
}

impl Pieces {
    fn take(&mut self, token: &str) {
        match token.as_bytes() {
            [b'+' | b'-', b'0'..=b'9', ..] => self.shift = self.shift.or_else(|| numeric_zone(token)),
            [b'0'..=b'9', ..] if token.contains(':') || token.matches('.').count() == 2 => self.time(token),
            [b'0'..=b'9', ..] if token.contains('-') => token.split('-').for_each(|token| self.take(token)),
            [b'0'..=b'9', ..] => self.number(token),
            _ => self.word(&token.to_ascii_lowercase()),
        }
    }

    /// `12:00`, `12:00:00`, `12.00.00`, and with a zone right behind.
    fn time(&mut self, token: &str) {
        let (time, zone) = token.split_at(token.find(['+', '-']).unwrap_or(token.len()));
        let mut numbers = time.split([':', '.']).map(|number| number.parse::<i8>().ok());
        let (hour, minute) = (numbers.next().flatten(), numbers.next().flatten());
        // A leap second is the one before it: no clock here knows the difference.
        let second = numbers.next().map_or(Some(0), |second| second.map(|second| second.min(59)));
        if let (Some(hour), Some(minute), Some(second), None) = (hour, minute, second, self.time) {
            self.time = civil::Time::new(hour, minute, second, 0).ok();
        }
        if !zone.is_empty() {
            self.take(zone);
        }
    }

    fn number(&mut self, token: &str) {
        let Ok(number) = token.parse::<i16>() else { return };
        match (token.len(), self.day, self.year) {
            (1 | 2, None, _) => self.day = i8::try_from(number).ok(),
            // RFC 5322 §4.3: years of two and three digits.
            (1 | 2, Some(_), None) if number < 50 => self.year = Some(number + 2000),
            (1..=3, Some(_), None) => self.year = Some(number + 1900),
            (4, _, None) => self.year = Some(number),
            _ => {}
        }
    }

    fn word(&mut self, word: &str) {
        let month = MONTHS.iter().zip(1..).find(|(month, _)| word.starts_with(**month));
        let zone = ZONES.iter().find(|(zone, _)| *zone == word);
        match (month, zone, word) {
            (Some((_, number)), _, _) if self.month.is_none() => self.month = Some(number),
            (_, Some((_, hours)), _) if self.time.is_some() => self.shift = self.shift.or(Some(hours * 3600)),
            (_, _, "am") => self.half(0),
            (_, _, "pm") => self.half(12),
            // `GMT+0100`
            _ => match word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")) {
                Some(zone) if zone.starts_with(['+', '-']) => self.take(zone),
                Some(_) | None => {}
            },
        }
    }

    /// Moves the time into that half of the day.
    fn half(&mut self, noon: i8) {
        let in_half = |time: civil::Time| time.with().hour(time.hour() % 12 + noon).build().ok();
        self.time = self.time.and_then(in_half);
    }

    fn date(self) -> Option<Date> {
        let day = civil::Date::new(self.year?, self.month?, self.day?).ok()?;
        let shift = self.shift.unwrap_or_default();
        let zone = Offset::from_seconds(shift).ok()?;
        let instant = zone.to_timestamp(day.to_datetime(self.time.unwrap_or_default())).ok()?;
        Some(Date { time: Time(instant.as_millisecond()), shift })
    }
}

/// `+0100`, `+01:00` or `+01` in seconds; no clock is 16 hours away from UTC.
fn numeric_zone(token: &str) -> Option<i32> {
    let digits: String = token.chars().skip(1).filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok().filter(|_| digits.len() <= 4)?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    let seconds = hours * 3600 + minutes * 60;
    (hours < 16 && minutes < 60).then_some(if token.starts_with('-') { -seconds } else { seconds })
}

/// The text with a blank for every comment (RFC 5322 §3.2.2); an open one goes on to the end.
fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let visible = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => return c,
            _ => {}
        }
        ' '
    };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use protocol::Scalar;

    use super::*;

    #[test]
    fn dates_are_read_as_programs_write_them() {
        let table = [
            ("Mon, 1 Jan 2001 12:00:00 +0100", "20010101T110000Z", 3600),
            ("Mon, 1 Jan 2001 12:00:00 +0100 (CET (winter))", "20010101T110000Z", 3600),
            ("1 Jan 01 12:00 EST", "20010101T170000Z", -18_000),
            ("Sat, 31 Dec 2016 23:59:60 GMT", "20161231T235959Z", 0),
            ("Mon,01 Jan 2001 12:00:00 -0800", "20010101T200000Z", -28_800),
            ("Mon Jan  1 12:00:00 2001", "20010101T120000Z", 0),
            ("Mon, 1 Jan 2001 12:00:00", "20010101T120000Z", 0),
            ("Mon, 1 Jan 2001 12:00:00 +05:30", "20010101T063000Z", 19_800),
            ("1 January 2001 12:00:00 UT", "20010101T120000Z", 0),
            ("Mon, 1 Jan 99 12:00:00 Z", "19990101T120000Z", 0),
            ("Mon, 1 Jan 105 12:00:00 +0000", "20050101T120000Z", 0),
            ("Tue, 1 Jan 2001 12.00.00 +0000", "20010101T120000Z", 0),
            ("Mon, 1 Jan 2001 12:00:00 -0000", "20010101T120000Z", 0),
            ("1 Jan 2001 1:00:00 PM +0000", "20010101T130000Z", 0),
            ("Monday, 1-Jan-01 12:00:00 GMT", "20010101T120000Z", 0),
            ("Mon, 1 Jan 2001 12:00:00 CEST", "20010101T100000Z", 7200),
            ("Mon, 1 Jan 2001 12:00:00 GMT+0200", "20010101T100000Z", 7200),
            ("Mon, 1 Jan 2001 12:00:00+0200", "20010101T100000Z", 7200),
            ("Mon, 1 Jan 2001 12:00:00 +9999", "20010101T120000Z", 0),
            ("1 Mar 2001", "20010301T000000Z", 0),
        ];
        for (text, wire, shift) in table {
            let date = read(text).map(|date| (date.time.to_wire().into_owned(), date.shift));
            assert_eq!(date, Some((wire.to_owned(), shift)), "{text}");
        }
    }

    #[test]
    fn what_names_no_day_is_no_date() {
        for text in
            ["", "garbage", "Mon, 32 Jan 2001 12:00:00 +0000", "Sat, 30 Feb 2001", "12:00:00", "99999999999"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
