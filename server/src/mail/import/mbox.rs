//! Which messages are in an mbox file?
//!
//! Both ways of quoting lines that begin with `From ` are undone: one `>` goes from every line of `>`s and `From `
//! (mboxrd), which is right for mboxo as well unless it quoted a line that had one already.

use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use protocol::{Flags, Scalar};

use super::{ImportError, Imported};
use crate::mail::header::Header;
use crate::mail::{date, line};

/// How much of a line is read at once, in bytes.
const PIECE: u64 = 64 * 1024;

/// The messages of an mbox file, read one after the other.
#[derive(Debug)]
pub(super) struct Mbox<R> {
    reader: R,
    path: PathBuf,
    limit: usize,
    /// The date of messages that have none, in milliseconds since 1970.
    fallback: i64,
    position: u64,
    /// The `From ` line of the message that comes next, and where that begins.
    next: Option<Envelope>,
}

#[derive(Debug)]
struct Envelope {
    date: Option<i64>,
    position: u64,
}

/// A piece of a line.
struct Piece {
    bytes: Vec<u8>,
    /// Whether the line begins with it.
    is_start: bool,
}

impl<R: BufRead> Mbox<R> {
    /// Reads up to the first `From ` line, before which there may be empty lines only.
    pub(super) fn new(reader: R, path: &Path, limit: usize, fallback: i64) -> Result<Self, ImportError> {
        let mut mbox = Self { reader, path: path.to_owned(), limit, fallback, position: 0, next: None };
        let mut first = mbox.piece(true).map_err(|source| mbox.unreadable(source))?;
        while first.as_ref().is_some_and(|piece| line::without_end(&piece.bytes).is_empty()) {
            first = mbox.piece(true).map_err(|source| mbox.unreadable(source))?;
        }
        if let Some(piece) = first {
            let envelope =
                separator(&piece.bytes, true).ok_or_else(|| ImportError::NotMbox(path.to_owned()))?;
            mbox.next = Some(Envelope { date: envelope, position: mbox.position });
        }
        Ok(mbox)
    }

    /// How many bytes were read.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    fn unreadable(&self, source: io::Error) -> ImportError {
        ImportError::Read { path: self.path.clone(), position: self.position, source }
    }

    /// The next piece of the file: a line or, of a long one, a part. None at the end.
    fn piece(&mut self, is_start: bool) -> io::Result<Option<Piece>> {
        let mut bytes = Vec::new();
        let length = self.reader.by_ref().take(PIECE).read_until(b'\n', &mut bytes)?;
        self.position += length as u64;
        Ok((length > 0).then_some(Piece { bytes, is_start }))
    }

    /// Reads the message that was begun, up to the next `From ` line or the end of the file.
    fn message(&mut self, envelope: &Envelope) -> Result<Imported, ImportError> {
        let mut raw = Vec::new();
        let (mut is_start, mut is_after_empty, mut is_too_large) = (true, false, false);
        while let Some(piece) = self.piece(is_start).map_err(|source| self.unreadable(source))? {
            if piece.is_start
                && let Some(date) = separator(&piece.bytes, is_after_empty)
            {
                self.next = Some(Envelope { date, position: self.position });
                break;
            }
            is_start = piece.bytes.ends_with(b"\n");
            is_after_empty = piece.is_start && line::without_end(&piece.bytes).is_empty();
            let bytes = if piece.is_start { unquoted(&piece.bytes) } else { &piece.bytes };
            is_too_large |= raw.len() + bytes.len() > self.limit;
            if !is_too_large {
                raw.extend_from_slice(bytes);
            }
        }
        if raw.is_empty() && !is_too_large {
            return Err(ImportError::Empty { path: self.path.clone(), position: envelope.position });
        }
        let imported = (!is_too_large).then(|| self.imported(&raw, envelope.date));
        // Line ends may have made it longer.
        imported.filter(|message| message.raw.len() <= self.limit).ok_or_else(|| ImportError::TooLarge {
            path: self.path.clone(),
            position: envelope.position,
            limit: self.limit,
        })
    }

    fn imported(&self, raw: &[u8], envelope_date: Option<i64>) -> Imported {
        // The empty line before the next `From ` line is the file's, not the message's.
        let whole = raw.strip_suffix(b"\r\n\r\n").map_or_else(
            || raw.strip_suffix(b"\n\n").map_or(raw, |short| raw.get(..=short.len()).unwrap_or(raw)),
            |short| raw.get(..short.len() + 2).unwrap_or(raw),
        );
        let (own, raw) = own_status(whole).unzip();
        let raw = raw.unwrap_or(whole);
        let header = Header::read(raw);
        let sent =
            || header.first("Date").and_then(|field| date::read(&field.unfolded())).map(|date| date.time.0);
        let internal_date = envelope_date.or_else(sent).unwrap_or(self.fallback);
        let flags = own.unwrap_or_else(|| flags(&header));
        Imported { internal_date, flags, raw: line::with_crlf(raw) }
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = Result<Imported, ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let envelope = self.next.take()?;
        Some(self.message(&envelope))
    }
}

