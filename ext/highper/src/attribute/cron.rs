//! `Highper\Attribute\Cron`

use highper_zend::{Class, Registry, Target};

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Cron")
            .doc("The method runs when its time has come, in one process of the whole server; its parameters are injected.")
            .attribute(Target::METHOD | Target::REPEATABLE)
            .property("public readonly string $expression", "Second, minute, hour, day, month, weekday; five fields begin with the minute. Also @hourly, @daily and the like.")
            .property("public readonly bool $overlap", "May it run beside itself where a run outlives its period? Otherwise the next one is left out, and the log says so.")
            .property("public readonly ?string $timezone", "Such as 'Europe/Berlin'; null for PHP's own.")
            .method(
                "public function __construct(string $expression, bool $overlap = true, ?string $timezone = null)",
                "",
                |call| {
                    let this = call.this_object()?;
                    this.set("expression", call.str(0)?)?;
                    this.set("overlap", call.opt_bool(1, true)?)?;
                    this.set("timezone", call.opt_str(2)?)
                },
            ),
    );
}
