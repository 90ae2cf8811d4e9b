//! `Highper\View\Html`: a text that is HTML already.

use highper_zend::{Class, ClassRef, Flags, Object, Registry, Str, Trace};
use std::cell::RefCell;

static HTML: ClassRef = ClassRef::new("Highper\\View\\Html");

#[derive(Clone, Default)]
struct Html(RefCell<Option<Str>>);

impl Trace for Html {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\View\\Html")
            .doc("A text that is HTML already: templates print it as it is.")
            .handle(&HTML)
            .implements("Stringable")
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .cloned_state::<Html>()
            .method(
                "public function __construct(string $html)",
                "@param string $html What is of a user in it must be escaped.",
                |call| {
                    let html = call.str(0)?;
                    call.this::<Html>()?.0.replace(Some(html));
                    Ok(())
                },
            )
            .method(
                "public function __toString(): string",
                "The text.",
                |call| {
                    let html = call.this::<Html>()?.0.borrow().clone();
                    call.ret(html)
                },
            ),
    );
}

/// The text of such an object.
pub(super) fn text(object: &Object) -> Option<String> {
    let html = object.state::<Html>()?.0.borrow().clone();
    Some(html.map_or_else(String::new, |html| html.to_string_lossy().into_owned()))
}
