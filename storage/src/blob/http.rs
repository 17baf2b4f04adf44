//! How are requests carried to an S3 service?
//!
//! The library leaves that to whoever uses it. Its own way would bring a second HTTP client along; this one is what the
//! gateway has anyway, with our time-outs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::{Frame, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the service may take to receive a request and begin to answer it.
const ANSWER: Duration = Duration::from_secs(30);
/// How long it may pause within an answer.
const PAUSE: Duration = Duration::from_secs(15);
/// Connections that are kept for the next requests, and for how long.
const IDLE: usize = 64;
const IDLE_TIME: Duration = Duration::from_secs(20);

/// Makes clients.
#[derive(Debug)]
pub(super) struct Connector {
    tls: rustls::ClientConfig,
}

#[derive(Debug)]
struct Service {
    client: Client<HttpsConnector<Tcp>, HttpRequestBody>,
}

/// Why a service cannot be used just now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("it does not answer within {}", ANSWER.as_secs())]
    Silent,
    #[error("it pauses within an answer")]
    Paused,
    #[error("it answers {0}")]
    Answered(StatusCode),
}

impl Connector {
    /// Trusts the authorities of a PEM file, or those of the system.
    pub(super) fn new(authorities: Option<&Path>) -> Result<Self> {
        let mut trusted = rustls::RootCertStore::empty();
        match authorities {
            Some(path) => {
                let refused = |error: &dyn std::fmt::Display| {
                    let reason = format!("{} is no PEM file with certificates: {error}", path.display());
                    Error::Refused { reason: reason.into() }
                };
                for certificate in CertificateDer::pem_file_iter(path).map_err(|error| refused(&error))? {
                    let certificate = certificate.map_err(|error| refused(&error))?;
                    trusted.add(certificate).map_err(|error| refused(&error))?;
                }
                if trusted.is_empty() {
                    return Err(refused(&"there are none in it"));
                }
            }
            None => {
                trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Refused { reason: error.to_string().into() })?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self { tls })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE)
            .build(connector);
        Ok(HttpClient::new(Service { client }))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let answered = tokio::time::timeout(ANSWER, self.client.request(request)).await;
        let answer = answered.map_err(|_| HttpError::new(HttpErrorKind::Timeout, Trouble::Silent))?.map_err(
            |error| {
                let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Request };
                HttpError::new(kind, error)
            },
        )?;
        let status = answer.status();
        if status == StatusCode::TOO_MANY_REQUESTS
            || (status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED)
        {
            return Err(HttpError::new(HttpErrorKind::Request, Trouble::Answered(status)));
        }
        let body = answer.map(|body| stream::unfold(Some(body), next_frame).fuse());
        Ok(body.map(|frames| HttpResponseBody::new(StreamBody::new(Box::pin(frames)))))
    }
}

/// The next piece of an answer, and what follows it.
async fn next_frame(
    body: Option<Incoming>,
) -> Option<(std::result::Result<Frame<Bytes>, HttpError>, Option<Incoming>)> {
    let mut body = body?;
    match tokio::time::timeout(PAUSE, body.frame()).await {
        Ok(Some(Ok(frame))) => Some((Ok(frame), Some(body))),
        Ok(Some(Err(error))) => Some((Err(HttpError::new(HttpErrorKind::Interrupted, error)), None)),
        Ok(None) => None,
        Err(_) => Some((Err(HttpError::new(HttpErrorKind::Timeout, Trouble::Paused)), None)),
    }
}
