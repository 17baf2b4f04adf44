//! `session`: logged in.

use crate::wire::wire;

wire! {
    /// A login or a resumption succeeded.
    pub struct Session "session" {
        /// The session's id, a secret: it opens the `/Session/` URLs.
        attribute id: String = "urlID";
        /// The account, `name@domain`.
        attribute user: String = "userName";
        /// The account's real name.
        attribute real_name: Option<String> = "realName";
        /// The protocol version, dotted numbers.
        attribute version: String = "version";
        /// Accepted in place of the password for some days, and wanted by `resume`.
        attribute ticket: Option<String> = "ticket";
        /// After a resumption: how many requests the server has accepted since the login.
        attribute requests: Option<u64> = "requests";
    }
}
