//! Answers a request with a file, without asking the service.

use crate::exchange::Exchange;
use crate::settings::{Rewrite, StaticFiles as Setting};
use crate::static_file::{Answer, Body, Miss, Options, Plan, Request, StaticFiles};
use highper_http1::{EncodeError, Response};

/// The files of one setting, opened.
pub(crate) struct Files {
    files: StaticFiles,
    prefixes: Vec<String>,
    exclusive: bool,
    listing: bool,
    rewrites: Vec<Rewrite>,
}

impl Files {
    pub(crate) fn open(setting: &Setting) -> std::io::Result<Self> {
        let options = Options {
            index: setting.index.clone(),
            follow_links: setting.follow_links,
            types: setting.types,
            ..Options::default()
        };
        Ok(Self {
            files: StaticFiles::new(&setting.root, options)?,
            prefixes: setting.prefixes.clone(),
            exclusive: setting.exclusive,
            listing: setting.listing,
            rewrites: setting.rewrites.clone(),
        })
    }

    /// True when the request was answered here.
    #[inline(never)]
    pub(crate) fn answer(&self, exchange: &Exchange) -> bool {
        let request = exchange.request();
        let bytes = request.bytes();
        let head = request.head();
        let path = head.path(&bytes);
        let method = head.method_name(&bytes);
        if !matches!(method, b"GET" | b"HEAD") {
            return false;
        }
        let rewritten = self.rewritten(path);
        let path = rewritten.as_deref().map_or(path, str::as_bytes);
        if !self.prefixes.is_empty()
            && !self.prefixes.iter().any(|p| path.starts_with(p.as_bytes()))
        {
            return false;
        }
        let asked = Request {
            method,
            path,
            query: head.query(&bytes),
            accept_encoding: head.accept_encoding(&bytes),
            if_match: head.get(&bytes, b"if-match"),
            if_none_match: head.get(&bytes, b"if-none-match"),
            if_modified_since: head.get(&bytes, b"if-modified-since"),
            if_unmodified_since: head.get(&bytes, b"if-unmodified-since"),
            if_range: head.get(&bytes, b"if-range"),
            range: head.get(&bytes, b"range"),
        };
        let answer = self.files.serve(&asked);
        let listed = match answer {
            Ok(Answer::Miss(Miss::NotAFile)) if self.listing => self.files.list(path),
            _ => None,
        };
        drop(bytes);
        let sent = match answer {
            Ok(Answer::Plan(plan)) => send(exchange, plan),
            Ok(Answer::Miss(Miss::NotAFile)) if listed.is_some() => exchange.respond(
                200,
                None,
                |r| r.header(b"Content-Type", b"text/html; charset=utf-8"),
                listed.unwrap_or_default().as_bytes(),
            ),
            // A folder without an index is nobody's page but the service's.
            Ok(Answer::Miss(Miss::NotAFile)) => return false,
            Ok(Answer::Miss(_)) if !self.exclusive => return false,
            Ok(Answer::Miss(_)) => exchange.respond(
                404,
                None,
                |r| r.header(b"Content-Type", b"text/plain"),
                b"Not Found\n",
            ),
            Err(_) => exchange.respond(
                500,
                None,
                |r| r.header(b"Content-Type", b"text/plain"),
                b"Internal Server Error\n",
            ),
        };
        if sent.is_err() {
            exchange.abort();
        }
        true
    }

    /// What the first rule that fits makes of a path. Paths that are no text fit none.
    fn rewritten(&self, path: &[u8]) -> Option<String> {
        if self.rewrites.is_empty() {
            return None;
        }
        let path = std::str::from_utf8(path).ok()?;
        self.rewrites.iter().find_map(|rule| rule.apply(path))
    }
}

fn fields(
    head: &mut Response<'_>,
    plan: &[(&'static str, std::borrow::Cow<'static, str>)],
) -> Result<(), EncodeError> {
    plan.iter()
        .try_for_each(|(name, value)| head.header(name.as_bytes(), value.as_bytes()))
}

fn send(exchange: &Exchange, plan: Plan) -> Result<(), crate::exchange::SendError> {
    let Plan {
        status,
        headers,
        length,
        body,
    } = plan;
    match body {
        Body::Empty => exchange.respond(
            status,
            None,
            |r| {
                fields(r, &headers)?;
                match length {
                    Some(n) => r.header(b"Content-Length", n.to_string().as_bytes()),
                    None => Ok(()),
                }
            },
            b"",
        ),
        Body::File {
            file,
            offset,
            length,
        } => exchange.send_file(status, |r| fields(r, &headers), file, offset, length),
        Body::Ranges { file, pieces, tail } => {
            exchange.start(status, None, length, |r| fields(r, &headers))?;
            for piece in pieces {
                exchange.write(&piece.head)?;
                exchange.write_file(
                    file.try_clone()
                        .map_err(|_| crate::exchange::SendError::Gone)?,
                    piece.offset,
                    piece.length,
                )?;
            }
            exchange.write(&tail)?;
            exchange.finish()
        }
    }
}
