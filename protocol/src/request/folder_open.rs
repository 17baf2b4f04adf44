//! `folderOpen`: open a mailbox as a folder.

use crate::{Field, SortOrder, wire::wire};

wire! {
    /// Opens a mailbox as a folder: sorted, perhaps filtered, watched. Answered by `folderReport` with the mode
    /// `init`.
    pub struct FolderOpen "folderOpen" {
        /// The folder's name, unique in the session.
        attribute folder: String = "folder";
        /// The mailbox; absent: the one named as the folder.
        attribute mailbox: Option<String> = "mailbox";
        /// If the mailbox does not exist, create it with this class; it may be empty.
        attribute class: Option<String> = "mailboxClass";
        /// The field to sort by; absent: UID.
        attribute sort_field: Option<Field> = "sortField";
        /// Which way; absent: ascending.
        attribute sort_order: Option<SortOrder> = "sortOrder";
        /// Only messages that match this.
        attribute filter: Option<String> = "filter";
        /// Where the filter looks: `FLAGS`, `body`, a header field; absent: any header field or body part.
        attribute filter_field: Option<Field> = "filterField";
        /// Whether messages leave the folder when they are marked `Deleted`; absent: as the preference DeleteMode says.
        attribute hide_deleted: Option<bool> = "hideDeleted";
        /// The UIDVALIDITY that `UIDMin` was seen with.
        attribute uid_validity: Option<u32> = "UIDValidity";
        /// Only messages from this UID on, if `UIDValidity` is the mailbox's.
        attribute uid_min: Option<u32> = "UIDMin";
        /// The fields that reports on messages carry.
        body fields: Vec<Field> = "fields";
    }
}
