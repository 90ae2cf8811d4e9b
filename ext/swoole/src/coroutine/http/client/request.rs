//! Requests as they are written: from the object's properties to bytes.

use super::link::{Link, Proxy};
use super::{
    COOKIES, Client, METHOD, REQUEST_BODY, REQUEST_HEADERS, SLOTS, Settings, Target, UPLOADS,
    upload,
};
use crate::coroutine::socket::failure;
use crate::error_code;
use highper_client::{Error, Part, RequestHead, Sent};
use highper_http::cookie;
use highper_net::Kind;
use highper_zend::{Array, Key, Object, Str, Throw, Value, call_function};

/// What is accepted where the program does not say.
const CODINGS: &[u8] = b"gzip, deflate, br";

/// A request to be sent.
pub struct Request {
    pub sent: Sent,
    pub head: Vec<u8>,
    pub body: Content,
}

/// A request's body.
pub enum Content {
    None,
    Text(Str),
    Form(Vec<Part>),
}

/// A property, unless it is null.
fn property(this: &Object, slot: usize) -> Option<Value> {
    this.slot(slot).filter(|value| !value.is_null()).cloned()
}

fn list(this: &Object, slot: usize) -> Option<Array> {
    property(this, slot)?.as_array().cloned()
}

/// Writes the request for a path. `None`: the error is told.
pub(super) fn build(
    this: &Object,
    client: &Client,
    link: &Link,
    path: &[u8],
) -> Result<Option<Request>, Throw> {
    match write(this, client, link, path)? {
        Ok(request) => Ok(Some(request)),
        Err(error) => {
            failure::set(this, SLOTS, error_code::INVALID_PARAMS, &error.to_string());
            Ok(None)
        }
    }
}

/// What the program's own headers decide.
#[derive(Default)]
struct Named {
    connection: bool,
    coding: bool,
    length: bool,
    media_type: bool,
}

fn write(
    this: &Object,
    client: &Client,
    link: &Link,
    path: &[u8],
) -> Result<Result<Request, Error>, Throw> {
    let target = client.target()?;
    let data = property(this, REQUEST_BODY);
    let method = match property(this, METHOD) {
        Some(method) => method.to_str()?.to_vec(),
        None if data.is_some() => b"POST".to_vec(),
        None => b"GET".to_vec(),
    };
    let fields = match list(this, REQUEST_HEADERS) {
        Some(headers) => fields(&headers)?,
        None => Vec::new(),
    };
    let cookies = match list(this, COOKIES) {
        Some(cookies) => cookie_line(&cookies)?,
        None => Vec::new(),
    };
    let uploads = list(this, UPLOADS).filter(|uploads| !uploads.is_empty());
    let form = data.as_ref().and_then(Value::as_array).cloned();
    let mut media_type: Option<Vec<u8>> = None;
    let (body, length) = if let Some(uploads) = uploads {
        let form = upload::form(form.as_ref(), &uploads)?;
        media_type = Some(form.content_type());
        let (parts, length) = form.finish();
        (Content::Form(parts), Some(length))
    } else if let Some(form) = form {
        media_type = Some(b"application/x-www-form-urlencoded".to_vec());
        let text = query(form)?;
        let length = text.len() as u64;
        (Content::Text(text), Some(length))
    } else if let Some(data) = data {
        let text = data.to_str()?;
        let length = text.len() as u64;
        (Content::Text(text), Some(length))
    } else {
        (Content::None, None)
    };
    let settings = client.settings.get();
    let authorization = client.authorization.borrow().clone();
    let head = Plan {
        target,
        proxy: link.proxy.as_deref(),
        method: &method,
        path,
        fields: &fields,
        authorization: &authorization,
        cookies: &cookies,
        media_type: media_type.as_deref(),
        boundary: matches!(body, Content::Form(_)),
        length,
        settings,
    }
    .write();
    let (head, keep_alive) = match head {
        Ok(written) => written,
        Err(error) => return Ok(Err(error)),
    };
    if !keep_alive {
        client.change(|settings| settings.keep_alive = false);
    }
    Ok(Ok(Request {
        sent: Sent::by(&method),
        head,
        body,
    }))
}

/// Headers with names; null values are left out.
fn fields(headers: &Array) -> Result<Vec<(Vec<u8>, Str)>, Throw> {
    let mut fields = Vec::with_capacity(headers.len());
    for (key, value) in headers {
        if let Key::Name(name) = key
            && !value.is_null()
        {
            fields.push((name.to_vec(), value.to_str()?));
        }
    }
    Ok(fields)
}

