//! An HTTP client that shows everything.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::{Gateway, SOON, element};

/// A client of one gateway.
#[derive(Clone)]
pub(crate) struct Http {
    address: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, its body read.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    /// A header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The id of the session that a login has begun.
    pub(crate) fn session(&self) -> String {
        let envelope = element(&self.body);
        let session = envelope.elements().next().expect("a message");
        session.attribute("urlID").expect("a session").to_owned()
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Http {
    /// For the plain listener.
    pub(crate) fn of(gateway: &Gateway) -> Self {
        Self::at(gateway.address("http"))
    }

    /// For a listener at this address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, client: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Logs alice in; the id of her session.
    pub(crate) async fn log_in(&self) -> String {
        self.get("/XIMSSLogin/?userName=alice&password=secret").await.session()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, content_type: &str, body: impl Into<Bytes>) -> Answer {
        self.send(Method::POST, path, &[("content-type", content_type)], body).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).expect("a request");
        let exchange = async {
            let response = self.client.request(request).await.expect("the gateway answers");
            let (head, body) = response.into_parts();
            let body = body.collect().await.expect("the answer is whole").to_bytes();
            let header = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            Answer { status: head.status.as_u16(), headers: head.headers.iter().map(header).collect(), body }
        };
        tokio::time::timeout(3 * SOON, exchange).await.expect("the gateway answers in time")
    }
}
