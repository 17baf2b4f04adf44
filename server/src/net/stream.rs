//! A connection of a client: plain or TLS, with what was read ahead of its turn.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a client may leave what is sent to it unread. Any byte that it takes begins the time anew.
const STALLED: Duration = Duration::from_secs(30);

/// A connection of a client.
pub(crate) struct Stream {
    inner: Inner,
    /// When what is being sent is given up.
    stalled: Option<Pin<Box<Sleep>>>,
    /// How long nothing may come, if that is bounded.
    silence: Option<Duration>,
    /// When it has not come for too long.
    silent: Option<Pin<Box<Sleep>>>,
    /// A byte that was looked at and is still to be read.
    ahead: Option<u8>,
    /// How many more bytes may be read; none is no limit.
    allowance: Option<usize>,
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// A plain connection.
    pub(crate) const fn plain(stream: TcpStream) -> Self {
        Self::new(Inner::Plain(stream))
    }

    /// A connection on which TLS has begun.
    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self::new(Inner::Tls(Box::new(stream)))
    }

    const fn new(inner: Inner) -> Self {
        Self { inner, stalled: None, silence: None, silent: None, ahead: None, allowance: None }
    }

    /// Whether TLS is on.
    pub(crate) const fn is_tls(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }

    /// Begins TLS on a plain connection from which nothing was read ahead.
    pub(crate) async fn begin_tls(self, acceptor: &TlsAcceptor) -> io::Result<Self> {
        match self.inner {
            Inner::Plain(stream) => Ok(Self::tls(acceptor.accept(stream).await?)),
            tls @ Inner::Tls(_) => Ok(Self::new(tls)),
        }
    }

    /// Looks at the first byte; it is still there to be read. `None` at the end of the stream.
    pub(crate) async fn first_byte(&mut self) -> io::Result<Option<u8>> {
        if self.ahead.is_none() {
            let mut byte = [0];
            let read = self.read(&mut byte).await?;
            self.ahead = byte.first().copied().filter(|_| read == 1);
        }
        Ok(self.ahead)
    }

    /// Limits what may be read from now on; reading more is an error.
    pub(crate) const fn allow(&mut self, bytes: Option<usize>) {
        self.allowance = bytes;
    }

    /// Bounds the time in which nothing comes.
    pub(crate) fn expect_something_every(&mut self, time: Duration) {
        self.silence = Some(time);
    }

    /// Bounds how long an attempt to write makes no progress.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        expire(self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(STALLED))), cx)
    }
}

/// An error once the time is over.
fn expire<T>(time: &mut Pin<Box<Sleep>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
    ready!(time.as_mut().poll(cx));
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if this.allowance == Some(0) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "the message is too long")));
        }
        let before = buffer.filled().len();
        if let Some(byte) = this.ahead.take() {
            buffer.put_slice(&[byte]);
        } else {
            let read = match &mut this.inner {
                Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
                Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buffer),
            };
            match (read, this.silence) {
                (Poll::Pending, None) => return Poll::Pending,
                (Poll::Pending, Some(time)) => {
                    return expire(this.silent.get_or_insert_with(|| Box::pin(tokio::time::sleep(time))), cx);
                }
                (Poll::Ready(read), _) => read?,
            }
            this.silent = None;
        }
        let read = buffer.filled().len() - before;
        this.allowance = this.allowance.map(|allowance| allowance.saturating_sub(read));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        };
        this.watch(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = match &mut this.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        };
        this.watch(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = match &mut this.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        };
        this.watch(cx, shut)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bytes),
            Inner::Tls(stream) => Pin::new(stream.as_mut()).poll_write_vectored(cx, bytes),
        };
        this.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain(stream) => stream.is_write_vectored(),
            Inner::Tls(stream) => stream.is_write_vectored(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::time::Instant;

    use super::*;

    /// Both ends of a connection.
    async fn pair() -> (Stream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Stream::plain(listener.accept().await.unwrap().0), other)
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reads_is_given_up_after_its_time() {
        let (mut stream, _other) = pair().await;
        let begun = Instant::now();
        let error = stream.write_all(&vec![0; 64 << 20]).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_stream_that_expects_something() {
        let (mut stream, mut other) = pair().await;
        stream.expect_something_every(Duration::from_secs(60));
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_secs(50)).await;
        other.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed().as_secs()), (io::ErrorKind::TimedOut, 110));
    }
}
