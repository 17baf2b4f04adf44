//! What does an answer to a message begin with, and what is sent on when it is forwarded?
//!
//! An answer has its recipients, its subject, what ties it to the message (RFC 5322 §3.6.4) and the text of the message,
//! quoted. A message for others has its subject, a few of its header fields, its text, and its files: as references that
//! `messageSubmit` resolves, since the files are here.

mod address;
mod content;
mod html;
mod quote;

use jiff::tz::TimeZone;
use protocol::{Email, Header as Field, Mime, MimeBody, MimeSource, ReadMode};

use super::header::Header;
use super::part::PartId;
use super::presentation::{NoSuchPart, described};
use super::tree::{Structure, Tree};
use content::Content;

/// What it is an answer to, and for whom.
#[derive(Debug, Clone)]
pub(crate) struct Occasion {
    /// The folder that shows the message.
    pub(crate) folder: String,
    /// The message.
    pub(crate) uid: u32,
    /// The message nested in it that is meant, by the number of its part.
    pub(crate) part: Option<PartId>,
    /// The user's own addresses.
    pub(crate) own: Vec<String>,
    /// The user's, for local times.
    pub(crate) zone: TimeZone,
}

/// What the mode makes of a message. Texts whose decoded sizes together are beyond the limit are left out.
pub(crate) fn reply(
    raw: &[u8],
    mode: ReadMode,
    total_size_limit: u64,
    occasion: &Occasion,
) -> Result<Email, NoSuchPart> {
    let tree = Tree::read(raw);
    let root = match &occasion.part {
        None => 0,
        Some(id) => {
            let entity = tree.find(Some(id)).and_then(|index| tree.entity(index));
            match entity.map(|entity| &entity.structure) {
                Some(Structure::Message(message)) => *message,
                _ => return Err(NoSuchPart(id.clone())),
            }
        }
    };
    let header = tree.entity(root).map(|entity| tree.header(entity)).unwrap_or_else(|| Header::read(&[]));
    let Purpose { action, as_html } = Purpose::of(mode);
    let content = Content::gather(&tree, root, as_html);
    let mut headers = match action {
        Action::Answer { all } => address::recipients(&header, all, &occasion.own),
        Action::Forward => Vec::new(),
    };
    headers.push(text_field("Subject", subject(&header, action)));
    if let Action::Answer { .. } = action {
        headers.extend(thread(&header));
    }
    let texts = content.decoded(&tree, total_size_limit);
    let written = match action {
        Action::Answer { .. } => {
            let attribution = content::attribution(&header, &occasion.zone);
            if as_html { html::answer(&attribution, &texts) } else { quote::answer(&attribution, texts) }
        }
        Action::Forward => {
            let summary = content::summary(&header, &occasion.zone);
            if as_html { html::forward(&summary, &texts) } else { quote::forward(&summary, texts) }
        }
    };
    let text = text_part(written, as_html);
    let references =
        |parts: &[usize]| parts.iter().filter_map(|at| reference(&tree, *at, occasion)).collect::<Vec<_>>();
    let pictures = if as_html { references(&content.pictures) } else { Vec::new() };
    let files = match action {
        Action::Answer { .. } => Vec::new(),
        Action::Forward if as_html => references(&content.files),
        Action::Forward => references(&[content.files.as_slice(), &content.pictures].concat()),
    };
    let mime = multipart("mixed", multipart("related", text, pictures), files);
    Ok(Email { part_id: None, headers, mime: Some(Box::new(mime)) })
}

/// What a mode asks for.
struct Purpose {
    action: Action,
    as_html: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Answer { all: bool },
    Forward,
}

impl Purpose {
    const fn of(mode: ReadMode) -> Self {
        let (action, as_html) = match mode {
            ReadMode::ReplyFrom => (Action::Answer { all: false }, false),
            ReadMode::ReplyAll => (Action::Answer { all: true }, false),
            ReadMode::Forward => (Action::Forward, false),
            ReadMode::ReplyFromHtml => (Action::Answer { all: false }, true),
            ReadMode::ReplyAllHtml => (Action::Answer { all: true }, true),
            ReadMode::ForwardHtml => (Action::Forward, true),
        };
        Self { action, as_html }
    }
}

