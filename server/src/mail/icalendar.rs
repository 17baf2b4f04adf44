//! How is an iCalendar (RFC 5545) presented as XML, and written as text?
//!
//! The XML is that of the early drafts of xCal, which XIMSS clients speak: components and properties are elements of
//! their names in lower case, parameters are attributes, and `<iCalendar>` holds `<vCalendar>`, whose own properties are
//! attributes. Components of all names are kept, `VTIMEZONE` among them.

use protocol::{Element, is_name};

use super::content_line::{self, ContentLine, Unreadable, Value, components, escape, parameter, unescape};
use super::room::{NoRoom, Room};

/// Deepest nesting of components that is read; alarms in events are at the third level.
const LEVEL_CAP: usize = 8;
/// The namespace of the presentation.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:xcal";
/// Who writes calendars here.
const PRODUCT: &str = "-//ximss-gateway//EN";
/// Names of properties whose elements are not called as they are.
const CALLED: [(&str, &str); 2] =
    [("LAST-MODIFIED", "lastModified"), ("X-MICROSOFT-CDO-BUSYSTATUS", "busyStatus")];
/// Properties of a calendar that are attributes.
const ATTRIBUTES: [&str; 4] = ["version", "prodid", "method", "calscale"];

/// Why an element is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongCalendar {
    #[error("a calendar is <iCalendar> with <vCalendar> in it")]
    Name,
    #[error("a calendar has nothing called {0}: names have letters, digits and hyphens")]
    Property(String),
    #[error("components are nested more than {LEVEL_CAP} levels deep")]
    TooDeep,
}

/// The calendars of a text in the character set of this name, as `<iCalendar>`; what is not ended is taken as far as
/// it goes, as long as there is room.
pub(crate) fn to_element(text: &[u8], charset: Option<&str>, room: &mut Room) -> Result<Element, Unreadable> {
    let mut root = Element::new("iCalendar").with("xmlns", NAMESPACE);
    let mut open: Vec<(String, Element)> = Vec::new();
    // Components that are not taken, within each other.
    let mut skipped = 0_usize;
    let mut is_old = false;
    for line in content_line::read(text, charset)? {
        match (line.name.as_str(), &line.value) {
            ("BEGIN", Value::Text(name)) => {
                let name = name.trim();
                let is_calendar = name.eq_ignore_ascii_case("VCALENDAR");
                if skipped > 0 || open.len() >= LEVEL_CAP || !is_name(name) || open.is_empty() != is_calendar
                {
                    skipped += 1;
                } else {
                    let called = if is_calendar { "vCalendar".to_owned() } else { name.to_ascii_lowercase() };
                    let component = Element::new(called);
                    room.take(&component)?;
                    open.push((name.to_ascii_uppercase(), component));
                }
            }
            ("END", Value::Text(_)) if skipped > 0 => skipped -= 1,
            ("END", Value::Text(name)) => {
                let name = name.trim().to_ascii_uppercase();
                // One that is ended ends those that were forgotten within it.
                if let Some(at) = open.iter().rposition(|(known, _)| *known == name) {
                    close(&mut open, at, &mut root);
                }
            }
            _ if skipped > 0 => {}
            ("VERSION", Value::Text(version)) if open.len() == 1 => {
                is_old = version.trim() == "1.0";
                set(&mut open, &line);
            }
            _ if open.len() == 1 && is_attribute(&line) => set(&mut open, &line),
            _ => {
                if let Some((_, component)) = open.last_mut() {
                    push_property(component, line, is_old, room)?;
                }
            }
        }
    }
    close(&mut open, 0, &mut root);
    if root.elements().next().is_none() { Err(Unreadable::NoCalendar) } else { Ok(root) }
}

/// The text of an `<iCalendar>`, in version 2.0.
pub(crate) fn to_text(calendar: &Element) -> Result<String, WrongCalendar> {
    let mut out = String::new();
    let mut calendars = calendar.elements().filter(|child| child.is("vCalendar")).peekable();
    if !calendar.is("iCalendar") || calendars.peek().is_none() {
        return Err(WrongCalendar::Name);
    }
    for calendar in calendars {
        content_line::write(&mut out, "BEGIN:VCALENDAR");
        content_line::write(&mut out, "VERSION:2.0");
        let own = |name: &str| calendar.attribute(name).filter(|value| !value.is_empty());
        let has = |name: &str| calendar.child(name).is_some();
        if !has("prodid") {
            content_line::write(
                &mut out,
                &format!("PRODID:{}", own("prodid").map_or(PRODUCT.to_owned(), escape)),
            );
        }
        for name in ["method", "calscale"].into_iter().filter(|name| !has(name)) {
            if let Some(value) = own(name) {
                content_line::write(&mut out, &format!("{}:{}", name.to_ascii_uppercase(), escape(value)));
            }
        }
        for child in calendar.elements().filter(|child| !child.is("version")) {
            write(&mut out, child, 2)?;
        }
        content_line::write(&mut out, "END:VCALENDAR");
    }
    Ok(out)
}

