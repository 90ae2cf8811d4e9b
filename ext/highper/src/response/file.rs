//! Files as responses: what is said of them, conditions and ranges.

use super::data::{Body, Data};
use super::{class, make};
use crate::app::App;
use crate::send;
use highper_http::{Exchange, mime, static_file};
use highper_zend::{Call, Done, Throw};
use std::fs::File;
use std::rc::Rc;

fn open(path: &str) -> Result<Rc<File>, Throw> {
    let cannot = |why: String| Throw::exception(format!("the file {path} can't be sent: {why}"));
    let file = File::open(path).map_err(|e| cannot(e.to_string()))?;
    let meta = file.metadata().map_err(|e| cannot(e.to_string()))?;
    if !meta.is_file() {
        return Err(cannot("it is not a file".into()));
    }
    Ok(Rc::new(file))
}

/// `Response::file()`
pub(super) fn file(call: &mut Call) -> Done {
    let path = call.text(0)?;
    let file = open(path)?;
    let mut data = Data::new(200, None, Body::File(file));
    data.add(b"Content-Type", mime::of_name(path.as_bytes()).as_bytes());
    if let Some(name) = call.opt_bytes_or_null(1)? {
        data.add(b"Content-Disposition", &attachment(name));
    }
    call.ret(make(class(call), data)?)
}

/// `Response::download()`
pub(super) fn download(call: &mut Call) -> Done {
    let path = call.text(0)?;
    let file = open(path)?;
    let mut data = Data::new(200, None, Body::File(file));
    data.add(b"Content-Type", mime::of_name(path.as_bytes()).as_bytes());
    let own = path.rsplit('/').next().unwrap_or(path);
    let name = call.opt_bytes_or_null(1)?.unwrap_or(own.as_bytes());
    data.add(b"Content-Disposition", &attachment(name));
    call.ret(make(class(call), data)?)
}

/// `attachment` with a name: in ASCII, and as it is (RFC 6266, RFC 8187).
pub(super) fn attachment(name: &[u8]) -> Vec<u8> {
    let plain = |b: &u8| b.is_ascii_graphic() && !b"\"\\%/".contains(b) || *b == b' ';
    let shown: Vec<u8> = name
        .iter()
        .map(|b| if plain(b) { *b } else { b'_' })
        .collect();
    let mut value = b"attachment; filename=\"".to_vec();
    value.extend_from_slice(&shown);
    value.push(b'"');
    if shown != name {
        value.extend_from_slice(b"; filename*=UTF-8''");
        for &byte in name {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                value.push(byte);
            } else {
                value.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
    }
    value
}

/// Sends a file as a request wants it: a part, or that it is unchanged. Fields of the response go over those of the file.
pub(crate) fn send(exchange: &Exchange, data: &Data, file: &File, id: Option<&str>, app: &App) {
    let plan = file.try_clone().and_then(|file| {
        let request = exchange.request();
        let bytes = request.bytes();
        let head = request.head();
        let get = |name: &[u8]| head.get(&bytes, name);
        let mut wanted = static_file::Request {
            method: match head.method_name(&bytes) {
                b"HEAD" => b"HEAD",
                _ => b"GET",
            },
            ..static_file::Request::default()
        };
        // Another status, or an answer to something else than GET, is sent as it is.
        if data.status == 200 && matches!(head.method_name(&bytes), b"GET" | b"HEAD") {
            wanted.if_match = get(b"if-match");
            wanted.if_none_match = get(b"if-none-match");
            wanted.if_modified_since = get(b"if-modified-since");
            wanted.if_unmodified_since = get(b"if-unmodified-since");
            wanted.if_range = get(b"if-range");
            wanted.range = get(b"range");
        }
        let kind = "application/octet-stream";
        let plan = static_file::of_file(file.try_clone()?, kind, &wanted)?;
        if send::ranges_length(&plan) <= send::RANGES_MAX {
            return Ok(plan);
        }
        wanted.range = None;
        static_file::of_file(file, kind, &wanted)
    });
    let mut plan = match plan {
        Ok(plan) => plan,
        Err(error) => {
            let text = format!("a file can't be sent: {error}");
            app.log(highper_log::Level::Error, &text, &[], id);
            let problem = highper_app::problem::Problem {
                status: 503,
                ..highper_app::problem::Problem::default()
            };
            return send::problem(exchange, &problem, &[]);
        }
    };
    let is_several = matches!(plan.body, static_file::Body::Ranges { .. });
    let is_kind = |name: &[u8]| name.eq_ignore_ascii_case(b"content-type");
    plan.headers.retain(|(name, _)| {
        let name = name.as_bytes();
        data.values(name).next().is_none() || is_kind(name) && is_several
    });
    if plan.status == 200 {
        plan.status = data.status;
    }
    let is_bare = matches!(plan.status, 304 | 412 | 416);
    send::planned(exchange, plan, app, id, &|head| {
        for (name, value) in data.fields() {
            let of_body = is_kind(name) || name.eq_ignore_ascii_case(b"content-disposition");
            if !(is_several && is_kind(name) || is_bare && of_body) {
                head.header(name, value)?;
            }
        }
        match id {
            Some(id) => head.header(b"X-Request-Id", id.as_bytes()),
            None => Ok(()),
        }
    });
}
