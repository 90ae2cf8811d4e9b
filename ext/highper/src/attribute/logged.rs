//! `Highper\Attribute\Logged`

use crate::aspect::invocation::{self, Point};
use crate::{incoming, log};
use highper_engine::clock;
use highper_log::{Level, Logger, Settings, Target as Output};
use highper_zend::{Array, Call, Class, Done, Registry, Target, Throw, Value};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Logged")
            .doc("Writes to the log that the method was called, how long it took, and what it threw.")
            .attribute(Target::METHOD)
            .implements("Highper\\Aspect")
            .property("public readonly string $level", "A level of PSR-3; a call that throws is an error.")
            .property("public readonly bool $arguments", "Are the arguments logged too? Mind passwords.")
            .method(
                "public function __construct(string $level = 'info', bool $arguments = false)",
                "",
                |call| {
                    let level = call.opt_text(0, "info")?;
                    if Level::parse(level).is_none() {
                        return Err(Throw::argument_value(0, format!("must be a level of PSR-3, '{level}' given")));
                    }
                    let this = call.this_object()?;
                    this.set("level", level)?;
                    this.set("arguments", call.opt_bool(1, false)?)
                },
            )
            .method("public function around(\\Highper\\Invocation $call): mixed", "Runs the method and logs it.", around),
    );
}

fn around(call: &mut Call) -> Done {
    let point = Point::of(call)?;
    let this = call.this_object()?;
    let mut context = Array::new();
    if this.get("arguments")?.to_bool() {
        context.set("arguments", invocation::arguments(point.of)?);
    }
    let begun = clock::now();
    let result = point.proceed();
    if matches!(result, Err(Throw::Bailout)) {
        return result.map(drop);
    }
    let milliseconds = clock::now().saturating_sub(begun) as f64 / 1e6;
    context.set("milliseconds", (milliseconds * 1000.0).round() / 1000.0);
    let (level, what) = match &result {
        Err(Throw::Object(thrown)) => {
            context.set("exception", thrown);
            (Value::string("error"), "has thrown")
        }
        Err(_) => (this.get("level")?, "has ended the script"),
        Ok(_) => (this.get("level")?, "has returned"),
    };
    let logger = match incoming::app() {
        Some(app) => app.logger.clone(),
        None => Logger::new(Output::stderr(), Settings::default()),
    };
    let text = format!("{}() {what}", point.name()?);
    log::object(&logger)?
        .call("log", &[level, text.into(), context.into()])
        .into_result()?;
    call.ret(result?)
}
