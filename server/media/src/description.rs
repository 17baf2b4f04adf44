//! What does a peer's session description say that matters here?
//!
//! Strict where a misreading would send media to the wrong place or to the wrong person; lenient about the rest:
//! an attribute that nobody here understands is nobody's concern.

mod section;

use sdp_types::{Attribute, Session};

pub use self::section::{Host, IceCredentials, Section, Setup};
use crate::Error;

/// A session description as a peer sent it, read (RFC 8866).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Every media section in its order: an answer has to mirror them all (RFC 3264 §6).
    pub sections: Vec<Section>,
    /// The `mid`s of the first `a=group:BUNDLE`, the tagged one first (RFC 9143 §7.1).
    pub bundle: Vec<String>,
    /// Whether the peer is ICE-lite (RFC 8839 §5.3).
    pub ice_lite: bool,
}

impl Description {
    /// The longest text that is read, in octets. A browser's offer with two dozen sections is a quarter of it.
    pub const MAX_LENGTH: usize = 64 * 1024;
    const MAX_SECTIONS: usize = 64;
    const MAX_ATTRIBUTES: usize = 2_000;

    /// Reads a session description.
    ///
    /// # Errors
    /// [`Error::TooLong`], [`Error::Syntax`], [`Error::TooManySections`], [`Error::TooManyAttributes`], and
    /// [`Error::Fingerprint`] for a fingerprint that is not one. What the sections say is judged later, by the
    /// [`Negotiation`](crate::Negotiation), which knows what it needs.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Error::TooLong(text.len()));
        }
        let session = Session::parse(text.as_bytes())?;
        if session.medias.len() > Self::MAX_SECTIONS {
            return Err(Error::TooManySections(session.medias.len()));
        }
        let in_sections: usize = session.medias.iter().map(|media| media.attributes.len()).sum();
        let attributes = session.attributes.len().saturating_add(in_sections);
        if attributes > Self::MAX_ATTRIBUTES {
            return Err(Error::TooManyAttributes(attributes));
        }
        let sections = session
            .medias
            .iter()
            .map(|media| Section::read(&session, media))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            sections,
            bundle: bundle(&session.attributes),
            ice_lite: session.has_attribute("ice-lite"),
        })
    }

    /// The section whose transport `section` shares: with BUNDLE the tagged one may be the only one that
    /// describes it (RFC 9143 §7.1.3).
    pub(crate) fn tagged<'a>(&'a self, section: &'a Section) -> &'a Section {
        let bundled = section.mid.as_ref().is_some_and(|mid| self.bundle.contains(mid));
        let tagged = self.bundle.first().filter(|_| bundled);
        self.sections.iter().find(|other| tagged.is_some() && other.mid.as_ref() == tagged).unwrap_or(section)
    }
}

fn bundle(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .filter(|attribute| attribute.attribute == "group")
        .filter_map(|attribute| attribute.value.as_deref()?.strip_prefix("BUNDLE"))
        .map(|mids| mids.split_ascii_whitespace().map(str::to_owned).collect())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
