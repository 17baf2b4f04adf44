//! Is a message the one that a transcript shows?

use std::collections::HashMap;

use protocol::{Element, Node};

/// What names in a transcript stand for.
#[derive(Default)]
pub(super) struct Names(HashMap<(String, String), String>);

impl Names {
    /// The real value of an attribute that a transcript's client sends.
    pub(super) fn real(&self, attribute: &str, shown: &str) -> String {
        self.0.get(&(attribute.to_owned(), shown.to_owned())).cloned().unwrap_or_else(|| shown.to_owned())
    }

    /// Whether the value is the one shown; the first time a name is shown, it is what comes.
    fn same(&mut self, attribute: &str, shown: &str, real: &str) -> bool {
        let is_name = attribute == "tag" || (attribute == "callLeg" && shown.starts_with("inp"));
        if !is_name {
            return shown == real;
        }
        let known = self.0.entry((attribute.to_owned(), shown.to_owned())).or_insert_with(|| real.to_owned());
        known == real
    }
}

/// Attributes that are there only if they are shown: whether something failed is never left open.
const OUTCOMES: [&str; 4] = ["id", "errorText", "errorNum", "signalCode"];

/// Whether a message is the one shown: the same name, the attributes that are shown, and the same content.
pub(super) fn same(names: &mut Names, shown: &Element, real: &Element) -> bool {
    shown.name() == real.name()
        && shown
            .attributes()
            .all(|(name, value)| real.attribute(name).is_some_and(|real| names.same(name, value, real)))
        && OUTCOMES.iter().all(|name| shown.attribute(name).is_some() == real.attribute(name).is_some())
        && same_content(shown, real)
}

fn same_content(shown: &Element, real: &Element) -> bool {
    if sdp_of(shown).is_some() {
        return description(real).is_some();
    }
    if description(real).is_some() {
        return false;
    }
    let shown: Vec<&Node> = shown.children().iter().collect();
    let real: Vec<&Node> = real.children().iter().collect();
    shown.len() == real.len()
        && shown.iter().zip(&real).all(|pair| match pair {
            (Node::Element(shown), Node::Element(real)) => {
                let has = |(name, value)| real.attribute(name) == Some(value);
                shown.name() == real.name()
                    && shown.attributes().all(has)
                    && shown.text() == real.text()
                    && same_content(shown, real)
            }
            (Node::Text(shown), Node::Text(real)) => shown == real,
            (Node::Element(_) | Node::Text(_), _) => false,
        })
}

/// `offer` or `answer`, if the element shows a session description.
pub(super) fn sdp_of(element: &Element) -> Option<&'static str> {
    let text = element.text();
    let kind = text.trim().strip_prefix("SDP:")?.split_once('(')?.1.strip_suffix(')')?.to_owned();
    match kind.as_str() {
        "offer" => Some("offer"),
        "answer" => Some("answer"),
        other => panic!("{other:?} is neither offer nor answer"),
    }
}

/// The session description of a message, as SDP text.
pub(super) fn description(element: &Element) -> Option<String> {
    use protocol::{Content, Description};
    Option::<Description>::read(element).expect("a session description").map(|description| description.text)
}
