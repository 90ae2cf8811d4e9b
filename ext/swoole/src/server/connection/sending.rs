//! Sending: bytes, files, datagrams.

use super::behind;
use super::forward::{self, What, to_holder};
use super::{Found, find, is_running, not_there};
use crate::coroutine::waiting;
use crate::error_code;
use crate::function::logging;
use crate::server::SERVER;
use crate::server::State;
use crate::server::output_limit;
use highper_engine::{Wake, clock};
use highper_front::frame::Kind;
use highper_net::{Address, Kind as Socket};
use highper_runtime::serve;
use highper_stream::{Connection, Datagrams, SendError, Server};
use highper_zend::{Call, Done, Throw, Value, error};
use std::fs::File;
use std::path::Path;
use std::rc::Rc;

/// Bytes that may wait for a slow HTTP client before sending waits with them.
const HIGH_WATER: u64 = 2 << 20;

fn refuse_empty(call: &Call) -> Done {
    error::warning("the data sent must not be empty")?;
    highper_runtime::set_last_error(error_code::NO_PAYLOAD);
    call.ret_bool(false)
}

/// `send(int|string $fd, string $send_data, int $serverSocket = -1)`
pub(in crate::server) fn send(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let to = call.value(0)?.deref();
    if to.is_null() {
        error::raise(error::Level::Warning, "fd can not be null")?;
        return call.ret_bool(false);
    }
    let path = to
        .as_bytes()
        .filter(|text| matches!(text.first(), Some(b'/' | 0)));
    let path = path.map(<[u8]>::to_vec);
    let fd = to.to_long();
    let data = call.str(1)?;
    if data.as_bytes().is_empty() {
        return refuse_empty(call);
    }
    if let Some(path) = path
        && let Some(socket) = datagrams(Socket::UnixDatagram, call.opt_long(2, -1)?)
    {
        let sent = by_datagram(&socket, &path, 0, data.as_bytes());
        return call.ret_bool(sent);
    }
    if fd <= 0 {
        error::raise(error::Level::Warning, format!("invalid fd[{fd}]"))?;
        return call.ret_bool(false);
    }
    if output_limit::refuses(data.as_bytes().len()) {
        return call.ret_bool(false);
    }
    match find(fd) {
        None if behind::is_here() => match behind::of(fd) {
            Some(way) => {
                let sent = behind::send(way, data.as_bytes(), patience(call))?;
                call.ret_bool(sent)
            }
            None => not_there(call),
        },
        None => match to_holder(fd, What::Send, data.as_bytes()) {
            Some(sent) => {
                waiting::resumed()?;
                call.ret_bool(sent)
            }
            None => not_there(call),
        },
        Some(Found::Http(server, connection)) => {
            let sent = server.send(&connection, data.as_bytes());
            if sent && connection.queued() > HIGH_WATER && highper_engine::can_suspend() {
                let _why = connection.wait_drained(None);
                waiting::resumed()?;
            }
            call.ret_bool(sent)
        }
        Some(Found::Stream(server, connection)) => {
            let sent = to_stream(call, &server, &connection, data.as_bytes())?;
            call.ret_bool(sent)
        }
    }
}

/// What the server's settings say of one that is full.
fn patience(call: &Call) -> (bool, Option<u64>) {
    let mut waits = true;
    let mut deadline = None;
    let server = call.this_value().ok();
    let of_server = server.filter(|object| object.is_instance_of(SERVER.get()));
    if let Some(state) = of_server
        .as_ref()
        .and_then(|object| object.state::<State>())
    {
        let settings = state.settings.borrow();
        if let Some(on) = settings.get("send_yield") {
            waits = on.to_bool();
        }
        let timeout = settings.get("send_timeout").map_or(0.0, Value::to_double);
        if timeout > 0.0 {
            deadline = clock::after_seconds(timeout);
        }
    }
    (waits, deadline)
}

fn to_stream(
    call: &Call,
    server: &Server,
    connection: &Rc<Connection>,
    data: &[u8],
) -> Result<bool, Throw> {
    loop {
        match server.send(connection, data) {
            Ok(()) => return Ok(true),
            Err(SendError::Closed) => {
                highper_runtime::set_last_error(error_code::SESSION_CLOSED);
                return Ok(false);
            }
            Err(SendError::Full) => {
                let (waits, deadline) = patience(call);
                if !waits || !highper_engine::can_suspend() {
                    highper_runtime::set_last_error(error_code::OUTPUT_BUFFER_OVERFLOW);
                    let text = format!(
                        "send failed, session={} output buffer overflow",
                        connection.session()
                    );
                    logging::put(logging::WARNING, &text);
                    return Ok(false);
                }
                match connection.wait_room(deadline) {
                    Wake::Ready => {}
                    Wake::Timeout => {
                        highper_runtime::set_last_error(error_code::CO_TIMEDOUT);
                        return Ok(false);
                    }
                    Wake::Cancelled => {
                        waiting::resumed()?;
                        highper_runtime::set_last_error(error_code::CO_CANCELED);
                        return Ok(false);
                    }
                    Wake::Closed => {
                        highper_runtime::set_last_error(error_code::CONNECTION_RESET);
                        return Ok(false);
                    }
                }
            }
        }
    }
}

