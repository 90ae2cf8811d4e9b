//! `Swoole\WebSocket\CloseFrame`: the end of a connection, with a code and a reason.

use highper_zend::{Class, ClassRef, Registry};

/// The class.
pub static CLOSE_FRAME: ClassRef = ClassRef::new("Swoole\\WebSocket\\CloseFrame");

/// Slots of the properties that it declares beside its parent's.
pub(super) const CODE: usize = 0;
pub(super) const REASON: usize = 1;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\WebSocket\\CloseFrame")
            .doc("The end of a WebSocket connection.")
            .handle(&CLOSE_FRAME)
            .extends("Swoole\\WebSocket\\Frame")
            .property("public $opcode = 8", "SWOOLE_WEBSOCKET_OPCODE_CLOSE")
            .property(
                "public $code = 1000",
                "Why: SWOOLE_WEBSOCKET_CLOSE_*, or 3000 to 4999.",
            )
            .property(
                "public $reason = ''",
                "The same in words, 123 bytes at most.",
            ),
    );
}
