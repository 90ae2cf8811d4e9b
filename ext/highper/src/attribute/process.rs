//! `Highper\Attribute\Process`

use highper_zend::{Class, Registry, Target, Throw};

/// More processes of one kind than anybody wants.
pub(crate) const MOST: i64 = 100;

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Attribute\\Process")
            .doc("The method handle() of the class runs in a process of its own beside the workers, which is started again when it ends; its parameters are injected.")
            .attribute(Target::CLASS)
            .property("public readonly string $name", "How it is called in the log and in `ps`.")
            .property("public readonly int $count", "How many of them run.")
            .method(
                "public function __construct(string $name, int $count = 1)",
                "",
                |call| {
                    let name = call.text(0)?;
                    is_own_name(name)?;
                    let count = call.opt_long(1, 1)?;
                    if !(1..=MOST).contains(&count) {
                        return Err(Throw::argument_value(1, format!("must be from 1 to {MOST}, {count} given")));
                    }
                    let this = call.this_object()?;
                    this.set("name", call.str(0)?)?;
                    this.set("count", count)
                },
            ),
    );
}

/// May a process of an application be called so?
pub(crate) fn is_own_name(name: &str) -> Result<(), Throw> {
    if is_name(name) && !matches!(name, "cron" | "task" | "worker") {
        return Ok(());
    }
    let text = format!(
        "must have 1 to 40 letters, digits, '-', '_', '.' or ':', and be none of 'cron', 'task' and 'worker', '{name}' given"
    );
    Err(Throw::argument_value(0, text))
}

/// May a process or a command be called so?
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.:".contains(&b);
    (1..=40).contains(&name.len()) && name.bytes().all(fits) && !name.starts_with('-')
}
