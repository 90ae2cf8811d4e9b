//! Filters that stand before PHP: what a request goes through on the driver's stack.

use crate::app::App;
use crate::send;
use highper_app::problem::Problem;
use highper_filter::notes::is_list;
use highper_filter::{Answer, Filter, Kept, Notes, Origin, Seen, World, revive};
use highper_http::{Connection, Exchange};
use highper_http1::Response;
use std::net::IpAddr;
use std::rc::Rc;

/// So many buckets of limits are kept: 1 MiB, taken as it fills.
const BUCKETS: usize = 1 << 16;

/// So many bytes of answers a worker keeps.
const KEPT: usize = 32 << 20;

/// What filters share.
///
/// # Errors
/// The system has not so much address space.
pub(crate) fn world() -> Result<World, String> {
    World::new(BUCKETS, KEPT)
        .map_err(|error| format!("what filters count in has no memory: {error}"))
}

struct Peer<'a>(&'a Connection);

impl Origin for Peer<'_> {
    fn ip(&self) -> Option<IpAddr> {
        self.0.peer().map(|peer| peer.ip())
    }

    fn is_secure(&self) -> bool {
        self.0.is_secure()
    }
}

/// Takes the filters out of a list that hold although one of the same kind stands further inside.
pub(crate) fn holding(filters: &[Rc<Filter>], number: usize) -> bool {
    let filter = &filters[number];
    !filters[number + 1..]
        .iter()
        .any(|inner| filter.gives_way_to(inner))
}

/// Calls with what filters read of a request.
pub(crate) fn see<T>(
    app: &App,
    exchange: &Exchange,
    route: &str,
    f: impl FnOnce(&Seen<'_>) -> T,
) -> Option<T> {
    let world = app.world.get()?;
    let request = exchange.request();
    let bytes = request.bytes();
    Some(f(&Seen {
        head: request.head(),
        bytes: &bytes,
        origin: &Peer(exchange.connection()),
        route,
        world,
        now: request.started(),
    }))
}

/// Goes through filters: true when one of them has answered.
pub(crate) fn pass(
    app: &App,
    exchange: &Exchange,
    filters: &[Rc<Filter>],
    route: &str,
    notes: &mut Notes,
) -> bool {
    let answer = see(app, exchange, route, |seen| {
        let answer = filters
            .iter()
            .find_map(|filter| filter.enter(seen, notes))?;
        Some(revived(answer, seen, notes))
    });
    match answer.flatten() {
        None => false,
        Some(answer) => {
            send(app, exchange, &answer, notes);
            true
        }
    }
}

/// Answers a preflight by a route's filter; false where it is none. The request is one of OPTIONS that names a method.
pub(crate) fn preflight(app: &App, exchange: &Exchange, cors: &Filter, notes: &mut Notes) -> bool {
    let Filter::Cors(cors) = cors else {
        return false;
    };
    let is_it = see(app, exchange, "", |seen| cors.preflight(seen, notes));
    if is_it == Some(true) {
        send(app, exchange, &Answer::Bare(204), notes);
        return true;
    }
    false
}

/// One that was kept may be a 304 to this client.
pub(crate) fn revived(answer: Answer, seen: &Seen<'_>, notes: &mut Notes) -> Answer {
    match &answer {
        Answer::Kept(kept) if revive(kept, seen, notes) => Answer::Bare(304),
        _ => answer,
    }
}

/// The body of an answer that was kept.
struct Body(Rc<Kept>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0.body
    }
}

/// Sends a filter's answer.
pub(crate) fn send(app: &App, exchange: &Exchange, answer: &Answer, notes: &mut Notes) {
    if let Some(id) = notes.id.clone() {
        notes.add("X-Request-Id", id.as_bytes());
        app.answering.replace(Some(id));
    }
    match answer {
        Answer::Bare(status) => {
            // A client that is gone needs no answer.
            let _gone = exchange.respond_lines(*status, notes.lines(), b"");
        }
        Answer::Kept(kept) if kept.body.len() < 16 * 1024 => {
            notes.add_lines(&kept.lines);
            let _gone = exchange.respond_lines(kept.status, notes.lines(), &kept.body);
        }
        Answer::Kept(kept) => {
            let fields = |response: &mut Response<'_>| {
                response.lines(&kept.lines);
                response.lines(notes.lines());
                Ok(())
            };
            let body = Body(Rc::clone(kept));
            let _gone = exchange.respond_shared(kept.status, None, fields, body);
        }
        Answer::Problem(status, None) => send::refusal(app, exchange, *status, notes),
        Answer::Problem(status, detail) => {
            let problem = Problem {
                status: *status,
                kind: Some("about:blank"),
                detail: detail.as_deref(),
                ..Problem::default()
            };
            send::problem_with(exchange, &problem, &[], notes);
        }
    }
    if notes.id.is_some() {
        app.answering.replace(None);
    }
}

/// The fields that were noted, as texts.
pub(crate) fn texts(notes: &Notes) -> Vec<(&str, &str)> {
    let text = |bytes| std::str::from_utf8(bytes).ok();
    notes
        .fields()
        .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
        .collect()
}

/// Headers, and those that filters add where they are not among them.
pub(crate) fn with_noted<'a>(
    headers: &[(&'a str, &'a str)],
    notes: &'a Notes,
) -> Vec<(&'a str, &'a str)> {
    // Every error page has these two.
    const OWN: [&str; 2] = ["X-Content-Type-Options", "Cache-Control"];
    let mut all = headers.to_vec();
    for (name, value) in texts(notes) {
        let has = |known: &str| known.eq_ignore_ascii_case(name);
        if is_list(name.as_bytes())
            || !(OWN.iter().any(|n| has(n)) || headers.iter().any(|(n, _)| has(n)))
        {
            all.push((name, value));
        }
    }
    all
}
