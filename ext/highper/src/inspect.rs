//! `Highper\inspect`: what the coroutines of a worker do.

use highper_runtime::inspect;
use highper_zend::{Call, Done, Function, Registry, Throw};

pub(crate) fn declare(registry: &mut Registry) {
    registry.function(Function::new(
        "function Highper\\inspect(int $process): string",
        "What the coroutines of a worker do: for each a backtrace, what it waits for and since when, and the request that it\n\
         answers. Of any server of this extension, of the same user; the command `coroutines` asks all workers of one.\n\n\
         @param int $process The worker's process id.\n\
         @return string The worker's answer, within three seconds; one whose loop does not turn says so, and what runs.\n\
         @throws \\Exception When there is no such worker, or it does not answer.",
        |call: &mut Call| -> Done {
            let process = call.long(0)?;
            let number = i32::try_from(process).unwrap_or(0);
            let answer = inspect::ask_all(&[number]).pop();
            match answer {
                Some(Ok(text)) => call.ret_str(text),
                Some(Err(error)) => Err(Throw::exception(format!(
                    "process {process} does not tell of its coroutines: {error}"
                ))),
                None => Ok(()),
            }
        },
    ));
}
