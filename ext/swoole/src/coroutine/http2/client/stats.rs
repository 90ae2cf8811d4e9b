//! What is known of the connection.

use super::Client;
use super::link::{link, with};
use highper_http2::{Client as Connection, Settings};
use highper_zend::{Array, Call, Class, Done, Value};

/// Adds the methods.
pub(super) fn methods(class: Class) -> Class {
    class
        .method(
            "public function stats(string $key = \"\"): array|int",
            "One of current_stream_id, last_stream_id, local_settings, remote_settings, active_stream_num, or all.",
            stats,
        )
        .method(
            "public function isStreamExist(int $stream_id): bool",
            "Is the response of this stream awaited? 0: is there a connection?",
            |call| {
                let number = call.long(0)?;
                let connected = link(call)?.is_some();
                let client = call.this::<Client>()?;
                let exists = match u32::try_from(number) {
                    Ok(0) => true,
                    Ok(stream) => client.incoming.borrow().contains_key(&stream),
                    Err(_) => false,
                };
                call.ret_bool(connected && exists)
            },
        )
}

fn array(settings: &Settings) -> Value {
    let mut array = Array::with_capacity(5);
    array
        .set("header_table_size", settings.header_table_size)
        .set("init_window_size", settings.init_window_size)
        .set("max_concurrent_streams", settings.max_concurrent_streams)
        .set("max_frame_size", settings.max_frame_size)
        .set("max_header_list_size", settings.max_header_list_size);
    array.into()
}

fn stats(call: &mut Call) -> Done {
    let key = call.opt_bytes(0, b"")?.to_vec();
    let client = call.this::<Client>()?;
    let (next, last, local, remote) = with(client, |connection: &mut Connection| {
        (
            connection.next_stream(),
            connection.last_stream(),
            *connection.local(),
            *connection.remote(),
        )
    })
    .unwrap_or_default();
    let active = client.incoming.borrow().len();
    let mut all = Array::with_capacity(5);
    all.set("current_stream_id", next)
        .set("last_stream_id", last)
        .set("local_settings", array(&local))
        .set("remote_settings", array(&remote))
        .set("active_stream_num", active);
    if key.is_empty() {
        return call.ret(all);
    }
    call.ret(all.get(&key).cloned())
}
