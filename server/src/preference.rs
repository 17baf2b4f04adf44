//! Which preferences are there, and which of them does the server itself obey?

use jiff::tz::TimeZone;
use protocol::{DeleteMode, ErrorCode, Preference, PreferenceValue, Scalar};
use serde::{Deserialize, Serialize};
use storage::{AccountId, Storage};

use crate::failure::Failure;

/// Whose values are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Those that the user has set.
    Custom,
    /// Those of the server.
    Default,
    /// The first, and where there is none the second.
    Effective,
}

impl Scope {
    /// The scope that a request's `type` names.
    pub(crate) fn of(kind: Option<&str>) -> Result<Self, Failure> {
        match kind.map(str::to_ascii_lowercase).as_deref() {
            None | Some("") => Ok(Self::Effective),
            Some("custom") => Ok(Self::Custom),
            Some("default") => Ok(Self::Default),
            Some(other) => {
                let text = format!("the attribute type cannot be {other:?}: it should be custom or default");
                Err(Failure::because(ErrorCode::BadRequest, text))
            }
        }
    }

    /// Whether a user may store into the scope that a request's `type` names.
    pub(crate) fn writable(kind: Option<&str>) -> Result<(), Failure> {
        match Self::of(kind)? {
            Self::Custom | Self::Effective => Ok(()),
            Self::Default => Err(Failure::because(ErrorCode::AccessDenied, "the defaults are the server's")),
        }
    }
}

/// The preferences that the server obeys.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How messages are deleted.
    pub(crate) delete_mode: DeleteMode,
    /// The mailbox that deleted messages move to.
    pub(crate) trash_box: String,
    /// The mailbox that copies of sent messages go to.
    pub(crate) sent_box: String,
    /// Where the user's clock hangs.
    pub(crate) zone: TimeZone,
}

const DELETE_MODE: &str = "DeleteMode";
const TRASH_BOX: &str = "TrashBox";
const SENT_BOX: &str = "SentBox";
const DRAFTS_BOX: &str = "DraftsBox";
const TIME_ZONE: &str = "TimeZone";

/// Values of the server.
const DEFAULTS: &[(&str, &str)] = &[
    (DELETE_MODE, "Move To Trash"),
    (DRAFTS_BOX, "Drafts"),
    ("Language", "English"),
    (SENT_BOX, "Sent"),
    (TIME_ZONE, "UTC"),
    (TRASH_BOX, "Trash"),
];

/// The scope under which users' values are stored.
const STORED: &str = "custom";
/// Bytes of one stored value.
const LONGEST: usize = 64 * 1024;

/// Reads all preferences of a scope.
pub(crate) async fn read(
    storage: &Storage,
    account: AccountId,
    scope: Scope,
) -> storage::Result<Vec<Preference>> {
    let mut preferences = Vec::new();
    if scope != Scope::Default {
        for stored in storage.preferences(account, STORED).await? {
            // A value that cannot be read was not written by us; it is as if it were not there.
            if let Ok(value) = serde_json::from_str::<Stored>(&stored.value) {
                preferences.push(Preference { name: stored.name, value: value.into() });
            }
        }
    }
    if scope != Scope::Custom {
        for (name, value) in DEFAULTS {
            if !preferences.iter().any(|known| known.name == *name) {
                let value = PreferenceValue::Text((*value).to_owned());
                preferences.push(Preference { name: (*name).to_owned(), value });
            }
        }
    }
    preferences.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(preferences)
}

/// Stores preferences of the user; a default value removes one.
pub(crate) async fn store(
    storage: &Storage,
    account: AccountId,
    preferences: &[Preference],
) -> Result<(), Failure> {
    let mut changes = Vec::new();
    for Preference { name, value } in preferences {
        let value = if value.is_default() {
            None
        } else {
            let text = serde_json::to_string(&Stored::from(value.clone())).unwrap_or_default();
            if text.len() > LONGEST {
                let text = format!("the preference {name} is longer than {LONGEST} bytes");
                return Err(Failure::because(ErrorCode::LimitReached, text));
            }
            Some(text)
        };
        changes.push((name.clone(), value));
    }
    Ok(storage.set_preferences(account, STORED, changes).await?)
}

