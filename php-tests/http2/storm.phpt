--TEST--
HTTP/2 and TLS: clients that break off at any point, and such as send anything, leave nothing behind
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\{check, free_port, wait_until};
use HighperTest\{Certificates, Http2Frames as F, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$secure = free_port();
$server = Server::start(<<<'PHP'
    <?php
    $folder = getenv('FOLDER');
    $server = new Swoole\Http\Server('127.0.0.1', (int) $argv[1], SWOOLE_BASE);
    $server->set(['worker_num' => 1, 'open_http2_protocol' => true, 'log_level' => SWOOLE_LOG_ERROR]);
    $server->listen('127.0.0.1', (int) getenv('SECURE'), SWOOLE_SOCK_TCP | SWOOLE_SSL)->set(['open_http2_protocol' => true, 'ssl_cert_file' => "$folder/one.crt", 'ssl_key_file' => "$folder/one.key"]);
    $server->on('request', function ($request, $response) {
        $path = $request->server['request_uri'];
        $path === '/later' && Co::sleep(0.01);
        $response->end($path === '/big' ? str_repeat('b', 300_000) : 'hello');
    });
    $server->start();
    PHP, environment: ['FOLDER' => $certificates->folder, 'SECURE' => (string) $secure]);
[$worker] = wait_until(fn () => $server->children(), 'the worker');
$descriptors = fn () => count(glob("/proc/{$worker}/fd/*"));
// Whoever answers has opened what it keeps open.
$server->get('/');
usleep(50_000);
$before = $descriptors();
mt_srand(4);
$random = fn (int $most) => $most > 0 ? implode('', array_map(fn () => chr(mt_rand(0, 255)), range(1, mt_rand(1, $most)))) : '';
$request = fn (int $stream, string $path, bool $end) => F::pack(F::HEADERS, F::END_HEADERS | ($end ? F::END : 0), $stream, F::block([':method' => $end ? 'GET' : 'POST', ':scheme' => 'http', ':path' => $path, ':authority' => 'x']));
for ($n = 0; $n < 300; $n++) {
    $tls = $n % 3 === 0;
    if ($tls && $n % 2) {
        $socket = $certificates->connect($secure, ['alpn_protocols' => 'h2']);
    } else {
        $socket = stream_socket_client('tcp://127.0.0.1:' . ($tls ? $secure : $server->port));
    }
    if ($tls && !($n % 2)) {
        // A handshake that ends in the middle: the client's end comes with its bytes.
        fwrite($socket, mt_rand(0, 1) ? $random(200) : "\x16\x03\x01\x01\x00\x01" . $random(100));
        fclose($socket);
        continue;
    }
    $data = F::PREFACE . F::pack(F::SETTINGS, 0, 0);
    for ($stream = 1, $frames = mt_rand(0, 10); $frames > 0; $frames--, $stream += 2) {
        $data .= match (mt_rand(0, 5)) {
            0, 1 => $request($stream, ['/', '/later', '/big'][mt_rand(0, 2)], true),
            2 => $request($stream, '/', false) . F::pack(F::DATA, mt_rand(0, 1), $stream, $random(2000)),
            3 => F::pack(F::RST, 0, mt_rand(0, $stream), pack('N', 8)),
            4 => F::pack(F::WINDOW, 0, 0, pack('N', 1 << 16)),
            5 => F::pack(mt_rand(0, 10), mt_rand(0, 63), mt_rand(0, 8), $random(20)),
        };
    }
    @fwrite($socket, mt_rand(0, 2) ? $data : substr($data, 0, mt_rand(0, strlen($data))));
    if (mt_rand(0, 1)) {
        stream_set_timeout($socket, 0, mt_rand(0, 8000));
        @fread($socket, mt_rand(1, 70_000));
    }
    fclose($socket);
}
check('no descriptor is left', wait_until(fn () => $descriptors() <= $before, 'the end of the connections') ?: $descriptors());
$c = F::to($server->port);
$c->request(1, '/');
check('it serves', $c->body(1), 'hello');
check('by the same worker', $server->children(), [$worker]);
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: no descriptor is left
ok: it serves
ok: by the same worker
ok: the end
