//! `Highper\Attribute\Regex`

use highper_zend::{Class, Registry, Target, Throw, Value, call_function};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Regex")
            .doc("A text that a regular expression of PCRE matches.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property(
                "public readonly string $pattern",
                "With delimiters; anchor it for the whole text.",
            )
            .property(
                "public readonly ?string $message",
                "What is said instead; {min} and the like stand for parameters.",
            )
            .method(
                "public function __construct(string $pattern, ?string $message = null)",
                "",
                |call| {
                    let pattern = call.str(0)?;
                    let level =
                        call_function("error_reporting", &[Value::long(0)]).into_result()?;
                    let args = [Value::from(&pattern), Value::string("")];
                    let matched = call_function("preg_match", &args).into_result();
                    call_function("error_reporting", &[level]).into_result()?;
                    if matched?.as_bool() == Some(false) {
                        return Err(Throw::argument_value(
                            0,
                            "must be a regular expression with delimiters",
                        ));
                    }
                    let this = call.this_object()?;
                    this.set("pattern", pattern)?;
                    this.set("message", call.opt_str(1)?)
                },
            ),
    );
}
