//! `Highper\Filter\BodyLimit`

use super::{class, made};
use highper_app::env::size;
use highper_filter::Filter;
use highper_zend::{Registry, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\BodyLimit")
            .doc("How many bytes a request's body may have; more are refused with 413 before they are read. The setting max_body_size is the limit of all routes.")
            .method(
                "public function __construct(int|string $size)",
                "@param int|string $size bytes, as 4096 or '64K'\n@throws \\ValueError it is no size",
                |call| {
                    let value = call.value(0)?;
                    let number = value.as_long().and_then(|n| u64::try_from(n).ok());
                    let limit = number.or_else(|| size(value.as_str()?)).ok_or_else(|| {
                        let given = value.to_str().map(|s| s.to_string_lossy().into_owned());
                        let given = given.unwrap_or_default();
                        Throw::argument_value(0, format!("must be bytes, as 4096 or '64K', '{given}' given"))
                    })?;
                    made(call, Filter::Body(limit))
                },
            ),
    );
}
