//! Jobs: objects that any process of the server hands over, and its task workers work on.

mod failed;
pub(crate) mod lost;
mod pack;
mod queue_full;
mod tasks;
mod terms;
pub(crate) mod work;

use crate::app::App;
use highper_app::job::{self, Head, Terms};
use highper_engine::channel::Channel;
use highper_process::post::{Address, Kind, Message};
use highper_runtime::cancel;
use highper_runtime::post::{self, Here};
use highper_zend::{Object, Registry, Throw};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
pub(crate) use tasks::object;
pub(crate) use terms::check;

/// Jobs that may wait unless the setting `task_queue` says otherwise.
const QUEUE: u64 = 1000;

thread_local! {
    /// Who waits for what comes of jobs, by their numbers.
    static WAITING: RefCell<BTreeMap<i64, Rc<Channel<Message>>>> = const { RefCell::new(BTreeMap::new()) };
}

pub(crate) fn declare(registry: &mut Registry) {
    failed::declare(registry);
    queue_full::declare(registry);
    tasks::declare(registry);
    registry.on_request_shutdown(|| drop(WAITING.take()));
}

/// Why nobody can have the task workers; `None` where there are some, or none are needed.
pub(crate) fn refused() -> Option<String> {
    let serves = highper_runtime::serve::worker().is_some();
    let none = post::here().is_none_or(|here| here.post().tasks() == 0);
    (serves && none)
        .then(|| "there are no task workers: say how many, ->settings(['tasks' => 2])".to_owned())
}

/// Hands a job over. `number` is that of an answer that somebody waits for, until a moment at most
/// (seconds since 1970).
///
/// # Errors
/// The queue is full, the job can't be packed, or the wait for room was cancelled.
fn send(
    app: &App,
    here: &Rc<Here>,
    job: &Object,
    terms: Terms,
    reply: Option<(i64, Option<f64>)>,
) -> Result<(), Throw> {
    let waiting = here.post().task_figures().waiting;
    let bound = app.settings.borrow().task_queue.unwrap_or(QUEUE);
    if waiting >= bound {
        return Err(queue_full::throw(job.class_name(), bound));
    }
    let class = job.class_name().to_owned();
    let (packed, bytes) = pack::pack(job.as_value())
        .map_err(|throw| pack::refused(&format!("the job {class}"), throw))?;
    let mut head = here.head(Kind::Task);
    if let Some((number, _)) = reply {
        head.flags = job::REPLY;
        head.number = number;
    }
    let body = Head {
        class: class.clone(),
        packed: packed.to_owned(),
        terms,
        until: reply.and_then(|(_, until)| until),
    }
    .join(bytes.as_bytes());
    here.post().task_sent(None);
    let sent = here.send(Address::AnyTask, head, &body);
    if sent.is_err() {
        here.post().task_refused(None);
    }
    cancel::resumed()?;
    sent.map_err(|why| Throw::error(format!("the job {class} can't be handed over: {why}")))
}

/// What came of a job: for who waits for it. Nobody does who was not patient enough.
pub(crate) fn answered(message: Message) {
    let waiting = WAITING.with_borrow_mut(|all| all.remove(&message.head.number));
    if let Some(waiting) = waiting {
        let _for_one = waiting.try_push(message);
    }
}
