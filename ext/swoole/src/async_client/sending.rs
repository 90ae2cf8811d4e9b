//! send() and sendfile(): what the system does not take at once waits in the outbox.

use super::{On, finish, tell_of};
use crate::client::{Client, Item, tell};
use crate::coroutine::socket::failure;
use crate::error_code;
use highper_net::Socket as NetSocket;
use highper_zend::{Call, Object, Str, Throw};
use std::path::PathBuf;
use std::rc::Rc;

/// Sends; false with an error when too much waits already.
pub fn send(call: &Call, socket: &Rc<NetSocket>, data: Str) -> Result<bool, Throw> {
    put(call, socket, Item::Bytes(data))
}

/// The same with a file.
pub fn send_file(
    call: &Call,
    socket: &Rc<NetSocket>,
    file: PathBuf,
    offset: u64,
    length: u64,
) -> Result<bool, Throw> {
    put(call, socket, Item::File(file, offset, length))
}

fn put(call: &Call, socket: &Rc<NetSocket>, item: Item) -> Result<bool, Throw> {
    let this = call.this_value()?;
    let outbox = &call.this::<Client>()?.calls().outbox;
    if !outbox.push(item) {
        tell(&this, error_code::OUTPUT_BUFFER_OVERFLOW);
        return Ok(false);
    }
    if !outbox.sending.get() {
        let (object, socket) = (this.clone(), Rc::clone(socket));
        highper_runtime::spawn_body(move || drain(&object, &socket))?;
    }
    if outbox.is_high() && !outbox.full.get() {
        outbox.full.set(true);
        if call.this::<Client>()?.calls().has(On::BufferFull) {
            tell_of(&this, On::BufferFull, None)?;
        }
    }
    Ok(true)
}

fn drain(object: &Object, socket: &Rc<NetSocket>) -> Result<(), Throw> {
    let Some(client) = object.state::<Client>() else {
        return Ok(());
    };
    let outbox = &client.calls().outbox;
    outbox.sending.set(true);
    let sent = outbox.drain(socket);
    outbox.sending.set(false);
    match sent {
        Ok(()) => {
            if outbox.full.replace(false) && client.calls().has(On::BufferEmpty) {
                tell_of(object, On::BufferEmpty, None)?;
            }
            Ok(())
        }
        Err(error) => {
            if client.holds(socket) {
                tell(object, failure::describe(&error).0);
            }
            finish(object, socket)
        }
    }
}
