//! The functions of PHP's extension sockets with objects of the class.

use super::{SLOTS, failure, of};
use highper_net::Side;
use highper_runtime::hooks::{self, flag};
use highper_zend::{Object, Registry, Throw, sockets};

/// They take its objects. While `SWOOLE_HOOK_SOCKETS` is set, those that make a socket make one of the class in a coroutine,
/// and it is a `Socket`.
pub(super) fn declare(registry: &mut Registry) {
    hooks::on_change(|flags| sockets::inherit(flags & flag::SOCKETS != 0));
    registry.on_request_start(|| {
        sockets::install(
            "swoole\\coroutine\\socket",
            sockets::Border {
                replaced: || hooks::replaces(flag::SOCKETS),
                descriptor: |object| of(object).map(|socket| socket.fd()),
                wait,
                fail,
            },
        );
    });
}

fn wait(object: &Object, write: bool) -> Result<bool, Throw> {
    let side = if write { Side::WRITE } else { Side::READ };
    let Some(socket) = of(object) else {
        return Ok(false);
    };
    match socket.poll(side, 0.0) {
        Ok(()) => Ok(true),
        Err(error) => {
            failure::settle(object, SLOTS, &error)?;
            Ok(false)
        }
    }
}

fn fail(object: &Object, error: i32) {
    let text = match error {
        0 => String::new(),
        number => failure::text(number),
    };
    failure::set(object, SLOTS, error, &text);
}
