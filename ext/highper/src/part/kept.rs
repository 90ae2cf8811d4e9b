//! Parts as JSON: in the file of a scan, and on the way from the process that has looked for them.

use super::{Command, Cron, Parts, Process};
use crate::route::Handler;
use serde_json::{Value, json};

/// Those of classes; closures stay where they are.
pub(crate) fn to_json(parts: &Parts) -> Value {
    let method = |handler: &Handler| match handler {
        Handler::Method(class, method) => Some(json!([class, method])),
        Handler::Closure(_) => None,
    };
    let crons = parts.crons.iter().filter_map(|cron| {
        Some(json!({
            "expression": cron.expression, "zone": cron.zone, "overlap": cron.overlap, "name": cron.name,
            "method": method(&cron.handler)?, "at": cron.at,
        }))
    });
    let processes = parts.processes.iter().filter_map(|process| {
        let method = method(&process.handler)?;
        Some(json!({"name": process.name, "count": process.count, "method": method, "at": process.at}))
    });
    let commands = parts.commands.iter().filter_map(|command| {
        let method = method(&command.handler)?;
        Some(json!({
            "name": command.name, "aliases": command.aliases, "description": command.description, "hidden": command.is_hidden,
            "method": method, "at": command.at,
        }))
    });
    json!({
        "crons": crons.collect::<Vec<_>>(),
        "processes": processes.collect::<Vec<_>>(),
        "commands": commands.collect::<Vec<_>>(),
    })
}

/// As they were; `None` for anything else.
pub(crate) fn from_json(all: &Value) -> Option<Parts> {
    let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
    let handler = |value: &Value| {
        let pair = value.get("method")?;
        let part = |at: usize| pair.get(at)?.as_str().map(str::to_owned);
        Some(Handler::Method(part(0)?, part(1)?))
    };
    let list = |name: &str| all.get(name)?.as_array();
    let cron = |value: &Value| {
        Some(Cron {
            expression: text(value, "expression")?,
            zone: text(value, "zone"),
            overlap: value.get("overlap")?.as_bool()?,
            name: text(value, "name")?,
            handler: handler(value)?,
            at: text(value, "at")?,
        })
    };
    let process = |value: &Value| {
        Some(Process {
            name: text(value, "name")?,
            count: usize::try_from(value.get("count")?.as_u64()?).ok()?,
            handler: handler(value)?,
            at: text(value, "at")?,
        })
    };
    let command = |value: &Value| {
        Some(Command {
            name: text(value, "name")?,
            aliases: value
                .get("aliases")?
                .as_array()?
                .iter()
                .map(|alias| alias.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
            description: text(value, "description")?,
            is_hidden: value.get("hidden")?.as_bool()?,
            handler: handler(value)?,
            at: text(value, "at")?,
        })
    };
    Some(Parts {
        crons: list("crons")?.iter().map(cron).collect::<Option<_>>()?,
        processes: list("processes")?
            .iter()
            .map(process)
            .collect::<Option<_>>()?,
        commands: list("commands")?
            .iter()
            .map(command)
            .collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were() {
        let handler = Handler::Method("App\\A".into(), "handle".into());
        let mut parts = Parts::default();
        parts.crons.push(Cron {
            expression: "@daily".into(),
            zone: None,
            overlap: true,
            name: "App\\A::handle".into(),
            handler: handler.clone(),
            at: "/a.php:1".into(),
        });
        parts.processes.push(Process {
            name: "queue".into(),
            count: 2,
            handler: handler.clone(),
            at: "/a.php:2".into(),
        });
        parts.commands.push(Command {
            name: "a:b".into(),
            aliases: vec!["ab".into()],
            description: String::new(),
            is_hidden: true,
            handler,
            at: "/a.php:3".into(),
        });
        let json = to_json(&parts);
        let again = from_json(&json).unwrap();
        assert_eq!(to_json(&again), json);
        assert!(from_json(&json!({"crons": [{}], "processes": [], "commands": []})).is_none());
        assert!(from_json(&json!([])).is_none());
    }

    #[test]
    fn two_of_one_name_are_told_with_their_places() {
        let command = |name: &str, at: &str| Command {
            name: name.into(),
            aliases: vec!["ab".into()],
            is_hidden: false,
            description: String::new(),
            handler: Handler::Method("A".into(), "handle".into()),
            at: at.into(),
        };
        let parts = Parts {
            commands: vec![command("a:b", "/a.php:3"), command("a:b", "/b.php:4")],
            ..Parts::default()
        };
        assert_eq!(
            parts.are_distinct().unwrap_err(),
            "there are two commands 'a:b': at /a.php:3 and at /b.php:4; give one another name"
        );
        let parts = Parts {
            commands: vec![command("a:b", "/a.php:3"), command("c", "/b.php:4")],
            ..Parts::default()
        };
        assert_eq!(
            parts.are_distinct().unwrap_err(),
            "there are two commands 'ab': at /a.php:3 and at /b.php:4; give one another name"
        );
    }
}
