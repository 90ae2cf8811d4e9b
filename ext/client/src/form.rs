//! `multipart/form-data` (RFC 7578), written.

use std::path::PathBuf;

/// A piece of a body, in the order in which it is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Bytes.
    Bytes(Vec<u8>),
    /// A part of a file.
    File {
        /// The file.
        path: PathBuf,
        /// Where the part begins.
        offset: u64,
        /// How many bytes.
        size: u64,
    },
}

impl Part {
    fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

/// A form in the making.
#[derive(Debug)]
pub struct Form {
    boundary: String,
    parts: Vec<Part>,
}

/// A name between quotes, as browsers write it.
fn quoted(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in name {
        match byte {
            b'"' => out.extend_from_slice(b"%22"),
            b'\r' => out.extend_from_slice(b"%0D"),
            b'\n' => out.extend_from_slice(b"%0A"),
            other => out.push(*other),
        }
    }
    out.push(b'"');
}

impl Form {
    /// An empty one. The boundary must not occur in what is sent: make it of random letters.
    #[must_use]
    pub fn new(boundary: String) -> Self {
        Self {
            boundary,
            parts: Vec::new(),
        }
    }

    /// The value of the field `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> Vec<u8> {
        format!("multipart/form-data; boundary={}", self.boundary).into_bytes()
    }

    /// The bytes that the next ones go behind.
    fn tail(&mut self) -> &mut Vec<u8> {
        if !matches!(self.parts.last(), Some(Part::Bytes(_))) {
            self.parts.push(Part::Bytes(Vec::new()));
        }
        match self.parts.last_mut() {
            Some(Part::Bytes(bytes)) => bytes,
            _ => unreachable!("bytes were pushed above"),
        }
    }

    fn open(&mut self, name: &[u8]) {
        let start = format!(
            "--{}\r\nContent-Disposition: form-data; name=",
            self.boundary
        );
        let tail = self.tail();
        tail.extend_from_slice(start.as_bytes());
        quoted(name, tail);
    }

    /// Adds a field.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        self.open(name);
        let tail = self.tail();
        tail.extend_from_slice(b"\r\n\r\n");
        tail.extend_from_slice(value);
        tail.extend_from_slice(b"\r\n");
    }

    /// Adds a file: its name there, its media type, its content.
    pub fn file(&mut self, name: &[u8], filename: &[u8], media_type: &[u8], content: Part) {
        self.open(name);
        let tail = self.tail();
        tail.extend_from_slice(b"; filename=");
        quoted(filename, tail);
        tail.extend_from_slice(b"\r\nContent-Type: ");
        tail.extend(
            media_type
                .iter()
                .filter(|byte| !matches!(byte, b'\r' | b'\n')),
        );
        tail.extend_from_slice(b"\r\n\r\n");
        match content {
            Part::Bytes(bytes) if bytes.len() < 64 * 1024 => tail.extend_from_slice(&bytes),
            other => self.parts.push(other),
        }
        self.parts.push(Part::Bytes(b"\r\n".to_vec()));
    }

    /// Ends it: its pieces, and how many bytes they have together.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Part>, u64) {
        let end = format!("--{}--\r\n", self.boundary);
        self.tail().extend_from_slice(end.as_bytes());
        let size = self.parts.iter().map(Part::size).sum();
        (self.parts, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_files() {
        let mut form = Form::new("xx".to_owned());
        form.field(b"a\"\r\nb", b"1");
        let file = Part::File {
            path: "/f".into(),
            offset: 3,
            size: 100,
        };
        form.file(b"f", b"n.txt", b"text/plain\r\nX: y", file.clone());
        form.file(b"g", b"m", b"a/b", Part::Bytes(b"inline".to_vec()));
        assert_eq!(
            form.content_type(),
            b"multipart/form-data; boundary=xx".to_vec()
        );
        let (parts, size) = form.finish();
        let head = b"--xx\r\nContent-Disposition: form-data; name=\"a%22%0D%0Ab\"\r\n\r\n1\r\n\
            --xx\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\nContent-Type: text/plainX: y\r\n\r\n";
        let tail = b"\r\n--xx\r\nContent-Disposition: form-data; name=\"g\"; filename=\"m\"\r\nContent-Type: a/b\r\n\r\ninline\r\n--xx--\r\n";
        let bytes = |part: &Part| match part {
            Part::Bytes(bytes) => bytes.clone(),
            Part::File { .. } => Vec::new(),
        };
        assert_eq!(bytes(&parts[0]), head.to_vec());
        assert_eq!(parts[1], file);
        let rest: Vec<u8> = parts[2..].iter().flat_map(bytes).collect();
        assert_eq!(rest, tail.to_vec());
        assert_eq!(size as usize, head.len() + 100 + tail.len());
    }
}
