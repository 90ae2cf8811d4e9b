--TEST--
Http\Client: who reads a streamed body by HTTP/2 slowly holds the server back, and nobody else on the connection; memory stays small
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use Highper\Http\Client;
use HighperTest\Certificates;
use Swoole\Coroutine\Http\Server;
use function Highper\{async, scope};
use function HighperTest\check;

const PIECE = 65536;
const PIECES = 512;

function resident(): int
{
    preg_match('/^RssAnon:\s+(\d+)/m', file_get_contents('/proc/self/status'), $found);
    return $found[1] * 1024;
}

$certificates = new Certificates();
$certificates->leaf('one', 'localhost');
try {
scope(function () use ($certificates) {
    $server = new Server('127.0.0.1', 0, true);
    $server->set(['open_http2_protocol' => true, 'ssl_cert_file' => $certificates->path('one.crt'), 'ssl_key_file' => $certificates->path('one.key')]);
    $sent = 0;
    $server->handle('/large', function ($request, $response) use (&$sent) {
        for ($n = 0; $n < PIECES && $response->write(str_repeat(chr(65 + $n % 26), PIECE)); $n++) {
            $sent = $n + 1;
        }
        $response->end();
    });
    $server->handle('/', fn ($request, $response) => $response->end('small'));
    async(fn () => $server->start());
    $client = new Client(base: "https://localhost:{$server->port}", verify: $certificates->path('ca.crt'), timeout: 20.0);
    $before = resident();
    $large = $client->get('/large', stream: true);
    check('by HTTP/2', $large->version, '2');
    // Others go on, and read what has come for this one.
    for ($n = 0; $n < 200; $n++) {
        if ($client->get('/')->body() !== 'small') { echo "WRONG\n"; }
    }
    check('the server waits', $sent > 0 && $sent * PIECE < 8 << 20 ? true : $sent * PIECE);
    check('nothing is heaped up', resident() - $before < 16 << 20 ? true : resident() - $before);
    $size = 0;
    $hash = hash_init('xxh3');
    foreach ($large->stream() as $piece) {
        $size += strlen($piece);
        hash_update($hash, $piece);
    }
    $wanted = hash_init('xxh3');
    for ($n = 0; $n < PIECES; $n++) { hash_update($wanted, str_repeat(chr(65 + $n % 26), PIECE)); }
    check('all of it comes', [$size, $sent, hash_final($hash) === hash_final($wanted)], [PIECE * PIECES, PIECES, true]);
    check('on one connection', [$client->get('/')->body(), $client->stats()['servers']["https://localhost:{$server->port}"]['made'] <= 1], ['small', true]);
    // One that is given up is no burden either.
    $other = $client->get('/large', stream: true);
    unset($other);
    check('after one that was given up', $client->get('/')->body(), 'small');
    throw new Exception('the end');
});
} catch (Exception $e) { echo $e->getMessage(), "\n"; }
?>
--EXPECT--
ok: by HTTP/2
ok: the server waits
ok: nothing is heaped up
ok: all of it comes
ok: on one connection
ok: after one that was given up
the end
