//! What is for a connection that another worker holds: it goes to that worker by mail.

use super::{Found, find};
use crate::function::logging;
use highper_process::post::{Address, Kind, Message};
use highper_runtime::post;
use std::fs::File;
use std::path::Path;

/// What is to be done: [`highper_process::post::Head::code`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Send the bytes.
    Send = 0,
    /// Close when all is sent.
    Close = 1,
    /// Close now.
    Reset = 2,
    /// Send the file whose offset, length and name the bytes are.
    File = 3,
}

/// The process that holds a connection, where it is not this one.
fn holder(here: &post::Here, fd: i64) -> Option<u32> {
    let owner = here.post().sessions().owner(u64::try_from(fd).ok()?)?;
    (owner != here.place()).then_some(owner)
}

/// Hands something over to the worker that holds a connection. `None` when no other does, else
/// whether it could be handed over.
pub(super) fn to_holder(fd: i64, what: What, bytes: &[u8]) -> Option<bool> {
    let here = post::here()?;
    let owner = holder(&here, fd)?;
    let mut head = here.head(Kind::Forward);
    head.code = what as u32;
    head.number = fd;
    let sent = here.send(Address::Place(owner), head, bytes);
    if let Err(cause) = &sent {
        let code = cause
            .raw_os_error()
            .unwrap_or(crate::error_code::SYSTEM_CALL_FAIL);
        highper_runtime::set_last_error(code);
    }
    Some(sent.is_ok())
}

/// The bytes of [`What::File`].
pub(super) fn file(offset: u64, length: u64, name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + name.len());
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes
}

fn send_file(
    server: &highper_stream::Server,
    connection: &std::rc::Rc<highper_stream::Connection>,
    body: &[u8],
) {
    let Some((numbers, name)) = body.split_first_chunk::<16>() else {
        return;
    };
    let (offset, length) = (
        u64::from_le_bytes(numbers[..8].try_into().unwrap_or_default()),
        u64::from_le_bytes(numbers[8..].try_into().unwrap_or_default()),
    );
    let name = String::from_utf8_lossy(name);
    match File::open(Path::new(&*name)) {
        // A connection that ended meanwhile needs no file.
        Ok(file) => drop(server.send_file(connection, file, offset, length)),
        Err(error) => logging::put(
            logging::WARNING,
            &format!("sendfile: {name} can't be opened: {error}"),
        ),
    }
}

/// Does what another process has handed over.
pub(in crate::server) fn arrived(message: &Message) {
    let code = message.head.code;
    match find(message.head.number) {
        None => {}
        Some(Found::Http(server, connection)) => {
            if code == What::Send as u32 {
                // One that ended meanwhile is sent nothing.
                let _ended = server.send(&connection, &message.body);
            } else if code == What::Close as u32 {
                server.close_gently(&connection);
            } else if code == What::Reset as u32 {
                server.close(&connection);
            }
        }
        Some(Found::Stream(server, connection)) => {
            if code == What::Send as u32 {
                // Nobody waits here: what comes too fast for the peer is queued all the same.
                server.send_over(&connection, &message.body);
            } else if code == What::File as u32 {
                send_file(&server, &connection, &message.body);
            } else {
                server.close(&connection, code == What::Reset as u32);
            }
        }
    }
}
