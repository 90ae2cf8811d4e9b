<?php
/**
 * The servers of the benchmarks, on the Swoole API: the same code runs on both sides.
 *
 *     php server.php CASE PORT PIDFILE
 *
 * One worker. Its process id is in PIDFILE once it is ready.
 */

use Swoole\Coroutine;
use Swoole\Http\Request;
use Swoole\Http\Response;
use Swoole\Http\Server;

[, $case, $port, $pidFile] = $argv;

/** What the C library and PHP's allocator hold, to see growth. */
function memory(): array
{
    static $libc = null;
    $libc ??= FFI::cdef('
        struct mallinfo2 { size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost; };
        struct mallinfo2 mallinfo2(void);', 'libc.so.6');
    gc_collect_cycles();
    $info = $libc->mallinfo2();
    return ['php' => memory_get_usage(), 'malloc' => $info->uordblks + $info->hblkhd];
}

$handlers = [
    'hello' => static function (Request $request, Response $response): void {
        $response->end('Hello World');
    },
    'read' => static function (Request $request, Response $response): void {
        $response->end($request->header['user-agent'] . $request->server['request_uri'] . $request->get['id']);
    },
    'json' => static function (Request $request, Response $response): void {
        $response->header('Content-Type', 'application/json');
        $response->end(json_encode(['id' => (int) $request->get['id'], 'title' => 'A note', 'done' => false]));
    },
    'sleep' => static function (Request $request, Response $response): void {
        Coroutine::sleep(0.001);
        $response->end('Hello World');
    },
    'upload' => static function (Request $request, Response $response): void {
        $response->end((string) ($request->files['file']['size'] ?? 'none'));
    },
    'mixed' => static function (Request $request, Response $response): void {
        switch ($request->server['path_info']) {
            case '/memory':
                $response->end(json_encode(memory()));
                return;
            case '/read':
                $response->header('X-Id', $request->get['id'] ?? '');
                $response->cookie('seen', $request->header['user-agent'] ?? 'nobody');
                $response->end($request->get['id'] ?? '');
                return;
            case '/post':
                $response->end((string) count($request->post ?? []) . strlen($request->rawContent()));
                return;
            case '/json':
                $response->header('Content-Type', 'application/json');
                $response->end(json_encode(array_fill(0, 20, ['id' => $request->get['id'] ?? 0])));
                return;
            case '/sleep':
                Coroutine::sleep(0.001);
                $response->end('slept');
                return;
            case '/chunked':
                $response->write('one');
                $response->write(str_repeat('two', 1000));
                $response->end();
                return;
            case '/children':
                $channel = new Coroutine\Channel(1);
                Coroutine::create(static fn () => $channel->push($request->get['id'] ?? 0));
                $response->end((string) $channel->pop());
                return;
            case '/missing':
                $response->status(404);
                $response->end('missing');
                return;
            case '/throws':
                try {
                    throw new RuntimeException('thrown and caught');
                } catch (RuntimeException $e) {
                    $response->end($e->getMessage());
                }
                return;
            default:
                $response->end('Hello World');
        }
    },
];

if ($case === 'echo') {
    $server = new Swoole\Server('127.0.0.1', (int) $port, SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'log_level' => SWOOLE_LOG_WARNING, 'open_length_check' => true, 'package_length_type' => 'N',
        'package_length_offset' => 0, 'package_body_offset' => 4, 'package_max_length' => 1 << 20]);
    $server->on('workerStart', static function () use ($pidFile): void {
        file_put_contents($pidFile, getmypid());
    });
    $server->on('receive', static function (Swoole\Server $server, int $fd, int $reactor, string $data): void {
        $server->send($fd, $data);
    });
    $server->start();
    return;
}
// A folder with server.crt and server.key.
$tls = getenv('BENCH_TLS');
// A folder whose files are served.
$files = getenv('BENCH_FILES');
$static = $files ? ['enable_static_handler' => true, 'document_root' => $files] : [];
$secure = $tls ? ['open_http2_protocol' => true, 'ssl_cert_file' => "{$tls}/server.crt", 'ssl_key_file' => "{$tls}/server.key"] : [];
// `process-hello` is `hello` in process mode.
$mode = str_starts_with($case, 'process-') ? SWOOLE_PROCESS : SWOOLE_BASE;
$case = preg_replace('/^process-/', '', $case);
$class = $case === 'websocket' ? Swoole\WebSocket\Server::class : Server::class;
$server = new $class('127.0.0.1', (int) $port, $mode, SWOOLE_SOCK_TCP | ($tls ? SWOOLE_SSL : 0));
$server->set($secure + $static + [
    'worker_num' => 1,
    'reactor_num' => 1,
    'log_level' => SWOOLE_LOG_WARNING,
    'package_max_length' => 64 << 20,
    'max_connection' => 60000,
]);
$server->on('workerStart', static function () use ($pidFile): void {
    file_put_contents($pidFile, getmypid());
});
if ($case === 'websocket') {
    $server->on('message', static fn (Swoole\WebSocket\Server $server, Swoole\WebSocket\Frame $frame) => $server->push($frame->fd, $frame->data));
} else {
    $server->on('request', $handlers[$case]);
}
$server->start();
