//! Are changed files PHP code that compiles? A child looks, because what it compiles it has declared.

use highper_app::refused::Refused;
use highper_process::fork;
use highper_zend::{Object, Throw, Value, call_function, script};
use rustix::process::{Pid, WaitOptions, waitpid};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) file: PathBuf,
    pub(crate) line: u32,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn refused(&self) -> Refused {
        Refused {
            file: self.file.display().to_string(),
            line: self.line,
            message: self.message.clone(),
        }
    }
}

/// Compiles files and runs none.
///
/// # Errors
/// There can be no child.
pub(crate) fn faults(files: &[PathBuf]) -> std::io::Result<Vec<Fault>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let Some(child) = fork::fork()? else {
        drop(read);
        compile(files, &mut File::from(write));
        fork::exit_now(0);
    };
    drop(write);
    let mut said = String::new();
    let read = File::from(read).read_to_string(&mut said);
    // It has said what it had to say; another may have collected it.
    let _ended = waitpid(Pid::from_raw(child), WaitOptions::empty());
    read?;
    Ok(said.lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<Fault> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    Some(Fault {
        file: value["file"].as_str()?.into(),
        line: u32::try_from(value["line"].as_u64()?).ok()?,
        message: value["message"].as_str()?.to_owned(),
    })
}

/// In the child.
fn compile(files: &[PathBuf], into: &mut File) {
    // Its messages go to the parent, which says them in its own words.
    for name in ["display_errors", "log_errors"] {
        let _ = call_function("ini_set", &[Value::from(name), Value::from("0")]);
    }
    for file in files {
        let Some(path) = file.to_str() else { continue };
        let fault = match script::compile_only(path) {
            Ok(_) => continue,
            Err(throw) => fault(file, throw),
        };
        let line = json!({"file": fault.file, "line": fault.line, "message": fault.message});
        // Nobody reads it where the parent has gone.
        let _ = writeln!(into, "{line}");
    }
}

fn fault(file: &Path, throw: Throw) -> Fault {
    let (line, message) = match throw {
        Throw::Bailout => last(),
        throw => {
            let thrown = throw.into_object();
            let object = thrown.as_ref().and_then(Value::as_object);
            let line = object.map_or(0, |object| object.exception_location().1);
            let message = object.map(Object::exception_message);
            let message =
                message.map_or_else(String::new, |text| text.to_string_lossy().into_owned());
            (line, message)
        }
    };
    Fault {
        file: file.to_owned(),
        line: u32::try_from(line).unwrap_or(0),
        message,
    }
}

/// What the compiler said when it gave up.
fn last() -> (i64, String) {
    let last = call_function("error_get_last", &[]).into_result().ok();
    let last = last.as_ref().and_then(Value::as_array);
    let message = last.and_then(|l| l.get("message")).and_then(Value::as_str);
    let line = last.and_then(|l| l.get("line")).and_then(Value::as_long);
    (
        line.unwrap_or(0),
        message.unwrap_or("the compiler gave up").to_owned(),
    )
}
