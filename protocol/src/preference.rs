//! How are preferences written? Each is an element named as the preference.

use crate::{Content, DecodeError, Element, Form, is_name};

/// A named preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Its name; an XML name.
    pub name: String,
    /// Its value.
    pub value: PreferenceValue,
}

/// The value of a preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreferenceValue {
    /// Character data.
    Text(String),
    /// `<subKey key="name">value</subKey>` elements.
    Dictionary(Vec<(String, Self)>),
    /// `<subValue>value</subValue>` elements.
    List(Vec<Self>),
}

impl PreferenceValue {
    /// Whether storing it means removing the preference: it is empty, or the word `default`.
    #[must_use]
    pub fn is_default(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty() || text == "default")
    }

    fn read(element: &Element) -> Self {
        let keys: Vec<_> = element.elements().filter(|e| e.is("subKey")).collect();
        if !keys.is_empty() {
            let entry = |e: &&Element| (e.attribute("key").unwrap_or_default().to_owned(), Self::read(e));
            return Self::Dictionary(keys.iter().map(entry).collect());
        }
        let values: Vec<_> = element.elements().filter(|e| e.is("subValue")).map(Self::read).collect();
        if values.is_empty() { Self::Text(element.text().into_owned()) } else { Self::List(values) }
    }

    fn write(&self, element: &mut Element) {
        match self {
            Self::Text(text) => {
                element.push_text(text);
            }
            Self::Dictionary(entries) => {
                for (key, value) in entries {
                    let mut child = Element::new("subKey").with("key", key);
                    value.write(&mut child);
                    element.push(child);
                }
            }
            Self::List(values) => {
                for value in values {
                    let mut child = Element::new("subValue");
                    value.write(&mut child);
                    element.push(child);
                }
            }
        }
    }
}

impl Content for Vec<Preference> {
    const FORM: Form =
        Form::Body { codec: "preferences", typescript: "Record<string, PreferenceValue>", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        // A name with a prefix would come back without its declaration.
        let read = |e: &Element| {
            let name = e.name().to_owned();
            if !is_name(&name) {
                return Err(DecodeError::element("prefs", &name, "preferences, whose names have no colon"));
            }
            Ok(Preference { name, value: PreferenceValue::read(e) })
        };
        element.elements().map(read).collect()
    }

    fn write(&self, element: &mut Element) {
        for preference in self {
            let mut child = Element::new(&preference.name);
            preference.value.write(&mut child);
            element.push(child);
        }
    }
}

/// The name of a preference that is asked for: `<name>Language</name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceName(pub String);

impl Content for Vec<PreferenceName> {
    const FORM: Form = Form::Body { codec: "names", typescript: "string[]", optional: false };

    fn read(element: &Element) -> Result<Self, DecodeError> {
        let name = |e: &Element| {
            let text = e.text();
            if is_name(text.trim()) {
                return Ok(PreferenceName(text.trim().to_owned()));
            }
            Err(DecodeError::element(
                "name",
                &text,
                "the name of a preference, of letters, digits and hyphens",
            ))
        };
        element.elements().filter(|e| e.is("name")).map(name).collect()
    }

    fn write(&self, element: &mut Element) {
        for name in self {
            element.push(Element::new("name").with_text(&name.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn texts_dictionaries_and_lists_read_back_as_written() {
        let text = "<prefs><Language>en</Language><Alerts><subKey key=\"a\">1</subKey><subKey key=\"b\">\
                    <subValue>x</subValue><subValue>y</subValue></subKey></Alerts><Empty/></prefs>";
        let element = Element::read(text.as_bytes(), &Limits::BEFORE_LOGIN).unwrap();
        let preferences = Vec::<Preference>::read(&element).unwrap();
        let value = |t: &str| PreferenceValue::Text(t.to_owned());
        let list = PreferenceValue::List(vec![value("x"), value("y")]);
        let dictionary =
            PreferenceValue::Dictionary(vec![("a".to_owned(), value("1")), ("b".to_owned(), list)]);
        let expected = [("Language", value("en")), ("Alerts", dictionary), ("Empty", value(""))]
            .map(|(name, value)| Preference { name: name.to_owned(), value });
        assert_eq!(preferences, expected);
        let mut written = Element::new("prefs");
        preferences.write(&mut written);
        assert_eq!(written.to_xml(), text);
    }

    #[test]
    fn an_empty_value_and_the_word_default_remove() {
        assert!(PreferenceValue::Text(String::new()).is_default());
        assert!(PreferenceValue::Text("default".to_owned()).is_default());
        assert!(!PreferenceValue::List(vec![]).is_default());
    }
}
