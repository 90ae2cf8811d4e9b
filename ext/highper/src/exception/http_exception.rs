//! `Highper\Http\HttpException`

use highper_app::collisions;
use highper_zend::{Array, Class, ClassRef, Object, Registry, Throw, Value, call_function};

pub(crate) static HTTP_EXCEPTION: ClassRef = ClassRef::new("Highper\\Http\\HttpException");
static METHOD: ClassRef = ClassRef::new("ReflectionMethod");

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Http\\HttpException")
            .doc("An answer other than success; its message is meant for the client.")
            .handle(&HTTP_EXCEPTION)
            .extends("RuntimeException")
            .property("protected int $status = 500", "The status of the answer.")
            .property("protected array $headers = []", "Headers of the answer.")
            .method(
                "public function __construct(int $status, string $message = '', array $headers = [], ?\\Throwable $previous = null)",
                "",
                |call| {
                    let status = call.long(0)?;
                    if !(400..=599).contains(&status) {
                        return Err(Throw::argument_value(0, "must be between 400 and 599"));
                    }
                    let message = call.opt_bytes(1, b"")?;
                    let headers = call.opt_array(2)?;
                    construct(call.this_object()?, status, message, headers, call.opt_value(3))
                },
            )
            .method("public function getStatus(): int", "The status of the answer.", |call| {
                call.ret(call.this_object()?.get("status")?)
            })
            .method("public function getHeaders(): array", "Headers of the answer.", |call| {
                call.ret(call.this_object()?.get("headers")?)
            }),
    );
}

/// What all constructors do.
pub(crate) fn construct(
    this: &Object,
    status: i64,
    message: &[u8],
    headers: Option<&Array>,
    previous: Option<&Value>,
) -> Result<(), Throw> {
    if let Some(previous) = previous.filter(|value| !value.is_null()) {
        // `previous` is private to Exception: only its own constructor writes it.
        let args = [
            Value::string("RuntimeException"),
            Value::string("__construct"),
        ];
        let method = METHOD.get().new_object(&args).into_result()?;
        if let Some(method) = method.as_object() {
            let args = [
                Value::from(this),
                Value::string(message),
                Value::long(0),
                previous.clone(),
            ];
            method.call("invoke", &args).into_result()?;
        }
    } else {
        this.set("message", message)?;
    }
    this.set("status", status)?;
    match headers {
        Some(headers) => this.set("headers", headers),
        None => Ok(()),
    }
}

/// Such an exception, to be thrown from Rust.
pub(crate) fn exception(status: u16, message: &str) -> Throw {
    let args = [Value::long(status.into()), Value::from(message)];
    match HTTP_EXCEPTION.get().new_object(&args).into_result() {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// The same with headers of the answer.
pub(crate) fn exception_with(status: u16, message: &str, headers: &[(&str, &str)]) -> Throw {
    let mut list = Array::new();
    for (name, value) in headers {
        list.set(name, *value);
    }
    let args = [
        Value::long(status.into()),
        Value::from(message),
        list.into(),
    ];
    match HTTP_EXCEPTION.get().new_object(&args).into_result() {
        Ok(object) => Throw::Object(object),
        Err(throw) => throw,
    }
}

/// As PHP's `json_decode` in the way of this framework: arrays, exceptions.
pub(crate) fn decode_json(body: &[u8]) -> Result<Value, Throw> {
    if body.len() >= collisions::SHORTEST && collisions::collide(body) {
        return Err(exception(
            400,
            "The body has names that were made to meet in hash tables.",
        ));
    }
    if let Some(value) = crate::decode::decode(body) {
        return Ok(value);
    }
    let args = [
        Value::string(body),
        Value::bool(true),
        Value::long(512),
        Value::long(4_194_304),
    ];
    match call_function("json_decode", &args).into_result() {
        Ok(value) => Ok(value),
        Err(Throw::Object(thrown)) => {
            let why = thrown.as_object().map(Object::exception_message);
            let why = why
                .as_ref()
                .map(|m| m.to_string_lossy())
                .unwrap_or_default();
            Err(exception(
                400,
                &format!("The body is not valid JSON: {why}"),
            ))
        }
        Err(other) => Err(other),
    }
}
