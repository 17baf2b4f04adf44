//! What does the path of a URL name?

use hyper::Uri;
use percent_encoding::percent_decode_str;

/// What a path names, if it is not a file of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// `/XIMSSLogin/`.
    Login,
    /// `/ximss`.
    WebSocket,
    /// `/Session/ID/…`.
    Session(String, InSession),
}

/// What a path under a session names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InSession {
    /// `sync`.
    Sync,
    /// `async`.
    Async,
    /// Nothing more, or `get`.
    Poll,
    /// `KILL`.
    Kill,
    /// `ws`.
    WebSocket,
    /// `MIME/folder/item[/name]`.
    Mime {
        /// The folder's name, decoded.
        folder: String,
        /// `UID[-partID]-SUFFIX`, and for `R` the Content-ID after it.
        item: Vec<String>,
    },
    /// `UPLOAD/id`.
    Upload(String),
    /// `DOWNLOAD/name`; the segments of the name, decoded.
    Download(Vec<String>),
    /// `PROFILE/[property[/index][/name]]`; what follows it, decoded.
    Profile(Vec<String>),
    /// Anything else.
    Unknown,
}

impl Target {
    /// What the path names; `None` if it is one of the page's.
    pub(super) fn of(path: &str) -> Option<Self> {
        let mut segments = path.strip_prefix('/')?.split('/');
        let first = segments.next()?;
        let is = |name: &str| first.eq_ignore_ascii_case(name);
        if is("XIMSSLogin") {
            return Some(Self::Login);
        }
        if is("ximss") {
            return Some(Self::WebSocket);
        }
        if !is("Session") {
            return None;
        }
        let id = segments.next().unwrap_or_default().to_owned();
        Some(Self::Session(id, InSession::of(segments)))
    }
}

impl InSession {
    fn of<'a>(mut segments: impl Iterator<Item = &'a str>) -> Self {
        let first = segments.next().unwrap_or_default();
        // A segment is decoded by itself, so that a name may contain an encoded slash.
        let rest: Option<Vec<String>> = segments.map(decoded).collect();
        let Some(mut rest) = rest else { return Self::Unknown };
        let is = |name: &str| first.eq_ignore_ascii_case(name);
        match rest.len() {
            0 if first.is_empty() || is("get") => Self::Poll,
            0 if is("sync") => Self::Sync,
            0 if is("async") => Self::Async,
            0 if is("KILL") => Self::Kill,
            0 if is("ws") => Self::WebSocket,
            2.. if is("MIME") => {
                let folder = rest.remove(0);
                Self::Mime { folder, item: rest }
            }
            1 if is("UPLOAD") => Self::Upload(rest.remove(0)),
            0.. if is("PROFILE") => Self::Profile(rest),
            1.. if is("DOWNLOAD") => Self::Download(rest),
            _ => Self::Unknown,
        }
    }
}

/// A segment of a path, percent-decoded; `None` if that is no UTF-8.
fn decoded(segment: &str) -> Option<String> {
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// A parameter of the query, by its name in any case, decoded as forms are.
pub(super) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    form(uri.query().unwrap_or_default())
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// The fields of a form, `application/x-www-form-urlencoded`.
pub(super) fn form(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded =
            |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        (decoded(name), decoded(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(rest: InSession) -> Option<Target> {
        Some(Target::Session("1".to_owned(), rest))
    }

    #[test]
    fn fixed_segments_match_in_any_case_and_names_are_decoded() {
        assert_eq!(Target::of("/ximsslogin/"), Some(Target::Login));
        assert_eq!(Target::of("/XIMSSLogin"), Some(Target::Login));
        assert_eq!(Target::of("/ximss"), Some(Target::WebSocket));
        assert_eq!(Target::of("/session/1/SYNC"), session(InSession::Sync));
        assert_eq!(Target::of("/Session/1/"), session(InSession::Poll));
        assert_eq!(Target::of("/Session/1/get"), session(InSession::Poll));
        let item = vec!["567-01-B.gif".to_owned(), "Logo.gif".to_owned()];
        let mime = InSession::Mime { folder: "A/Ü".to_owned(), item };
        assert_eq!(Target::of("/Session/1/MIME/A%2F%C3%9C/567-01-B.gif/Logo.gif"), session(mime));
        let download = InSession::Download(vec!["$UPLOAD$".to_owned(), "a b".to_owned()]);
        assert_eq!(Target::of("/Session/1/DOWNLOAD/%24UPLOAD$/a%20b"), session(download));
        let photo = InSession::Profile(vec!["PHOTO".to_owned(), "0".to_owned(), "é".to_owned()]);
        assert_eq!(Target::of("/Session/1/profile/PHOTO/0/%C3%A9"), session(photo));
    }

    #[test]
    fn what_is_unknown_in_a_session_is_told_from_files_of_the_page() {
        assert_eq!(Target::of("/"), None);
        assert_eq!(Target::of("/app.js"), None);
        for path in
            ["/Session/1/nonsense", "/Session/1/MIME/INBOX", "/Session/1/UPLOAD/%ff", "/Session/1/UPLOAD/a/b"]
        {
            assert_eq!(Target::of(path), session(InSession::Unknown), "{path}");
        }
    }

    #[test]
    fn forms_are_decoded() {
        let fields: Vec<_> = form("userName=a%40b&password=x+y%2B&flag").collect();
        let expected = [("userName", "a@b"), ("password", "x y+"), ("flag", "")];
        assert_eq!(fields, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
    }
}