fn cookie_line(cookies: &Array) -> Result<Vec<u8>, Throw> {
    let mut line = Vec::new();
    for (key, value) in cookies {
        let Key::Name(name) = key else { continue };
        let value = value.to_str()?;
        if value.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.extend_from_slice(b"; ");
        }
        line.extend_from_slice(name);
        line.push(b'=');
        cookie::encode(&value, &mut line);
    }
    Ok(line)
}

/// `http_build_query($form, '', '&')`
pub(crate) fn query(form: Array) -> Result<Str, Throw> {
    if form.is_empty() {
        return Ok(Str::new(""));
    }
    let arguments = [form.into(), Value::from(""), Value::from("&")];
    call_function("http_build_query", &arguments)
        .into_result()?
        .to_str()
}

/// All that a head is written from.
struct Plan<'a> {
    target: &'a Target,
    proxy: Option<&'a Proxy>,
    method: &'a [u8],
    path: &'a [u8],
    fields: &'a [(Vec<u8>, Str)],
    authorization: &'a [u8],
    cookies: &'a [u8],
    media_type: Option<&'a [u8]>,
    /// Is the body a form in parts?
    boundary: bool,
    length: Option<u64>,
    settings: Settings,
}

impl Plan<'_> {
    /// The head, and whether the connection is to be kept.
    fn write(&self) -> Result<(Vec<u8>, bool), Error> {
        let host = self.host();
        let mut head = if self.proxy.is_some() {
            RequestHead::new(self.method, &self.url(&host))?
        } else {
            RequestHead::new(self.method, self.path)?
        };
        head.header(b"Host", &host)?;
        let mut keep_alive = self.settings.keep_alive;
        let named = self.own(&mut head, &mut keep_alive)?;
        if let Some(proxy) = self.proxy
            && !proxy.authorization.is_empty()
        {
            head.header(b"Proxy-Authorization", &proxy.authorization)?;
        }
        if !self.authorization.is_empty() {
            head.header(b"Authorization", self.authorization)?;
        }
        if !named.connection {
            let value: &[u8] = if keep_alive { b"keep-alive" } else { b"close" };
            head.header(b"Connection", value)?;
        }
        if self.settings.compression && !named.coding {
            head.header(b"Accept-Encoding", CODINGS)?;
        }
        if !self.cookies.is_empty() {
            head.header(b"Cookie", self.cookies)?;
        }
        if let Some(media_type) = self.media_type.filter(|_| !named.media_type) {
            head.header(b"Content-Type", media_type)?;
        }
        let expects_body = matches!(self.method, b"POST" | b"PUT" | b"PATCH");
        match self.length {
            Some(length) => head.header(b"Content-Length", length.to_string().as_bytes())?,
            None if named.length || expects_body => head.header(b"Content-Length", b"0")?,
            None => {}
        }
        Ok((head.finish(), keep_alive))
    }

    /// The program's headers, but for those that the client writes.
    fn own(&self, head: &mut RequestHead, keep_alive: &mut bool) -> Result<Named, Error> {
        let mut named = Named::default();
        for (name, value) in self.fields {
            let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
            if is(b"host") || is(b"transfer-encoding") {
                continue;
            }
            if is(b"content-length") {
                named.length = true;
                continue;
            }
            if is(b"content-type") {
                if self.boundary {
                    // Only ours names the boundary.
                    continue;
                }
                named.media_type = true;
            }
            named.coding |= is(b"accept-encoding");
            if is(b"connection") {
                named.connection = true;
                if value.eq_ignore_ascii_case(b"close") {
                    *keep_alive = false;
                }
            }
            head.header(name, value)?;
        }
        Ok(named)
    }

    fn host(&self) -> Vec<u8> {
        let own = self
            .fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        if let Some((_, value)) = own {
            return value.to_vec();
        }
        let target = self.target;
        let mut host = match target.kind {
            // A path is no name: RFC 9112, section 3.2 wants a value all the same.
            Kind::UnixStream => b"localhost".to_vec(),
            Kind::Tcp6 => [b"[", &target.host[..], b"]"].concat(),
            _ => target.host.clone(),
        };
        let usual = if target.tls { 443 } else { 80 };
        if target.port != usual {
            host.extend_from_slice(format!(":{}", target.port).as_bytes());
        }
        host
    }

    /// The target as a proxy wants it.
    fn url(&self, host: &[u8]) -> Vec<u8> {
        let mut url = [b"http://", host].concat();
        let has_port = host.contains(&b':');
        if !has_port {
            url.extend_from_slice(format!(":{}", self.target.port).as_bytes());
        }
        url.extend_from_slice(self.path);
        url
    }
}
