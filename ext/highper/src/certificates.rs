//! Certificates that the server gets by itself (`tls.auto`): the process that orders them, and the plain port where an authority
//! asks for proof and everybody else is sent to HTTPS. Neither needs PHP.

use crate::app::App;
use crate::beside;
use crate::run::Stop;
use crate::settings::{Auto, Plain, Settings};
use highper_acme::{Keeper, News, Store, answer, interim};
use highper_app::listen::Address;
use highper_engine::{self as engine};
use highper_http::{Exchange, Service, Settings as Http};
use highper_log::{Level, Value as Field};
use highper_metrics::Kind;
use highper_process::listen::Listener;
use highper_runtime::serve::{Port, Speaks, Worker};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

/// Where an authority asks (RFC 8555, section 8.3).
const ASKED: &[u8] = b"/.well-known/acme-challenge/";
/// A day, in seconds.
const DAY: i64 = 86_400;

const ENDS: &str = "highper_tls_certificate_expiry_timestamp_seconds";
const ORDERS: &str = "highper_tls_orders_total";

fn store(app: &App, auto: &Auto) -> Store {
    Store::of(&app.base.join(&auto.acme.folder), &auto.acme.directory)
}

/// Has the sessions of the server show what is kept.
///
/// # Errors
/// There is a name that no certificate can be made for.
pub(crate) fn fill(
    app: &App,
    settings: &Settings,
    tls: &mut highper_tls::Settings,
) -> Result<(), String> {
    if let Some(auto) = &settings.auto {
        tls.kept = Some(highper_tls::Kept {
            folder: store(app, auto).folder().to_owned(),
            names: auto.acme.names.clone(),
            interim: highper_tls::Interim(interim(&auto.acme.names)?),
        });
    }
    Ok(())
}

/// Where plain HTTP is listened to.
pub(crate) fn address(app: &App, addresses: &[Address]) -> Option<Address> {
    let settings = app.settings.borrow();
    match (&settings.auto.as_ref()?.http, addresses.first()) {
        (Plain::At(address), _) => Some(address.clone()),
        (Plain::Own, Some(Address::Tcp(host, _))) => Some(Address::Tcp(host.clone(), 80)),
        _ => None,
    }
}

/// What to say where nobody can listen there.
pub(crate) fn unbound(address: &Address, error: &highper_process::Error) -> Stop {
    format!(
        "{error}; {address} is where the authority asks for proof (tls.auto.http): set another address that port 80 leads to, or null for proof by TLS alone"
    )
    .into()
}

/// The port of plain HTTP.
pub(crate) fn port(listener: Listener, number: usize, settings: &Http) -> Port {
    let settings = Http {
        tls: None,
        http2: None,
        ..settings.clone()
    };
    Port {
        listener,
        number,
        speaks: Speaks::Http(Box::new(settings)),
    }
}

/// The service of that port, where there is one.
pub(crate) fn service(app: &App) -> Option<Rc<dyn Service>> {
    let settings = app.settings.borrow();
    let auto = settings
        .auto
        .as_ref()
        .filter(|auto| auto.http != Plain::Nowhere)?;
    Some(Rc::new(Gate {
        folder: store(app, auto).folder().to_owned(),
        port: app.secure_port.get(),
    }))
}

struct Gate {
    folder: PathBuf,
    /// Where HTTPS is spoken.
    port: u16,
}

/// The name of a field `Host`, and whether a port is behind it. `None`: it is none that could stand in an address.
fn host(field: &[u8]) -> Option<(&str, bool)> {
    let text = std::str::from_utf8(field).ok()?;
    let end = match text.starts_with('[') {
        true => text.find(']')? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (name, port) = text.split_at(end);
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b);
    let is_port =
        port.is_empty() || port.starts_with(':') && port[1..].bytes().all(|b| b.is_ascii_digit());
    (!name.is_empty() && name.bytes().all(is_name) && is_port).then_some((name, !port.is_empty()))
}

