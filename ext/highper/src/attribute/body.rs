//! `Highper\Attribute\Body`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Body")
            .doc("The parameter is made of the request's body: an array, or an object whose constructor's parameters are the fields.")
            .attribute(Target::PARAMETER)
            .method("public function __construct()", "", |_call| Ok(())),
    );
}
