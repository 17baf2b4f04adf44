//! What is shown in place of a part that has no parts in it?

use protocol::{Element, Email, Mime, MimeBody};

use super::super::header::{Header, body_start};
use super::super::parameter::ContentType;
use super::super::tree::{Entity, Problem};
use super::super::vcard::Card;
use super::super::{icalendar, line};
use super::{Presenter, text};

/// How a part is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As text.
    Text,
    /// As the message that has such a header.
    Headers,
    /// As `<vCard>` or `<vCardGroup>`.
    Card,
    /// As `<iCalendar>`.
    Calendar,
    /// As `<MIMEReport>`.
    Report,
    /// Not at all: it is fetched by URL.
    File,
}

impl Form {
    fn of(content_type: &ContentType) -> Self {
        match (content_type.media_type.as_str(), content_type.subtype.as_str()) {
            _ if Card::has_type(content_type) => Self::Card,
            ("text", "calendar" | "x-vcalendar") => Self::Calendar,
            ("text", "rfc822-headers") | ("message", "global-headers") => Self::Headers,
            ("text", _) => Self::Text,
            (
                "message",
                "delivery-status"
                | "disposition-notification"
                | "global-delivery-status"
                | "global-disposition-notification",
            ) => Self::Report,
            _ => Self::File,
        }
    }
}

impl Presenter<'_> {
    /// What is in a part, decoded, if it fits.
    pub(super) fn leaf(&mut self, entity: &Entity, mime: &mut Mime) -> MimeBody {
        let form = Form::of(&entity.content_type);
        let body = self.tree.body(entity);
        // What takes much more than it may is not decoded to find that out.
        if form == Form::File || mime.estimated_size / 4 > self.text_left {
            return MimeBody::Omitted;
        }
        let bytes = entity.encoding.decode(body);
        mime.estimated_size = bytes.len() as u64;
        let Some(left) = self.text_left.checked_sub(mime.estimated_size) else { return MimeBody::Omitted };
        self.text_left = left;
        if !entity.encoding.is_sound(body) {
            mime.parse_error = Some(Problem::Damaged.to_string());
        }
        let charset = entity.content_type.parameter("charset");
        let shown = match form {
            Form::Text | Form::File => return MimeBody::Text(text(&entity.content_type, &bytes)),
            Form::Headers => {
                let headers = self.headers(&Header::read(&bytes));
                return MimeBody::Email(Box::new(Email {
                    part_id: mime.part_id.clone(),
                    headers,
                    mime: None,
                }));
            }
            Form::Report => Ok(vec![self.report(&bytes)]),
            Form::Card => Card::read(&bytes, charset).and_then(|cards| {
                let shown: Result<_, _> = cards.iter().map(|card| card.to_element(&mut self.room)).collect();
                Ok(shown?)
            }),
            Form::Calendar => {
                icalendar::to_element(&bytes, charset, &mut self.room).map(|calendar| vec![calendar])
            }
        };
        match shown {
            Ok(elements) => MimeBody::Xml(elements),
            Err(error) => {
                mime.parse_error = Some(error.to_string());
                MimeBody::Omitted
            }
        }
    }

    /// A report of a mail system: the fields of its first block, and those of each further block, which is about one
    /// recipient (RFC 3464 §2.1), in an element of its own.
    fn report(&mut self, bytes: &[u8]) -> Element {
        let mut report = Element::new("MIMEReport");
        let mut rest = bytes;
        let mut is_first = true;
        loop {
            rest = after_blanks(rest);
            let end = body_start(rest);
            let Some((block, behind)) = rest.split_at_checked(end).filter(|_| end > 0) else { return report };
            rest = behind;
            let header = Header::read(block);
            if is_first {
                self.report_fields(&header, &mut report);
            } else {
                let mut recipient = Element::new("Recipient");
                self.report_fields(&header, &mut recipient);
                if recipient.children().is_empty() {
                    return report;
                }
                report.push(recipient);
            }
            is_first = false;
        }
    }

    fn report_fields(&mut self, header: &Header<'_>, into: &mut Element) {
        for field in header.fields().iter().filter(|field| protocol::is_name(field.name)) {
            let value = field.text();
            if self.has_room(value.len()) {
                into.push(Element::new(field.name).with_text(line::with_lf(&value)));
            }
        }
    }
}

/// The bytes without the empty lines before them.
fn after_blanks(bytes: &[u8]) -> &[u8] {
    let blanks = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    bytes.get(blanks..).unwrap_or_default()
}
