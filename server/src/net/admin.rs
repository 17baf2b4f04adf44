//! Is the server well, and what has it counted?

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tracing::debug;

use super::Stream;
use super::listener::Client;
use crate::hub::Hub;

/// How long storage may take to give a sign of life.
const STORAGE: Duration = Duration::from_secs(2);

/// Serves a connection until it ends.
pub(super) async fn serve(client: Client, stream: Stream) {
    let hub = &client.hub;
    let service = service_fn(|request| async move { Ok::<_, Infallible>(answer(hub, &request).await) });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(hub.config.limits.http_header_time.0);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        debug!(%error, "admin connection lost");
    }
}

async fn answer(hub: &Hub, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "use GET\n".to_owned());
    }
    match request.uri().path() {
        "/metrics" => {
            // Storage that does not answer keeps nobody from the other figures.
            let mail = tokio::time::timeout(STORAGE, hub.storage.queue_length()).await;
            let mail = mail.ok().and_then(Result::ok);
            let mut answer = text(StatusCode::OK, hub.metrics.text(hub, mail));
            let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
            answer
        }
        // Alive: this task runs.
        "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
        "/readyz" => ready(hub).await,
        _ => text(StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n".to_owned()),
    }
}

/// Ready: it takes sessions in, and storage answers.
async fn ready(hub: &Hub) -> Response<Full<Bytes>> {
    if hub.shutdown.is_cancelled() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "the server stops\n".to_owned());
    }
    match tokio::time::timeout(STORAGE, hub.storage.ping()).await {
        Ok(Ok(())) => text(StatusCode::OK, "ready\n".to_owned()),
        Ok(Err(error)) => text(StatusCode::SERVICE_UNAVAILABLE, format!("storage: {error}\n")),
        Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "storage does not answer\n".to_owned()),
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
