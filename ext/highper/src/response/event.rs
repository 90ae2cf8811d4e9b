//! `Highper\Http\Event`

use highper_http::event;
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, json};
use std::cell::RefCell;

pub(crate) static EVENT: ClassRef = ClassRef::new("Highper\\Http\\Event");

/// The lines of the event.
#[derive(Clone, Default)]
struct Event(RefCell<Vec<u8>>);

impl Trace for Event {}

pub(crate) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\Event")
            .doc("A server-sent event, for Response::events().")
            .handle(&EVENT)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .cloned_state::<Event>()
            .method(
                "public function __construct(mixed $data = null, ?string $type = null, ?string $id = null, ?int $retry = null)",
                "An event.\n\n\
                 @param mixed $data A text as it is, else as JSON; null for none: the browser takes id and retry, and tells nobody.\n\
                 @param string|null $type What the page listens for; `message` without.\n\
                 @param string|null $id What the browser sends back as Last-Event-ID when it connects again.\n\
                 @param int|null $retry After how many milliseconds it connects again.",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let data = match call.opt_value(0).filter(|data| !data.is_null()) {
        None => None,
        Some(data) => match data.as_bytes() {
            Some(text) => Some(text.to_vec()),
            None => Some(json::encode(data)?),
        },
    };
    let retry = match call.opt_long_or_null(3)? {
        None => None,
        Some(retry) => Some(
            u64::try_from(retry)
                .map_err(|_| Throw::argument_value(3, "must be 0 or greater, or null"))?,
        ),
    };
    let mut lines = Vec::new();
    event::Event {
        data: data.as_deref(),
        kind: call.opt_bytes_or_null(1)?,
        id: call.opt_bytes_or_null(2)?,
        retry,
    }
    .write(&mut lines)
    .map_err(|why| Throw::value_error(why.to_string()))?;
    call.this::<Event>()?.0.replace(lines);
    Ok(())
}

/// Hands the lines of an event object to somebody; false for other objects.
pub(super) fn lines(object: &Object, take: impl FnOnce(&[u8])) -> bool {
    match object.state::<Event>() {
        Some(event) => {
            take(&event.0.borrow());
            true
        }
        None => false,
    }
}
