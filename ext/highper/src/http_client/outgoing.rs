//! `Highper\Http\ClientRequest`

use super::perform::Prepared;
use super::wishes::Carried;
use highper_zend::{Array, Class, ClassRef, Flags, Object, Registry, Throw, Value, json};

static REQUEST: ClassRef = ClassRef::new("Highper\\Http\\ClientRequest");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\ClientRequest")
            .doc("A request that a client is about to make: what fake() is asked about.")
            .handle(&REQUEST)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .deny_create()
            .property("public readonly string $method", "The method.")
            .property(
                "public readonly string $url",
                "The whole address, without user.",
            )
            .property(
                "public readonly array $headers",
                "Lists of values by names in lower case.\n\n@var array<string, list<string>>",
            )
            .property(
                "public readonly string $body",
                "What it carries; empty for multipart forms and for what a generator makes.",
            )
            .method(
                "public function header(string $name): ?string",
                "A header's values, with commas between them; null when it has none of this name.",
                |call| {
                    let headers = call.this_object()?.get("headers")?;
                    let name = call.text(0)?.to_ascii_lowercase();
                    let list = headers
                        .as_array()
                        .and_then(|all| all.get_symbol(&name))
                        .cloned();
                    match list.as_ref().and_then(Value::as_array) {
                        Some(list) => call.ret(joined(list)),
                        None => call.ret_null(),
                    }
                },
            )
            .method(
                "public function json(): mixed",
                "The body's JSON; null when it is none.",
                |call| {
                    let body = call.this_object()?.get("body")?;
                    let value = crate::decode::decode(body.as_bytes().unwrap_or_default());
                    call.ret(value)
                },
            ),
    );
}

/// Values with commas between them.
pub(super) fn joined(list: &Array) -> Vec<u8> {
    let values: Vec<&[u8]> = list.values().filter_map(Value::as_bytes).collect();
    values.join(&b", "[..])
}

/// The object of a request.
pub(super) fn object(
    prepared: &Prepared,
    defaults: &[(Vec<u8>, Vec<u8>)],
) -> Result<Object, Throw> {
    let mut headers = Array::new();
    let own = |name: &[u8]| {
        prepared
            .headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    };
    let defaults = defaults.iter().filter(|(name, _)| !own(name));
    for (name, value) in defaults.chain(&prepared.headers) {
        headers.nested(name.to_ascii_lowercase()).push(&**value);
    }
    let object = REQUEST.instantiate()?;
    object.set_slot(0, &*prepared.method);
    object.set_slot(1, prepared.url.as_str());
    object.set_slot(2, headers);
    object.set_slot(
        3,
        match &prepared.carried {
            Carried::Text(text) => Value::from(text),
            Carried::Bytes(bytes) => Value::string(bytes),
            _ => Value::from(""),
        },
    );
    Ok(object)
}

/// A value as JSON, for answers that are made.
pub(super) fn as_json(value: &Value) -> Result<Vec<u8>, Throw> {
    json::encode(value)
}