/// Whether the line begins a message, and when that came. Behind an empty line, as it should be, a sender alone
/// or with a time does; elsewhere only a line in the exact form of C's `asctime`, since texts have such lines.
fn separator(line: &[u8], is_after_empty: bool) -> Option<Option<i64>> {
    let rest = String::from_utf8_lossy(line.strip_prefix(b"From ")?).into_owned();
    let (_, dated) = rest.trim().split_once(char::is_whitespace).unwrap_or_default();
    let date = date::read(dated).filter(|_| dated.contains(':')).map(|date| date.time.0);
    let is_separator =
        if is_after_empty { date.is_some() || dated.is_empty() } else { date.is_some() && is_exact(dated) };
    is_separator.then_some(date)
}

/// Whether it is `Mon Jan  1 12:00:00 2001`, perhaps with a zone.
fn is_exact(dated: &str) -> bool {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut words = dated.split_whitespace();
    words.next().is_some_and(|day| DAYS.contains(&day))
        && words.next().is_some_and(|month| month.len() == 3)
        && words.next().is_some_and(|day| day.parse::<u8>().is_ok())
        && words.next().is_some_and(|time| time.len() == 8)
        && words.count() <= 2
}

/// The line as it was before it was quoted.
fn unquoted(line: &[u8]) -> &[u8] {
    let quotes = line.iter().take_while(|byte| **byte == b'>').count();
    let is_quoted = quotes > 0 && line.get(quotes..).is_some_and(|rest| rest.starts_with(b"From "));
    if is_quoted { line.get(1..).unwrap_or_default() } else { line }
}

/// The flags that an export has put in front of a message, in three lines, and the message behind them.
fn own_status(raw: &[u8]) -> Option<(Flags, &[u8])> {
    let mut lines = line::Lines::ending(raw, b'\n');
    let mut next = |name: &str| {
        let place = lines.next()?;
        let text = std::str::from_utf8(line::without_end(raw.get(place.clone())?)).ok()?;
        Some((place.end, text.strip_prefix(name)?.strip_prefix(':')?.trim()))
    };
    let (_, status) = next("Status")?;
    let (_, x_status) = next("X-Status")?;
    let (end, keywords) = next("X-Keywords")?;
    let keywords = keywords.split(' ').filter_map(Flags::from_wire).fold(Flags::NONE, Flags::union);
    Some((lettered(&format!("{status}{x_status}")).union(keywords), raw.get(end..)?))
}

/// The flags that mail programs keep in the header: `Status` and `X-Status` (mutt, pine, Dovecot), and the bits of
/// `X-Mozilla-Status`.
fn flags(header: &Header<'_>) -> Flags {
    let letters = ["Status", "X-Status"].map(|name| header.text(name).unwrap_or_default()).concat();
    let flags = lettered(&letters);
    let bits =
        header.text("X-Mozilla-Status").and_then(|bits| u16::from_str_radix(&bits, 16).ok()).unwrap_or(0);
    let known = [
        (0x0001, Flags::SEEN),
        (0x0002, Flags::ANSWERED),
        (0x0004, Flags::FLAGGED),
        (0x0008, Flags::DELETED),
        (0x1000, Flags::REDIRECTED),
    ];
    known.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, flag)| *flag).fold(flags, Flags::union)
}

