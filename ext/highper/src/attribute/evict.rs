//! `Highper\Attribute\Evict`

use crate::aspect::invocation::Point;
use crate::aspect::key::Key;
use crate::aspect::store;
use highper_zend::{Call, Class, Done, Registry, Str, Target, Throw, Trace, Value};
use std::cell::OnceCell;

#[derive(Default)]
struct Evict(OnceCell<(Key, Option<Str>)>);

impl Trace for Evict {}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Evict")
            .doc("Removes a key from the cache when the method has returned.")
            .attribute(Target::METHOD | Target::REPEATABLE)
            .implements("Highper\\Aspect")
            .state::<Evict>()
            .property(
                "public readonly string $key",
                "The key, as in #[Cached]: 'user.{id}'.",
            )
            .property(
                "public readonly ?string $store",
                "A cache by its name in the container, as in #[Cached].",
            )
            .method(
                "public function __construct(string $key, ?string $store = null)",
                "",
                |call| {
                    let text = call.text(0)?;
                    let key = Key::new(Some(text))
                        .map_err(|why| Throw::argument_value(0, format!("must be a key: {why}")))?;
                    let store = call.opt_str(1)?;
                    let this = call.this_object()?;
                    this.set("key", call.str(0)?)?;
                    this.set("store", store.clone())?;
                    let _first = call.this::<Evict>()?.0.set((key, store));
                    Ok(())
                },
            )
            .method(
                "public function around(\\Highper\\Invocation $call): mixed",
                "Runs the method, then removes the key.",
                around,
            ),
    );
}

fn around(call: &mut Call) -> Done {
    let state = call.this::<Evict>()?;
    let Some((key, store)) = state.0.get() else {
        return Err(Throw::error("this attribute was not constructed"));
    };
    let point = Point::of(call)?;
    // What the method does to its arguments is no matter of the key.
    let key = Value::from(key.of(&point)?);
    let value = point.proceed()?;
    store::find(store.as_ref())?
        .call("delete", &[key])
        .into_result()?;
    call.ret(value)
}
