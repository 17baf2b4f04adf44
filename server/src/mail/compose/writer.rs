//! Which fields and parts does a composed message have, one after the other?

use protocol::{Email, Header, Mime, MimeBody, Scalar, Time};

use super::super::parameter::ContentType;
use super::super::{Card, CardStyle, calendar_text, date, line, viewer};
use super::encoding::{self, Encoded};
use super::envelope::{entries, is, name, shorten};
use super::{Attached, Piece, Stamp, Transfer, Unwritable, field};

/// Longest name of a header field, in bytes.
const NAME_CAP: usize = 50;
/// Longest value of a parameter, in bytes: readers know no end of pieces, but we do.
const PARAMETER_CAP: usize = 1_024;
/// Longest message id, in bytes.
const ID_CAP: usize = 250;
/// How far ahead of ours a client's clock may be, in milliseconds.
const AHEAD: i64 = 24 * 3_600 * 1_000;

/// The pieces of a message.
pub(super) fn message(
    email: &Email,
    attached: &[Attached],
    stamp: &mut Stamp<'_>,
) -> Result<Vec<Piece>, Unwritable> {
    let mut writer = Writer { attached, stamp, number: 0 };
    writer.message(email, false).map(|message| message.pieces)
}

struct Writer<'a, 'b> {
    attached: &'a [Attached],
    stamp: &'a mut Stamp<'b>,
    /// How many attached contents were written.
    number: usize,
}

/// A message or the body of a part, written.
#[derive(Default)]
struct Written {
    pieces: Vec<Piece>,
    /// Whether it has bytes that are no ASCII.
    has_eight_bit: bool,
}

impl Written {
    fn push(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Bytes(bytes.to_vec())),
        }
        self.has_eight_bit |= !bytes.is_ascii();
    }

    fn append(&mut self, other: Self) {
        self.has_eight_bit |= other.has_eight_bit;
        for piece in other.pieces {
            match piece {
                Piece::Bytes(bytes) => self.push(&bytes),
                piece @ (Piece::Secret(_) | Piece::Attached(..)) => self.pieces.push(piece),
            }
        }
    }
}

impl Writer<'_, '_> {
    /// A message; a nested one tells nobody of secret recipients, and nothing is supplied in it.
    fn message(&mut self, email: &Email, is_nested: bool) -> Result<Written, Unwritable> {
        let mut out = Written::default();
        self.header(&email.headers, is_nested, &mut out)?;
        out.push(b"MIME-Version: 1.0\r\n");
        let empty = Mime { media_type: "text".to_owned(), subtype: "plain".to_owned(), ..Mime::default() };
        let content = self.part(email.mime.as_deref().unwrap_or(&empty), true)?;
        out.append(content);
        Ok(out)
    }

