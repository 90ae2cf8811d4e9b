//! The error codes of Swoole that the face sets (`SWOOLE_ERROR_*`), and their texts.

/// `SWOOLE_ERROR_SESSION_CLOSING`
pub const SESSION_CLOSING: i32 = 1003;
/// `SWOOLE_ERROR_SESSION_CLOSED`
pub const SESSION_CLOSED: i32 = 1004;
/// `SWOOLE_ERROR_SESSION_INVALID_ID`
pub const SESSION_INVALID_ID: i32 = 1006;
/// `SWOOLE_ERROR_OUTPUT_BUFFER_OVERFLOW`
pub const OUTPUT_BUFFER_OVERFLOW: i32 = 1009;
/// `SWOOLE_ERROR_DATA_LENGTH_TOO_LARGE`
pub const DATA_LENGTH_TOO_LARGE: i32 = 1203;
/// `SWOOLE_ERROR_NO_PAYLOAD`
pub const NO_PAYLOAD: i32 = 550;
/// `SWOOLE_ERROR_SERVER_INVALID_LISTEN_PORT`
pub const SERVER_INVALID_LISTEN_PORT: i32 = 9004;
/// `SWOOLE_ERROR_SERVER_IS_NOT_REGULAR_FILE`
pub const SERVER_IS_NOT_REGULAR_FILE: i32 = 9013;
/// `ECONNRESET`
pub const CONNECTION_RESET: i32 = 104;
/// `SWOOLE_ERROR_SYSTEM_CALL_FAIL`
pub const SYSTEM_CALL_FAIL: i32 = 502;
/// `SWOOLE_ERROR_NAME_TOO_LONG`
pub const NAME_TOO_LONG: i32 = 504;
/// `SWOOLE_ERROR_INVALID_PARAMS`
pub const INVALID_PARAMS: i32 = 505;
/// `SWOOLE_ERROR_QUEUE_FULL`
pub const QUEUE_FULL: i32 = 506;
/// `SWOOLE_ERROR_OPERATION_NOT_SUPPORT`
pub const OPERATION_NOT_SUPPORT: i32 = 507;
/// `SWOOLE_ERROR_PROTOCOL_ERROR`
pub const PROTOCOL_ERROR: i32 = 508;
/// `SWOOLE_ERROR_WRONG_OPERATION`
pub const WRONG_OPERATION: i32 = 509;
/// `SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED`
pub const DNSLOOKUP_RESOLVE_FAILED: i32 = 711;
/// `SWOOLE_ERROR_DNSLOOKUP_RESOLVE_TIMEOUT`
pub const DNSLOOKUP_RESOLVE_TIMEOUT: i32 = 712;
/// `SWOOLE_ERROR_DNSLOOKUP_NO_SERVER`
pub const DNSLOOKUP_NO_SERVER: i32 = 714;
/// `SWOOLE_ERROR_BAD_HOST_ADDR`
pub const BAD_HOST_ADDR: i32 = 722;
/// `SWOOLE_ERROR_BAD_PORT`
pub const BAD_PORT: i32 = 723;
/// `SWOOLE_ERROR_SESSION_NOT_EXIST`
pub const SESSION_NOT_EXIST: i32 = 1005;
/// `SWOOLE_ERROR_SSL_VERIFY_FAILED`
pub const SSL_VERIFY_FAILED: i32 = 1014;
/// `SWOOLE_ERROR_SSL_BAD_CLIENT`
pub const SSL_BAD_CLIENT: i32 = 1015;
/// `SWOOLE_ERROR_SSL_RESET`
pub const SSL_RESET: i32 = 1017;
/// `SWOOLE_ERROR_SSL_HANDSHAKE_FAILED`
pub const SSL_HANDSHAKE_FAILED: i32 = 1018;
/// `SWOOLE_ERROR_SSL_CREATE_CONTEXT_FAILED`
pub const SSL_CREATE_CONTEXT_FAILED: i32 = 1019;
/// `SWOOLE_ERROR_PACKAGE_LENGTH_TOO_LARGE`
pub const PACKAGE_LENGTH_TOO_LARGE: i32 = 1201;
/// `SWOOLE_ERROR_PACKAGE_LENGTH_NOT_FOUND`
pub const PACKAGE_LENGTH_NOT_FOUND: i32 = 1202;
/// `SWOOLE_ERROR_HTTP2_STREAM_ID_TOO_BIG`
pub const HTTP2_STREAM_ID_TOO_BIG: i32 = 3001;
/// `SWOOLE_ERROR_HTTP2_STREAM_NOT_FOUND`
pub const HTTP2_STREAM_NOT_FOUND: i32 = 3003;
/// `SWOOLE_ERROR_CLIENT_NO_CONNECTION`
pub const CLIENT_NO_CONNECTION: i32 = 5001;
/// `SWOOLE_ERROR_SOCKS5_HANDSHAKE_FAILED`
pub const SOCKS5_HANDSHAKE_FAILED: i32 = 7005;
/// `SWOOLE_ERROR_HTTP_INVALID_PROTOCOL`
pub const HTTP_INVALID_PROTOCOL: i32 = 7102;
/// `SWOOLE_ERROR_HTTP_PROXY_HANDSHAKE_FAILED`
pub const HTTP_PROXY_HANDSHAKE_FAILED: i32 = 7103;
/// `SWOOLE_ERROR_HTTP_CONTEXT_UNAVAILABLE`
pub const HTTP_CONTEXT_UNAVAILABLE: i32 = 7106;
/// `SWOOLE_ERROR_WEBSOCKET_UNCONNECTED`
pub const WEBSOCKET_UNCONNECTED: i32 = 8503;
/// `SWOOLE_ERROR_WEBSOCKET_HANDSHAKE_FAILED`
pub const WEBSOCKET_HANDSHAKE_FAILED: i32 = 8504;
/// `SWOOLE_ERROR_WEBSOCKET_PACK_FAILED`
pub const WEBSOCKET_PACK_FAILED: i32 = 8505;
/// `SWOOLE_ERROR_CO_OUT_OF_COROUTINE`
pub const CO_OUT_OF_COROUTINE: i32 = 10001;
/// `SWOOLE_ERROR_CO_HAS_BEEN_BOUND`
pub const CO_HAS_BEEN_BOUND: i32 = 10002;
/// `SWOOLE_ERROR_CO_HAS_BEEN_DISCARDED`
pub const CO_HAS_BEEN_DISCARDED: i32 = 10003;
/// `SWOOLE_ERROR_CO_YIELD_FAILED`
pub const CO_YIELD_FAILED: i32 = 10007;
/// `SWOOLE_ERROR_CO_CANNOT_CANCEL`
pub const CO_CANNOT_CANCEL: i32 = 10015;
/// `SWOOLE_ERROR_CO_NOT_EXISTS`
pub const CO_NOT_EXISTS: i32 = 10016;
/// `SWOOLE_ERROR_CO_CANCELED`
pub const CO_CANCELED: i32 = 10017;
/// `SWOOLE_ERROR_CO_TIMEDOUT`
pub const CO_TIMEDOUT: i32 = 10018;
/// `SWOOLE_ERROR_CO_SOCKET_CLOSE_WAIT`
pub const CO_SOCKET_CLOSE_WAIT: i32 = 10019;

