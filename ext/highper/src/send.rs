//! Putting answers on the wire.

use crate::app::App;
use crate::response::data::{Body, Data};
use highper_app::accept::{ErrorFormat, error_format};
use highper_app::problem::Problem;
use highper_filter::Notes;
use highper_filter::notes::NOTHING;
use highper_http::static_file::{self, Plan};
use highper_http::{Exchange, Ready, SendError};
use highper_http1::{EncodeError, Response, Version};
use highper_log::Level;
use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

/// Bytes of several ranges that are read at a time.
const PIECE: usize = 64 * 1024;
/// Several ranges of more bytes than this together are answered with the whole file.
pub(crate) const RANGES_MAX: u64 = 8 << 20;

/// `HTTP/1.1`
pub(crate) fn protocol(exchange: &Exchange) -> &'static str {
    match exchange.request().head().version() {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
    }
}

/// Bytes that are shared with the socket.
struct Shared(Rc<Data>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.body.bytes()
    }
}

/// The fields of a response of PHP's.
pub(crate) fn fields(
    response: &mut Response<'_>,
    data: &Data,
    id: Option<&str>,
) -> Result<(), EncodeError> {
    match data.lines() {
        Some(lines) => response.lines(lines),
        None => {
            for (name, value) in data.fields() {
                response.header(name, value)?;
            }
        }
    }
    match id {
        Some(id) => response.header(b"X-Request-Id", id.as_bytes()),
        None => Ok(()),
    }
}

/// Sends a response of PHP's.
pub(crate) fn response(exchange: &Exchange, data: &Rc<Data>, id: Option<&str>, app: &App) {
    if let (Some(lines), None, Body::Bytes(_) | Body::Str(_)) = (data.lines(), id, &data.body)
        && data.body.bytes().len() < 16 * 1024
    {
        let sent = exchange.respond_lines(data.status, lines, data.body.bytes());
        return trouble(app, sent, id);
    }
    let fields = |response: &mut Response<'_>| self::fields(response, data, id);
    let sent = match &data.body {
        Body::File(file) => return crate::response::file::send(exchange, data, file, id, app),
        body if body.bytes().len() < 16 * 1024 => {
            exchange.respond(data.status, None, fields, body.bytes())
        }
        _ => exchange.respond_shared(data.status, None, fields, Shared(Rc::clone(data))),
    };
    trouble(app, sent, id);
}

/// A client that is gone is no trouble; a response that can't be sent is.
pub(crate) fn trouble(app: &App, sent: Result<(), SendError>, id: Option<&str>) {
    if let Err(error) = sent
        && !matches!(error, SendError::Gone | SendError::Complete)
    {
        app.log(
            Level::Error,
            &format!("a response can't be sent: {error}"),
            &[],
            id,
        );
    }
}

/// The form of an error that the client likes best.
pub(crate) fn format_of(exchange: &Exchange) -> ErrorFormat {
    let request = exchange.request();
    let bytes = request.bytes();
    error_format(request.head().get(&bytes, b"accept"))
}

/// Sends an error without PHP.
pub(crate) fn problem(exchange: &Exchange, problem: &Problem<'_>, headers: &[(&str, &str)]) {
    problem_with(exchange, problem, headers, &NOTHING);
}

/// Sends an error without PHP, with the fields that filters have noted.
pub(crate) fn problem_with(
    exchange: &Exchange,
    problem: &Problem<'_>,
    headers: &[(&str, &str)],
    notes: &Notes,
) {
    let format = format_of(exchange);
    let body = problem.body(format);
    let all;
    let headers = match notes.lines().is_empty() {
        true => headers,
        false => {
            all = crate::front::with_noted(headers, notes);
            &*all
        }
    };
    page(
        exchange,
        problem.status,
        format,
        &body,
        headers,
        problem.request_id,
    );
}

/// The fields of an error that has none of its own.
const LINES: &[u8] = b"Content-Type: application/problem+json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
const SNIFFING: usize = b"X-Content-Type-Options: nosniff\r\n".len();

fn said(status: u16) -> Problem<'static> {
    Problem {
        status,
        kind: Some("about:blank"),
        ..Problem::default()
    }
}

/// Errors of which there is nothing to say but their status: they stand ready.
#[derive(Default)]
pub(crate) struct Blanks(RefCell<Vec<Rc<Ready>>>);

impl Blanks {
    fn of(&self, status: u16) -> Rc<Ready> {
        let known = self.0.borrow();
        if let Some(known) = known.iter().find(|known| known.status() == status) {
            return Rc::clone(known);
        }
        drop(known);
        self.make(status)
    }

    #[cold]
    fn make(&self, status: u16) -> Rc<Ready> {
        let made = Rc::new(Ready::new(status, LINES, said(status).json().as_bytes()));
        self.0.borrow_mut().push(Rc::clone(&made));
        made
    }
}

