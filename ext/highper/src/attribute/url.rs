//! `Highper\Attribute\Url`

use highper_zend::{Array, Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Url")
            .doc("An absolute URL with a host.")
            .attribute(Target::PARAMETER | Target::PROPERTY | Target::REPEATABLE)
            .property(
                "public readonly array $schemes",
                "Which schemes it may have.",
            )
            .property(
                "public readonly ?string $message",
                "What is said instead; {min} and the like stand for parameters.",
            )
            .method(
                "public function __construct(array $schemes = [], ?string $message = null)",
                "",
                |call| {
                    let mut schemes = Array::new();
                    for scheme in call
                        .opt_array(0)?
                        .into_iter()
                        .flat_map(|list| list.values())
                    {
                        match scheme.is_string() {
                            true => schemes.push(scheme),
                            false => {
                                return Err(Throw::argument_value(0, "must be a list of schemes"));
                            }
                        };
                    }
                    if schemes.is_empty() {
                        schemes.push("http").push("https");
                    }
                    let this = call.this_object()?;
                    this.set("schemes", schemes)?;
                    this.set("message", call.opt_str(1)?)
                },
            ),
    );
}