impl Service for Gate {
    fn request(&self, exchange: Rc<Exchange>) {
        const PLAIN: &[u8] = b"Content-Type: text/plain\r\nCache-Control: no-store\r\n";
        let (status, lines, body) = {
            let request = exchange.request();
            let bytes = request.bytes();
            let head = request.head();
            let token = head.path(&bytes).strip_prefix(ASKED);
            let field = head.get(&bytes, b"host").unwrap_or_default();
            match (token, host(field)) {
                (Some(token), _) => {
                    let token = std::str::from_utf8(token).unwrap_or_default();
                    match answer(&self.folder, token) {
                        Some(text) => (200, PLAIN.to_vec(), text),
                        None => (404, PLAIN.to_vec(), String::new()),
                    }
                }
                (None, Some((host, has_port))) => {
                    let mut lines = format!("Location: https://{host}").into_bytes();
                    // Who came to port 80 finds port 443, whatever these are mapped to.
                    if has_port && self.port != 443 {
                        lines.extend_from_slice(format!(":{}", self.port).as_bytes());
                    }
                    // One with an authority begins with no slash.
                    let target = head.target(&bytes);
                    lines.extend_from_slice(if target.starts_with(b"/") {
                        target
                    } else {
                        b"/"
                    });
                    lines.extend_from_slice(b"\r\n");
                    (308, lines, String::new())
                }
                (None, None) => (400, PLAIN.to_vec(), String::new()),
            }
        };
        // A client that is gone needs no answer.
        let _gone = exchange.respond_lines(status, &lines, body.as_bytes());
    }
}

/// Begins to look after the certificates, in the process for that.
///
/// # Errors
/// Nobody has asked for it.
pub(crate) fn start(app: &Rc<App>, worker: &Rc<Worker>) -> Result<(), Stop> {
    let Some(auto) = app.settings.borrow().auto.clone() else {
        return Err("internal error: certificates that nobody asked for".into());
    };
    for (kind, name, help) in [
        (Kind::Gauge, ENDS, "When the certificate of a name ends."),
        (
            Kind::Counter,
            ORDERS,
            "Certificates that were ordered, by their result.",
        ),
    ] {
        app.metrics.known(kind, name, help);
    }
    let mut settings = auto.acme;
    settings.folder = app.base.join(&settings.folder);
    let (own, worker) = (Rc::clone(app), Rc::clone(worker));
    beside::begin(app, move || {
        let app = own;
        let keeper = Keeper::new(settings);
        if let Err(why) = keeper.run(&mut |news| tell(&app, news)) {
            let text = format!("no certificates are ordered: {why}");
            app.log(Level::Error, &text, &[], None);
            // Nothing gets better by itself: the process stays, so that it is not begun again and again.
            while !worker.is_draining() && engine::sleep(3_600_000_000_000) == engine::Wake::Ready {
            }
        }
        Ok(())
    });
    Ok(())
}

fn tell(app: &App, news: &News<'_>) {
    let note = |kind, figure: &str, name: &str, result: Option<&str>, value: f64| {
        let mut labels = vec![("name".to_owned(), name.to_owned())];
        labels.extend(result.map(|result| ("result".to_owned(), result.to_owned())));
        app.metrics.note(kind, figure, &labels, value);
    };
    match news {
        News::Found(name, until) => {
            note(Kind::Gauge, ENDS, name, None, *until as f64);
            let text = format!("the certificate of {name} is valid until {}", date(*until));
            app.log(Level::Info, &text, &[(b"name", Field::Str(name.as_bytes()))], None);
        }
        News::Ordered(name, until) => {
            note(Kind::Gauge, ENDS, name, None, *until as f64);
            note(Kind::Counter, ORDERS, name, Some("good"), 1.0);
            let text = format!("a certificate of {name} was signed, valid until {}", date(*until));
            app.log(Level::Notice, &text, &[(b"name", Field::Str(name.as_bytes()))], None);
        }
        News::Failed(name, failure, pause) => {
            note(Kind::Counter, ORDERS, name, Some("failed"), 1.0);
            let text = format!(
                "no certificate of {name}: {failure}; the next try is in {}",
                span(*pause)
            );
            app.log(Level::Error, &text, &[(b"name", Field::Str(name.as_bytes()))], None);
        }
        News::Waiting => app.log(
            Level::Notice,
            "another server orders certificates for the same folder: this one takes them from there",
            &[],
            None,
        ),
    }
}

/// As people read it.
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn date(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let at = UNIX_EPOCH + since;
    let left = at
        .elapsed()
        .map_or_else(|e| e.duration().as_secs() as i64 / DAY, |_| 0);
    format!(
        "{} ({left} days)",
        highper_http::date::to_string(since.as_secs())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_stand_in_addresses() {
        for (field, name) in [
            ("shop.example", Some(("shop.example", false))),
            ("shop.example:80", Some(("shop.example", true))),
            ("[::1]:80", Some(("[::1]", true))),
            ("10.0.0.1", Some(("10.0.0.1", false))),
            ("", None),
            (":80", None),
            ("a b", None),
            ("a/b", None),
            ("a:b", None),
            ("a@b", None),
            ("[::1", None),
        ] {
            assert_eq!(host(field.as_bytes()), name, "{field}");
        }
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(span(Duration::from_secs(66)), "66 s");
        assert_eq!(span(Duration::from_secs(600)), "10 min");
        assert_eq!(span(Duration::from_secs(21_600)), "6 h");
    }
}
