//! `messageSubmit`: send a message.

use crate::{Email, Flag, wire::wire};

wire! {
    /// Sends a message to those whom its `To`, `Cc` and `Bcc` name; nobody is told of `Bcc`. A copy with it goes to the mailbox
    /// that the preference `SentBox` names, which is created if it is missing. When it is answered with success, the
    /// message is on its way whatever happens. `From` is the account's address; it may be left out.
    pub struct MessageSubmit "messageSubmit" {
        /// `yes`: keep no copy.
        attribute no_sent_copy: Flag = "noSentCopy";
        /// An open folder with the message that this one answers: it is marked `Answered`.
        attribute reply_folder: Option<String> = "replyFolder";
        /// Its UID.
        attribute reply_uid: Option<u32> = "replyUID";
        /// An open folder with the draft of this message: it is removed.
        attribute draft_folder: Option<String> = "draftFolder";
        /// Its UID.
        attribute draft_uid: Option<u32> = "draftUID";
        /// The message.
        body email: Email = "email";
    }
}
