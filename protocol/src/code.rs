//! Which error numbers and texts does a client see? One table.

/// A failure as the client is told of it: `errorText` and `errorNum` of a `<response>`. The texts are those
/// that deployed clients compare; the numbers other than 500, 515 and 520 are this gateway's own.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal $text:literal;)+) => {
        /// A known kind of failure with its number and its text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The `errorNum`.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// The `errorText`. A handler may say more than this.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// No request has this name.
    UnknownCommand = 500 "unknown command";
    /// The request is well-formed XML but not this request's form.
    BadRequest = 500 "the request is not valid";
    /// The request is not possible in the session's present state.
    WrongState = 500 "the request is not possible now";
    /// `reqSeq` is neither the last one nor the one after it.
    SequenceError = 500 "XIMSS request sequence error";
    /// The server cannot do it now; a later try may work.
    TemporaryFailure = 500 "temporary failure, try again later";
    /// Something is broken on the server's side and was logged there.
    ServerFailure = 500 "internal server error";
    /// A limit of the account, the address or the server is reached.
    LimitReached = 500 "a limit has been reached";
    /// No room left on the server.
    StorageFull = 500 "the server's storage is full";
    /// An unknown account, or a wrong password: which one is not told.
    IncorrectPassword = 515 "incorrect password or account name";
    /// Nothing but the pre-login requests before a login.
    NotAuthenticated = 515 "please log in first";
    /// The mailbox belongs to someone else and its rights do not go so far.
    AccessDenied = 516 "mailbox access denied";
    /// No mailbox has this name.
    NoSuchMailbox = 512 "mailbox is not found";
    /// A mailbox has this name already.
    MailboxExists = 520 "mailbox already exists";
    /// No folder of this session has this name.
    FolderNotOpened = 512 "folder has not been opened";
    /// A folder of this session has this name already.
    FolderAlreadyOpened = 520 "folder has already been opened";
    /// No message of the folder has this UID.
    NoSuchMessage = 512 "message is not found";
    /// The message has no part with this id.
    NoSuchPart = 512 "message part is not found";
    /// No file, or no upload, has this name.
    NoSuchFile = 512 "file is not found";
    /// A file or directory has this name already.
    FileExists = 520 "file already exists";
    /// The file belongs to someone else and its rights do not go so far.
    FileAccessDenied = 516 "file access denied";
    /// The account may not have so many files, or so much in them.
    FilesFull = 500 "file storage is full";
    /// No call of this session has this `callLeg`.
    NoSuchCall = 512 "call not found";
    /// A call of this session has this `callLeg` already.
    CallLegInUse = 520 "callLeg is already in use";
    /// Another session of the account uses this `clientID`.
    ClientIdInUse = 520 "clientID is already in use";
    /// The session is unknown, closed, or its time to come back is over.
    NoSuchSession = 512 "session is not found";
    /// The session has not done a signalBind.
    NotBound = 500 "the session is not bound to signals";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_number_of_the_catalogue_and_a_text_of_its_own() {
        let mut texts: Vec<_> = ErrorCode::ALL.iter().map(|c| c.text()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
        assert!(ErrorCode::ALL.iter().all(|c| [500, 512, 515, 516, 520].contains(&c.number())));
    }
}
