//! A worker's life, as callbacks.

use super::{
    MASTER_PID, State, TASKWORKER, WORKER_ID, WORKER_PID, event_callback, exiting, fire, fronting,
    is_websocket, limited, messages, output_limit, port, ports, service, settings, streams, task,
    user, websocket,
};
use crate::coroutine::canceled_exception::CANCELED;
use crate::function::logging;
use highper_process::Kind as ProcessKind;
use highper_process::post::Message;
use highper_runtime::serve::{Face, FrontPart, Services, Worker};
use highper_runtime::{failure, hooks};
use highper_zend::{Array, Object, Throw, Value};
use std::rc::Rc;

/// The events in a worker.
pub(super) struct Workers {
    pub(super) server: Object,
    pub(super) switches: settings::Switches,
    /// The ports with their settings.
    pub(super) ports: Vec<(Object, Array)>,
    /// Those that speak HTTP, the ones of the first service first.
    pub(super) http: Vec<usize>,
}

impl Workers {
    /// The service of a port that speaks HTTP, or WebSocket too.
    fn http(&self, place: usize) -> Result<Rc<dyn highper_http::Service>, Throw> {
        let Some((port, settings)) = self.ports.get(place) else {
            return Err(Throw::error("the server has no such port"));
        };
        let callback = |event: &str| {
            port::get_callback(port, event).or_else(|| event_callback(&self.server, event))
        };
        if is_websocket(&self.server, settings) {
            let service = websocket::service(&self.server, settings, &callback, self.switches)?;
            return Ok(limited::limited(service, settings));
        }
        let request =
            callback("request").ok_or_else(|| crate::exception("require onRequest callback", 0))?;
        let handler = service::Handler::new(request, self.switches);
        let (connect, close) = (callback("connect"), callback("close"));
        let service = service::of(&self.server, handler, connect, close)?;
        Ok(limited::limited(service, settings))
    }
}

impl Workers {
    /// What every worker does first.
    fn introduce(&self, worker: &Worker) {
        let server = &self.server;
        messages::set_server(Some(server));
        if let Some(state) = server.state::<State>() {
            let settings = state.settings.borrow();
            logging::configure_server(&settings);
            output_limit::begin(&settings, fronting::is_process_mode(server));
        }
        server.set_slot(MASTER_PID, i64::from(worker.manager_pid()));
        server.set_slot(WORKER_ID, worker.id() as i64);
        server.set_slot(WORKER_PID, i64::from(std::process::id()));
        server.set_slot(TASKWORKER, worker.context().kind() == ProcessKind::Task);
        if let (Some(here), Some(time)) = (
            highper_runtime::post::here(),
            messages::modes(server).patience,
        ) {
            here.set_patience(time);
        }
    }
}

impl Face for Workers {
    fn forked(&self) {
        crate::process::begin_child();
        highper_runtime::callback::in_coroutines(messages::modes(&self.server).coroutine);
    }

    fn tasks_in_coroutines(&self) -> bool {
        messages::modes(&self.server).task_coroutine
    }

    fn user(&self, worker: &Rc<Worker>) -> Throw {
        user::run(&self.server, worker)
    }

    fn message(&self, worker: &Rc<Worker>, message: Message) {
        messages::take(&self.server, worker, message);
    }

    fn draining(&self, worker: &Rc<Worker>) {
        // What is cancelled from now on is no error of the program's.
        failure::pass_over(|exception| {
            let object = exception.as_object();
            object.is_some_and(|object| object.is_instance_of(CANCELED.get()))
        });
        // As in Swoole: who does not wait for what runs need not be told to end it.
        if worker.context().reload_async() {
            exiting::begin();
        }
    }

    fn start_task(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        self.introduce(worker);
        let modes = messages::modes(&self.server);
        if modes.task_coroutine
            && let Some(flags) = self.switches.hooks
        {
            hooks::enable(flags);
        }
        let queue = task::queue::open(&modes)
            .map_err(|cause| crate::exception(format!("the queue of tasks: {cause}"), 0))?;
        let id = Value::from(worker.id() as i64);
        fire(&self.server, "workerstart", &[id])?;
        if let Some(queue) = queue {
            task::queue::begin(queue, task::queue::is_preemptive(&modes), worker.id());
        }
        Ok(())
    }

    fn start_front(&self, worker: &Rc<Worker>) -> Result<FrontPart, Throw> {
        self.introduce(worker);
        ports::remember(&self.ports, &self.http);
        let modes = messages::modes(&self.server);
        let streams = streams::Streams::new(&self.server, &self.ports, modes.event_object, 0);
        Ok(fronting::part(&self.server, &self.ports, streams))
    }

    fn starts_apart(&self) -> bool {
        true
    }

    fn first(&self, worker: &Rc<Worker>) -> Result<(), Throw> {
        self.introduce(worker);
        if self.switches.pins
            && let Err(error) = highper_runtime::system::pin(worker.id(), self.switches.ignored)
        {
            logging::warning(&format!("open_cpu_affinity has no effect: {error}"));
        }
        if let Some(flags) = self.switches.hooks {
            hooks::enable(flags);
        }
        let id = Value::from(worker.id() as i64);
        fire(&self.server, "workerstart", &[id])
    }

    fn start(&self, worker: &Rc<Worker>) -> Result<Services, Throw> {
        let server = &self.server;
        let http = self.http.iter().map(|place| self.http(*place));
        let mut services = Services {
            http: http.collect::<Result<_, _>>()?,
            streams: None,
        };
        ports::remember(&self.ports, &self.http);
        if self.http.len() < self.ports.len() {
            let modes = messages::modes(server);
            let reactor = worker.id() as i64;
            let streams = streams::Streams::new(server, &self.ports, modes.event_object, reactor);
            services.streams = Some(Rc::new(streams));
        }
        Ok(services)
    }

    fn log(&self, text: &str) {
        logging::put(logging::WARNING, text);
    }

    fn cancelled(&self) -> highper_runtime::cancel::Thrown {
        crate::coroutine::waiting::CANCELED
    }

    fn stopped(&self, worker: &Rc<Worker>) {
        let stopped = fire(
            &self.server,
            "workerstop",
            &[Value::from(worker.id() as i64)],
        );
        if let Err(throw) = stopped
            && let Some(exception) = throw.into_object()
        {
            failure::report(&exception);
        }
    }
}
