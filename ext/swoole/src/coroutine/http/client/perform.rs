//! Requests: making them, and sending them.

use super::body::Goal;
use super::exchange::Exchange;
use super::link::{Link, drop_link, ready};
use super::request::{self, Content, Request};
use super::response::receive;
use super::{
    BODY, Client, DOWNLOAD, DOWNLOAD_OFFSET, HEADERS, METHOD, REQUEST_BODY, SEND_FAILED,
    SET_COOKIES, SLOTS, STATUS,
};
use crate::coroutine::socket::{failure, send::path, setting};
use crate::coroutine::waiting;
use crate::error_code;
use highper_client::Part;
use highper_net::Error;
use highper_zend::{Call, Class, Done, Throw, Value, ini};

/// Bodies up to this size are copied behind their heads, to be sent in one piece.
const JOINED: usize = 16 * 1024;

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function execute(string $path): bool",
            "Makes a request with the method and the body that were set, and waits for the response.",
            |call| {
                let path = call.str(0)?;
                let done = execute(call, &path)?;
                call.ret_bool(done)
            },
        )
        .method("public function get(string $path): bool", "Makes a GET request.", |call| {
            let path = call.str(0)?;
            call.this_object()?.set_slot(METHOD, "GET");
            let done = execute(call, &path)?;
            call.ret_bool(done)
        })
        .method(
            "public function post(string $path, mixed $data): bool",
            "Makes a POST request; an array becomes a form.",
            |call| {
                let path = call.str(0)?;
                let data = call.value(1)?.clone();
                call.this_object()?.set_slot(METHOD, "POST");
                call.this_object()?.set_slot(REQUEST_BODY, data);
                let done = execute(call, &path)?;
                call.ret_bool(done)
            },
        )
        .method(
            "public function download(string $path, string $file, int $offset = 0): bool",
            "Makes a request and writes the response's body to a file, from $offset on; the file is emptied first when that is 0.",
            download,
        )
}

fn download(call: &mut Call) -> Done {
    let (path, file) = (call.str(0)?, call.str(1)?);
    let offset = call.opt_long(2, 0)?;
    let this = call.this_object()?;
    this.set_slot(DOWNLOAD, file);
    this.set_slot(DOWNLOAD_OFFSET, offset);
    let done = execute(call, &path)?;
    call.ret_bool(done)
}

/// Makes a request, and waits for its response unless that is put off.
pub(super) fn execute(call: &Call, path: &[u8]) -> Result<bool, Throw> {
    let own = waiting::can_wait()?;
    let client = call.this::<Client>()?;
    let default_port = client.target()?.default_port;
    let _occupied = client.occupy(own)?;
    client.nodes.forget(default_port);
    let mut tries = 0;
    loop {
        if !send_request(call, client, path)? {
            return Ok(false);
        }
        if client.settings.get().defer {
            return Ok(true);
        }
        if !receive(call, client, 0.0)? {
            return Ok(false);
        }
        let status = call.this_object()?.slot(STATUS).map_or(0, Value::to_long);
        let retries = i32::from(client.settings.get().max_retries);
        if retries == 0 || !matches!(status, 502 | 503) {
            return Ok(true);
        }
        if tries == retries {
            return Ok(false);
        }
        tries += 1;
        let link = client.link.borrow().clone();
        if let Some(link) = link {
            // Nobody waits for it: the response has come.
            let _closed = drop_link(call.this_object()?, client, &link);
        }
    }
}

fn send_request(call: &Call, client: &Client, path: &[u8]) -> Result<bool, Throw> {
    let this = call.this_object()?;
    if path.is_empty() {
        let code = error_code::INVALID_PARAMS;
        failure::set(this, SLOTS, code, &failure::text(code));
        return Ok(false);
    }
    this.set_slot(HEADERS, Value::null());
    this.set_slot(SET_COOKIES, Value::null());
    this.set_slot(BODY, "");
    let Some(link) = ready(call)? else {
        return Ok(false);
    };
    failure::clear(this, SLOTS);
    this.set_slot(STATUS, 0_i64);
    let Some(request) = request::build(this, client, &link, path)? else {
        return Ok(false);
    };
    let goal = if client.write.borrow().is_some() {
        Goal::Function
    } else if this.slot(DOWNLOAD).is_some_and(|file| !file.is_null()) {
        Goal::File
    } else {
        Goal::Memory
    };
    let decodes = client.settings.get().decompression;
    let exchange = Exchange::new(request.sent, goal, decodes, memory_limit());
    let sent = send(client, &link, request);
    match sent {
        Ok(()) => {
            let old = client.exchange.replace(Some(exchange));
            drop(old);
            Ok(true)
        }
        Err(error) => {
            failure::throw(&error)?;
            // Who waited was asked for before; what else it says is less than this error.
            let _closed = drop_link(this, client, &link);
            this.set_slot(STATUS, SEND_FAILED);
            failure::settle(this, SLOTS, &error)?;
            Ok(false)
        }
    }
}

/// PHP's memory_limit in bytes: a larger body could not become a string.
pub(crate) fn memory_limit() -> usize {
    let limit = setting::size(&Value::from(ini::string("memory_limit")));
    usize::try_from(limit)
        .ok()
        .filter(|limit| *limit > 0)
        .unwrap_or(usize::MAX)
}

fn all(link: &Link, data: &[u8]) -> Result<(), Error> {
    match link.socket.send_all(data, 0.0)?.error {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

fn send(client: &Client, link: &Link, request: Request) -> Result<(), Error> {
    let mut head = request.head;
    let end = head.len();
    let sent = match request.body {
        Content::None => all(link, &head),
        Content::Text(text) if text.len() <= JOINED => {
            head.extend_from_slice(&text);
            all(link, &head)
        }
        Content::Text(text) => {
            let sent = link.socket.send_vector(&[&head, &text], true, 0.0);
            sent.and_then(|part| part.error.map_or(Ok(()), Err))
        }
        Content::Form(parts) => {
            let mut sent = Ok(());
            for (number, part) in parts.iter().enumerate() {
                sent = match part {
                    Part::Bytes(bytes) if number == 0 => {
                        head.extend_from_slice(bytes);
                        all(link, &head)
                    }
                    Part::Bytes(bytes) => all(link, bytes),
                    Part::File {
                        path: file,
                        offset,
                        size,
                    } => link.socket.send_file(
                        path(file.as_os_str().as_encoded_bytes()),
                        *offset,
                        *size,
                    ),
                };
                if sent.is_err() {
                    break;
                }
            }
            sent
        }
    };
    // Without the empty line.
    head.truncate(end.saturating_sub(4));
    client.head.replace(head);
    sent
}
