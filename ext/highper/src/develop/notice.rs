//! What the manager has refused to take, for the workers to show: the pages of a developer say so until it is mended.

use crate::app::App;
use crate::response::data::{Body, Data};
use crate::send;
use highper_app::accept::ErrorFormat;
use highper_app::dump::with_block;
use highper_app::problem::Problem;
use highper_app::refused::{self, Refused};
use highper_filter::Notes;
use highper_http::Exchange;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

/// Most that is read, in bytes.
const MOST: usize = 64 * 1024;

/// Memory that the manager writes and its workers read.
#[derive(Debug)]
pub(crate) struct Notice(File);

impl Notice {
    /// # Errors
    /// The system's error.
    pub(crate) fn new() -> std::io::Result<Self> {
        let memory = rustix::fs::memfd_create("notice", rustix::fs::MemfdFlags::CLOEXEC)?;
        Ok(Self(File::from(memory)))
    }

    /// From now on this is what is not taken.
    ///
    /// # Errors
    /// The system's error.
    pub(crate) fn put(&self, all: &[Refused]) -> std::io::Result<()> {
        self.0.set_len(0)?;
        match all {
            [] => Ok(()),
            all => self
                .0
                .write_all_at(refused::to_json(all).to_string().as_bytes(), 0),
        }
    }

    fn get(&self) -> Vec<Refused> {
        let mut bytes = vec![0; MOST];
        let read = self.0.read_at(&mut bytes, 0).unwrap_or(0);
        // What is being written just now is there at the next look.
        let read = serde_json::from_slice(&bytes[..read]).unwrap_or_default();
        refused::from_json(&read)
    }
}

/// What a client may know of code that is not taken: nothing but in development, on this machine.
pub(crate) fn of(app: &App, exchange: &Exchange) -> Vec<Refused> {
    let Some(notice) = app.notice.get() else {
        return Vec::new();
    };
    let peer = exchange.connection().peer();
    match app.is_development.get() && peer.is_none_or(|p| p.ip().is_loopback()) {
        true => notice.get(),
        false => Vec::new(),
    }
}

/// Says it at the end of a page.
pub(crate) fn leave(app: &App, exchange: &Exchange, data: &mut Rc<Data>) {
    if !super::is_page(data) {
        return;
    }
    let all = of(app, exchange);
    if !all.is_empty() {
        let page = with_block(data.body.bytes(), &refused::banner(&all));
        let data = Rc::make_mut(data);
        data.remove(b"content-length");
        data.body = Body::Bytes(Rc::new(page));
    }
}

/// May there be something to say?
#[inline]
pub(crate) fn is_there(app: &App) -> bool {
    app.notice.get().is_some()
}

/// Sends an error with it; false where there is nothing to say.
#[inline]
pub(crate) fn problem(
    app: &App,
    exchange: &Exchange,
    problem: &Problem<'_>,
    headers: &[(&str, &str)],
    notes: &Notes,
) -> bool {
    is_there(app) && problem_with(app, exchange, problem, headers, notes)
}

#[cold]
fn problem_with(
    app: &App,
    exchange: &Exchange,
    problem: &Problem<'_>,
    headers: &[(&str, &str)],
    notes: &Notes,
) -> bool {
    let all = of(app, exchange);
    if all.is_empty() {
        return false;
    }
    let format = send::format_of(exchange);
    let body = match format {
        ErrorFormat::Html => {
            let page = with_block(problem.html().as_bytes(), &refused::banner(&all));
            String::from_utf8_lossy(&page).into_owned()
        }
        ErrorFormat::Problem | ErrorFormat::Json => {
            let mut problem = problem.clone();
            let said = refused::to_json(&all);
            problem.extensions.insert("notTaken".into(), said);
            problem.json()
        }
    };
    let headers = crate::front::with_noted(headers, notes);
    let id = problem.request_id;
    send::page(exchange, problem.status, format, &body, &headers, id);
    true
}
