//! Static properties that a request leaves changed: what one user's request puts there, the next user's finds.

use crate::incoming::Incoming;
use highper_log::{Level, Value as Field};
use highper_zend::{Value, statics};
use std::cell::RefCell;
use std::collections::HashMap;

/// A property, and what it was when a request has last ended.
struct Known {
    print: u64,
    shown: String,
    is_told: bool,
}

thread_local! {
    static KNOWN: RefCell<Option<HashMap<String, Known>>> = const { RefCell::new(None) };
}

/// What they are when the worker has started is nobody's fault.
pub(crate) fn begin() {
    let mut all = HashMap::new();
    statics::each(|property| {
        all.insert(name(&property), known(&property, false));
    });
    KNOWN.set(Some(all));
}

fn name(property: &statics::Static<'_>) -> String {
    format!("{}::${}", property.class, property.name)
}

fn known(property: &statics::Static<'_>, is_told: bool) -> Known {
    Known {
        print: property.print,
        shown: shown(property.value),
        is_told,
    }
}

/// Type and size, or a short value.
fn shown(value: &Value) -> String {
    if let Some(array) = value.as_array() {
        return format!("array({})", array.len());
    }
    if let Some(object) = value.as_object() {
        return format!("{} #{}", object.class_name(), object.id());
    }
    match (
        value.as_bytes(),
        value.as_long(),
        value.as_bool(),
        value.as_double(),
    ) {
        (Some(bytes), ..) => format!("string({})", bytes.len()),
        (_, Some(number), ..) => number.to_string(),
        (_, _, Some(yes), _) => yes.to_string(),
        (.., Some(number)) => format!("{number:?}"),
        _ => "null".to_owned(),
    }
}

/// A request has ended: tells of each property once.
pub(crate) fn leave(incoming: &Incoming) {
    let mut changed = Vec::new();
    KNOWN.with_borrow_mut(|all| {
        let Some(all) = all else { return };
        statics::each(|property| {
            if property.file.contains("/vendor/") {
                return;
            }
            let name = name(&property);
            match all.get_mut(&name) {
                Some(known) if known.print == property.print => {}
                Some(known) => {
                    let is_told = known.is_told;
                    let before = std::mem::replace(known, self::known(&property, true));
                    if !is_told {
                        changed.push((name, before.shown, shown(property.value)));
                    }
                }
                None => {
                    let is_changed = property.print != property.first;
                    if is_changed {
                        let (before, now) = (shown(property.declared), shown(property.value));
                        changed.push((name.clone(), before, now));
                    }
                    all.insert(name, known(&property, is_changed));
                }
            }
        });
    });
    for (name, before, now) in changed {
        let text = format!(
            "a request has left {name} changed, and later requests will find it so: {before} → {now}"
        );
        let request = request(incoming);
        let context: &[(&[u8], Field<'_>)] = &[(b"request", Field::Str(request.as_bytes()))];
        incoming
            .app
            .log(Level::Warning, &text, context, incoming.known_id());
    }
}

fn request(incoming: &Incoming) -> String {
    let request = incoming.exchange().request();
    let bytes = request.bytes();
    let method = String::from_utf8_lossy(request.head().method_name(&bytes)).into_owned();
    format!("{method} {}", incoming.app.pattern(incoming.endpoint))
}
