--TEST--
Rooms: over TLS: large messages, a slow reader
--EXTENSIONS--
openssl
--FILE--
<?php
require __DIR__ . '/../lib/test.php';
use function HighperTest\check;
use HighperTest\{Certificates, Server};

$certificates = new Certificates();
$certificates->leaf('one', 'one.test');
$server = Server::start(<<<'PHP'
    <?php
    use Highper\WebSocket\Connection;
    $folder = getenv('FOLDER');
    exit(Highper\Application::create(__DIR__)
        ->settings(['tls' => ['certificate' => "{$folder}/one.crt", 'key' => "{$folder}/one.key"]])
        ->websocket('/', function (Connection $c, string $text) {
            if ($text === 'flood') {
                for ($i = 1; $i <= 1500; $i++) {
                    $c->to('all')->send(str_pad("{$i} ", 20_000, 'x'));
                    $i % 4 || usleep(100);
                }
                $text = 'end of the flood';
            }
            $c->to('all')->send($text);
        }, open: fn (Connection $c) => $c->join('all')->send('in'), queue: '100K', maxMessage: '2M')
        ->run([$argv[0], '--workers', '1']));
    PHP, environment: ['FOLDER' => $certificates->folder]);
Swoole\Coroutine\run(function () use ($server) {
    $connect = function () use ($server): Swoole\Coroutine\Http\Client {
        $client = new Swoole\Coroutine\Http\Client('127.0.0.1', $server->port, true);
        $client->set(['timeout' => 10]);
        $client->upgrade('/');
        $client->recv();
        return $client;
    };
    [$ann, $bob] = [$connect(), $connect()];
    $ann->push('hello');
    check('both', [$ann->recv()->data, $bob->recv()->data], ['hello', 'hello']);
    $bob->push($large = str_repeat('0123456789', 100_000));
    check('1 MB', [md5($ann->recv()->data), md5($bob->recv()->data)], [md5($large), md5($large)]);
    // Ann reads nothing meanwhile: 30 MB are more than the kernel holds for her, and 100 KB wait.
    $ann->push('flood');
    do {
        $last = $bob->recv()->data;
    } while ($last !== 'end of the flood');
    $got = [];
    do {
        $got[] = (int) ($data = $ann->recv()->data);
    } while ($data !== 'end of the flood');
    array_pop($got);
    $sorted = array_values(array_unique($got));
    sort($sorted);
    check('in their order, the oldest left out', [$got === $sorted, $got[0], count($got) < 1500], [true, 1, true]);
    $ann->push('and on');
    check('goes on', [$ann->recv()->data, $bob->recv()->data], ['and on', 'and on']);
    $ann->close();
    $bob->close();
});
check('the end', $server->stop(), 0);
?>
--EXPECT--
ok: both
ok: 1 MB
ok: in their order, the oldest left out
ok: goes on
ok: the end
