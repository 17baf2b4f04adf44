//! What day it is: the Date header field.

/// Seconds of the Unix epoch as `Sat, 13 Nov 2010 23:29:00 GMT` (RFC 3261 §20.17).
pub(crate) fn rfc1123(unix_time: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, seconds) = (unix_time / 86_400, unix_time % 86_400);
    // Counted from 1 March of the year 0, so that a leap day ends its year. 400 years are 146,097 days.
    let since = days + 719_468;
    let (era, day_of_era) = (since / 146_097, since % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let year = year_of_era + era * 400 + u64::from(month_from_march >= 10);
    let nth = |names: &[&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied())
    };
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        nth(&DAYS, days % 7).unwrap_or_default(),
        nth(&MONTHS, (month_from_march + 2) % 12).unwrap_or_default(),
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years_and_centuries() {
        let dates = [0, 951_782_400, 1_289_690_940, 1_709_251_199, 4_107_542_400].map(rfc1123);
        assert_eq!(
            dates,
            [
                "Thu, 01 Jan 1970 00:00:00 GMT",
                "Tue, 29 Feb 2000 00:00:00 GMT",
                "Sat, 13 Nov 2010 23:29:00 GMT",
                "Thu, 29 Feb 2024 23:59:59 GMT",
                "Mon, 01 Mar 2100 00:00:00 GMT"
            ]
        );
    }
}