/// Sends an error of which there is nothing to say but its status.
pub(crate) fn blank(app: &App, exchange: &Exchange, status: u16, notes: &Notes) {
    if !notes.lines().is_empty() || format_of(exchange) != ErrorFormat::Problem {
        return problem_with(exchange, &said(status), &[], notes);
    }
    // A client that is gone needs no answer.
    let _gone = exchange.respond_ready(&app.blanks.of(status));
}

/// The same as a filter's answer, whose notes nobody else reads after it.
pub(crate) fn refusal(app: &App, exchange: &Exchange, status: u16, notes: &mut Notes) {
    if format_of(exchange) != ErrorFormat::Problem {
        return problem_with(exchange, &said(status), &[], notes);
    }
    notes.add_lines(match notes.forbids_sniffing() {
        true => &LINES[..LINES.len() - SNIFFING],
        false => LINES,
    });
    let _gone = exchange.respond_lines(status, notes.lines(), app.blanks.of(status).body());
}

/// Sends an error's body.
pub(crate) fn page(
    exchange: &Exchange,
    status: u16,
    format: ErrorFormat,
    body: &str,
    headers: &[(&str, &str)],
    id: Option<&str>,
) {
    let fields = |response: &mut Response<'_>| {
        response.header(b"Content-Type", format.content_type().as_bytes())?;
        response.header(b"Cache-Control", b"no-store")?;
        response.header(b"X-Content-Type-Options", b"nosniff")?;
        for (name, value) in headers {
            response.header(name.as_bytes(), value.as_bytes())?;
        }
        if let Some(id) = id {
            response.header(b"X-Request-Id", id.as_bytes())?;
        }
        Ok(())
    };
    // A client that is gone needs no answer.
    let _gone = exchange.respond(status, None, fields, body.as_bytes());
}

/// Sends nothing but a status and headers.
pub(crate) fn bare(
    exchange: &Exchange,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
    notes: &Notes,
) {
    let fields = |response: &mut Response<'_>| {
        for (name, value) in headers {
            response.header(name.as_bytes(), value.as_bytes())?;
        }
        response.lines(notes.lines());
        Ok(())
    };
    let _gone = exchange.respond(status, None, fields, body.as_bytes());
}

/// How many bytes several ranges have together.
pub(crate) fn ranges_length(plan: &Plan) -> u64 {
    match &plan.body {
        static_file::Body::Ranges { pieces, .. } => pieces.iter().map(|p| p.length).sum(),
        _ => 0,
    }
}

/// Sends a file, or what is to be said about it.
pub(crate) fn file(exchange: &Exchange, plan: Plan, notes: &Notes, app: &App) {
    planned(exchange, plan, app, None, &|response| {
        response.lines(notes.lines());
        Ok(())
    });
}

/// The same with more fields.
pub(crate) fn planned(
    exchange: &Exchange,
    plan: Plan,
    app: &App,
    id: Option<&str>,
    more: &dyn Fn(&mut Response<'_>) -> Result<(), EncodeError>,
) {
    let headers = plan.headers;
    let fields = |response: &mut Response<'_>| {
        more(response)?;
        for (name, value) in &headers {
            response.header(name.as_bytes(), value.as_bytes())?;
        }
        Ok(())
    };
    let status = plan.status;
    let sent = match plan.body {
        static_file::Body::Empty => exchange.respond(
            status,
            None,
            |response| {
                fields(response)?;
                match plan.length {
                    Some(length) => {
                        response.header(b"Content-Length", length.to_string().as_bytes())
                    }
                    None => Ok(()),
                }
            },
            b"",
        ),
        static_file::Body::File {
            file,
            offset,
            length,
        } => exchange.send_file(status, fields, file, offset, length),
        static_file::Body::Ranges { file, pieces, tail } => {
            let started = exchange.start(status, None, plan.length, fields);
            let sent = started.and_then(|()| {
                for piece in &pieces {
                    exchange.write(&piece.head)?;
                    copy(exchange, &file, piece.offset, piece.length)?;
                }
                exchange.write(&tail)?;
                exchange.finish()
            });
            if sent.is_err() {
                exchange.abort();
            }
            sent
        }
    };
    trouble(app, sent, id);
}

fn copy(exchange: &Exchange, file: &File, mut offset: u64, mut left: u64) -> Result<(), SendError> {
    let mut buffer = vec![0; PIECE];
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        match file.read_at(&mut buffer[..want], offset) {
            // The file is shorter than it was: what was promised can't be sent.
            Ok(0) | Err(_) => return Err(SendError::Gone),
            Ok(n) => {
                exchange.write(&buffer[..n])?;
                offset += n as u64;
                left -= n as u64;
            }
        }
    }
    Ok(())
}
