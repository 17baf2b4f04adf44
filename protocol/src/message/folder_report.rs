//! `folderReport`: a folder, a change in it, or a message of it.

use crate::{ReportMode, ViewerField, wire::wire};

wire! {
    /// Tells of a folder (`init`), that it changed (`notify`), what changed in it, or what is in it.
    pub struct FolderReport "folderReport" {
        /// The folder.
        attribute folder: String = "folder";
        /// The position in the view, counted from 0.
        attribute index: Option<u32> = "index";
        /// The message.
        attribute uid: Option<u32> = "UID";
        /// What this is about; absent: a row of `folderBrowse`.
        attribute mode: Option<ReportMode> = "mode";
        /// How many messages the view has, after this report.
        attribute messages: Option<u32> = "messages";
        /// How many of them are not seen.
        attribute unseen: Option<u32> = "unseen";
        /// What the user may do; absent: everything.
        attribute rights: Option<String> = "rights";
        /// The mailbox's UIDVALIDITY.
        attribute uid_validity: Option<u32> = "UIDValidity";
        /// The mailbox's UIDNEXT.
        attribute uid_next: Option<u32> = "UIDNext";
        /// The viewer fields, in the order of the request.
        body fields: Vec<ViewerField> = "fields";
    }
}

impl FolderReport {
    /// A report that says nothing yet but its folder.
    #[must_use]
    pub const fn of(folder: String) -> Self {
        Self {
            folder,
            index: None,
            uid: None,
            mode: None,
            messages: None,
            unseen: None,
            rights: None,
            uid_validity: None,
            uid_next: None,
            fields: Vec::new(),
        }
    }
}
