//! `Highper\Filter\ETag`

use super::{class, made};
use highper_filter::Filter;
use highper_zend::Registry;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\ETag")
            .doc("Gives answers to GET and HEAD an entity tag, unless the handler has given one, and answers with 304 where the client has what it stands for.")
            .method(
                "public function __construct(bool $weak = false)",
                "@param bool $weak does the tag stand for what is meant instead of the very bytes?",
                |call| {
                    let weak = call.opt_bool(0, false)?;
                    made(call, Filter::Tag(weak))
                },
            ),
    );
}
