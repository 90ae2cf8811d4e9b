//! A request, from what was asked for to its answer.

use super::answer::{self, Asked};
use super::client::Handle;
use super::exception::{misused, thrown};
use super::fake;
use super::wishes::{Carried, Fields, Wishes, encoded};
use highper_fetch::{Body, Error, Mode, Queue, Refused, Request, Response, Source, Url};
use highper_zend::{Callable, Iteration, Object, Throw, Value};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A request that is ready to be made.
pub(super) struct Prepared {
    pub(super) method: Vec<u8>,
    pub(super) url: Url,
    pub(super) headers: Fields,
    pub(super) carried: Carried,
    timeout: Option<Duration>,
    retries: u32,
    redirects: u32,
    max_body: u64,
    sink: Option<PathBuf>,
    stream: bool,
}

/// What PHP code gives piece by piece.
struct Pieces {
    source: Given,
    thrown: Option<Throw>,
}

enum Given {
    List(std::vec::IntoIter<Value>),
    Other(Iteration),
}

impl Pieces {
    fn of(value: &Value) -> Result<Self, Throw> {
        let is_closure = value
            .as_object()
            .is_some_and(|object| object.class_name() == "Closure");
        let value = match is_closure {
            true => Callable::new(value)
                .map_err(Throw::error)?
                .call(&[])
                .into_result()?,
            false => value.clone(),
        };
        let source = match (value.as_array(), value.as_object()) {
            (Some(array), _) => {
                Given::List(array.values().cloned().collect::<Vec<_>>().into_iter())
            }
            (_, Some(object))
                if highper_zend::find_class("Traversable")?
                    .is_some_and(|class| object.is_instance_of(class)) =>
            {
                Given::Other(Iteration::new(object)?)
            }
            _ => {
                return Err(Throw::type_error(format!(
                    "body must be a text, an iterable of texts, or a generator, {} given",
                    value.type_name()
                )));
            }
        };
        Ok(Self {
            source,
            thrown: None,
        })
    }

    fn piece(&mut self) -> Result<Option<Vec<u8>>, Throw> {
        let value = match &mut self.source {
            Given::List(list) => list.next(),
            Given::Other(iteration) => iteration.next()?.map(|(_, value)| value),
        };
        value
            .map(|value| Ok(value.to_str()?.as_bytes().to_vec()))
            .transpose()
    }
}

impl Source for Pieces {
    fn next(&mut self) -> Result<Option<Vec<u8>>, ()> {
        self.piece().map_err(|throw| self.thrown = Some(throw))
    }
}

