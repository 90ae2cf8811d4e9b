//! `Request::create()` and `parse()`: a request without a connection.

use super::{COOKIE, FD, FILES, GET, HEADER, POST, REQUEST, SERVER, State, TMPFILES};
use crate::http::inputs;
use highper_http::detached::Detached;
use highper_http::form::Kind;
use highper_http::{Head, Limits, Version, query};
use highper_zend::{Array, Call, Done, Object, Throw, Value, uploads};
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What `create()` was told, and what `parse()` has taken.
pub(crate) struct Parsed {
    request: Rc<RefCell<Detached>>,
    cookies: Cell<bool>,
    body: Cell<bool>,
    files: Cell<bool>,
    /// Do files lie as in `$_FILES`?
    php_files: bool,
}

/// `create(array $options = [])`
pub(super) fn create(call: &mut Call) -> Done {
    let limits = Limits {
        body_bytes: u64::MAX,
        head_bytes: 64_000,
        fields: 128,
        target_bytes: 64_000,
        require_host: false,
        ..Limits::default()
    };
    let parsed = Parsed {
        request: Rc::new(RefCell::new(Detached::new(limits))),
        cookies: Cell::new(true),
        body: Cell::new(true),
        files: Cell::new(true),
        php_files: false,
    };
    if let Some(options) = call.opt_array(0)? {
        for (name, option) in [
            ("parse_cookie", &parsed.cookies),
            ("parse_body", &parsed.body),
            ("parse_files", &parsed.files),
        ] {
            if let Some(value) = options.get(name) {
                option.set(value.to_bool());
            }
        }
    }
    let made = REQUEST.instantiate()?;
    made.set_slot(HEADER, Value::empty_array());
    made.set_slot(SERVER, Value::empty_array());
    if let Some(state) = made.state::<State>() {
        *state.parsed.borrow_mut() = Some(Box::new(parsed));
    }
    call.ret(made)
}

/// `parse(string $data)`: how many bytes belong to the request; false when it is complete already.
pub(super) fn parse(call: &mut Call) -> Done {
    let data = call.str(0)?;
    let this = call.this::<State>()?;
    let parsed = this.parsed.borrow();
    let Some(parsed) = parsed.as_ref() else {
        return call.ret_bool(false);
    };
    let (used, values) = {
        let mut request = parsed.request.borrow_mut();
        if request.is_complete() {
            return call.ret_bool(false);
        }
        let had_head = request.head().is_some();
        let used = request.feed(data.as_bytes());
        let mut values = Vec::new();
        if !had_head && request.head().is_some() {
            values.extend(parsed.of_head(&request));
        }
        if request.is_complete() {
            if parsed.files.get() {
                request.read_form(std::path::PathBuf::from("/tmp"));
            }
            values.extend(parsed.of_body(&request));
        }
        (used, values)
    };
    let object = call.this_object()?;
    for (slot, value) in values {
        object.set_slot(slot, value);
    }
    call.ret(used)
}

/// How a request that came on a socket becomes an object.
pub(crate) struct Manner {
    /// `http_parse_cookie`
    pub(crate) cookies: bool,
    /// `http_parse_post`
    pub(crate) body: bool,
    /// `http_parse_files`
    pub(crate) php_files: bool,
    /// `upload_tmp_dir`
    pub(crate) dir: PathBuf,
}

/// Both ends of a socket: `remote_addr`, `remote_port`, `server_addr`, `server_port`.
pub(crate) struct Ends {
    pub(crate) remote: (Vec<u8>, i64),
    pub(crate) server: (Vec<u8>, i64),
}

