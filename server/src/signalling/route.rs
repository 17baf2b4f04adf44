//! Whom does an address mean?

use std::path::Path;
use std::sync::Arc;

use sip::{AddressOfRecord, CallHandle, Credentials, Host, HostPort, NameAddr, Secret, SipUri, Target, Uri};
use storage::AccountId;

use crate::account::Address;
use crate::config::Trunk;
use crate::hub::Hub;
use crate::signal::{Ending, Invite};
use crate::switch::ECHO;

/// Where a call goes.
pub(crate) enum Route {
    /// To the sessions and phones of an account.
    Account {
        /// Its id.
        id: AccountId,
        /// Its address.
        address: AddressOfRecord,
    },
    /// To the echo of a domain.
    Echo(String),
    /// Through a trunk.
    Trunk(Box<TrunkRoute>),
    /// Nowhere.
    Nowhere(Ending),
}

/// An address and the trunk that calls it.
pub(crate) struct TrunkRoute {
    trunk: Arc<TrunkPeer>,
    uri: Uri,
    /// The address as it was written.
    pub(crate) to: String,
}

/// A trunk of the configuration, ready to be called through.
struct TrunkPeer {
    config: Trunk,
    route: Uri,
    credentials: Option<Credentials>,
}

/// What is known of where calls can go.
pub(crate) struct Routes {
    trunks: Vec<Arc<TrunkPeer>>,
    /// Our own addresses: who calls a user there means one of the default domain.
    own: Vec<HostPort>,
    default_domain: String,
}

/// A call to a phone, ready to be made.
pub(crate) struct Dial {
    target: Target,
    from: NameAddr,
    to: NameAddr,
    credentials: Option<Credentials>,
}

impl Routes {
    /// Takes the trunks of the configuration.
    ///
    /// # Errors
    /// If one of them cannot be used; the text names it.
    pub(crate) fn new(trunks: &[Trunk], own: Vec<HostPort>, default_domain: String) -> anyhow::Result<Self> {
        let trunks =
            trunks.iter().map(|trunk| TrunkPeer::new(trunk).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Self { trunks, own, default_domain })
    }

    /// The domain of addresses that name none.
    pub(crate) fn default_domain(&self) -> &str {
        &self.default_domain
    }

