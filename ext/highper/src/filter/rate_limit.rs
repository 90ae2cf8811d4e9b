//! `Highper\Filter\RateLimit`

use super::{class, made, text, texts, wrong};
use crate::route::place;
use highper_filter::{Filter, RateLimit};
use highper_zend::{Call, Done, Registry, Throw};
use std::cell::Cell;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\RateLimit")
            .doc("How many requests somebody may make, in all workers together; more are answered with 429 without PHP.")
            .method(
                "public function __construct(string $rate, array|string $by = 'ip', ?int $burst = null, ?string $name = null)",
                "@param string $rate '10/s', '100/min', '1000/h', '5/10s'\n\
                 @param array|string $by whose requests are counted together: 'ip' (of an IPv6 address its /64), 'user' (who has signed in, else the \
                 address), 'route', 'header:NAME'; several divide further, an empty array counts all requests together\n\
                 @param ?int $burst so many at once; the number in the rate where null\n\
                 @param ?string $name limits of one name, rate and kind are one, wherever they are written\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    let rate = call.text(0)?;
    let by = texts(call, 1, &["ip"])?;
    let burst =
        match call.opt_long_or_null(2)? {
            None => None,
            Some(n) => Some(u64::try_from(n).map_err(|_| {
                Throw::argument_value(2, format!("must be greater than 0, {n} given"))
            })?),
        };
    let name = text(call, 3, None)?;
    let limit = RateLimit::new(rate, &by, burst, name.as_deref()).map_err(wrong)?;
    // Bootstrap code runs before the workers are forked: they all count alike.
    let count = COUNT.get();
    COUNT.set(count + 1);
    limit.place(&format!("{} {count}", place()));
    made(call, Filter::Rate(limit))
}
