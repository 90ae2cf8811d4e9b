//! `Highper\Filter\RequestId`

use super::{class, made};
use highper_filter::{Filter, RequestId};
use highper_zend::Registry;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\RequestId")
            .doc("Every answer and every line of the log says which request it is of: X-Request-Id, the client's own or a new one.")
            .method(
                "public function __construct(bool $trust = true)",
                "@param bool $trust is the client's own taken, where it is a short plain word?",
                |call| {
                    let trusts = call.opt_bool(0, true)?;
                    made(call, Filter::Id(RequestId { trusts }))
                },
            ),
    );
}
