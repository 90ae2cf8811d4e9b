//! `Highper\Attribute\Cached`

use crate::aspect::invocation::Point;
use crate::aspect::key::Key;
use crate::aspect::store;
use crate::exception::cancelled::cancelled;
use highper_engine::sync::WaitGroup;
use highper_zend::{Array, Call, Class, Done, Object, Registry, Str, Target, Throw, Trace, Value};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

#[derive(Default)]
struct Cached {
    key: OnceCell<Key>,
    store: OnceCell<Option<Str>>,
    /// Results that are being made, by key: others wait for them.
    making: RefCell<HashMap<Vec<u8>, Rc<WaitGroup>>>,
}

impl Trace for Cached {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Cached")
            .doc("Keeps what the method returns, null too. While it runs for a key, others of the worker that want the same wait for its result.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .state::<Cached>()
            .property("public readonly null|int|float $ttl", "Seconds; without end when null.")
            .property("public readonly ?string $key", "A key such as 'user.{id}', of arguments and their properties ({user.id}); null for one of the method and all its arguments.")
            .property("public readonly ?string $store", "A cache by its name in the container; null for the one that is bound as Highper\\Cache, or a cache of the worker's own.")
            .method(
                "public function __construct(null|int|float $ttl = null, ?string $key = null, ?string $store = null)",
                "",
                construct,
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "The kept result, or a new one.", around),
    );
}

fn construct(call: &mut Call) -> Done {
    let ttl = call.opt_value(0).cloned().unwrap_or_default();
    if !ttl.is_null() && call.number(0)?.to_double() <= 0.0 {
        return Err(Throw::argument_value(
            0,
            "must be greater than 0 seconds, or null for no end",
        ));
    }
    let template = call.opt_bytes_or_null(1)?.map(String::from_utf8_lossy);
    let key = Key::new(template.as_deref())
        .map_err(|why| Throw::argument_value(1, format!("must be a key: {why}")))?;
    let store = call.opt_str(2)?;
    let this = call.this_object()?;
    this.set("ttl", ttl)?;
    this.set("key", call.opt_str(1)?)?;
    this.set("store", store.clone())?;
    let state = call.this::<Cached>()?;
    let _first = (state.key.set(key), state.store.set(store));
    Ok(())
}

fn around(call: &mut Call) -> Done {
    let value = cached(call)?;
    call.ret(value)
}

fn cached(call: &Call) -> Result<Value, Throw> {
    let state = call.this::<Cached>()?;
    let (Some(key), Some(store)) = (state.key.get(), state.store.get()) else {
        return Err(Throw::error("this attribute was not constructed"));
    };
    let point = Point::of(call)?;
    let name = key.of(&point)?;
    let store = store::find(store.as_ref())?;
    let args = [Value::string(&name)];
    loop {
        // In a list of one, so that null can be told from nothing.
        let kept = store.call("get", &args).into_result()?;
        if let Some(value) = kept.as_array().and_then(|list| list.get_index(0)) {
            return Ok(value.clone());
        }
        let other = state.making.borrow().get(&name).cloned();
        match other.filter(|_| highper_engine::can_suspend()) {
            Some(other) => other.wait(None).map_err(|_| cancelled())?,
            None => break,
        }
    }
    let done = Rc::new(WaitGroup::default());
    done.add(1);
    let before = state
        .making
        .borrow_mut()
        .insert(name.clone(), Rc::clone(&done));
    let made = make(call, &point, &store, &args[0]);
    let mut making = state.making.borrow_mut();
    match before {
        Some(before) => drop(making.insert(name, before)),
        None => drop(making.remove(&name)),
    }
    drop(making);
    done.add(-1);
    made
}

fn make(call: &Call, point: &Point<'_>, store: &Object, key: &Value) -> Result<Value, Throw> {
    let value = point.proceed()?;
    let mut list = Array::with_capacity(1);
    list.push(&value);
    let ttl = call.this_object()?.get("ttl")?;
    // Seconds of PSR-16 are whole ones.
    let ttl = match ttl.as_double() {
        Some(seconds) if seconds.fract() == 0.0 => Value::long(seconds as i64),
        _ => ttl,
    };
    store
        .call("set", &[key.clone(), list.into(), ttl])
        .into_result()?;
    Ok(value)
}
