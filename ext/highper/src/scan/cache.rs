//! What a scan has found, in one file: a worker in production loads no class to find its routes.
//!
//! It holds as long as every file that was looked at has the size and time that it had.

use super::Found;
use crate::event::read as listen;
use crate::part;
use crate::route::{Handler, Middleware, Route};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Other formats are not read.
const FORMAT: &str = concat!("highper ", env!("CARGO_PKG_VERSION"), " 3");

/// Sizes and times of files, by their paths.
pub(super) type Files = BTreeMap<String, (u64, u64)>;

/// The size and the time of a file; `None` where it is not there.
pub(super) fn stamp(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(path).ok()?;
    let time = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some((meta.len(), nanos))
}

/// Where it lies: below `var/`, which an application has that wants it.
pub(super) fn place(base: &Path) -> Option<PathBuf> {
    let var = base.join("var");
    var.is_dir().then(|| var.join("cache").join("scan.json"))
}

/// What was found, if nothing has changed since. `found` are the files that are there now.
pub(super) fn read(place: &Path, scans: &str, found: &Files) -> Option<Found> {
    let text = fs::read(place).ok()?;
    let all: Value = serde_json::from_slice(&text).ok()?;
    if all.get("format")?.as_str()? != FORMAT || all.get("scans")?.as_str()? != scans {
        return None;
    }
    let known = files(all.get("files")?)?;
    let outside = files(all.get("outside")?)?;
    let fresh = known == *found
        && outside
            .iter()
            .all(|(path, stamped)| stamp(Path::new(path)) == Some(*stamped));
    if !fresh {
        return None;
    }
    let routes = all.get("routes")?.as_array()?.iter().map(route);
    Some(Found {
        routes: routes.collect::<Option<_>>()?,
        parts: part::from_json(all.get("parts")?)?,
        listeners: listen::from_json(all.get("listeners")?)?,
        sockets: texts(all.get("sockets")?)?,
    })
}

fn files(value: &Value) -> Option<Files> {
    let all = value.as_object()?.iter().map(|(path, pair)| {
        let pair = pair.as_array()?;
        Some((
            path.clone(),
            (pair.first()?.as_u64()?, pair.get(1)?.as_u64()?),
        ))
    });
    all.collect()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array()?;
    list.iter().map(|v| v.as_str().map(str::to_owned)).collect()
}

fn route(value: &Value) -> Option<Route> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    let status = match value.get("status")? {
        Value::Null => None,
        status => Some(u16::try_from(status.as_u64()?).ok()?),
    };
    let (class, method) = (text("class")?, text("method")?);
    let middleware = match value.get("middleware")? {
        // What is wrong with them is told when all is scanned anew.
        Value::Null => super::layers_of(&class, &method).ok()?,
        names => texts(names)?.into_iter().map(Middleware::Class).collect(),
    };
    let name = match value.get("name")? {
        Value::Null => None,
        name => Some(name.as_str()?.to_owned()),
    };
    Some(Route {
        name,
        methods: texts(value.get("methods")?)?,
        pattern: text("pattern")?,
        handler: Handler::Method(class, method),
        middleware,
        status,
        socket: None,
        at: text("at")?,
    })
}

/// Writes it; readers see the old file or the new one.
///
/// # Errors
/// The folder or the file can't be written.
pub(super) fn write(
    place: &Path,
    scans: &str,
    found: &Files,
    outside: &Files,
    all: &Found,
) -> std::io::Result<()> {
    let list: Vec<Value> = all
        .routes
        .iter()
        .filter_map(|route| {
            let Handler::Method(class, method) = &route.handler else {
                return None;
            };
            // Objects are made anew of their attributes.
            let middleware = route.middleware.iter().map(|one| match one {
                Middleware::Class(class) => Some(class.as_str()),
                _ => None,
            });
            Some(json!({
                "methods": route.methods,
                "pattern": route.pattern,
                "name": route.name,
                "class": class,
                "method": method,
                "middleware": middleware.collect::<Option<Vec<_>>>(),
                "status": route.status,
                "at": route.at,
            }))
        })
        .collect();
    let text = json!({"format": FORMAT, "scans": scans, "files": found, "outside": outside, "routes": list, "parts": part::to_json(&all.parts), "listeners": listen::to_json(&all.listeners), "sockets": all.sockets});
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = place.with_extension(format!("{}.new", std::process::id()));
    fs::write(&new, text.to_string())?;
    fs::rename(&new, place).inspect_err(|_| {
        // It is of no use to anybody.
        let _gone = fs::remove_file(&new);
    })
}
