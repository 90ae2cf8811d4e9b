//! `Application::command()`, `cron()` and `process()`: parts without attributes.

use super::{Command, Cron, Process, expression_of};
use crate::application::of;
use crate::attribute::command::{aliases, may_be_called};
use crate::attribute::process::{MOST, is_own_name};
use crate::console::signature;
use crate::route::{Handler, handler, place};
use highper_zend::reflect::Function;
use highper_zend::{Array, Class, Throw};

/// Adds the methods.
pub(crate) fn methods(class: Class) -> Class {
    class
        .method(
            "public function cron(string $expression, \\Closure|array $job, bool $overlap = true, ?string $timezone = null, ?string $name = null): static",
            "Runs something when its time has come, in one process of the whole server; its parameters are injected. As #[Cron].\n\n\
             @param string $expression Second, minute, hour, day, month, weekday: '0 */5 * * * *'.\n\
             @param \\Closure|array $job A closure, or [class, method].\n\
             @param bool $overlap May it run beside itself where a run outlives its period?\n\
             @param string|null $timezone Such as 'Europe/Berlin'; null for PHP's own.\n\
             @param string|null $name How it is called in the log and in `ps`.",
            |call| {
                let app = of(call)?;
                let expression = call.text(0)?.to_owned();
                let handler = handler(call, 1)?;
                let zone = call.opt_str(3)?.map(|zone| zone.to_string_lossy().into_owned());
                expression_of(&expression, zone.as_deref())
                    .map_err(|why| Throw::value_error(format!("Highper\\Application::cron(): {why}")))?;
                let at = place();
                let name = match call.opt_str(4)? {
                    Some(name) => name.to_string_lossy().into_owned(),
                    None => super::describe(&handler),
                };
                app.parts.borrow_mut().crons.push(Cron {
                    expression,
                    zone,
                    overlap: call.opt_bool(2, true)?,
                    name,
                    handler,
                    at,
                });
                call.ret_this()
            },
        )
        .method(
            "public function command(string $name, \\Closure|array $command, string $description = '', array $aliases = []): static",
            "`php server.php NAME` calls this: parameters without a default are arguments of the command line, those with one options, objects injected. As #[Command].\n\n\
             @param string $name Such as 'notes:import'.\n\
             @param \\Closure|array $command A closure, or [class, method].\n\
             @param string $description One line for the list of commands.\n\
             @param list<string> $aliases Other names.",
            |call| {
                let app = of(call)?;
                let name = call.text(0)?.to_owned();
                may_be_called(&name)?;
                let none = Array::new();
                let aliases = match call.num_args() {
                    4.. => aliases(call.array(3)?, &name, 3)?,
                    _ => aliases(&none, &name, 3)?,
                };
                let command = Command {
                    name,
                    aliases,
                    description: call.opt_text(2, "")?.to_owned(),
                    is_hidden: false,
                    handler: handler(call, 1)?,
                    at: place(),
                };
                if let Handler::Closure(callable) = &command.handler
                    && let Some(function) = Function::of(callable)
                {
                    signature::read(&function, &command)?;
                }
                app.parts.borrow_mut().commands.push(command);
                call.ret_this()
            },
        )
        .method(
            "public function process(string $name, \\Closure|array $process, int $count = 1): static",
            "Runs something in processes of its own beside the workers, which are started again when they end; its parameters are injected. As #[Process].\n\n\
             @param string $name How it is called in the log and in `ps`.\n\
             @param \\Closure|array $process A closure, or [class, method].\n\
             @param int $count How many of them run, 1 to 100.",
            |call| {
                let app = of(call)?;
                let name = call.text(0)?.to_owned();
                is_own_name(&name)?;
                let count = call.opt_long(2, 1)?;
                if !(1..=MOST).contains(&count) {
                    return Err(Throw::argument_value(2, format!("must be from 1 to {MOST}, {count} given")));
                }
                let process = Process {
                    name,
                    count: usize::try_from(count).unwrap_or(1),
                    handler: handler(call, 1)?,
                    at: place(),
                };
                app.parts.borrow_mut().processes.push(process);
                call.ret_this()
            },
        )
}
