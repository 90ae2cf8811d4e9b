//! Media types by file extension, and which of them are worth compressing.

/// Extension to media type, sorted by extension.
const TYPES: &[(&str, &str)] = &[
    ("3gp", "video/3gpp"),
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("ai", "application/postscript"),
    ("apk", "application/vnd.android.package-archive"),
    ("apng", "image/apng"),
    ("atom", "application/atom+xml; charset=utf-8"),
    ("avi", "video/x-msvideo"),
    ("avif", "image/avif"),
    ("azw", "application/vnd.amazon.ebook"),
    ("bin", "application/octet-stream"),
    ("bmp", "image/bmp"),
    ("bz2", "application/x-bzip2"),
    ("cbor", "application/cbor"),
    ("cjs", "text/javascript; charset=utf-8"),
    ("conf", "text/plain; charset=utf-8"),
    ("crt", "application/x-x509-ca-cert"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("deb", "application/vnd.debian.binary-package"),
    ("der", "application/x-x509-ca-cert"),
    ("dmg", "application/x-apple-diskimage"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("eot", "application/vnd.ms-fontobject"),
    ("eps", "application/postscript"),
    ("epub", "application/epub+zip"),
    ("exe", "application/octet-stream"),
    ("flac", "audio/flac"),
    ("flv", "video/x-flv"),
    ("geojson", "application/geo+json"),
    ("gif", "image/gif"),
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
    ("gpx", "application/gpx+xml"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("ics", "text/calendar; charset=utf-8"),
    ("iso", "application/octet-stream"),
    ("jar", "application/java-archive"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("json5", "application/json5"),
    ("jsonld", "application/ld+json"),
    ("jxl", "image/jxl"),
    ("kml", "application/vnd.google-earth.kml+xml"),
    ("kmz", "application/vnd.google-earth.kmz"),
    ("log", "text/plain; charset=utf-8"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("m4s", "video/iso.segment"),
    ("m4v", "video/mp4"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mid", "audio/midi"),
    ("midi", "audio/midi"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mkv", "video/matroska"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpd", "application/dash+xml"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpeg"),
    ("msi", "application/octet-stream"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("otf", "font/otf"),
    ("parquet", "application/vnd.apache.parquet"),
    ("pbf", "application/x-protobuf"),
    ("pdf", "application/pdf"),
    ("pem", "application/x-x509-ca-cert"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("ps", "application/postscript"),
    ("psd", "image/vnd.adobe.photoshop"),
    ("rar", "application/vnd.rar"),
    ("rpm", "application/x-rpm"),
    ("rss", "application/rss+xml; charset=utf-8"),
    ("rtf", "application/rtf"),
    ("sql", "application/sql"),
    ("srt", "application/x-subrip"),
    ("svg", "image/svg+xml"),
    ("svgz", "image/svg+xml"),
    ("swf", "application/x-shockwave-flash"),
    ("tar", "application/x-tar"),
    ("tgz", "application/gzip"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("toml", "application/toml"),
    ("torrent", "application/x-bittorrent"),
    ("ts", "video/mp2t"),
    ("tsv", "text/tab-separated-values; charset=utf-8"),
    ("ttc", "font/collection"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("vcf", "text/vcard; charset=utf-8"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("wmv", "video/x-ms-wmv"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml; charset=utf-8"),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("xml", "application/xml; charset=utf-8"),
    ("xpi", "application/x-xpinstall"),
    ("xsl", "application/xml; charset=utf-8"),
    ("xz", "application/x-xz"),
    ("yaml", "application/yaml; charset=utf-8"),
    ("yml", "application/yaml; charset=utf-8"),
    ("zip", "application/zip"),
    ("zst", "application/zstd"),
];

/// The type of files whose extension is not known.
pub const UNKNOWN: &str = "application/octet-stream";

/// The extension of a file name without its dot; nothing for `name`, `.name` and `name.`.
pub fn extension(name: &[u8]) -> Option<&[u8]> {
    let name = match memchr::memrchr(b'/', name) {
        Some(at) => &name[at + 1..],
        None => name,
    };
    let dot = memchr::memrchr(b'.', name)?;
    (dot > 0 && dot + 1 < name.len()).then(|| &name[dot + 1..])
}

/// The media type of an extension, in any case, with the charset of texts. Allocates nothing.
pub fn of_extension(extension: &[u8]) -> Option<&'static str> {
    let mut lower = [0_u8; 12];
    let lower = lower.get_mut(..extension.len())?;
    lower.copy_from_slice(extension);
    lower.make_ascii_lowercase();
    let at = TYPES
        .binary_search_by(|(have, _)| have.as_bytes().cmp(lower))
        .ok()?;
    Some(TYPES[at].1)
}

/// All extensions with their media types, in order.
pub fn all() -> &'static [(&'static str, &'static str)] {
    TYPES
}

/// The media type of a file name, [`UNKNOWN`] when its extension says nothing.
pub fn of_name(name: &[u8]) -> &'static str {
    extension(name).and_then(of_extension).unwrap_or(UNKNOWN)
}

/// The media type of a `Content-Type` value without its parameters and surrounding space.
pub fn essence(content_type: &[u8]) -> &[u8] {
    let end = memchr::memchr(b';', content_type).unwrap_or(content_type.len());
    content_type[..end].trim_ascii()
}

/// Whether bodies of this `Content-Type` shrink when compressed: texts, scripts, JSON, XML, SVG,
/// WebAssembly, uncompressed fonts. Event streams are not: compressors hold events back.
pub fn is_compressible(content_type: &[u8]) -> bool {
    const WHOLE: &[&[u8]] = &[
        b"application/javascript",
        b"application/x-javascript",
        b"application/ecmascript",
        b"application/json",
        b"application/json5",
        b"application/x-ndjson",
        b"application/jsonl",
        b"application/xml",
        b"application/xml-dtd",
        b"application/yaml",
        b"application/toml",
        b"application/sql",
        b"application/rtf",
        b"application/graphql",
        b"application/wasm",
        b"application/x-tar",
        b"application/postscript",
        b"application/x-www-form-urlencoded",
        b"application/vnd.apple.mpegurl",
        b"application/vnd.ms-fontobject",
        b"application/x-subrip",
        b"font/otf",
        b"font/ttf",
        b"font/collection",
        b"image/bmp",
        b"image/vnd.microsoft.icon",
        b"image/x-icon",
    ];
    let essence = essence(content_type);
    let starts = |prefix: &[u8]| {
        essence
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let ends = |suffix: &[u8]| {
        essence.len() > suffix.len()
            && essence[essence.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
    };
    if starts(b"text/") {
        return !essence.eq_ignore_ascii_case(b"text/event-stream");
    }
    ends(b"+json")
        || ends(b"+xml")
        || ends(b"+yaml")
        || WHOLE.iter().any(|have| essence.eq_ignore_ascii_case(have))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TYPES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TYPES.len() >= 120, "{}", TYPES.len());
        for (name, _) in TYPES {
            assert!(of_extension(name.as_bytes()).is_some(), "{name}");
        }
    }

    #[test]
    fn types_by_name() {
        assert_eq!(of_name(b"/a.b/index.HTML"), "text/html; charset=utf-8");
        assert_eq!(of_name(b"x.tar.gz"), "application/gzip");
        assert_eq!(of_name(b"a.b/Makefile"), UNKNOWN);
        assert_eq!(of_name(b".css"), UNKNOWN);
        assert_eq!(of_name(b"x."), UNKNOWN);
        assert_eq!(of_name(b"x.averyveryverylongextension"), UNKNOWN);
    }

    #[test]
    fn compressible_types() {
        for good in [
            "text/html; charset=utf-8",
            "Application/JSON",
            "image/svg+xml",
            "application/problem+json;x=y",
        ] {
            assert!(is_compressible(good.as_bytes()), "{good}");
        }
        for bad in [
            "image/png",
            "text/event-stream",
            "application/zip",
            "",
            "+json",
            "video/mp4",
        ] {
            assert!(!is_compressible(bad.as_bytes()), "{bad}");
        }
    }
}
