//! `folderOpen`: open a mailbox as a folder.

/// Declares a request that says what a folder shows: `folderReopen` says it as `folderOpen` does.
macro_rules! showing {
    (
        $(#[doc = $doc:literal])+
        pub struct $type:ident $name:literal {
            $($own:tt)*
        }
        $(#[doc = $fields_doc:literal])+
        fields
    ) => {
        $crate::wire::wire! {
            $(#[doc = $doc])+
            pub struct $type $name {
                $($own)*
                /// The field to sort by; absent: UID.
                attribute sort_field: Option<$crate::Field> = "sortField";
                /// Which way; absent: ascending.
                attribute sort_order: Option<$crate::SortOrder> = "sortOrder";
                /// Only messages that match this.
                attribute filter: Option<String> = "filter";
                /// Where the filter looks: `FLAGS`, `body`, a header field; absent: any header field or body part.
                attribute filter_field: Option<$crate::Field> = "filterField";
                /// Whether messages leave the folder when they are marked `Deleted`; absent: as the preference DeleteMode says.
                attribute hide_deleted: Option<bool> = "hideDeleted";
                /// The UIDVALIDITY that `UIDMin` was seen with.
                attribute uid_validity: Option<u32> = "UIDValidity";
                /// Only messages from this UID on, if `UIDValidity` is the mailbox's.
                attribute uid_min: Option<u32> = "UIDMin";
                $(#[doc = $fields_doc])+
                body fields: Vec<$crate::Field> = "fields";
            }
        }
    };
}
pub(super) use showing;

showing! {
    /// Opens a mailbox as a folder: sorted, perhaps filtered, watched. Answered by `folderReport` with the mode
    /// `init`.
    pub struct FolderOpen "folderOpen" {
        /// The folder's name, unique in the session.
        attribute folder: String = "folder";
        /// The mailbox; absent: the one named as the folder.
        attribute mailbox: Option<String> = "mailbox";
        /// If the mailbox does not exist, create it with this class; it may be empty.
        attribute class: Option<String> = "mailboxClass";
    }
    /// The fields that reports on messages carry.
    fields
}
