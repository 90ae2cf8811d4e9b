//! `Highper\Attribute\File`

use highper_zend::{Class, Registry, Target, Throw};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\File")
            .doc(
                "The parameter is an upload of a form: Highper\\Http\\Upload, or an array of them.",
            )
            .attribute(Target::PARAMETER)
            .property(
                "public readonly ?string $name",
                "Its name in the form; the parameter's own where it is null.",
            )
            .property(
                "public readonly int|string|null $max",
                "At most so many bytes, as 4096 or '2M'.",
            )
            .method(
                "public function __construct(?string $name = null, int|string|null $max = null)",
                "",
                |call| {
                    let max = call.opt_value(1).cloned().unwrap_or_default();
                    let bytes = match max.as_str() {
                        Some(text) => {
                            highper_app::env::size(text).and_then(|n| i64::try_from(n).ok())
                        }
                        None => max.as_long(),
                    };
                    if !max.is_null() && bytes.is_none_or(|bytes| bytes < 1) {
                        return Err(Throw::argument_value(1, "must be bytes, as 4096 or '2M'"));
                    }
                    let this = call.this_object()?;
                    this.set("name", call.opt_str(0)?)?;
                    this.set("max", bytes)
                },
            ),
    );
}
