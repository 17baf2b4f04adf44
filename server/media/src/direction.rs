//! Who sends, who receives?

/// A media direction, from the point of view of whoever wrote it (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways; what an SDP means that says nothing.
    #[default]
    SendReceive,
    /// The writer sends and wants nothing back: the usual form of hold.
    SendOnly,
    /// The writer receives and sends nothing.
    ReceiveOnly,
    /// No media either way; the transport is kept alive.
    Inactive,
}

impl Direction {
    /// The direction with these two flags.
    #[must_use]
    pub fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendReceive,
            (true, false) => Self::SendOnly,
            (false, true) => Self::ReceiveOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer sends.
    #[must_use]
    pub fn sends(self) -> bool {
        matches!(self, Self::SendReceive | Self::SendOnly)
    }

    /// Whether the writer receives.
    #[must_use]
    pub fn receives(self) -> bool {
        matches!(self, Self::SendReceive | Self::ReceiveOnly)
    }

    /// What is left of this side's wish when the other side wrote `peer`: one sends only where the other
    /// receives, and the reverse (RFC 3264 §6.1).
    #[must_use]
    pub fn facing(self, peer: Self) -> Self {
        Self::new(self.sends() && peer.receives(), self.receives() && peer.sends())
    }

    /// The attribute's name.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::SendReceive => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::ReceiveOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction that an attribute's name means, if it is one of the four.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        [Self::SendReceive, Self::SendOnly, Self::ReceiveOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.attribute() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::Direction::{self, Inactive, ReceiveOnly, SendOnly, SendReceive};

    #[test]
    fn an_answer_never_promises_what_the_offer_does_not_allow() {
        // Rows: our wish. Columns: the offer, in the order sendrecv, sendonly, recvonly, inactive (RFC 3264 §6.1).
        let table = [
            (SendReceive, [SendReceive, ReceiveOnly, SendOnly, Inactive]),
            (SendOnly, [SendOnly, Inactive, SendOnly, Inactive]),
            (ReceiveOnly, [ReceiveOnly, ReceiveOnly, Inactive, Inactive]),
            (Inactive, [Inactive; 4]),
        ];
        for (ours, expected) in table {
            let answers = [SendReceive, SendOnly, ReceiveOnly, Inactive].map(|offer| ours.facing(offer));
            assert_eq!(answers, expected, "{ours:?}");
        }
    }

    #[test]
    fn attribute_names_are_read_back() {
        for direction in [SendReceive, SendOnly, ReceiveOnly, Inactive] {
            assert_eq!(Direction::from_attribute(direction.attribute()), Some(direction));
        }
        assert_eq!(Direction::from_attribute("sendRecv"), None);
    }
}