    /// Finds out whom an address means: `name`, `name@domain`, a number, or a URI. `domain` is that of the caller.
    /// A caller who `is_ours` may call anybody; who comes in by a trunk is taken to our users only.
    pub(crate) async fn find(&self, hub: &Hub, to: &str, domain: &str, is_ours: bool) -> Route {
        let Some(uri) = self.uri(to, domain) else {
            return Route::Nowhere(Ending::with(484, format!("{to:?} is not an address that can be called")));
        };
        let plain = without_separators(&uri);
        for uri in std::iter::once(&uri).chain(&plain) {
            match self.local(hub, uri).await {
                Ok(Some(route)) => return route,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%error, "a call cannot be routed");
                    return Route::Nowhere(Ending::with(503, "the server cannot look accounts up just now"));
                }
            }
        }
        if !is_ours {
            return Route::Nowhere(Ending::with(404, format!("{to} is not known here")));
        }
        self.trunk(to, plain.unwrap_or(uri))
    }

    /// The first trunk that serves an address.
    fn trunk(&self, to: &str, uri: Uri) -> Route {
        let host = uri.as_sip().map(|sip| sip.host().to_string());
        let number = host.is_none() || is_number(to);
        let names = |trunk: &TrunkPeer| {
            let named = |domain: &String| {
                domain == "*" || host.as_ref().is_some_and(|h| h.eq_ignore_ascii_case(domain))
            };
            host.is_some() && trunk.config.domains.iter().any(named)
        };
        match self.trunks.iter().find(|trunk| (number && trunk.config.numbers) || names(trunk)) {
            Some(trunk) => {
                let trunk = Arc::clone(trunk);
                let uri = if names(&trunk) { uri } else { trunk.number(uri) };
                Route::Trunk(Box::new(TrunkRoute { trunk, uri, to: to.to_owned() }))
            }
            None => {
                Route::Nowhere(Ending::with(404, format!("{to} is not known here, and no trunk leads there")))
            }
        }
    }

    /// The URI that an address stands for.
    fn uri(&self, to: &str, domain: &str) -> Option<Uri> {
        let to = to.trim();
        if to
            .split_once(':')
            .is_some_and(|(scheme, _)| ["sip", "sips", "tel"].iter().any(|s| scheme.eq_ignore_ascii_case(s)))
        {
            return Uri::parse(to).ok();
        }
        let (user, host) = to.rsplit_once('@').unwrap_or((to, domain));
        if user.is_empty() {
            return None;
        }
        // What was written without a scheme may have a port, too.
        let Ok(Uri::Sip(place)) = Uri::parse(&format!("sip:{host}")) else { return None };
        Some(Uri::Sip(SipUri::new(user, place.host().clone()).with_port(place.port())))
    }

    /// Whether an address is ours. One without a port is, too: who writes it means us, as it has come here.
    fn is_own(&self, place: &HostPort) -> bool {
        self.own.iter().any(|own| own.matches(place) || place.port.is_none() && own.host.matches(&place.host))
    }

    /// The account, or the echo, of a domain of ours.
    async fn local(&self, hub: &Hub, uri: &Uri) -> storage::Result<Option<Route>> {
        let Some(sip) = uri.as_sip() else { return Ok(None) };
        let Some(user) = sip.user() else { return Ok(None) };
        let mut domain = sip.host().to_string();
        if self.is_own(sip.place()) {
            domain.clone_from(&self.default_domain);
        } else if hub.storage.find_domain(&domain).await?.is_none() {
            return Ok(None);
        }
        if user.eq_ignore_ascii_case(ECHO) {
            return Ok(Some(Route::Echo(format!("{ECHO}@{domain}"))));
        }
        let account = match Address::parse(&format!("{user}@{domain}")) {
            Some(address) => hub.accounts.find(&address).await?,
            None => None,
        };
        Ok(match account {
            Some(account) => {
                let address = AddressOfRecord::new(&account.name, &account.domain_name);
                Some(Route::Account { id: account.id, address })
            }
            // A number that is nobody's here may be somebody's elsewhere.
            None if is_number(&user) => None,
            None => Some(Route::Nowhere(Ending::with(404, format!("there is no account {user}@{domain}")))),
        })
    }
}

/// Digits, perhaps after a plus, and what people put between them.
fn is_number(text: &str) -> bool {
    let user = text.split('@').next().unwrap_or(text);
    user.chars().any(|c| c.is_ascii_digit())
        && user
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#' | '-' | '.' | ' ' | '(' | ')'))
}

/// A number without what people put between its digits (RFC 3966 §5.1.1); none if there is nothing of the kind.
fn without_separators(uri: &Uri) -> Option<Uri> {
    let sip = uri.as_sip()?;
    let user = sip.user()?;
    let is_separator = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')');
    if !is_number(&user) || !user.contains(is_separator) {
        return None;
    }
    Some(Uri::Sip(SipUri::new(&user.replace(is_separator, ""), sip.host().clone()).with_port(sip.port())))
}

/// `sip:user@domain`.
pub(super) fn sip_uri(user: &str, domain: &str) -> Option<Uri> {
    Some(Uri::Sip(SipUri::new(user, Host::parse(domain).ok()?)))
}

impl TrunkPeer {
    fn new(config: &Trunk) -> anyhow::Result<Self> {
        let name = &config.name;
        let proxy = &config.proxy.0;
        let realm = if config.realm.is_empty() { proxy.host().to_string() } else { config.realm.clone() };
        let credentials = if config.user.is_empty() {
            None
        } else {
            let password = read_password(name, &config.password_file)?;
            Some(Credentials {
                realm: Some(realm),
                user: config.user.clone(),
                secret: Secret::Password(password),
            })
        };
        let route = Uri::Sip(proxy.clone().with_param("lr", None));
        Ok(Self { config: config.clone(), route, credentials })
    }

    /// A number is one of the carrier's, not of the domain of who dials it.
    fn number(&self, uri: Uri) -> Uri {
        let proxy = &self.config.proxy.0;
        match uri.as_sip().and_then(SipUri::user) {
            Some(user) => Uri::Sip(SipUri::new(&user, proxy.host().clone()).with_port(proxy.port())),
            None => uri,
        }
    }
}

fn read_password(trunk: &str, file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        anyhow::anyhow!("sip.trunk {trunk:?}: cannot read password_file {}: {e}", file.display())
    })?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

