//! `Swoole\Http\Server`: a server whose requests are objects.

use highper_zend::{Class, ClassRef};

pub(crate) static SERVER: ClassRef = ClassRef::new("Swoole\\Http\\Server");

pub(crate) fn class() -> Class {
    Class::new("Swoole\\Http\\Server")
        .doc("An HTTP/1.1 server: workers that answer by the callback `request`.")
        .handle(&SERVER)
        .extends("Swoole\\Server")
}