    fn header(&mut self, headers: &[Header], is_nested: bool, out: &mut Written) -> Result<(), Unwritable> {
        let mut known: Vec<String> = Vec::new();
        let (mut has_date, mut has_id) = (false, false);
        for header in headers {
            let name = name(header);
            if name.len() > NAME_CAP || !name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
                return Err(Unwritable::FieldName(shorten(name)));
            }
            let folded = name.to_ascii_lowercase();
            let is_first = !known.contains(&folded);
            // Fields of the body are written with it.
            if folded == "mime-version" || folded.starts_with("content-") {
                continue;
            }
            if let Header::Address { .. } = header {
                if is_first {
                    address_field(name, headers, is_nested, out);
                }
            } else {
                let line = self.line(header, &folded, headers, is_first, is_nested);
                has_date |= folded == "date" && !line.is_empty();
                has_id |= folded == "message-id" && !line.is_empty();
                out.push(line.as_bytes());
            }
            known.push(folded);
        }
        if !has_date && !is_nested {
            out.push(field::text("Date", &self.stamp.date(self.stamp.now)).as_bytes());
        }
        if !has_id && !is_nested {
            let id = self.stamp.message_id();
            out.push(field::words("Message-ID", std::iter::once(id.as_str())).as_bytes());
        }
        Ok(())
    }

    /// The line of a field that has no addresses; empty if it makes no sense, or may be there but once.
    fn line(
        &self,
        header: &Header,
        folded: &str,
        headers: &[Header],
        is_first: bool,
        is_nested: bool,
    ) -> String {
        let name = name(header);
        match (folded, header) {
            ("date" | "message-id" | "in-reply-to" | "references" | "subject", _) if !is_first => {
                String::new()
            }
            ("date", header) => self.own_date(header, is_nested).unwrap_or_default(),
            ("message-id", Header::Text { value, .. }) => {
                let id = ids(value).find(|id| id.contains('@'));
                id.map(|id| field::words(name, std::iter::once(id))).unwrap_or_default()
            }
            ("in-reply-to" | "references", Header::Text { value, .. }) => {
                let has_any = ids(value).next().is_some();
                if has_any { field::words(name, ids(value)) } else { String::new() }
            }
            ("pty", Header::Text { .. }) if headers.iter().any(|header| is(header, "X-Priority")) => {
                String::new()
            }
            ("pty", Header::Text { value, .. }) => match viewer::priority(value) {
                "High" => field::text("X-Priority", "2 (High)"),
                "Low" => field::text("X-Priority", "4 (Low)"),
                _ => String::new(),
            },
            (_, Header::Date { time, .. }) => field::text(name, &self.stamp.date(time.0)),
            (_, Header::Text { value, .. } | Header::Address { address: value, .. }) => {
                field::text(name, value)
            }
        }
    }

    /// The date that a client gives, if it can be.
    fn own_date(&self, header: &Header, is_nested: bool) -> Option<String> {
        let time = match header {
            Header::Date { time, .. } => time.0,
            Header::Text { value, .. } => {
                let read = || date::read(value).map(|date| date.time);
                Time::from_wire(value.trim()).or_else(read)?.0
            }
            Header::Address { .. } => return None,
        };
        let latest = if is_nested { i64::MAX } else { self.stamp.now.saturating_add(AHEAD) };
        (0..=latest).contains(&time).then(|| field::text("Date", &self.stamp.date(time)))
    }

    /// The fields of a part, an empty line, and its body.
    fn part(&mut self, mime: &Mime, is_root: bool) -> Result<Written, Unwritable> {
        let mut content_type = content_type(mime);
        let mut file_name = None;
        let mut disposition = mime.disposition.as_deref();
        let (body, transfer) = if mime.source.is_some() {
            let (attached, number) = self.next_attached(&content_type)?;
            let is_file = !matches!(content_type.media_type.as_str(), "multipart" | "message");
            if attached.transfer != Transfer::Base64 || !is_file || !is_type(&content_type) {
                content_type = attached.content_type.clone();
            } else if let Some(charset) = mime.charset.as_ref().filter(|charset| field::is_token(charset)) {
                content_type.parameters.insert(0, ("charset".to_owned(), charset.clone()));
            }
            file_name = attached.file_name.as_deref();
            disposition =
                disposition.or(Some(if mime.content_id.is_some() { "inline" } else { "attachment" }));
            let has_eight_bit = attached.transfer == Transfer::EightBit;
            let pieces = vec![Piece::Attached(number, attached.transfer)];
            (Written { pieces, has_eight_bit }, Some(attached.transfer.name()))
        } else {
            if !is_type(&content_type) {
                let ContentType { media_type, subtype, .. } = &content_type;
                return Err(Unwritable::Type(shorten(&format!("{media_type}/{subtype}"))));
            }
            self.own_content(mime, &mut content_type, is_root)?
        };
        let wide = if body.has_eight_bit { Some("8bit") } else { None };
        let mut out = Written::default();
        out.push(fields(mime, &content_type, transfer.or(wide), (disposition, file_name))?.as_bytes());
        out.push(b"\r\n");
        out.append(body);
        Ok(out)
    }

    fn next_attached(&mut self, content_type: &ContentType) -> Result<(&Attached, usize), Unwritable> {
        let number = self.number;
        self.number += 1;
        let attached = self.attached.get(number);
        Ok((attached.ok_or_else(|| Unwritable::NoContent(full_name(content_type)))?, number))
    }

    /// A content that came along, with its transfer encoding if it has one of its own.
    fn own_content(
        &mut self,
        mime: &Mime,
        content_type: &mut ContentType,
        is_root: bool,
    ) -> Result<(Written, Option<&'static str>), Unwritable> {
        let is_text = content_type.media_type == "text";
        match &mime.body {
            MimeBody::Parts(parts) => self.multipart(parts, content_type).map(|parts| (parts, None)),
            MimeBody::Email(email) => {
                content_type.media_type = "message".to_owned();
                content_type.subtype = "rfc822".to_owned();
                self.message(email, true).map(|message| (message, None))
            }
            MimeBody::Text(text) => Ok(own_text(text, mime, content_type, is_root)),
            MimeBody::Omitted if is_text && mime.estimated_size == 0 => {
                Ok(own_text("", mime, content_type, is_root))
            }
            MimeBody::Omitted => Err(Unwritable::NoContent(full_name(content_type))),
            MimeBody::Xml(element) => {
                let text = if element.is("iCalendar") {
                    calendar_text(element)?
                } else {
                    Card::of_element(element)?.to_text(CardStyle::New)
                };
                Ok(own_text(&text, mime, content_type, is_root))
            }
        }
    }

    fn multipart(&mut self, parts: &[Mime], content_type: &mut ContentType) -> Result<Written, Unwritable> {
        let boundary = self.stamp.boundary();
        let mut out = Written::default();
        for (number, part) in parts.iter().enumerate() {
            out.push(format!("{}--{boundary}\r\n", if number == 0 { "" } else { "\r\n" }).as_bytes());
            let part = self.part(part, false)?;
            out.append(part);
        }
        if parts.is_empty() {
            return Err(Unwritable::NoParts);
        }
        out.push(format!("\r\n--{boundary}--\r\n").as_bytes());
        // RFC 2387 §3.1.
        if let Some(root) = parts.first().filter(|_| content_type.subtype == "related")
            && content_type.parameter("type").is_none()
        {
            content_type.parameters.push(("type".to_owned(), full_name(&self::content_type(root))));
        }
        content_type.parameters.push(("boundary".to_owned(), boundary));
        Ok(out)
    }
}