/// The object of a request that is complete.
///
/// # Errors
/// As [`highper_zend::ClassRef::instantiate`].
pub(crate) fn object(
    request: &Rc<RefCell<Detached>>,
    manner: &Manner,
    ends: &Ends,
    fd: i64,
) -> Result<Object, Throw> {
    request.borrow_mut().read_form(manner.dir.clone());
    let parsed = Parsed {
        request: Rc::clone(request),
        cookies: Cell::new(manner.cookies),
        body: Cell::new(manner.body),
        files: Cell::new(true),
        php_files: manner.php_files,
    };
    let made = REQUEST.instantiate()?;
    made.set_slot(FD as usize, fd);
    let mut values = parsed.of_head(&request.borrow());
    values.extend(parsed.of_body(&request.borrow()));
    for (slot, value) in values {
        if slot == POST && !manner.body {
            continue;
        }
        if slot == SERVER
            && let Ok(mut array) = value.clone().into_array()
        {
            drop(value);
            array
                .set("remote_addr", Value::string(&ends.remote.0))
                .set("remote_port", ends.remote.1)
                .set("server_addr", Value::string(&ends.server.0))
                .set("server_port", ends.server.1);
            made.set_slot(slot, array);
            continue;
        }
        made.set_slot(slot, value);
    }
    if let Some(state) = made.state::<State>() {
        if let Some(form) = request.borrow().form() {
            state.listed.set(true);
            for path in form.temp.paths() {
                uploads::add(path.as_os_str().as_encoded_bytes());
            }
        }
        *state.parsed.borrow_mut() = Some(Box::new(parsed));
    }
    Ok(made)
}

impl Parsed {
    /// The request itself, for its answer.
    pub(super) fn request(&self) -> &Rc<RefCell<Detached>> {
        &self.request
    }

    /// PHP knows of its files no more.
    pub(super) fn unlist(&self) {
        if let Some(form) = self.request.borrow().form() {
            for path in form.temp.paths() {
                uploads::forget(path.as_os_str().as_encoded_bytes());
            }
        }
    }

    fn of_head(&self, request: &Detached) -> Vec<(usize, Value)> {
        let Some((head, bytes)) = request.head() else {
            return Vec::new();
        };
        let mut values = vec![
            (HEADER, super::header(head, bytes, !self.cookies.get())),
            (SERVER, server(head, bytes)),
            (GET, super::get(head, bytes)),
        ];
        if self.cookies.get() {
            values.push((COOKIE, super::cookies(head, bytes)));
        }
        values
    }

    fn of_body(&self, request: &Detached) -> Vec<(usize, Value)> {
        if let Some(form) = request.form() {
            let mut paths = Array::new();
            for path in form.temp.paths() {
                paths.push(Value::string(path.as_os_str().as_encoded_bytes()));
            }
            let files = match self.php_files {
                true => inputs::array_or_null(&form.files),
                false => inputs::files_or_null(&form.files),
            };
            return vec![
                (FILES, files),
                (POST, inputs::array_or_null(&form.fields)),
                (TMPFILES, paths.into()),
            ];
        }
        let kind = request
            .head()
            .and_then(|(head, bytes)| head.content_type(bytes).map(Kind::of));
        if self.body.get() && matches!(kind, Some(Ok(Kind::UrlEncoded))) {
            let parsed = query::parse(request.body(), &inputs::limits());
            return vec![(POST, inputs::array_or_null(&parsed.list))];
        }
        Vec::new()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.request.borrow().is_complete()
    }

    pub(super) fn body(&self) -> Value {
        Value::string(self.request.borrow().body())
    }

    pub(super) fn raw(&self) -> Value {
        Value::string(self.request.borrow().raw())
    }

    pub(super) fn method(&self) -> Option<Value> {
        let request = self.request.borrow();
        if let Some((head, bytes)) = request.head() {
            return Some(Value::string(head.method_name(bytes)));
        }
        // The rest of the head is still to come.
        let raw = request.raw();
        let end = raw.iter().position(|b| *b == b' ')?;
        Some(Value::string(&raw[..end]))
    }
}

/// What can be told without a connection.
fn server(head: &Head, bytes: &[u8]) -> Value {
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64();
    let protocol = match head.version() {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
    };
    let path = head.path(bytes);
    let mut array = Array::with_capacity(7);
    if let Some(text) = head.query(bytes).filter(|text| !text.is_empty()) {
        array.set("query_string", Value::string(text));
    }
    array
        .set("request_method", Value::string(head.method_name(bytes)))
        .set("request_uri", Value::string(path))
        .set("path_info", Value::string(query::decode_raw(path)))
        .set("request_time", time as i64)
        .set("request_time_float", time)
        .set("server_protocol", protocol);
    array.into()
}
