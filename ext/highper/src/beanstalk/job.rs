//! `Highper\Beanstalk\Job`

use super::client::{PRIORITY, stats, whole};
use super::exception::{misused, thrown};
use crate::exception::http_exception::decode_json;
use highper_beanstalk::{Client, Error, Job, Reservation};
use highper_zend::{Call, Class, ClassRef, Done, Flags, Object, Registry, Throw, Trace, Value};
use std::cell::OnceCell;
use std::rc::Rc;

static JOB: ClassRef = ClassRef::new("Highper\\Beanstalk\\Job");

/// Reserved by us, or only looked at.
enum Hold {
    Reserved(Rc<Reservation>),
    Seen(Rc<Client>, u64),
}

#[derive(Default)]
struct State(OnceCell<Hold>);

impl Trace for State {}

fn made(job: &Job, hold: Hold) -> Result<Object, Throw> {
    let object = JOB.instantiate()?;
    object.set("id", Value::long(i64::try_from(job.id).unwrap_or(i64::MAX)))?;
    object.set("data", Value::string(&job.data))?;
    if let Some(state) = object.state::<State>() {
        let _first = state.0.set(hold);
    }
    Ok(object)
}

/// A job that was reserved.
pub(super) fn reserved(reservation: Reservation) -> Result<Object, Throw> {
    let reservation = Rc::new(reservation);
    made(reservation.job(), Hold::Reserved(Rc::clone(&reservation)))
}

/// A job that was looked at.
pub(super) fn seen(client: &Rc<Client>, job: &Job) -> Result<Object, Throw> {
    made(job, Hold::Seen(Rc::clone(client), job.id))
}

fn hold(call: &Call) -> Result<&Hold, Throw> {
    let hold = call.this::<State>()?.0.get();
    hold.ok_or_else(|| misused("this job is none of a server"))
}

fn reservation(call: &Call) -> Result<Rc<Reservation>, Throw> {
    match hold(call)? {
        Hold::Reserved(reservation) => Ok(Rc::clone(reservation)),
        Hold::Seen(_, id) => Err(misused(format!(
            "job {id} was only looked at: only one that reserve() has given can be released, buried and touched"
        ))),
    }
}

fn answer(call: &mut Call, done: Result<bool, Error>) -> Done {
    call.ret_bool(done.map_err(|error| thrown(&error))?)
}

pub(super) fn declare(registry: &mut Registry) {
    registry.class(
        Class::new("Highper\\Beanstalk\\Job")
            .doc(
                "A job. One that was reserved keeps a connection of the pool until it is deleted, released or buried; letting go of it \
                 unfinished gives it to others.",
            )
            .handle(&JOB)
            .flags(Flags::FINAL | Flags::NO_DYNAMIC_PROPERTIES | Flags::NOT_SERIALIZABLE)
            .state::<State>()
            .deny_create()
            .deny_clone()
            .property("public readonly int $id", "Its number.")
            .property("public readonly string $data", "What was put.")
            .method(
                "public function json(): mixed",
                "What was put as JSON: objects become arrays.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException It is none.",
                |call| {
                    let object = call.this_object()?;
                    let data = object.get("data")?;
                    match decode_json(data.as_bytes().unwrap_or_default()) {
                        Err(Throw::Bailout) => Err(Throw::Bailout),
                        Err(_) => {
                            let id = object.get("id")?.as_long().unwrap_or(0);
                            Err(misused(format!("job {id} is no JSON")))
                        }
                        Ok(value) => call.ret(value),
                    }
                },
            )
            .method(
                "public function delete(): bool",
                "It is done. false where its time was over, and others have got it.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let done = match hold(call)? {
                        Hold::Reserved(reservation) => Rc::clone(reservation).delete(),
                        Hold::Seen(client, id) => Rc::clone(client).delete(*id),
                    };
                    answer(call, done)
                },
            )
            .method(
                "public function release(float $delay = 0.0, int $priority = 1024): bool",
                "Gives it back, for others to get it after $delay seconds. false where its time was over.\n\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let reservation = reservation(call)?;
                    let delay = whole(call, 0, 0.0, 0)?;
                    let done = reservation.release(PRIORITY.of(call, 1)?, delay);
                    answer(call, done)
                },
            )
            .method(
                "public function bury(int $priority = 1024): bool",
                "Puts it aside until somebody kicks it. false where its time was over.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let done = reservation(call)?.bury(PRIORITY.of(call, 0)?);
                    answer(call, done)
                },
            )
            .method(
                "public function touch(): bool",
                "Asks for as much time again as there was for it. false where its time was over.\n\n\
                 @throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let done = reservation(call)?.touch();
                    answer(call, done)
                },
            )
            .method(
                "public function kick(): bool",
                "Makes it ready, where it was put aside or is delayed; for one that was looked at.\n\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let done = match hold(call)? {
                        Hold::Reserved(reservation) => reservation.client().kick_job(reservation.job().id),
                        Hold::Seen(client, id) => client.kick_job(*id),
                    };
                    answer(call, done)
                },
            )
            .method(
                "public function isReserved(): bool",
                "Is it ours, and not finished yet, as far as one knows?",
                |call| {
                    let is = match hold(call)? {
                        Hold::Reserved(reservation) => reservation.is_open(),
                        Hold::Seen(..) => false,
                    };
                    call.ret_bool(is)
                },
            )
            .method(
                "public function stats(): ?array",
                "What the server says of it: tube, state, pri, age, time-left, reserves and others; null where it is gone.\n\n\
                 @return array<string, string>|null\n@throws \\Highper\\Beanstalk\\BeanstalkException",
                |call| {
                    let said = match hold(call)? {
                        Hold::Reserved(reservation) => reservation.client().job_stats(reservation.job().id),
                        Hold::Seen(client, id) => client.job_stats(*id),
                    };
                    let said = said.map_err(|error| thrown(&error))?;
                    call.ret(said.map(stats))
                },
            ),
    );
}