/// `sendwait(int $conn_fd, string $send_data)`
pub(in crate::server) fn send_wait(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (fd, data) = (call.long(0)?, call.str(1)?);
    if data.as_bytes().is_empty() {
        return refuse_empty(call);
    }
    match find(fd) {
        None => match behind::of(fd) {
            Some(way) => {
                let sent = behind::send(way, data.as_bytes(), (false, None))?;
                call.ret_bool(sent)
            }
            None => not_there(call),
        },
        Some(Found::Http(server, connection)) => {
            let sent = server.send(&connection, data.as_bytes());
            call.ret_bool(sent)
        }
        Some(Found::Stream(server, connection)) => {
            let sent = server.send(&connection, data.as_bytes()).is_ok();
            call.ret_bool(sent)
        }
    }
}

/// `sendfile(int $conn_fd, string $filename, int $offset = 0, int $length = 0)`
pub(in crate::server) fn send_file(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (fd, name) = (call.long(0)?, call.str(1)?);
    let (offset, length) = (call.opt_long(2, 0)?, call.opt_long(3, 0)?);
    let refused = |text: String, code: i32| {
        logging::put(logging::WARNING, &text);
        highper_runtime::set_last_error(code);
        call.ret_bool(false)
    };
    if fd <= 0 {
        return refused(format!("invalid fd[{fd}]"), error_code::SESSION_INVALID_ID);
    }
    let shown = name.to_string_lossy().into_owned();
    let opened = File::open(Path::new(&shown)).and_then(|file| Ok((file.metadata()?, file)));
    let Ok((about, file)) = opened else {
        return refused(
            format!("stat({shown}) failed"),
            error_code::SYSTEM_CALL_FAIL,
        );
    };
    if !about.is_file() {
        return refused(
            format!("the path[{shown}] given is not a regular file"),
            error_code::SERVER_IS_NOT_REGULAR_FILE,
        );
    }
    let from = u64::try_from(offset).unwrap_or(0);
    if about.len() <= from {
        return refused(
            format!("file[offset={offset}] is empty"),
            error_code::SYSTEM_CALL_FAIL,
        );
    }
    let rest = about.len() - from;
    let count = match u64::try_from(length) {
        Ok(0) | Err(_) => rest,
        Ok(length) if length > rest => {
            return refused(
                format!(
                    "parameter $length[{length}] exceeds the file: it has {rest} bytes from offset {from} on"
                ),
                error_code::INVALID_PARAMS,
            );
        }
        Ok(length) => length,
    };
    match find(fd) {
        None => {
            let absolute = std::path::absolute(&shown).unwrap_or_else(|_| shown.clone().into());
            let what = forward::file(from, count, &absolute.to_string_lossy());
            if behind::is_here() {
                return behind::ask(call, fd, Kind::File, false, &what);
            }
            match to_holder(fd, What::File, &what) {
                Some(sent) => call.ret_bool(sent),
                None => not_there(call),
            }
        }
        Some(Found::Http(..)) => {
            error::warning("a connection that speaks HTTP sends files by Response::sendfile()")?;
            call.ret_bool(false)
        }
        Some(Found::Stream(server, connection)) => {
            let sent = server.send_file(&connection, file, from, count).is_ok();
            call.ret_bool(sent)
        }
    }
}

/// The socket of this worker that sends datagrams of a kind: the first, or the one of a descriptor.
fn datagrams(kind: Socket, descriptor: i64) -> Option<Rc<Datagrams>> {
    let all = serve::worker()?.datagrams();
    all.into_iter().find(|socket| {
        if descriptor < 0 {
            socket.kind() == kind
        } else {
            i64::from(socket.number()) == descriptor
        }
    })
}

fn by_datagram(socket: &Datagrams, host: &[u8], port: i64, data: &[u8]) -> bool {
    let sent = Address::parse(socket.kind(), host, port)
        .map_err(|_| error_code::BAD_HOST_ADDR)
        .and_then(|to| socket.send(&to, data).map_err(|error| error.raw_os_error()));
    match sent {
        Ok(()) => true,
        Err(code) => {
            highper_runtime::set_last_error(code);
            false
        }
    }
}

/// `sendto(string $ip, int $port, string $send_data, int $server_socket = -1)`
pub(in crate::server) fn send_to(call: &mut Call) -> Done {
    if !is_running()? {
        return call.ret_bool(false);
    }
    let (host, port, data) = (call.str(0)?, call.long(1)?, call.str(2)?);
    let descriptor = call.opt_long(3, -1)?;
    if data.as_bytes().is_empty() {
        return refuse_empty(call);
    }
    let host = host.as_bytes();
    let (kind, name) = if matches!(host.first(), Some(b'/' | 0)) {
        (Socket::UnixDatagram, "UnixDgram")
    } else if host.contains(&b':') {
        (Socket::Udp6, "UDP6")
    } else {
        (Socket::Udp, "UDP")
    };
    let Some(socket) = datagrams(kind, descriptor) else {
        error::raise(
            error::Level::Warning,
            format!("{name} listener has to be added before executing sendto"),
        )?;
        return call.ret_bool(false);
    };
    let sent = by_datagram(&socket, host, port, data.as_bytes());
    call.ret_bool(sent)
}
