//! `Highper\Attribute\Job`

use highper_zend::{Class, Registry, Target, Throw};

/// More attempts than anybody wants.
pub(crate) const MOST_RETRIES: i64 = 1000;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Job")
            .doc("How the objects of a class are treated that Highper\\Task\\Tasks hands to task workers.")
            .attribute(Target::CLASS)
            .property("public readonly int $retries", "Attempts after the first that failed; also where its process was killed.")
            .property("public readonly ?float $timeout", "Seconds that one attempt may take; then it is cancelled where it waits, and half a second later its process is killed. Null for no limit.")
            .property("public readonly float $backoff", "Seconds before the second attempt; each further one waits twice as long, a minute at most. The process waits with it.")
            .method(
                "public function __construct(int $retries = 0, ?float $timeout = null, float $backoff = 0.0)",
                "",
                |call| {
                    let (retries, timeout, backoff) =
                        (call.opt_long(0, 0)?, call.opt_double_or_null(1)?, call.opt_double(2, 0.0)?);
                    if !(0..=MOST_RETRIES).contains(&retries) {
                        return Err(Throw::argument_value(0, format!("must be from 0 to {MOST_RETRIES}, {retries} given")));
                    }
                    if timeout.is_some_and(|seconds| seconds.is_nan() || seconds <= 0.0) {
                        return Err(Throw::argument_value(1, "must be greater than 0 seconds, or null for no limit"));
                    }
                    if !(0.0..=60.0).contains(&backoff) {
                        return Err(Throw::argument_value(2, format!("must be from 0 to 60 seconds, {backoff} given")));
                    }
                    let this = call.this_object()?;
                    this.set("retries", retries)?;
                    this.set("timeout", timeout)?;
                    this.set("backoff", backoff)
                },
            ),
    );
}