/// Refuses a value of a preference that the server obeys, if it could not.
pub(crate) fn check(preference: &Preference) -> Result<(), Failure> {
    let allowed = match preference.name.as_str() {
        DELETE_MODE => DeleteMode::ALLOWED,
        TIME_ZONE => "a zone such as Europe/Rome, or an offset such as +03:00",
        TRASH_BOX | SENT_BOX | DRAFTS_BOX => "the name of a mailbox",
        _ => return Ok(()),
    };
    let good = preference.value.is_default()
        || match (&preference.value, preference.name.as_str()) {
            (PreferenceValue::Text(text), DELETE_MODE) => DeleteMode::from_wire(text).is_some(),
            (PreferenceValue::Text(text), TIME_ZONE) => zone(text).is_some(),
            (PreferenceValue::Text(_), _) => true,
            (PreferenceValue::Dictionary(_) | PreferenceValue::List(_), _) => false,
        };
    if good {
        return Ok(());
    }
    Err(Failure::because(ErrorCode::BadRequest, format!("{} should be {allowed}", preference.name)))
}

/// The preferences of an account that the server obeys.
pub(crate) async fn settings(storage: &Storage, account: AccountId) -> Result<Settings, Failure> {
    let preferences = read(storage, account, Scope::Effective).await?;
    let text = |name: &str| {
        preferences.iter().find(|preference| preference.name == name).and_then(|preference| match &preference
            .value
        {
            PreferenceValue::Text(text) => Some(text.as_str()),
            PreferenceValue::Dictionary(_) | PreferenceValue::List(_) => None,
        })
    };
    Ok(Settings {
        delete_mode: text(DELETE_MODE).and_then(DeleteMode::from_wire).unwrap_or(DeleteMode::MoveToTrash),
        trash_box: text(TRASH_BOX).unwrap_or("Trash").to_owned(),
        sent_box: text(SENT_BOX).unwrap_or("Sent").to_owned(),
        zone: text(TIME_ZONE).and_then(zone).unwrap_or(TimeZone::UTC),
    })
}

/// A zone by its name in the IANA database, or by its offset from UTC.
fn zone(text: &str) -> Option<TimeZone> {
    let text = text.trim();
    if let Some(sign) = text.chars().next().filter(|c| matches!(c, '+' | '-')) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
        let seconds = hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60;
        let offset = jiff::tz::Offset::from_seconds(if sign == '-' { -seconds } else { seconds }).ok()?;
        return Some(TimeZone::fixed(offset));
    }
    TimeZone::get(text).ok()
}

/// A value as JSON.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stored {
    Text(String),
    Dictionary(Vec<(String, Self)>),
    List(Vec<Self>),
}

impl From<Stored> for PreferenceValue {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Text(text) => Self::Text(text),
            Stored::Dictionary(entries) => {
                Self::Dictionary(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            Stored::List(values) => Self::List(values.into_iter().map(Self::from).collect()),
        }
    }
}

impl From<PreferenceValue> for Stored {
    fn from(value: PreferenceValue) -> Self {
        match value {
            PreferenceValue::Text(text) => Self::Text(text),
            PreferenceValue::Dictionary(entries) => {
                Self::Dictionary(entries.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
            PreferenceValue::List(values) => Self::List(values.into_iter().map(Self::from).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preference(name: &str, value: &str) -> Preference {
        Preference { name: name.to_owned(), value: PreferenceValue::Text(value.to_owned()) }
    }

    #[test]
    fn zones_have_names_or_offsets() {
        let offset = |text| zone(text).map(|zone| zone.to_offset(jiff::Timestamp::UNIX_EPOCH).seconds());
        assert_eq!(offset("+03:30"), Some(12_600));
        assert_eq!(offset("-0800"), Some(-28_800));
        assert_eq!(offset("Europe/Rome"), Some(3_600));
        assert_eq!(offset("Mars/Olympus"), None);
        assert_eq!(offset("+3"), None);
    }

    #[test]
    fn a_preference_that_the_server_obeys_has_to_make_sense() {
        assert_eq!(check(&preference(DELETE_MODE, "mark")), Ok(()));
        assert_eq!(check(&preference(DELETE_MODE, "")), Ok(()));
        assert_eq!(check(&preference("MyOwn", "anything")), Ok(()));
        let wrong = check(&preference(DELETE_MODE, "Shred")).unwrap_err();
        let text = "DeleteMode should be Immediately, Move To Trash or Mark";
        assert_eq!(wrong, Failure::because(ErrorCode::BadRequest, text));
    }
}
