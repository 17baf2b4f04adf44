//! `mailboxRightsSet`: let others do something with a mailbox, or no longer.

use crate::{RightsEdit, wire::wire};

wire! {
    /// Sets the rights of those who are named; others keep theirs: all, or none if one is not possible. Rights only ever
    /// add up: what is granted to `anyone`, each account of the domain has beside its own. The owner has all.
    pub struct MailboxRightsSet "mailboxRightsSet" {
        /// The mailbox, to which the user has the right `a`.
        attribute mailbox: String = "mailbox";
        /// Who, and what from now on.
        body rights: Vec<RightsEdit> = "rights";
    }
}