/// Puts the open components from that place on into those around them.
fn close(open: &mut Vec<(String, Element)>, at: usize, root: &mut Element) {
    while open.len() > at {
        let Some((_, component)) = open.pop() else { return };
        match open.last_mut() {
            Some((_, around)) => around.push(component),
            None => root.push(component),
        };
    }
}

fn is_attribute(line: &ContentLine) -> bool {
    ATTRIBUTES.iter().any(|name| line.name.eq_ignore_ascii_case(name))
}

/// Makes a property of the calendar itself an attribute.
fn set(open: &mut [(String, Element)], line: &ContentLine) {
    let (name, Value::Text(value)) = (line.name.to_ascii_lowercase(), &line.value) else { return };
    if let Some((_, calendar)) = open.first_mut()
        && calendar.attribute(&name).is_none()
    {
        calendar.set(name, unescape(value.trim(), true));
    }
}

fn push_property(
    component: &mut Element,
    line: ContentLine,
    is_old: bool,
    room: &mut Room,
) -> Result<(), NoRoom> {
    if !is_name(&line.name) {
        return Ok(());
    }
    let known = CALLED.iter().find(|(name, _)| *name == line.name).map(|(_, called)| (*called).to_owned());
    let called = known.unwrap_or_else(|| line.name.to_ascii_lowercase());
    let mut head = Element::new(called);
    let mut gathered: Vec<(&str, String)> = Vec::new();
    for (name, value) in line.parameters.iter().filter(|(name, _)| is_name(name)) {
        match gathered.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(value);
            }
            None => gathered.push((name, value.clone())),
        }
    }
    for (name, value) in gathered {
        head.set(name, value);
    }
    let mut push = |property: Element| {
        room.take(&property)?;
        component.push(property);
        Ok(())
    };
    match line.value {
        Value::Base64(base64) => push(head.with("ENCODING", "BASE64").with_text(base64)),
        Value::Text(value) if is_list(&line.name) => components(&value, ',')
            .into_iter()
            .try_for_each(|text| push(head.clone().with_text(unescape(text, is_old)))),
        Value::Text(value) if is_text(&line.name) => push(head.with_text(unescape(&value, is_old))),
        // Times, rules, addresses and what nobody knows stay as they stand.
        Value::Text(value) => push(head.with_text(value)),
    }
}

/// Whether the values of this property are texts with backslashes (RFC 5545 §3.3.11).
fn is_text(name: &str) -> bool {
    let texts = [
        "SUMMARY",
        "DESCRIPTION",
        "LOCATION",
        "COMMENT",
        "CONTACT",
        "STATUS",
        "CLASS",
        "TRANSP",
        "TZNAME",
        "TZID",
        "UID",
        "RELATED-TO",
        "ACTION",
        "NAME",
    ];
    is_list(name) || texts.contains(&name)
}

fn is_list(name: &str) -> bool {
    ["CATEGORIES", "RESOURCES"].contains(&name)
}

/// Writes a component or a property. A property has no elements in it, and a component has.
fn write(out: &mut String, element: &Element, level: usize) -> Result<(), WrongCalendar> {
    let known = CALLED.iter().find(|(_, called)| element.is(called)).map(|(name, _)| (*name).to_owned());
    let name = known.unwrap_or_else(|| element.name().to_ascii_uppercase());
    if !content_line::is_name(&name) {
        return Err(WrongCalendar::Property(name));
    }
    let is_component = element.elements().next().is_some();
    if is_component {
        if level > LEVEL_CAP {
            return Err(WrongCalendar::TooDeep);
        }
        content_line::write(out, &format!("BEGIN:{name}"));
        for child in element.elements() {
            write(out, child, level + 1)?;
        }
        content_line::write(out, &format!("END:{name}"));
        return Ok(());
    }
    let mut line = name.clone();
    let parameters =
        element.attributes().filter(|(known, _)| *known != "xmlns" && content_line::is_name(known));
    for (known, value) in parameters {
        line.push_str(&format!(";{}={}", known.to_ascii_uppercase(), parameter(value)));
    }
    line.push(':');
    let value = element.text();
    if is_text(&name) {
        line.push_str(&escape(&value))
    } else {
        line.push_str(&value)
    }
    content_line::write(out, &line);
    Ok(())
}

#[cfg(test)]
mod tests;