/// The flags that the letters of `Status` and `X-Status` stand for.
fn lettered(letters: &str) -> Flags {
    let of = |letter| match letter {
        'R' => Flags::SEEN,
        'A' => Flags::ANSWERED,
        'F' => Flags::FLAGGED,
        'D' => Flags::DELETED,
        'T' => Flags::DRAFT,
        _ => Flags::NONE,
    };
    letters.chars().map(of).fold(Flags::NONE, Flags::union)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Message = (String, i64, Flags);

    fn read(file: &str, limit: usize) -> Result<Vec<Result<Message, String>>, String> {
        let mbox = Mbox::new(file.as_bytes(), Path::new("f"), limit, 7).map_err(|error| error.to_string())?;
        let one = |message: Imported| {
            (String::from_utf8(message.raw).unwrap(), message.internal_date, message.flags)
        };
        Ok(mbox.map(|message| message.map(one).map_err(|error| error.to_string())).collect())
    }

    fn message(raw: &str, date: i64, flags: Flags) -> Result<Message, String> {
        Ok((raw.to_owned(), date, flags))
    }

    #[test]
    fn messages_come_with_the_date_of_their_line_and_crlf() {
        let file = "From a@b Mon Jan  1 12:00:00 2001\nSubject: 1\n\nHello\n\n\
                    From - Tue Jan 02 12:00:00 2001\r\nSubject: 2\r\n\r\nline\r\n\r\n\r\n\
                    From 123@xxx Wed Jan 03 12:00:00 +0100 2001\nSubject: 3\n\nno end";
        let expected = vec![
            message("Subject: 1\r\n\r\nHello\r\n", 978_350_400_000, Flags::NONE),
            message("Subject: 2\r\n\r\nline\r\n\r\n", 978_436_800_000, Flags::NONE),
            message("Subject: 3\r\n\r\nno end", 978_519_600_000, Flags::NONE),
        ];
        assert_eq!(read(file, 1000), Ok(expected));
    }

    #[test]
    fn quoted_lines_lose_one_quote_and_other_lines_with_from_stay() {
        let file = "From a\nSubject: x\n\n>From me\n>>From you\n> From her\nFrom here on\n\nFrom here on two\n\
                    \nFrom Monday, 1 May 2001 on\nFrom Monday, 1 May 2001, 10:00 to 12:00\n";
        let body = "Subject: x\r\n\r\nFrom me\r\n>From you\r\n> From her\r\nFrom here on\r\n\r\nFrom here on two\r\n\
                    \r\nFrom Monday, 1 May 2001 on\r\nFrom Monday, 1 May 2001, 10:00 to 12:00\r\n";
        assert_eq!(read(file, 1000), Ok(vec![message(body, 7, Flags::NONE)]));
    }

    #[test]
    fn an_exact_line_begins_a_message_even_where_the_empty_line_is_missing() {
        let file = "From a\nA: 1\n\na\nFrom b@c Mon Jan  1 12:00:00 2001\nB: 2\n\nb\n";
        let expected = vec![
            message("A: 1\r\n\r\na\r\n", 7, Flags::NONE),
            message("B: 2\r\n\r\nb\r\n", 978_350_400_000, Flags::NONE),
        ];
        assert_eq!(read(file, 1000), Ok(expected));
    }

    #[test]
    fn a_line_without_date_begins_a_message_behind_an_empty_line() {
        let file = "From \nDate: Mon, 1 Jan 2001 12:00:00 +0000\n\na\n\nFrom a@b\nSubject: x\n\nb\n";
        let expected = vec![
            message("Date: Mon, 1 Jan 2001 12:00:00 +0000\r\n\r\na\r\n", 978_350_400_000, Flags::NONE),
            message("Subject: x\r\n\r\nb\r\n", 7, Flags::NONE),
        ];
        assert_eq!(read(file, 1000), Ok(expected));
    }

    #[test]
    fn flags_are_taken_from_the_fields_of_several_programs() {
        let table = [
            ("Status: RO", Flags::SEEN),
            ("Status: O", Flags::NONE),
            ("Status: R\nX-Status: AFDT", {
                Flags::SEEN
                    .union(Flags::ANSWERED)
                    .union(Flags::FLAGGED)
                    .union(Flags::DELETED)
                    .union(Flags::DRAFT)
            }),
            ("X-Mozilla-Status: 1007", {
                Flags::SEEN.union(Flags::ANSWERED).union(Flags::FLAGGED).union(Flags::REDIRECTED)
            }),
        ];
        for (fields, flags) in table {
            let messages = read(&format!("From a\n{fields}\n\nb\n"), 1000).unwrap();
            assert_eq!(messages[0].as_ref().unwrap().2, flags, "{fields}");
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_skipped_and_told_with_its_place() {
        let file = format!("From a\nA: 1\n\nb\n\nFrom b\n{}\n\nFrom c\nC: 3\n\nd\n", "x".repeat(200_000));
        let messages = read(&file, 100_000).unwrap();
        let error = Err("the message at byte 23 of f has more than 100000 bytes".to_owned());
        let expected = [
            message("A: 1\r\n\r\nb\r\n", 7, Flags::NONE),
            error,
            message("C: 3\r\n\r\nd\r\n", 7, Flags::NONE),
        ];
        assert_eq!(messages, expected);
    }

    #[test]
    fn the_limit_is_for_the_message_as_it_is_stored() {
        let file = "From a\nA: 1\n\nb\n";
        assert_eq!(read(file, 11), Ok(vec![message("A: 1\r\n\r\nb\r\n", 7, Flags::NONE)]));
        assert_eq!(
            read(file, 10),
            Ok(vec![Err("the message at byte 7 of f has more than 10 bytes".to_owned())])
        );
    }

    #[test]
    fn a_message_with_nothing_in_it_is_told_and_the_rest_goes_on() {
        let file = "From a@b Mon Jan  1 12:00:00 2001\nFrom a@b Mon Jan  1 12:00:00 2001\nB: 2\n";
        let expected = vec![
            Err("the message at byte 34 of f is empty".to_owned()),
            message("B: 2\r\n", 978_350_400_000, Flags::NONE),
        ];
        assert_eq!(read(file, 1000), Ok(expected));
    }

    #[test]
    fn an_empty_file_has_no_messages_and_another_file_is_refused() {
        assert_eq!(read("", 1000), Ok(vec![]));
        assert_eq!(read("\n\n", 1000), Ok(vec![]));
        let refused = "f is no mbox file: it does not begin with a \"From \" line".to_owned();
        assert_eq!(read("Subject: x\n\nFrom a\n", 1000), Err(refused));
    }

    #[test]
    fn a_file_that_breaks_off_tells_how_far_it_was_read() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let reader = io::BufReader::new(b"From a\nA: 1\n".chain(Broken));
        let mut mbox = Mbox::new(reader, Path::new("f"), 1000, 7).unwrap();
        let error = mbox.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "cannot read f at byte 12: gone");
        assert!(mbox.next().is_none());
    }
}
