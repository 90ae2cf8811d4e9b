//! `Highper\Attribute\CsrfExempt`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\CsrfExempt")
            .doc("The handler takes requests without a token against forgery: for what other programs call, as webhooks.")
            .attribute(Target::METHOD | Target::FUNCTION)
            .method("public function __construct()", "", |_| Ok(())),
    );
}
