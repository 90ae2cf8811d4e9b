//! What `instant-acme` sends, through the client that waits in coroutines.

use bytes::Bytes;
use highper_engine::{self as engine, Wake};
use highper_fetch::{Body, Client, Error, Kind, Mode, Request, Settings as Fetch, Url};
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// An answer's bytes at most.
const MOST: u64 = 1 << 20;

thread_local! {
    /// The client of this process's keeper: `instant-acme` wants one that any thread may use, and there is one thread only.
    static CLIENT: RefCell<Option<Rc<Client>>> = const { RefCell::new(None) };
    /// `Retry-After` of the last answer.
    static RETRY_AFTER: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Opens the client; `ca` has signed the authority's certificate.
pub(crate) fn open(ca: Option<PathBuf>) -> Result<(), String> {
    let client = Client::new(Fetch {
        ca,
        timeout: Some(PATIENCE),
        max_body: MOST,
        ..Fetch::default()
    })?;
    CLIENT.set(Some(client));
    Ok(())
}

/// How long the last answer wanted us to wait.
pub(crate) fn retry_after() -> Option<Duration> {
    RETRY_AFTER.get()
}

/// The client as `instant-acme` wants it.
pub(crate) struct Http;

impl HttpClient for Http {
    fn request(
        &self,
        request: http::Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = match body.collect().await {
                Ok(body) => body.to_bytes(),
                Err(never) => match never {},
            };
            let answer = perform(&parts, &body);
            answer.map_err(|error| instant_acme::Error::Other(Box::new(error)))
        })
    }
}

/// Waits in the coroutine that runs.
fn perform(parts: &http::request::Parts, body: &[u8]) -> Result<BytesResponse, Error> {
    let usage = |message: String| Error {
        kind: Kind::Usage,
        message,
        is_unsent: true,
        is_begun: false,
    };
    let client = CLIENT.with_borrow(Clone::clone);
    let client = client.ok_or_else(|| usage("there is no client".to_owned()))?;
    let headers = parts.headers.iter();
    let mut request = Request {
        method: parts.method.as_str().as_bytes().to_vec(),
        url: Url::parse(&parts.uri.to_string()).map_err(usage)?,
        headers: headers
            .map(|(name, value)| (name.as_str().into(), value.as_bytes().into()))
            .collect(),
        body: match body.is_empty() {
            true => Body::None,
            false => Body::Bytes(body),
        },
        mode: Mode::Whole,
        timeout: Some(PATIENCE),
        retries: 0,
        redirects: 3,
        max_body: MOST,
        is_elsewhere: false,
    };
    RETRY_AFTER.set(None);
    let mut answer = client.send(&mut request)?;
    RETRY_AFTER.set(answer.headers.get(b"retry-after").and_then(pause));
    let mut made = http::Response::builder().status(answer.status);
    for (name, value) in answer.headers.iter() {
        made = made.header(name, value);
    }
    let body = Bytes::from(answer.read()?);
    let made = made.body(Full::new(body));
    let made = made.map_err(|error| Error {
        kind: Kind::Protocol,
        ..usage(error.to_string())
    })?;
    Ok(BytesResponse::from(made))
}

/// Seconds, or a date: RFC 9110, section 10.2.3.
fn pause(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let at = httpdate::parse_http_date(text).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// Runs a future of `instant-acme` to its end. All that it waits for are our requests, and these wait by themselves, in the
/// coroutine that runs: no poll comes back without a result.
pub(crate) fn done<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        if engine::sleep(10_000_000) != Wake::Ready {
            return None;
        }
    }
}
