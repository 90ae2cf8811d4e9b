//! `Swoole\Http2\Request`: a request to be sent.

use highper_zend::{Class, ClassRef, Flags, Registry};

/// The class.
pub static REQUEST: ClassRef = ClassRef::new("Swoole\\Http2\\Request");

/// Slots of the declared properties, in order.
pub(crate) const PATH: usize = 0;
pub(crate) const METHOD: usize = 1;
pub(crate) const HEADERS: usize = 2;
pub(crate) const COOKIES: usize = 3;
pub(crate) const DATA: usize = 4;
pub(crate) const PIPELINE: usize = 5;
pub(crate) const PIPELINE_READ: usize = 6;

/// Declares it.
pub fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Swoole\\Http2\\Request")
            .doc("A request of Coroutine\\Http2\\Client.")
            .handle(&REQUEST)
            .flags(Flags::NOT_SERIALIZABLE)
            .deny_clone()
            .deny_unset()
            .property("public $path = '/'", "The path, with its query.")
            .property("public $method = 'GET'", "The method.")
            .property("public $headers", "Headers, by their names.")
            .property("public $cookies", "Cookies, by their names.")
            .property("public $data = ''", "The body; an array becomes a form.")
            .property(
                "public $pipeline = false",
                "More of the body follows by write().",
            )
            .property(
                "public $usePipelineRead = false",
                "recv() returns the response in pieces, as read() does.",
            ),
    );
}