/// The text of an error code of Swoole's; `None` for the system's.
pub fn text(code: i64) -> Option<&'static str> {
    TEXTS
        .binary_search_by_key(&code, |(known, _)| *known)
        .ok()
        .map(|at| TEXTS[at].1)
}

const TEXTS: &[(i64, &str)] = &[
    (501, "Malloc fail"),
    (502, "System call fail"),
    (503, "PHP fatal error"),
    (504, "Name too long"),
    (505, "Invalid params"),
    (506, "Queue full"),
    (507, "Operation not support"),
    (508, "Protocol error"),
    (509, "Wrong operation"),
    (510, "PHP runtime notice"),
    (511, "For test"),
    (550, "No payload"),
    (600, "Undefined behavior"),
    (601, "Not thread safety"),
    (700, "File not exist"),
    (701, "File too large"),
    (702, "File empty"),
    (703, "Dir not exist"),
    (710, "DNS Lookup duplicate request"),
    (711, "DNS Lookup resolve failed"),
    (712, "DNS Lookup resolve timeout"),
    (713, "DNS Lookup unsupported"),
    (714, "DNS Lookup no server"),
    (720, "Bad ipv6 address"),
    (721, "Unregistered signal"),
    (722, "Bad host addr"),
    (723, "Bad port"),
    (724, "Bad socket type"),
    (800, "Event remove failed"),
    (801, "Event add failed"),
    (802, "Event update failed"),
    (803, "Event unknown data"),
    (1001, "Session closed by server"),
    (1002, "Session closed by client"),
    (1003, "Session closing"),
    (1004, "Session closed"),
    (1005, "Session not exist"),
    (1006, "Session invalid id"),
    (1007, "Session discard timeout data"),
    (1008, "Session discard data"),
    (1009, "Output buffer overflow"),
    (1010, "Output send yield"),
    (1011, "SSL not ready"),
    (1012, "SSL cannot use senfile"),
    (1013, "SSL empty peer certificate"),
    (1014, "SSL verify failed"),
    (1015, "SSL bad client"),
    (1016, "SSL bad protocol"),
    (1017, "SSL reset"),
    (1018, "SSL handshake failed"),
    (1019, "SSL create context failed"),
    (1020, "SSL create session failed"),
    (1201, "Package length too large"),
    (1202, "Package length not found"),
    (1203, "Data length too large"),
    (1204, "Package malformed data"),
    (2001, "Task package too big"),
    (2002, "Task dispatch fail"),
    (2003, "Task timeout"),
    (3001, "Http2 stream id too big"),
    (3002, "Http2 stream no header"),
    (3003, "Http2 stream not found"),
    (3004, "Http2 stream ignore"),
    (3005, "Http2 send control frame failed"),
    (3006, "Http2 internal error"),
    (4001, "Aio bad request"),
    (4002, "Aio canceled"),
    (4003, "Aio timeout"),
    (5001, "Client no connection"),
    (6001, "Socket closed"),
    (6002, "Socket poll timeout"),
    (6003, "Socket not exists"),
    (7001, "Socks5 unsupport version"),
    (7002, "Socks5 unsupport method"),
    (7003, "Socks5 auth failed"),
    (7004, "Socks5 server error"),
    (7005, "Socks5 handshake failed"),
    (7006, "Socks5 connect failed"),
    (7101, "Http proxy handshake error"),
    (7102, "Http invalid protocol"),
    (7103, "Http proxy handshake failed"),
    (7104, "Http proxy bad response"),
    (7105, "Http conflict header"),
    (7106, "Http context unavailable"),
    (7107, "Http cookie unavailable"),
    (8501, "Websocket bad client"),
    (8502, "Websocket bad opcode"),
    (8503, "Websocket unconnected"),
    (8504, "Websocket handshake failed"),
    (8505, "Websocket pack failed"),
    (8506, "Websocket unpack failed"),
    (8507, "Websocket incomplete packet"),
    (9001, "Server must created before client"),
    (9002, "Server too many socket"),
    (9003, "Server worker terminated"),
    (9004, "Server invalid listen port"),
    (9005, "Server too many listen port"),
    (9006, "Server pipe buffer full"),
    (9007, "Server no idle worker"),
    (9008, "Server only start one"),
    (9009, "Server send in master"),
    (9010, "Server invalid request"),
    (9011, "Server connect fail"),
    (9012, "Server invalid command"),
    (9013, "Server is not regular file"),
    (9014, "Server send to woker timeout"),
    (9015, "Server invalid callback"),
    (9016, "Server unrelated thread"),
    (9101, "Server worker exit timeout"),
    (9102, "Server worker abnormal pipe data"),
    (9103, "Server worker unprocessed data"),
    (10001, "Coroutine out of coroutine"),
    (10002, "Coroutine has been bound"),
    (10003, "Coroutine has been discarded"),
    (10004, "Coroutine mutex double unlock"),
    (10005, "Coroutine block object locked"),
    (10006, "Coroutine block object waiting"),
    (10007, "Coroutine yield failed"),
    (10008, "Coroutine getcontext failed"),
    (10009, "Coroutine swapcontext failed"),
    (10010, "Coroutine makecontext failed"),
    (10011, "Coroutine iocpinit failed"),
    (10012, "Coroutine protect stack failed"),
    (10013, "Coroutine std thread link error"),
    (10014, "Coroutine disabled multi thread"),
    (10015, "Coroutine cannot cancel"),
    (10016, "Coroutine not exists"),
    (10017, "Coroutine canceled"),
    (10018, "Coroutine timedout"),
    (10019, "Coroutine socket close wait"),
];