/// One field with the addresses of all elements of its name (RFC 5322 §3.6).
fn address_field(name: &str, headers: &[Header], is_nested: bool, out: &mut Written) {
    let all: Vec<_> = headers.iter().filter(|other| is(other, name)).flat_map(entries).collect();
    let line = field::addresses(name, &all);
    let is_secret = ["Bcc", "Resent-Bcc"].iter().any(|secret| secret.eq_ignore_ascii_case(name));
    match (is_secret, is_nested) {
        (true, false) if !line.is_empty() => out.pieces.push(Piece::Secret(line.into_bytes())),
        (true, _) => {}
        (false, _) => out.push(line.as_bytes()),
    }
}

/// A text that came along.
fn own_text(
    text: &str,
    mime: &Mime,
    content_type: &mut ContentType,
    is_root: bool,
) -> (Written, Option<&'static str>) {
    let mut out = Written::default();
    if content_type.media_type != "text" {
        out.push(&encoding::base64_lines(text.as_bytes()));
        return (out, Some("base64"));
    }
    let text = line::with_lf(text).replace('\n', "\r\n");
    let (charset, bytes) = encoding::in_charset(mime.charset.as_deref(), &text);
    content_type.parameters.insert(0, ("charset".to_owned(), charset.to_owned()));
    let Encoded { encoding, bytes } = encoding::encode(&bytes);
    out.push(&bytes);
    // A message ends with a line end.
    if is_root && !bytes.ends_with(b"\r\n") {
        out.push(b"\r\n");
    }
    (out, Some(encoding))
}

