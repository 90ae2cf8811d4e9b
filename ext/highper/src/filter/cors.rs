//! `Highper\Filter\Cors`

use super::{class, made, seconds, texts, wrong};
use highper_filter::{Cors, Filter, cors};
use highper_zend::{Done, Registry};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\Cors")
            .doc("Lets scripts of other origins use a route: answers preflights without PHP, and says in other answers who may read them.")
            .method(
                "public function __construct(array|string $origins = '*', array|string $methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], array|string $headers = '*', array|string $expose = [], bool $credentials = false, int $maxAge = 600)",
                "@param array|string $origins https://app.example, https://*.app.example, or '*' for all\n\
                 @param array|string $methods what a preflight allows\n\
                 @param array|string $headers request headers that a preflight allows; '*' for whatever it asks for\n\
                 @param array|string $expose response headers that scripts may read\n\
                 @param bool $credentials may requests carry cookies? Needs named origins\n\
                 @param int $maxAge seconds that browsers may remember a preflight for\n\
                 @throws \\ValueError an option is none",
                construct,
            ),
    );
}

fn construct(call: &mut highper_zend::Call) -> Done {
    let options = cors::Options {
        origins: texts(call, 0, &["*"])?,
        methods: texts(call, 1, &METHODS)?,
        headers: texts(call, 2, &["*"])?,
        expose: texts(call, 3, &[])?,
        credentials: call.opt_bool(4, false)?,
        max_age: seconds(call, 5, Some(600))?.unwrap_or(600),
    };
    made(call, Filter::Cors(Cors::new(&options).map_err(wrong)?))
}
