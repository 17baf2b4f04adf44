//! `messageCopy`: copy messages to a mailbox.

/// Declares a request that brings messages to a mailbox: `messageMove` is as `messageCopy`.
macro_rules! transfer {
    ($(#[doc = $doc:literal])+ pub struct $type:ident $name:literal) => {
        $crate::wire::wire! {
            $(#[doc = $doc])+
            pub struct $type $name {
                /// The folder they are in.
                attribute folder: String = "folder";
                /// The mailbox they go to.
                attribute target: String = "targetMailbox";
                /// If that mailbox does not exist, create it with this class; it may be empty.
                attribute class: Option<String> = "mailboxClass";
                /// `uid`: report the UIDs that they have there.
                attribute report: Option<$crate::CopyReport> = "report";
                /// Store encrypted for the user.
                attribute encrypt: $crate::Flag = "encrypt";
                /// Store decrypted.
                attribute decrypt: $crate::Flag = "decrypt";
                /// Which messages.
                body set: $crate::MessageSet = "set";
            }
        }
    };
}
pub(super) use transfer;

transfer! {
    /// Copies messages to a mailbox. With `report`, answered by one `messageAdded` for each.
    pub struct MessageCopy "messageCopy"
}