fn text_field(name: &str, value: String) -> Field {
    Field::Text { name: name.to_owned(), value }
}

/// The subject with what it is now, once: `Re: Re: x` becomes `Re: x`.
fn subject(header: &Header<'_>, action: Action) -> String {
    let (now, known): (&str, &[&str]) = match action {
        Action::Answer { .. } => ("Re", &["re"]),
        Action::Forward => ("Fwd", &["fwd", "fw"]),
    };
    let subject = header.text("Subject").unwrap_or_default();
    let mut rest = subject.trim();
    while let Some((word, behind)) = rest.split_once(':') {
        // `Re[2]:` and `Re(2):` count answers.
        let word = word.split(['[', '(']).next().unwrap_or_default().trim();
        if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            break;
        }
        rest = behind.trim_start();
    }
    format!("{now}: {rest}").trim_end().to_owned()
}

/// `In-Reply-To` and `References` of an answer (RFC 5322 §3.6.4).
fn thread(header: &Header<'_>) -> Vec<Field> {
    let ids = |name: &str| header.first(name).map(|field| message_ids(&field.unfolded())).unwrap_or_default();
    let own = ids("Message-ID").into_iter().next();
    let answered = ids("In-Reply-To");
    let mut references = ids("References");
    if references.is_empty() && answered.len() == 1 {
        references = answered;
    }
    references.extend(own.clone().filter(|own| references.last() != Some(own)));
    let mut fields = Vec::new();
    fields.extend(own.map(|own| text_field("In-Reply-To", own)));
    if !references.is_empty() {
        fields.push(text_field("References", references.join(" ")));
    }
    fields
}

/// The message ids in a field, with their angle brackets.
fn message_ids(text: &str) -> Vec<String> {
    let pieces = text.split('<').skip(1);
    let inner = pieces.filter_map(|piece| piece.split_once('>').map(|(id, _)| id.trim()));
    let is_id = |id: &&str| !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || c.is_control());
    inner.filter(is_id).map(|id| format!("<{id}>")).collect()
}

fn text_part(text: String, as_html: bool) -> Mime {
    Mime {
        media_type: "text".to_owned(),
        subtype: if as_html { "html" } else { "plain" }.to_owned(),
        charset: Some("utf-8".to_owned()),
        estimated_size: text.len() as u64,
        body: MimeBody::Text(text),
        ..Mime::default()
    }
}

/// The first part together with others, or alone if there are none.
fn multipart(subtype: &str, first: Mime, others: Vec<Mime>) -> Mime {
    if others.is_empty() {
        return first;
    }
    let estimated_size =
        others.iter().map(|part| part.estimated_size).fold(first.estimated_size, u64::saturating_add);
    let (media_type, subtype) = ("multipart".to_owned(), subtype.to_owned());
    let body = MimeBody::Parts(std::iter::once(first).chain(others).collect());
    Mime { media_type, subtype, estimated_size, body, ..Mime::default() }
}

/// A part as `messageSubmit` takes it back. What has no number is the whole body of the message, and goes as the
/// message.
fn reference(tree: &Tree<'_>, at: usize, occasion: &Occasion) -> Option<Mime> {
    let entity = tree.entity(at)?;
    let source = Some(MimeSource::Message { folder: occasion.folder.clone(), uid: occasion.uid });
    if entity.id.is_none() {
        let (media_type, subtype) = ("message".to_owned(), "rfc822".to_owned());
        let estimated_size = tree.whole(entity).len() as u64;
        let disposition = Some("attachment".to_owned());
        return Some(Mime { media_type, subtype, estimated_size, disposition, source, ..Mime::default() });
    }
    let described = described(tree, entity);
    let disposition = described.disposition.or_else(|| Some("attachment".to_owned()));
    Some(Mime { source, disposition, parse_error: None, ..described })
}

#[cfg(test)]
mod tests;
