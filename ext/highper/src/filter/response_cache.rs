//! `Highper\Filter\ResponseCache`

use super::{class, made, texts, wrong};
use highper_filter::{Filter, ResponseCache};
use highper_zend::{Call, Done, Registry, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\ResponseCache")
            .doc("Keeps answers to GET for a while: the same question is answered without PHP. Each worker keeps its own, 32 MiB at most.")
            .method(
                "public function __construct(int $ttl, array|string $vary = [], array|string $tags = [])",
                "Kept are answers with 200 that set no cookie, don't say no-store, no-cache or private, have no nonce and no more than 1 MiB, for each \
                 host, path and query. Requests with Authorization are passed on, unless it is among the headers in $vary.\n\n\
                 @param int $ttl seconds\n\
                 @param array|string $vary request headers whose values have answers of their own; added to Vary\n\
                 @param array|string $tags names that invalidate() ends them by\n\
                 @throws \\ValueError an option is none",
                construct,
            )
            .method(
                "public static function invalidate(string ...$tags): void",
                "Ends what all workers have kept under any of these tags; everything without tags.\n\n\
                 @throws \\Error no application runs here",
                |call| {
                    let app = crate::incoming::serving()
                        .ok_or_else(|| Throw::error("no application runs here: what was kept belongs to its workers"))?;
                    let world = app.world.get().ok_or_else(|| Throw::error("the application has not started"))?;
                    if call.num_args() == 0 {
                        world.tags.end_all();
                    }
                    for at in 0..call.num_args() {
                        world.tags.end(call.text(at)?);
                    }
                    Ok(())
                },
            ),
    );
}

fn construct(call: &mut Call) -> Done {
    let ttl = call.long(0)?;
    let ttl = u64::try_from(ttl)
        .map_err(|_| Throw::argument_value(0, format!("must be greater than 0, {ttl} given")))?;
    let (vary, tags) = (texts(call, 1, &[])?, texts(call, 2, &[])?);
    let cache = ResponseCache::new(ttl, vary, tags).map_err(wrong)?;
    made(call, Filter::Cache(cache))
}
