//! What the tests of both halves of a call have in common.

use media::{Local, Negotiation, Proposal};

use super::{Accepted, CallId, End, Ending, Media, Signal};
use crate::leg::NoLeg;

/// The half that is tested.
pub(crate) const END: End = End { call: CallId(7), branch: 1 };

#[expect(clippy::unnecessary_wraps, reason = "there may be no port for a leg")]
pub(crate) fn new_leg() -> Result<Negotiation, NoLeg> {
    let local = Local::Rtp { address: [127, 0, 0, 1].into(), rtp_port: 40_002, rtcp_port: 40_003 };
    Ok(Negotiation::new(local, [1; 32]))
}

/// A description with this direction and payload type.
pub(crate) fn described(direction: &str, payload_type: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio 5004 RTP/AVP {payload_type}\r\na={direction}\r\n"
    )
}

/// What a phone proposes that speaks G.711.
pub(crate) fn proposal() -> Proposal {
    new_leg().unwrap().handle_offer(&described("sendrecv", "0")).unwrap()
}

pub(crate) fn accepted(media: Option<Media>) -> Signal {
    Signal::Accepted(Box::new(Accepted { tag: "t".to_owned(), peer: "bob@localhost".to_owned(), media }))
}

pub(crate) fn ringing(media: Option<Media>) -> Signal {
    Signal::Ringing { tag: "t".to_owned(), media }
}

/// A signal in a few words.
pub(crate) fn signal_word(signal: &Signal) -> String {
    match signal {
        Signal::Invite(_) => "→ invite".to_owned(),
        Signal::Ringing { media, .. } => format!("→ ringing{}", half(media.as_ref())),
        Signal::Answered(_) => "→ answered".to_owned(),
        Signal::Accepted(accepted) => {
            format!("→ accepted by {}{}", accepted.peer, half(accepted.media.as_ref()))
        }
        Signal::Confirmed(answer) => format!("→ confirmed{}", if answer.is_some() { " answer" } else { "" }),
        Signal::Update(_) => "→ update".to_owned(),
        Signal::UpdateAccepted(_) => "→ update accepted".to_owned(),
        Signal::UpdateRefused(code) => format!("→ update refused {code}"),
        Signal::UpdateWithdrawn => "→ update withdrawn".to_owned(),
        Signal::Ended(Ending { code, text }) => format!("→ ended {code:?} {text:?}"),
    }
}

fn half(media: Option<&Media>) -> &'static str {
    match media {
        None => "",
        Some(Media::Offer(_)) => " offer",
        Some(Media::Answer(_)) => " answer",
    }
}

/// What a media thread is told, in a few words.
pub(crate) fn media_word(command: &media::Command) -> String {
    match command {
        media::Command::Add { .. } => "leg added".to_owned(),
        media::Command::Update { .. } => "leg updated".to_owned(),
        media::Command::Remove { .. } => "leg removed".to_owned(),
        media::Command::Bridge { .. } | media::Command::Unbridge { .. } | media::Command::Report { .. } => {
            panic!("a half tells of its own leg only: {command:?}")
        }
    }
}