impl TrunkRoute {
    /// The call to be made.
    pub(super) fn dial(&self, invite: &Invite) -> Option<Dial> {
        let peer = &self.trunk;
        let (user, domain) = invite.from.split_once('@').unwrap_or((&invite.from, "localhost"));
        let domain = if peer.config.from_domain.is_empty() { domain } else { &peer.config.from_domain };
        // Who asks for a password wants the caller to be the user whom it belongs to.
        let user = peer.credentials.as_ref().map_or(user, |credentials| &credentials.user);
        Some(Dial {
            target: Target::Uri { uri: self.uri.clone(), route: vec![peer.route.clone()] },
            from: NameAddr::new(invite.from_name.as_deref(), sip_uri(user, domain)?),
            to: NameAddr::new(None, self.uri.clone()),
            credentials: peer.credentials.clone(),
        })
    }
}

impl Dial {
    /// A call to a registered phone.
    pub(super) fn to_binding(binding: sip::Binding, to: NameAddr, invite: &Invite) -> Option<Self> {
        let from = match invite.from.split_once('@') {
            Some((user, domain)) => sip_uri(user, domain)?,
            None => Uri::parse(&invite.from).ok()?,
        };
        let from = NameAddr::new(invite.from_name.as_deref(), from);
        Some(Self { target: Target::Binding(Box::new(binding)), from, to, credentials: None })
    }

    /// The INVITE.
    pub(super) fn invite(self, call: CallHandle, sdp: Option<bytes::Bytes>, max_forwards: u8) -> sip::Invite {
        let Self { target, from, to, credentials } = self;
        sip::Invite { call, target, from, to, sdp, max_forwards, headers: Vec::new(), credentials }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let trunk = |name: &str, numbers: bool, domains: &[&str]| Trunk {
            name: name.to_owned(),
            proxy: toml::Value::String(format!("{name}.example:5070")).try_into().unwrap(),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            numbers,
            from_domain: String::new(),
            user: String::new(),
            password_file: std::path::PathBuf::new(),
            realm: String::new(),
            sources: Vec::new(),
        };
        let trunks = [trunk("first", false, &["example.org"]), trunk("second", true, &[])];
        let own = HostPort { host: Host::parse("192.0.2.1").unwrap(), port: Some(5080) };
        Routes::new(&trunks, vec![own], "localhost".to_owned()).unwrap()
    }

    #[test]
    fn a_number_goes_to_its_trunk_as_digits() {
        let routes = routes();
        for (to, trunk, called) in [
            ("+44 20 7946 0000", "second", "sip:+442079460000@second.example:5070"),
            ("(030) 901-820@192.0.2.1", "second", "sip:030901820@second.example:5070"),
            ("*43#", "second", "sip:*43%23@second.example:5070"),
            ("carol.b@example.org", "first", "sip:carol.b@example.org"),
            ("0123@example.org", "first", "sip:0123@example.org"),
        ] {
            let uri = routes.uri(to, "localhost").unwrap();
            let uri = without_separators(&uri).unwrap_or(uri);
            let Route::Trunk(route) = routes.trunk(to, uri) else { panic!("{to}") };
            assert_eq!((route.trunk.config.name.as_str(), route.uri.to_string().as_str()), (trunk, called));
        }
        assert!(without_separators(&Uri::parse("sip:carol.b@example.org").unwrap()).is_none());
    }

    #[test]
    fn our_own_address_is_known_with_and_without_its_port() {
        let routes = routes();
        let is_own = |text: &str| routes.is_own(Uri::parse(text).unwrap().as_sip().unwrap().place());
        assert!(is_own("sip:alice@192.0.2.1:5080"));
        assert!(is_own("sip:alice@192.0.2.1"));
        assert!(!is_own("sip:alice@192.0.2.1:5060"));
        assert!(!is_own("sip:alice@192.0.2.2"));
    }

    #[test]
    fn numbers_are_told_from_names() {
        for number in ["+44 20 7946 0000", "112", "*43#", "0123@example.org", "(030) 901-820"] {
            assert!(is_number(number), "{number}");
        }
        for name in ["bob", "bob2", "", "+", "b0b@localhost"] {
            assert!(!is_number(name), "{name}");
        }
    }
}
