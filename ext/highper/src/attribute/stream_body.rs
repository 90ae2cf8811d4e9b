//! `Highper\Attribute\StreamBody`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\StreamBody")
            .doc("The handler is called as soon as the head of a request is there, and reads the body by Request::read() while it arrives.")
            .attribute(Target::METHOD | Target::FUNCTION)
            .method("public function __construct()", "", |_| Ok(())),
    );
}