fn is_whole(url: &str) -> bool {
    let begins = |with: &str| {
        let start = url.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    begins("http://") || begins("https://")
}

/// Where a request waits that is about to be prepared, if all connections to its server are taken.
#[cold]
#[inline(never)]
pub(super) fn queue(handle: &Handle, url: &str, timeout: Option<Duration>) -> Option<Queue> {
    if handle.fake.borrow().is_some() {
        return None;
    }
    let place: &str = match &handle.base {
        Some(base) if !is_whole(url) => base,
        _ => url,
    };
    handle.client.queue(place, timeout)
}

/// What is thrown where that wait came to nothing.
#[cold]
#[inline(never)]
pub(super) fn refused(
    handle: &Handle,
    queue: &Queue,
    why: &Refused,
    method: &str,
    url: &str,
    timeout: Option<Duration>,
) -> Throw {
    match address(handle, url, &Wishes::default()) {
        Ok(url) => {
            let (client, method) = (&handle.client, method.as_bytes());
            let error = client.refused(queue, why, method, url.shown(), timeout);
            thrown(&error, method, url.shown())
        }
        Err(throw) => throw,
    }
}

/// The whole address of what was asked for.
#[inline(never)]
fn address(handle: &Handle, url: &str, wishes: &Wishes) -> Result<Url, Throw> {
    let parsed = match &handle.base {
        Some(base) if !is_whole(url) => match url.trim_start_matches('/') {
            "" => Url::parse(base),
            rest if rest.starts_with('?') => Url::parse(&format!("{base}{rest}")),
            rest => Url::parse(&format!("{base}/{rest}")),
        },
        _ => Url::parse(url),
    };
    let mut parsed = parsed.map_err(misused)?;
    for query in handle.query.iter().chain(&wishes.query) {
        let text = encoded(query, false)?;
        parsed.add_query(&text.to_string_lossy());
    }
    Ok(parsed)
}

/// Makes a request of what was asked for.
pub(super) fn prepare(
    handle: &Handle,
    method: &str,
    url: &str,
    mut wishes: Wishes,
) -> Result<Prepared, Throw> {
    let url = address(handle, url, &wishes)?;
    let settings = handle.client.settings();
    let mut headers = std::mem::take(&mut wishes.headers);
    let has = |headers: &[(Vec<u8>, Vec<u8>)], name: &[u8]| {
        headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    };
    if let Some(user) = url.user().filter(|_| !has(&headers, b"authorization")) {
        let value = format!("Basic {}", highper_tls::base64(user));
        headers.push((b"Authorization".to_vec(), value.into_bytes()));
    }
    if let Some(media) = wishes.media.filter(|_| !has(&headers, b"content-type")) {
        headers.push((b"Content-Type".to_vec(), media));
    }
    if wishes.sink.is_some() && wishes.stream {
        return Err(Throw::value_error(
            "a body goes to a file (sink) or comes in pieces (stream), not both",
        ));
    }
    Ok(Prepared {
        method: method.to_ascii_uppercase().into_bytes(),
        url,
        headers,
        carried: wishes.carried,
        timeout: wishes.timeout.unwrap_or(settings.timeout),
        retries: wishes.retries.unwrap_or(settings.retries),
        redirects: wishes.redirects.unwrap_or(settings.redirects),
        max_body: match (wishes.max_body, wishes.stream || wishes.sink.is_some()) {
            (Some(limit), _) => limit,
            // They are there for what is large.
            (None, true) => u64::MAX,
            (None, false) => settings.max_body,
        },
        sink: wishes.sink,
        stream: wishes.stream,
    })
}

/// Makes a request, and its answer's object.
pub(super) fn perform(handle: &Handle, prepared: Prepared) -> Result<Object, Throw> {
    let asked = Asked {
        method: prepared.method.clone(),
        url: prepared.url.shown().to_owned(),
    };
    if let Some(made) = fake::answer(handle, &prepared)? {
        return match answer::again(&made, asked, prepared.sink)? {
            Some(object) => Ok(object),
            None => Ok(made),
        };
    }
    let mut pieces = match &prepared.carried {
        Carried::Pieces(value) => Some(Pieces::of(value)?),
        _ => None,
    };
    let body = match (&prepared.carried, &mut pieces) {
        (_, Some(pieces)) => Body::Source(pieces),
        (Carried::Text(text), _) => Body::Bytes(text.as_bytes()),
        (Carried::Bytes(bytes), _) => Body::Bytes(bytes),
        (Carried::Parts(parts, size), _) => Body::Parts(parts, *size),
        _ => Body::None,
    };
    let is_whole = !prepared.stream && prepared.sink.is_none();
    let mut request = Request {
        method: prepared.method,
        url: prepared.url,
        headers: prepared.headers,
        body,
        mode: if is_whole { Mode::Whole } else { Mode::Pieces },
        timeout: prepared.timeout,
        retries: prepared.retries,
        redirects: prepared.redirects,
        max_body: prepared.max_body,
        is_elsewhere: false,
    };
    let done = handle.client.send(&mut request);
    drop(request);
    if let Some(throw) = pieces.and_then(|pieces| pieces.thrown) {
        return Err(throw);
    }
    let mut response = match done {
        Ok(response) => Box::new(response),
        Err(error) => return Err(thrown(&error, &asked.method, &asked.url)),
    };
    if let Some(path) = &prepared.sink {
        let saved = save(&mut response, path);
        if let Err(error) = saved {
            drop(response);
            return Err(thrown(&error, &asked.method, &asked.url));
        }
    }
    answer::received(response, asked, prepared.sink)
}

/// Writes a body to a file, which appears when all of it is there.
fn save(response: &mut Response, path: &Path) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error {
        kind: highper_fetch::Kind::Usage,
        message: format!("the answer can't be written to {}: {error}", path.display()),
        is_unsent: false,
        is_begun: true,
    };
    let random = u64::from_le_bytes(highper_client::random::bytes());
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{random:x}.part"));
    let part = PathBuf::from(name);
    let mut file = File::create_new(&part).map_err(failed)?;
    let mut write = || {
        while let Some(piece) = response.next_piece()? {
            file.write_all(&piece).map_err(failed)?;
        }
        std::fs::rename(&part, path).map_err(failed)
    };
    let done = write();
    if done.is_err() {
        let _gone = std::fs::remove_file(&part);
    }
    done
}