/// The fields that describe a part.
fn fields(
    mime: &Mime,
    content_type: &ContentType,
    transfer: Option<&str>,
    (disposition, file_name): (Option<&str>, Option<&str>),
) -> Result<String, Unwritable> {
    let parameters = checked("Type", &content_type.parameters)?;
    let mut out = field::parameterized("Content-Type", &full_name(content_type), &parameters);
    if let Some(transfer) = transfer {
        out.push_str(&field::text("Content-Transfer-Encoding", transfer));
    }
    if let Some(id) = &mime.content_id {
        let id = id.trim().trim_start_matches('<').trim_end_matches('>');
        if !is_id(id) {
            return Err(Unwritable::ContentId(shorten(id)));
        }
        out.push_str(&field::words("Content-ID", [format!("<{id}>").as_str()].into_iter()));
    }
    let mut parameters = checked("Disposition", &mime.disposition_parameters)?;
    if let Some(name) = file_name.filter(|_| parameters.iter().all(|(name, _)| name != "filename")) {
        parameters.push(("filename".to_owned(), name.to_owned()));
    }
    let implied = (!parameters.is_empty()).then_some("attachment");
    if let Some(disposition) = disposition.map(str::trim).filter(|value| !value.is_empty()).or(implied) {
        if !field::is_token(disposition) {
            return Err(Unwritable::Parameter("disposition".to_owned()));
        }
        out.push_str(&field::parameterized("Content-Disposition", disposition, &parameters));
    }
    let texts = [
        ("Content-Description", &mime.description),
        ("Content-Location", &mime.location),
        ("Content-Class", &mime.class),
    ];
    for (name, text) in texts {
        out.push_str(&text.as_ref().map(|text| field::text(name, text)).unwrap_or_default());
    }
    Ok(out)
}

/// Parameters whose names and lengths can be written, names in lower case, each once.
fn checked(prefix: &str, parameters: &[(String, String)]) -> Result<Vec<(String, String)>, Unwritable> {
    let mut checked: Vec<(String, String)> = Vec::with_capacity(parameters.len());
    for (name, value) in parameters {
        let name = name.to_ascii_lowercase();
        let is_name = field::is_token(&name) && name.len() <= 40 && !name.contains(['*', '\'', '%']);
        if !is_name || value.len() > PARAMETER_CAP {
            return Err(Unwritable::Parameter(shorten(&format!("{prefix}-{name}"))));
        }
        if checked.iter().all(|(known, _)| *known != name) {
            checked.push((name, value.clone()));
        }
    }
    Ok(checked)
}

/// The type that a client gives to a part, in lower case; `charset` and `boundary` are ours to say.
fn content_type(mime: &Mime) -> ContentType {
    let or = |given: &str, default: &str| {
        let given = given.trim().to_ascii_lowercase();
        if given.is_empty() { default.to_owned() } else { given }
    };
    let media_type = or(&mime.media_type, if mime.source.is_some() { "" } else { "text" });
    let subtype = match media_type.as_str() {
        "text" => or(&mime.subtype, "plain"),
        "multipart" => or(&mime.subtype, "mixed"),
        "message" => or(&mime.subtype, "rfc822"),
        _ => or(&mime.subtype, ""),
    };
    let ours = |name: &str| ["charset", "boundary"].iter().any(|own| name.eq_ignore_ascii_case(own));
    let parameters = mime.parameters.iter().filter(|(name, _)| !ours(name)).cloned().collect();
    ContentType { media_type, subtype, parameters }
}

fn is_type(content_type: &ContentType) -> bool {
    field::is_token(&content_type.media_type) && field::is_token(&content_type.subtype)
}

fn full_name(content_type: &ContentType) -> String {
    format!("{}/{}", content_type.media_type, content_type.subtype)
}

/// The message ids in a field.
fn ids(value: &str) -> impl Iterator<Item = &str> {
    value.split_whitespace().filter(|word| {
        let id = word.strip_prefix('<').and_then(|word| word.strip_suffix('>'));
        id.is_some_and(is_id)
    })
}

fn is_id(id: &str) -> bool {
    (1..=ID_CAP).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}
