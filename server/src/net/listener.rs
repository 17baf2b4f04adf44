//! How are connections taken in?

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::{Stream, Tls, admin, http, lmtp, tcp};
use crate::hub::{Connection, Hub};

/// What a listener speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// HTTP and WebSocket, and XIMSS if the first byte is `<`.
    Http,
    /// The same with TLS.
    Https,
    /// Metrics and health.
    Admin,
    /// XIMSS over TCP.
    Ximss,
    /// XIMSS over TLS.
    Ximsss,
    /// LMTP.
    Lmtp,
}

impl Kind {
    /// Its name in the configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Admin => "admin",
            Self::Ximss => "ximss",
            Self::Ximsss => "ximsss",
            Self::Lmtp => "lmtp",
        }
    }
}

/// A listener that is bound, and takes nothing in yet.
pub(crate) struct Bound {
    /// What it speaks.
    pub(crate) kind: Kind,
    /// The address, with the real port.
    pub(crate) address: SocketAddr,
    listener: TcpListener,
}

/// Connections that may wait to be taken in. A short queue makes a burst of clients wait for seconds.
const BACKLOG: i32 = 4_096;
/// How long to wait when no more files can be opened.
const PAUSE: Duration = Duration::from_millis(100);

/// Binds a TCP address.
pub(crate) fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Binds a listener.
pub(crate) fn bind(kind: Kind, address: SocketAddr) -> io::Result<Bound> {
    let listener = bind_tcp(address)?;
    Ok(Bound { kind, address: listener.local_addr()?, listener })
}

/// Takes connections in until the server stops.
pub(crate) async fn serve(hub: Arc<Hub>, bound: Bound, tls: Option<Tls>) {
    loop {
        let accepted = tokio::select! {
            () = hub.shutdown.cancelled() => break,
            accepted = bound.listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => take_in(&hub, bound.kind, stream, peer, tls.as_ref()),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // No more files can be opened: connections wait until some are closed.
                warn!(%error, listener = bound.kind.name(), "cannot take connections in just now");
                hub.metrics.refuse("accept failed");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Errors of accept(2) that concern the one connection only.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

fn take_in(hub: &Arc<Hub>, kind: Kind, stream: TcpStream, peer: SocketAddr, tls: Option<&Tls>) {
    let Some(connection) = hub.addresses.connect(peer.ip().to_canonical()) else {
        hub.metrics.refuse("too many connections from one address");
        debug!(%peer, "too many connections from this address");
        return;
    };
    // Small messages go out at once. A socket that refuses is about to fail anyway.
    _ = stream.set_nodelay(true);
    let hub = Arc::clone(hub);
    let acceptor = match kind {
        Kind::Https => tls.map(|tls| tls.https.clone()),
        Kind::Ximsss => tls.map(|tls| tls.ximss.clone()),
        Kind::Http | Kind::Admin | Kind::Ximss | Kind::Lmtp => None,
    };
    let starttls = tls.map(|tls| tls.ximss.clone());
    tokio::spawn(async move {
        let client = Client { hub, address: peer.ip().to_canonical(), _counted: connection };
        let shutdown = client.hub.shutdown.clone();
        let login_time = client.hub.config.session.login.0;
        let serve = async move {
            let stream = match acceptor {
                None => Stream::plain(stream),
                Some(acceptor) => match tokio::time::timeout(login_time, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => Stream::tls(stream),
                    Ok(Err(error)) => return debug!(%peer, %error, "TLS fails"),
                    Err(_) => return debug!(%peer, "TLS takes too long"),
                },
            };
            match kind {
                Kind::Ximss | Kind::Ximsss => tcp::serve(client, stream, starttls).await,
                Kind::Http | Kind::Https => http::serve(client, stream, starttls).await,
                Kind::Admin => admin::serve(client, stream).await,
                Kind::Lmtp => lmtp::serve(client, stream).await,
            }
        };
        tokio::select! {
            () = serve => {}
            // Sessions end first, and with them their connections; what is left then is cut.
            () = async { shutdown.cancelled().await; tokio::time::sleep(Duration::from_secs(3)).await } => {}
        }
    });
}

/// Who is at the other end of a connection.
pub(crate) struct Client {
    /// What all connections share.
    pub(crate) hub: Arc<Hub>,
    /// Its address.
    pub(crate) address: IpAddr,
    _counted: Connection,
}

/// TLS for `starttls`.
pub(crate) type Starttls = Option<TlsAcceptor>;
