//! The application's routes as an OpenAPI 3.1 document, read from types, attributes and doc comments, and a page that shows it.

mod document;
mod schema;

use crate::app::App;
use crate::send;
use highper_filter::Notes;
use highper_http::Exchange;
use highper_zend::Throw;
use std::cell::{OnceCell, RefCell};

/// The page; its scripts come from the network, by the browser.
const PAGE: &str = include_str!("openapi/page.html");

/// Where the document is shown, and what it is called.
#[derive(Default)]
pub(crate) struct OpenApi {
    wanted: RefCell<Option<Wanted>>,
    text: OnceCell<String>,
}

struct Wanted {
    path: String,
    title: String,
    version: String,
}

impl OpenApi {
    pub(crate) fn show(&self, path: String, title: String, version: String) {
        let wanted = Wanted {
            path,
            title,
            version,
        };
        self.wanted.replace(Some(wanted));
    }

    /// Where it is shown.
    pub(crate) fn path(&self) -> Option<String> {
        self.wanted
            .borrow()
            .as_ref()
            .map(|wanted| wanted.path.clone())
    }
}

/// Writes the document, where there is to be one. Call when the routes are compiled.
///
/// # Errors
/// What a default value or an autoloader throws.
pub(crate) fn write(app: &App) -> Result<(), Throw> {
    let (title, version) = match &*app.openapi.wanted.borrow() {
        Some(wanted) => (wanted.title.clone(), wanted.version.clone()),
        None => return Ok(()),
    };
    let text = document::of(app, &title, &version)?.to_string();
    let _first = app.openapi.text.set(text);
    Ok(())
}

/// Answers with the page or the document, where the request asks for one.
pub(crate) fn page(app: &App, exchange: &Exchange, notes: &Notes) -> bool {
    let wanted = app.openapi.wanted.borrow();
    let Some(wanted) = &*wanted else {
        return false;
    };
    let rest = {
        let request = exchange.request();
        let bytes = request.bytes();
        let is_get = matches!(request.head().method_name(&bytes), b"GET" | b"HEAD");
        match request
            .head()
            .path(&bytes)
            .strip_prefix(wanted.path.as_bytes())
        {
            Some(rest) if is_get => rest.to_vec(),
            _ => return false,
        }
    };
    match &*rest {
        b"" => {
            let title = wanted.title.replace('&', "&amp;").replace('<', "&lt;");
            let page = PAGE
                .replace("{title}", &title)
                .replace("{document}", &format!("{}/openapi.json", wanted.path));
            let headers = [("Content-Type", "text/html; charset=utf-8")];
            send::bare(exchange, 200, &headers, &page, notes);
        }
        b"/openapi.json" => {
            let headers = [("Content-Type", "application/json")];
            let text = app.openapi.text.get().map_or("{}", String::as_str);
            send::bare(exchange, 200, &headers, text, notes);
        }
        _ => return false,
    }
    true
}
