//! `Highper\Filter\TraceContext`

use super::{class, made};
use highper_filter::{Filter, TraceContext};
use highper_zend::Registry;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        class("Highper\\Filter\\TraceContext")
            .doc("Takes part in a trace as W3C Trace Context has it, or begins one: Request::trace(), Request::traceparent(), the log's trace_id, and `traceresponse` in the answer.")
            .method(
                "public function __construct(bool $sample = false)",
                "@param bool $sample is a trace that begins here recorded?",
                |call| {
                    let samples = call.opt_bool(0, false)?;
                    made(call, Filter::Trace(TraceContext { samples }))
                },
            ),
    );
}
